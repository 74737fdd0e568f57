//! The header of an image: facts and section lengths, packed into eight words.
//!
//! ```text
//! word 0   states:32                  len_min:16   len_max:16
//!      1   start:24      code:24      flags:16
//!      2   sets:20       ranges:24    counters:20
//!      3   names:20      groups:20    text:24
//!      4   prefix:39     looks:25
//!      5   required:39   first:25
//!      6   options:56    line:8
//!      7   magic:8       id:40        before_max:16
//! ```
//!
//! Fields stand from the most significant bit down. Half of all patterns make an image of about 350 bytes,
//! so each word of the header counts. A search reads a field with one shift and one mask.
//!
//! Three fields are bounds and may be looser than the fact. `len_min` saturates at the field's largest
//! value. `len_max` and `before_max` become [`UNBOUNDED`] from their field's largest value on. The
//! identifier wraps after 2^40 images. It only has to differ from that of the image that the same thread
//! searched before.
//!
//! Exercised by the tests below and `tests/verify.rs`.

use crate::sets::ROW_WORDS;
use crate::{Counter, Facts, Needle, Pc, SetId, UNBOUNDED};

/// The number of words of the header.
pub(crate) const WORDS: usize = 8;

/// A run of bits in one word of the header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    word: u8,
    shift: u8,
    bits: u8,
}

impl Field {
    const fn new(word: u8, shift: u8, bits: u8) -> Field {
        assert!((word as usize) < WORDS && shift + bits <= 64);
        Field { word, shift, bits }
    }

    /// The largest value of the field.
    #[inline(always)]
    pub(crate) const fn max(self) -> u64 {
        (1 << self.bits) - 1
    }

    #[inline(always)]
    pub(crate) const fn get(self, header: &[u64; WORDS]) -> u64 {
        header[self.word as usize] >> self.shift & self.max()
    }

    /// Stores a value that must fit.
    fn set(self, header: &mut [u64; WORDS], value: u64) {
        debug_assert!(value <= self.max(), "{value} fits {self:?}");
        header[self.word as usize] |= (value & self.max()) << self.shift;
    }
}

pub(crate) const STATES: Field = Field::new(0, 32, 32);
pub(crate) const LEN_MIN: Field = Field::new(0, 16, 16);
pub(crate) const LEN_MAX: Field = Field::new(0, 0, 16);
pub(crate) const START: Field = Field::new(1, 40, 24);
const CODE: Field = Field::new(1, 16, 24);
pub(crate) const FLAGS: Field = Field::new(1, 0, 16);
const SETS: Field = Field::new(2, 44, 20);
const RANGES: Field = Field::new(2, 20, 24);
const COUNTERS: Field = Field::new(2, 0, 20);
const NAMES: Field = Field::new(3, 44, 20);
pub(crate) const GROUPS: Field = Field::new(3, 24, 20);
pub(crate) const TEXT: Field = Field::new(3, 0, 24);
pub(crate) const PREFIX: Field = Field::new(4, 25, Needle::BITS);
pub(crate) const LOOKS: Field = Field::new(4, 0, 25);
pub(crate) const REQUIRED: Field = Field::new(5, 25, Needle::BITS);
/// Kind and row of the set: see [`pack_set`].
const FIRST: Field = Field::new(5, 0, 25);
pub(crate) const OPTIONS: Field = Field::new(6, 8, 56);
pub(crate) const LINE: Field = Field::new(6, 0, 8);
pub(crate) const MAGIC: Field = Field::new(7, 56, 8);
pub(crate) const ID: Field = Field::new(7, 16, 40);
pub(crate) const BEFORE_MAX: Field = Field::new(7, 0, 16);

/// The number that marks an image in this layout.
pub(crate) const IS_IMAGE: u64 = 0xA1;

/// The lengths of the sections, each in its own unit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lens {
    /// Words.
    pub(crate) code: usize,
    /// Rows of sets, of [`crate::sets::ROW_WORDS`] each.
    pub(crate) sets: usize,
    /// Ranges, of one word each.
    pub(crate) ranges: usize,
    /// Counters, of [`crate::Counter::WORDS`] each.
    pub(crate) counters: usize,
    /// Names, of one word each.
    pub(crate) names: usize,
    /// Bytes.
    pub(crate) text: usize,
}

/// Where the sections start, in words behind the code. The fields are too narrow for a sum to wrap.
impl Lens {
    #[inline(always)]
    pub(crate) const fn ranges_at(self) -> usize {
        self.sets * ROW_WORDS
    }

    #[inline(always)]
    pub(crate) const fn counters_at(self) -> usize {
        self.ranges_at() + self.ranges
    }

    #[inline(always)]
    pub(crate) const fn names_at(self) -> usize {
        self.counters_at() + self.counters * Counter::WORDS
    }
}

/// The section lengths that the header stores.
#[inline(always)]
pub(crate) const fn lens(header: &[u64; WORDS]) -> Lens {
    Lens {
        code: CODE.get(header) as usize,
        sets: SETS.get(header) as usize,
        ranges: RANGES.get(header) as usize,
        counters: COUNTERS.get(header) as usize,
        names: NAMES.get(header) as usize,
        text: TEXT.get(header) as usize,
    }
}

