//! A program, opened for one search: plain slices.
//!
//! Exercised by `tests/verify.rs`, and by `tests/hand_built.rs` of `repool-vm`.

use std::any::Any;
use std::sync::Arc;

use regex_automata::meta;
use repool_arena::Pool;
use repool_text::{Fold, LookSet, Set};

use crate::backing::Backing;
use crate::header;
use crate::sets;
use crate::tables::is_short;
use crate::{Counter, CounterId, Facts, Fault, Flags, Inst, Name, Needle, Op, Pc, SetId};

/// An opened image: what the engines see.
#[derive(Clone, Copy, Debug)]
pub struct Program<'a> {
    header: &'a [u64; header::WORDS],
    code: &'a [u64],
    /// The sections behind the code: sets, ranges, counters, names, text. The shortest searches read none
    /// of them.
    rest: &'a [u64],
    delegate: Option<&'a meta::Regex>,
    /// What engines attach to the image; `None` if the words were opened without an image.
    backing: Option<&'a Backing>,
}

impl<'a> Program<'a> {
    /// Opens an image that a [`crate::Builder`] laid out.
    ///
    /// # Panics
    ///
    /// If the words are not such an image.
    #[inline(always)]
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
            backing: None,
        }
    }

    /// The same program, with a backing for what engines attach.
    #[inline(always)]
    pub(crate) fn backed_by(self, backing: &'a Backing) -> Program<'a> {
        Program {
            backing: Some(backing),
            ..self
        }
    }

    /// The tables that an engine published for the image.
    #[inline(always)]
    #[must_use]
    pub fn tables(&self) -> Option<&'a [u64]> {
        self.backing?.tables().words()
    }

    /// Publishes tables for all threads that search with the image. Returns the tables that were published
    /// first.
    ///
    /// Returns `None` if the program was opened without an image, or the ledger has no room for the tables.
    #[must_use]
    pub fn publish(&self, words: &[u64]) -> Option<&'a [u64]> {
        self.backing?.publish(words)
    }

    /// Records that the image can have no tables, so that other threads do not try to build them.
    pub fn refuse_tables(&self) {
        if let Some(backing) = self.backing {
            backing.heat().refuse_tables();
        }
    }

    /// Tells whether [`Program::refuse_tables`] was called.
    #[inline(always)]
    #[must_use]
    pub fn are_tables_refused(&self) -> bool {
        self.backing
            .is_some_and(|backing| backing.heat().are_tables_refused())
    }

    /// The value that an engine attached to the image, if it is of type `T`.
    #[inline(always)]
    #[must_use]
    pub fn attached<T: Any>(&self) -> Option<&'a T> {
        self.backing?.attached().get()
    }

    /// Attaches a value to the image for all threads that search with it. Returns the value that was
    /// attached first. `held_bytes` are those of the runs that the value holds, in the pool that
    /// [`Program::pool_for`] returns and on
    /// [`Account::Tables`](repool_arena::Account::Tables).
    ///
    /// Returns `None` if the program was opened without an image, or the ledger's limit leaves no room.
    #[must_use]
    pub fn attach<T: Any + Send + Sync>(&self, value: T, held_bytes: usize) -> Option<&'a T> {
        self.backing?.attach(value, held_bytes)
    }

    /// The pool for runs of a value that will be attached, if its ledger leaves room for this number of bytes of tables.
    ///
    /// Returns `None` also if the program was opened without an image.
    #[must_use]
    pub fn pool_for(&self, bytes: usize) -> Option<&'a Arc<Pool>> {
        self.backing?.pool_for(bytes)
    }

    /// Adds to the heat of the image, over all threads, and returns the sum; 0 if the program was opened
    /// without an image.
    #[inline]
    #[must_use]
    pub fn warm(&self, heat: u32) -> u32 {
        self.backing.map_or(0, |backing| backing.heat().warm(heat))
    }

    /// Tells whether memory is short. What an engine builds then evicts other programs, or is not kept.
    #[must_use]
    pub fn is_memory_short(&self) -> bool {
        self.backing
            .is_some_and(|backing| is_short(backing.ledger()))
    }

    /// Delays what the engine would build once the heat is high enough, since memory was short. Each call
    /// delays it sixteen times longer than the call before.
    pub fn cool(&self) {
        if let Some(backing) = self.backing {
            backing.heat().cool();
        }
    }

    /// Opens words that may be anything.
    ///
    /// It only checks that the sections fit the words. [`crate::verify`] checks whether the program can be
    /// run.
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

    /// The bytes of the image.
    #[must_use]
    pub const fn image_bytes(&self) -> usize {
        (header::WORDS + self.code.len() + self.rest.len()) * 8
    }

    /// The start, as the header stores it.
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

    /// All facts, decoded. A search that needs one fact reads that one.
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

    /// The fewest bytes of a match.
    #[inline(always)]
    #[must_use]
    pub const fn len_min(&self) -> u32 {
        header::LEN_MIN.get(self.header) as u32
    }

    /// The most bytes of a match, or [`crate::UNBOUNDED`].
    #[inline(always)]
    #[must_use]
    pub const fn len_max(&self) -> u32 {
        header::unbounded(header::LEN_MAX.get(self.header))
    }

    /// The number of groups, including the whole match.
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

    /// The compiler's options besides the text. The key of a cache has to hold them.
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
    /// If the image was not verified. This and the accessors below index what `verify` checked.
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

/// How a search can look for a needle.
impl Needle {
    /// Whether the haystack has to hold exactly these bytes.
    #[inline(always)]
    #[must_use]
    pub const fn is_exact(&self) -> bool {
        matches!(self.fold, Fold::None)
    }
}
