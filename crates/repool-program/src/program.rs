//! A program, opened for one search: plain slices.

use regex_automata::meta;
use repool_text::{Fold, LookSet, Set};

use crate::{Counter, CounterId, Facts, Fault, Flags, Inst, Name, Needle, Op, Pc, SetId};

/// The words of the header, by name; the sections follow in the order of their lengths.
pub(crate) mod header {
    pub(crate) const MAGIC_FLAGS: usize = 0;
    pub(crate) const ID: usize = 1;
    pub(crate) const LENGTHS: usize = 2;
    pub(crate) const START_CODE: usize = 3;
    pub(crate) const SETS_RANGES: usize = 4;
    pub(crate) const COUNTERS_NAMES: usize = 5;
    pub(crate) const GROUPS_TEXT: usize = 6;
    pub(crate) const STATES_FIRST: usize = 7;
    pub(crate) const PREFIX: usize = 8;
    pub(crate) const REQUIRED: usize = 9;
    pub(crate) const BEFORE_LOOKS: usize = 10;
    pub(crate) const OPTIONS: usize = 11;
    pub(crate) const WORDS: usize = 12;

    /// Marks an image, and the version of its layout.
    pub(crate) const MAGIC: u32 = 0x5250_0100;
    /// No first set.
    pub(crate) const NO_SET: u32 = u32::MAX;
}

/// An opened image: what the engines see.
#[derive(Clone, Copy, Debug)]
pub struct Program<'a> {
    header: &'a [u64; header::WORDS],
    code: &'a [u64],
    sets: &'a [u64],
    ranges: &'a [u64],
    counters: &'a [u64],
    names: &'a [u64],
    text: &'a [u64],
    delegate: Option<&'a meta::Regex>,
}