/// The bound that a stored number means.
#[inline(always)]
pub(crate) const fn unbounded(stored: u64) -> u32 {
    if stored == LEN_MAX.max() {
        UNBOUNDED
    } else {
        stored as u32
    }
}

/// The bits of the row in [`FIRST`]. The four bits above them hold the kind.
const FIRST_ROW_BITS: u32 = 21;

/// Packs a set into 25 bits by moving the kind down to the row. There are fewer than 2^20 rows.
fn pack_set(set: Option<SetId>) -> u64 {
    let SetId(id) = set.unwrap_or(SetId::NONE);
    u64::from(id >> 28) << FIRST_ROW_BITS | u64::from(id & ((1 << FIRST_ROW_BITS) - 1))
}

/// The set of first bytes, if there is one.
#[inline(always)]
pub(crate) const fn first(header: &[u64; WORDS]) -> Option<SetId> {
    let packed = FIRST.get(header) as u32;
    let set = SetId(packed >> FIRST_ROW_BITS << 28 | packed & ((1 << FIRST_ROW_BITS) - 1));
    if set.0 == SetId::NONE.0 {
        None
    } else {
        Some(set)
    }
}

/// Packs a header; `None` if a section is too long for its field.
pub(crate) fn pack(
    facts: &Facts,
    start: Pc,
    lens: Lens,
    options: u64,
    id: u64,
) -> Option<[u64; WORDS]> {
    let sections = [
        (CODE, lens.code),
        (SETS, lens.sets),
        (RANGES, lens.ranges),
        (COUNTERS, lens.counters),
        (NAMES, lens.names),
        (GROUPS, facts.group_len as usize),
        (TEXT, lens.text),
    ];
    let mut header = [0; WORDS];
    for (field, len) in sections {
        if len as u64 > field.max() {
            return None;
        }
        field.set(&mut header, len as u64);
    }
    let bound = |field: Field, value: u32| u64::from(value).min(field.max());
    STATES.set(&mut header, facts.states.into());
    LEN_MIN.set(&mut header, bound(LEN_MIN, facts.len_min));
    LEN_MAX.set(&mut header, bound(LEN_MAX, facts.len_max));
    START.set(&mut header, start.index() as u64);
    FLAGS.set(&mut header, facts.flags.0.into());
    PREFIX.set(&mut header, Needle::encode(facts.prefix));
    LOOKS.set(&mut header, facts.looks.0.into());
    REQUIRED.set(&mut header, Needle::encode(facts.required));
    FIRST.set(&mut header, pack_set(facts.first));
    OPTIONS.set(&mut header, options);
    LINE.set(&mut header, facts.line_terminator.into());
    MAGIC.set(&mut header, IS_IMAGE);
    ID.set(&mut header, id & ID.max());
    BEFORE_MAX.set(&mut header, bound(BEFORE_MAX, facts.required_before_max));
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [Field; 21] = [
        STATES, LEN_MIN, LEN_MAX, START, CODE, FLAGS, SETS, RANGES, COUNTERS, NAMES, GROUPS, TEXT,
        PREFIX, LOOKS, REQUIRED, FIRST, OPTIONS, LINE, MAGIC, ID, BEFORE_MAX,
    ];

    #[test]
    fn fields_do_not_overlap() {
        let mut header = [0; WORDS];
        for field in FIELDS {
            assert_eq!(field.get(&header), 0, "{field:?}");
            field.set(&mut header, field.max());
            assert_eq!(field.get(&header), field.max(), "{field:?}");
        }
    }

    #[test]
    fn the_longest_sections_fit_and_no_longer_ones() {
        let facts = |group_len| Facts {
            flags: crate::Flags::default(),
            looks: repool_text::LookSet::default(),
            len_min: 0,
            len_max: 0,
            group_len,
            states: 1,
            line_terminator: b'\n',
            prefix: None,
            required: None,
            required_before_max: 0,
            first: None,
        };
        let longest = |field: Field| field.max() as usize;
        let lens = Lens {
            code: longest(CODE),
            sets: longest(SETS),
            ranges: longest(RANGES),
            counters: longest(COUNTERS),
            names: longest(NAMES),
            text: longest(TEXT),
        };
        let groups = GROUPS.max() as u32;
        let header = pack(&facts(groups), Pc::START, lens, 0, 0).expect("everything fits");
        assert_eq!(format!("{:?}", super::lens(&header)), format!("{lens:?}"));
        assert_eq!(GROUPS.get(&header), u64::from(groups));
        let longer: [fn(&mut Lens); 6] = [
            |l| l.code += 1,
            |l| l.sets += 1,
            |l| l.ranges += 1,
            |l| l.counters += 1,
            |l| l.names += 1,
            |l| l.text += 1,
        ];
        for (i, longer) in longer.into_iter().enumerate() {
            let mut lens = lens;
            longer(&mut lens);
            assert_eq!(pack(&facts(1), Pc::START, lens, 0, 0), None, "section {i}");
        }
        assert_eq!(pack(&facts(groups + 1), Pc::START, lens, 0, 0), None);
    }
}
