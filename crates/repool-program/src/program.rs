//! A program, opened for one search: plain slices.

use std::any::Any;

use regex_automata::meta;
use repool_text::{Fold, LookSet, Set};

use crate::header;
use crate::sets;
use crate::tables::is_short;
use crate::{Counter, CounterId, Facts, Fault, Flags, Image, Inst, Name, Needle, Op, Pc, SetId};

/// An opened image: what the engines see.
#[derive(Clone, Copy, Debug)]
pub struct Program<'a> {
    header: &'a [u64; header::WORDS],
    code: &'a [u64],
    /// What is behind the code: sets, ranges, counters, names, text. The shortest searches ask for none of it.
    rest: &'a [u64],
    delegate: Option<&'a meta::Regex>,
    /// Where tables are published; None for words that no image holds.
    image: Option<&'a Image>,
}

impl<'a> Program<'a> {
    /// Opens an image that a [`crate::Builder`] laid out.
    ///
    /// # Panics
    ///
    /// If the words are not such an image.
    #[inline]
    #[must_use]
    pub fn open(words: &'a [u64], delegate: Option<&'a meta::Regex>) -> Program<'a> {
        let (header, rest) = words
            .split_first_chunk()
            .expect("an image starts with its header");
        let (code, rest) = rest.split_at(header::lens(header).code);
        Program {
            header,
            code,
            rest,
            delegate,
            image: None,
        }
    }

    /// The same program, of this image.
    #[inline(always)]
    pub(crate) fn of_image(self, image: &'a Image) -> Program<'a> {
        Program {
            image: Some(image),
            ..self
        }
    }

    /// The image that it was opened from, unless it was opened from words alone.
    #[inline(always)]
    #[must_use]
    pub fn image(&self) -> Option<&'a Image> {
        self.image
    }

    /// The tables that an engine published for this image.
    #[inline(always)]
    #[must_use]
    pub fn tables(&self) -> Option<&'a [u64]> {
        self.image?.tables().words()
    }

    /// Publishes tables for all who search with this image, and gives those that were published first.
    ///
    /// `None` if the program was opened without an image, or the ledger has no room for the tables.
    #[must_use]
    pub fn publish(&self, words: &[u64]) -> Option<&'a [u64]> {
        self.image?.publish(words)
    }

    /// Remembers that no tables can be had for this image, so that other threads need not try.
    pub fn refuse_tables(&self) {
        if let Some(image) = self.image {
            image.heat().refuse_tables();
        }
    }

    /// Tells whether [`Program::refuse_tables`] was called.
    #[inline(always)]
    #[must_use]
    pub fn are_tables_refused(&self) -> bool {
        self.image
            .is_some_and(|image| image.heat().are_tables_refused())
    }

    /// What an engine attached to this image, if it is of this type.
    #[inline(always)]
    #[must_use]
    pub fn attached<T: Any>(&self) -> Option<&'a T> {
        self.image?.attached().get()
    }

    /// Attaches a value to the image for all who search with it, and gives the one that was attached
    /// first. `heap_bytes` are the bytes on the heap that the value holds.
    ///
    /// `None` if the program was opened without an image, or no room can be made for the value within the
    /// ledger's limit.
    #[must_use]
    pub fn attach<T: Any + Send + Sync>(&self, value: T, heap_bytes: usize) -> Option<&'a T> {
        self.image?.attach(value, heap_bytes)
    }

    /// Adds to the heat of the image, on all threads, and tells how much there is; nothing if the
    /// program was opened without an image.
    #[inline]
    #[must_use]
    pub fn warm(&self, heat: u32) -> u32 {
        self.image.map_or(0, |image| image.heat().warm(heat))
    }

    /// Tells whether memory is short: what is made for a program then takes the place of others, or is not kept.
    #[must_use]
    pub fn is_memory_short(&self) -> bool {
        self.image.is_some_and(|image| is_short(image.ledger()))
    }

    /// Puts off what the heat is for, as there was no room for it: each time sixteen times as far as the time
    /// before.
    pub fn cool(&self) {
        if let Some(image) = self.image {
            image.heat().cool();
        }
    }

    /// Opens words that may be anything.
    ///
    /// Checks only that the sections fit the words; whether the program in them can be run is told by
    /// [`crate::verify`].
    ///
    /// # Errors
    ///
    /// If the words do not start as an image does, or are not as long as their header says.
    pub fn try_open(words: &'a [u64]) -> Result<Program<'a>, Fault> {
        let Some((header, rest)) = words.split_first_chunk::<{ header::WORDS }>() else {
            return Err(Fault::Length);
        };
        if header::MAGIC.get(header) != header::IS_IMAGE {
            return Err(Fault::Magic);
        }
        let lens = header::lens(header);
        if lens.code + lens.names_at() + lens.names + lens.text.div_ceil(8) != rest.len() {
            return Err(Fault::Length);
        }
        Ok(Program::open(words, None))
    }

    /// The instruction at `pc`.
    pub(crate) fn inst(&self, pc: Pc) -> Inst {
        Inst(self.code[pc.index()])
    }

    /// The bytes of the image.
    #[must_use]
    pub const fn image_bytes(&self) -> usize {
        (header::WORDS + self.code.len() + self.rest.len()) * 8
    }

    /// Where the header says the program starts.
    pub(crate) const fn raw_start(&self) -> usize {
        header::START.get(self.header) as usize
    }

    /// The encoded names.
    pub(crate) fn name_words(&self) -> &'a [u64] {
        let lens = header::lens(self.header);
        &self.rest[lens.names_at()..][..lens.names]
    }

    /// A number that no other image of the process has.
    #[inline(always)]
    #[must_use]
    pub const fn id(&self) -> u64 {
        header::ID.get(self.header)
    }

    /// The facts, all of them decoded. A search that needs one asks for that one.
    #[must_use]
    pub fn facts(&self) -> Facts {
        Facts {
            flags: self.flags(),
            looks: self.looks(),
            len_min: self.len_min(),
            len_max: self.len_max(),
            group_len: self.group_len() as u32,
            states: self.states() as u32,
            line_terminator: self.line_terminator(),
            prefix: self.prefix(),
            required: self.required(),
            required_before_max: self.required_before_max(),
            first: self.first(),
        }
    }

    /// Yes-or-no facts.
    #[inline(always)]
    #[must_use]
    pub const fn flags(&self) -> Flags {
        Flags(header::FLAGS.get(self.header) as u32)
    }

    /// Every assertion in the program.
    #[inline(always)]
    #[must_use]
    pub const fn looks(&self) -> LookSet {
        LookSet(header::LOOKS.get(self.header) as u32)
    }

    /// The fewest bytes a match has.
    #[inline(always)]
    #[must_use]
    pub const fn len_min(&self) -> u32 {
        header::LEN_MIN.get(self.header) as u32
    }

    /// The most bytes a match has, or [`crate::UNBOUNDED`].
    #[inline(always)]
    #[must_use]
    pub const fn len_max(&self) -> u32 {
        header::unbounded(header::LEN_MAX.get(self.header))
    }

    /// The number of groups, the whole match among them.
    #[inline(always)]
    #[must_use]
    pub const fn group_len(&self) -> usize {
        header::GROUPS.get(self.header) as usize
    }

    /// The number of states; see [`Facts::states`].
    #[inline(always)]
    #[must_use]
    pub const fn states(&self) -> usize {
        header::STATES.get(self.header) as usize
    }

    /// The line terminator.
    #[inline(always)]
    #[must_use]
    pub const fn line_terminator(&self) -> u8 {
        header::LINE.get(self.header) as u8
    }

    /// What the compiler was told besides the text and that the key of a cache must hold.
    #[inline(always)]
    #[must_use]
    pub const fn options(&self) -> u64 {
        header::OPTIONS.get(self.header)
    }

    /// Every match starts with these bytes.
    #[inline(always)]
    #[must_use]
    pub const fn prefix(&self) -> Option<Needle> {
        Needle::decode(header::PREFIX.get(self.header))
    }

    /// Every match contains these bytes.
    #[inline(always)]
    #[must_use]
    pub const fn required(&self) -> Option<Needle> {
        Needle::decode(header::REQUIRED.get(self.header))
    }

    /// The most bytes of a match in front of [`Program::required`], or [`crate::UNBOUNDED`].
    #[inline(always)]
    #[must_use]
    pub const fn required_before_max(&self) -> u32 {
        header::unbounded(header::BEFORE_MAX.get(self.header))
    }

    /// The set of bytes that every match starts with.
    #[inline(always)]
    #[must_use]
    pub const fn first(&self) -> Option<SetId> {
        header::first(self.header)
    }

    /// The first instruction.
    ///
    /// # Panics
    ///
    /// If the image was not verified; this and the accessors below index what `verify` checked.
    #[inline(always)]
    #[must_use]
    pub fn start(&self) -> Pc {
        Pc::new(self.raw_start()).expect("start fits, by its field")
    }

    /// The code: instructions and the data words behind them.
    #[inline(always)]
    #[must_use]
    pub const fn code(&self) -> &'a [u64] {
        self.code
    }

    /// The operation at `pc`.
    #[inline(always)]
    #[must_use]
    pub fn op(&self, pc: Pc) -> Op {
        Inst(self.code[pc.index()]).op()
    }

    /// The bytes of the literal whose instruction stands at `pc`.
    #[inline(always)]
    #[must_use]
    pub fn literal(&self, pc: Pc, len: u32) -> &'a [u8] {
        &bytemuck::cast_slice(&self.code[pc.index() + 1..])[..len as usize]
    }

    /// The bytes of a needle.
    #[inline(always)]
    #[must_use]
    pub fn needle(&self, needle: Needle) -> &'a [u8] {
        &bytemuck::cast_slice(&self.code[needle.word as usize..])[..needle.len as usize]
    }

    /// A set.
    #[inline]
    #[must_use]
    pub fn set(&self, set: SetId) -> Set {
        sets::set_of(self.rest, set)
    }

    /// Tells whether a set of code points contains `c`.
    #[inline(always)]
    #[must_use]
    pub fn set_contains(&self, set: SetId, c: u32) -> bool {
        if c < 0x80 {
            self.rest[sets::ascii_word(set, c)] >> (c & 63) & 1 != 0
        } else {
            self.set(set).contains(self.ranges(), c)
        }
    }

    /// The members of a set among 64 code points above ASCII; see [`Set::members`].
    #[must_use]
    pub fn set_members(&self, set: SetId, first: u32) -> u64 {
        self.set(set).members(self.ranges(), first)
    }

    /// Tells whether a set of bytes contains `byte`.
    #[inline(always)]
    #[must_use]
    pub fn set_contains_byte(&self, set: SetId, byte: u8) -> bool {
        if byte < 0x80 {
            self.rest[sets::ascii_word(set, u32::from(byte))] >> (byte & 63) & 1 != 0
        } else {
            self.set(set).contains_byte(byte)
        }
    }

    /// The number of rows that the sets take; see [`SetId`].
    #[must_use]
    pub const fn set_row_len(&self) -> usize {
        header::lens(self.header).sets
    }

    /// The ranges that sets name.
    #[inline(always)]
    #[must_use]
    pub fn ranges(&self) -> &'a [u64] {
        let lens = header::lens(self.header);
        &self.rest[lens.ranges_at()..][..lens.ranges]
    }

    /// A counter.
    #[inline]
    #[must_use]
    pub fn counter(&self, counter: CounterId) -> Counter {
        let at = counter.0 as usize * Counter::WORDS;
        Counter::decode(
            self.rest[header::lens(self.header).counters_at() + at..]
                .first_chunk()
                .expect("counter in range, by verify"),
        )
    }

    /// The number of counters.
    #[inline(always)]
    #[must_use]
    pub const fn counter_len(&self) -> usize {
        header::lens(self.header).counters
    }

    /// The named groups, by rising index, and their names.
    pub fn names(&self) -> impl ExactSizeIterator<Item = (usize, &'a str)> + use<'a> {
        let text = self.text();
        self.name_words().iter().map(move |&word| {
            let name = Name::decode(word);
            let at = name.at as usize;
            (name.group as usize, &text[at..at + name.len as usize])
        })
    }

    /// The number of named groups.
    #[inline(always)]
    #[must_use]
    pub const fn name_len(&self) -> usize {
        header::lens(self.header).names
    }

    /// The group of this name.
    #[must_use]
    pub fn group_named(&self, name: &str) -> Option<usize> {
        let text = self.text_bytes();
        let mut names = self.name_words().iter().map(|&word| Name::decode(word));
        let found = names.find(|n| &text[n.at as usize..][..n.len as usize] == name.as_bytes())?;
        Some(found.group as usize)
    }

    /// The pattern.
    #[must_use]
    pub fn text(&self) -> &'a str {
        std::str::from_utf8(self.text_bytes()).expect("the text is the pattern, a string")
    }

    /// The bytes of the pattern.
    #[inline]
    #[must_use]
    pub fn text_bytes(&self) -> &'a [u8] {
        let lens = header::lens(self.header);
        &bytemuck::cast_slice(&self.rest[lens.names_at() + lens.names..])[..lens.text]
    }

    /// The engine that runs the pattern if [`Flags::DELEGATED`] is set.
    #[must_use]
    pub const fn delegate(&self) -> Option<&'a meta::Regex> {
        self.delegate
    }
}

/// Tells how a needle may be searched for: as plain bytes.
impl Needle {
    /// Whether the bytes stand in the haystack as they stand here.
    #[inline(always)]
    #[must_use]
    pub const fn is_exact(&self) -> bool {
        matches!(self.fold, Fold::None)
    }
}