fn halves(word: u64) -> (u32, u32) {
    ((word >> 32) as u32, word as u32)
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
        let (_, code_len) = halves(header[header::START_CODE]);
        let (sets_len, ranges_len) = halves(header[header::SETS_RANGES]);
        let (counters_len, names_len) = halves(header[header::COUNTERS_NAMES]);
        let (code, rest) = rest.split_at(code_len as usize);
        let (sets, rest) = rest.split_at(sets_len as usize * 4);
        let (ranges, rest) = rest.split_at(ranges_len as usize);
        let (counters, rest) = rest.split_at(counters_len as usize * Counter::WORDS);
        let (names, text) = rest.split_at(names_len as usize);
        Program {
            header,
            code,
            sets,
            ranges,
            counters,
            names,
            text,
            delegate,
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
        if halves(header[header::MAGIC_FLAGS]).0 != header::MAGIC {
            return Err(Fault::Magic);
        }
        let (_, code_len) = halves(header[header::START_CODE]);
        let (sets_len, ranges_len) = halves(header[header::SETS_RANGES]);
        let (counters_len, names_len) = halves(header[header::COUNTERS_NAMES]);
        let text_words = u64::from(header[header::GROUPS_TEXT] as u32).div_ceil(8);
        let sections_len = u64::from(code_len)
            + u64::from(sets_len) * 4
            + u64::from(ranges_len)
            + u64::from(counters_len) * Counter::WORDS as u64
            + u64::from(names_len)
            + text_words;
        if sections_len != rest.len() as u64 {
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
        let sections = self.code.len()
            + self.sets.len()
            + self.ranges.len()
            + self.counters.len()
            + self.names.len()
            + self.text.len();
        (header::WORDS + sections) * 8
    }

    /// Where the header says the program starts.
    pub(crate) const fn raw_start(&self) -> usize {
        (self.header[header::START_CODE] >> 32) as usize
    }

    /// The encoded names.
    pub(crate) const fn name_words(&self) -> &'a [u64] {
        self.names
    }

    /// A number that no other image of the process has.
    #[inline(always)]
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.header[header::ID]
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
            required_before_max: halves(self.header[header::BEFORE_LOOKS]).0,
            first: self.first(),
        }
    }

    /// Yes-or-no facts.
    #[inline(always)]
    #[must_use]
    pub const fn flags(&self) -> Flags {
        Flags(self.header[header::MAGIC_FLAGS] as u32)
    }

    /// Every assertion in the program.
    #[inline(always)]
    #[must_use]
    pub const fn looks(&self) -> LookSet {
        LookSet(self.header[header::BEFORE_LOOKS] as u32)
    }

    /// The fewest bytes a match has.
    #[inline(always)]
    #[must_use]
    pub const fn len_min(&self) -> u32 {
        (self.header[header::LENGTHS] >> 32) as u32
    }

    /// The most bytes a match has, or [`crate::UNBOUNDED`].
    #[inline(always)]
    #[must_use]
    pub const fn len_max(&self) -> u32 {
        self.header[header::LENGTHS] as u32
    }

    /// The number of groups, the whole match among them.
    #[inline(always)]
    #[must_use]
    pub const fn group_len(&self) -> usize {
        (self.header[header::GROUPS_TEXT] >> 32) as usize
    }

    /// The number of states; see [`Facts::states`].
    #[inline(always)]
    #[must_use]
    pub const fn states(&self) -> usize {
        (self.header[header::STATES_FIRST] >> 32) as usize
    }

    /// The line terminator.
    #[inline(always)]
    #[must_use]
    pub const fn line_terminator(&self) -> u8 {
        (self.header[header::OPTIONS] >> 56) as u8
    }

    /// What the compiler was told besides the text and that the key of a cache must hold.
    #[inline(always)]
    #[must_use]
    pub const fn options(&self) -> u64 {
        self.header[header::OPTIONS] & ((1 << 56) - 1)
    }

    /// Every match starts with these bytes.
    #[inline(always)]
    #[must_use]
    pub const fn prefix(&self) -> Option<Needle> {
        Needle::decode(self.header[header::PREFIX])
    }

    /// Every match contains these bytes.
    #[inline(always)]
    #[must_use]
    pub const fn required(&self) -> Option<Needle> {
        Needle::decode(self.header[header::REQUIRED])
    }

    /// The set of bytes that every match starts with.
    #[inline(always)]
    #[must_use]
    pub const fn first(&self) -> Option<SetId> {
        let first = self.header[header::STATES_FIRST] as u32;
        if first == header::NO_SET {
            None
        } else {
            Some(SetId(first))
        }
    }

    /// The first instruction.
    ///
    /// # Panics
    ///
    /// If the image was not verified; this and the accessors below index what `verify` checked.
    #[inline(always)]
    #[must_use]
    pub fn start(&self) -> Pc {
        Pc::new(halves(self.header[header::START_CODE]).0 as usize).expect("start fits, by verify")
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
    #[inline(always)]
    #[must_use]
    pub fn set(&self, set: SetId) -> Set {
        let at = set.0 as usize * 4;
        Set(*self.sets[at..]
            .first_chunk()
            .expect("set in range, by verify"))
    }

    /// Tells whether a set of code points contains `c`.
    #[inline(always)]
    #[must_use]
    pub fn set_contains(&self, set: SetId, c: u32) -> bool {
        if c < 0x80 {
            self.sets[set.0 as usize * 4 + (c >> 6) as usize] >> (c & 63) & 1 != 0
        } else {
            self.set(set).contains(self.ranges, c)
        }
    }

    /// Tells whether a set of bytes contains `byte`.
    #[inline(always)]
    #[must_use]
    pub fn set_contains_byte(&self, set: SetId, byte: u8) -> bool {
        self.sets[set.0 as usize * 4 + (byte >> 6) as usize] >> (byte & 63) & 1 != 0
    }

    /// The number of sets.
    #[must_use]
    pub const fn set_len(&self) -> usize {
        self.sets.len() / 4
    }

    /// The ranges that sets name.
    #[inline(always)]
    #[must_use]
    pub const fn ranges(&self) -> &'a [u64] {
        self.ranges
    }

    /// A counter.
    #[inline]
    #[must_use]
    pub fn counter(&self, counter: CounterId) -> Counter {
        let at = counter.0 as usize * Counter::WORDS;
        Counter::decode(
            self.counters[at..]
                .first_chunk()
                .expect("counter in range, by verify"),
        )
    }

    /// The number of counters.
    #[inline(always)]
    #[must_use]
    pub const fn counter_len(&self) -> usize {
        self.counters.len() / Counter::WORDS
    }

    /// The named groups, by rising index, and their names.
    pub fn names(&self) -> impl ExactSizeIterator<Item = (usize, &'a str)> + use<'a> {
        let text = self.text();
        self.names.iter().map(move |&word| {
            let name = Name::decode(word);
            let at = name.at as usize;
            (name.group as usize, &text[at..at + name.len as usize])
        })
    }

    /// The pattern.
    #[must_use]
    pub fn text(&self) -> &'a str {
        let len = self.header[header::GROUPS_TEXT] as u32 as usize;
        let bytes: &[u8] = bytemuck::cast_slice(self.text);
        std::str::from_utf8(&bytes[..len]).expect("the text is the pattern, a string")
    }

    /// The bytes of the pattern.
    #[inline]
    #[must_use]
    pub fn text_bytes(&self) -> &'a [u8] {
        let len = self.header[header::GROUPS_TEXT] as u32 as usize;
        &bytemuck::cast_slice(self.text)[..len]
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
