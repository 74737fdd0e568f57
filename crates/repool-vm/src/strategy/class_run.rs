//! Patterns that are a run of one class: `\d+`, `[A-Z]`, `[A-Za-z]{8,13}`, `\w+?`, `\b\w{5,}\b`.
//!
//! A match is a part of a maximal run of members. So the vector kernels find the next run that is long enough, and no
//! state is kept. A run that is too short at its start is too short everywhere in it, so the search goes on behind it. A
//! search takes time linear in the haystack, whatever the counts. Between two word boundaries a match is a whole run.
//!
//! Bytes above ASCII are decoded where the set has members that start with them ([`crate::analysis::utf8_shapes`]). So
//! `\d+` skips other scripts as fast as it skips letters.
//!
//! Exercised by `tests/scan.rs` and `tests/oracle.rs`.

use std::sync::Arc;

use repool_arena::{Account, Boxed, OutOfMemory, Pool};
use repool_program::{Consumed, Epsilon, Pc, Program, SetId, Transition, UNBOUNDED};
use repool_text::{Look, Property, decode, is_word};

use crate::analysis::utf8_shapes;
use crate::analysis::utf8_shapes::LowMap;
use crate::nfa::unit::{byte_members, steps_bytes};
use crate::region::Region;
use crate::simd::byte_table::ByteTable;
use crate::simd::byte_table::RUN_MAX;
use crate::simd::tables::BLOCK_BYTES;
use crate::source::Source;
use crate::strategy::class_block::Block;
use crate::strategy::class_block::Kind;
use crate::tuning::{FEW_BYTES, RUN_INSIDE_MIN};

/// A run of one class.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    set: SetId,
    /// The fewest members, at least 1.
    min: u32,
    /// The most members, or [`UNBOUNDED`].
    max: u32,
    greedy: bool,
    /// The assertion on both sides, if there is one. Members then are the characters that it counts as word characters.
    word: Option<Look>,
    /// Whether each member is one byte.
    narrow: bool,
    /// The members of one byte.
    members: ByteTable,
    /// The bytes that members start with.
    starts: ByteTable,
    /// The members below U+0800, in a hot program with members above ASCII.
    low: Option<Boxed<LowMap>>,
    /// Whether [`Run::near_unit`] knows all members: `low` does, and no member has three bytes or more.
    is_near: bool,
    /// The property that has all members above ASCII, or with `true` none of them and all other characters.
    property: Option<(Property, bool)>,
    /// In a hot program: the bytes of members, and the bytes of the shortest run.
    inside: Option<(ByteTable, u32)>,
}

/// What stands at a place; with its length in bytes.
#[derive(Clone, Copy, Debug)]
enum Unit {
    /// A member.
    Member(usize),
    /// Anything else.
    Other(usize),
}

impl Unit {
    #[inline(always)]
    fn of(is_member: bool, len: usize) -> Unit {
        match is_member {
            true => Unit::Member(len),
            false => Unit::Other(len),
        }
    }
}

/// The characters to look at one by one before the next scan, which skipped `skipped` bytes. The bytes that members start
/// with may be those of a whole script. Then there is nothing to skip, and more and more characters are looked at.
#[inline(always)]
fn more_steps(steps: usize, skipped: usize) -> usize {
    match skipped < FEW_BYTES {
        true => steps.saturating_mul(2),
        false => 1,
    }
}

impl Run {
    /// Returns the run, if the program is one.
    pub(crate) fn new(program: &Program<'_>) -> Option<Run> {
        let Shape {
            set,
            min,
            max,
            greedy,
            word,
        } = shape(program)?;
        let bytes = steps_bytes(program);
        let narrow = bytes || !program.set(set).is_wide();
        let members = byte_members(program, set);
        let mut starts = members;
        if !narrow {
            // These are all first bytes of characters above ASCII. `heat` computes those of the members.
            starts.insert_range(0xC2, 0xF4);
        }
        Some(Run {
            set,
            min,
            max,
            greedy,
            word,
            narrow,
            members: ByteTable::new(members),
            starts: ByteTable::new(starts),
            low: None,
            is_near: false,
            property: None,
            inside: None,
        })
    }

    /// Computes the bytes with which members start.
    pub(crate) fn heat(&mut self, program: &Program<'_>) {
        if !self.narrow {
            let set = program.set(self.set);
            let spelling = utf8_shapes::spelling(program, &set);
            self.starts = ByteTable::new(spelling.first);
            let bytes = self.min.saturating_mul(spelling.len_min);
            if bytes >= RUN_INSIDE_MIN {
                self.inside = Some((ByteTable::new(spelling.any), bytes.min(RUN_MAX)));
            }
            self.low = Some(Boxed::new(utf8_shapes::low_members(program, &set)));
            self.is_near = spelling.first.words()[3] >> 32 == 0;
            let mut properties = set.properties();
            self.property = match (properties.next(), properties.next()) {
                (Some((property, is_complement)), None) if set.ranges_len() == 0 => {
                    Some((property, is_complement != set.is_negated()))
                }
                _ => None,
            };
        }
    }

    /// The members.
    pub(crate) fn set(&self) -> SetId {
        self.set
    }

    /// The bytes of each run of memory that it holds.
    pub(crate) fn runs(&self, run: &mut dyn FnMut(usize)) {
        if self.low.is_some() {
            run(Boxed::<LowMap>::RUN_BYTES);
        }
    }

    /// Moves the runs of memory that it holds into a pool.
    pub(crate) fn move_into(&mut self, pool: &Arc<Pool>) -> Result<(), OutOfMemory> {
        let low = self.low.as_mut();
        low.map_or(Ok(()), |low| low.move_into(pool, Account::Tables))
    }

    /// What the bytes at `at` and behind tell of the next matches; None if a match is not simply one member or as
    /// many as there are.
    pub(crate) fn block(&self, program: &Program<'_>, hay: &[u8], at: usize) -> Option<Block> {
        let mut kind = match (self.word, self.max) {
            (None, 1) => Kind::Single,
            (None, _) if !self.greedy => Kind::Single,
            (None, UNBOUNDED) => Kind::Run,
            (Some(_), UNBOUNDED) => Kind::Word,
            _ => return None,
        };
        if self.min != 1 {
            return None;
        }
        let mut bytes = [0; BLOCK_BYTES];
        let rest = hay.get(at..)?;
        let block = rest.first_chunk().unwrap_or_else(|| {
            bytes[..rest.len()].copy_from_slice(rest);
            &bytes
        });
        let mut len = rest.len().min(BLOCK_BYTES);
        let mut members = self.members.members(block);
        let mut leads = 0;
        // Above ASCII a member is several bytes, or counts in an assertion.
        if (!self.narrow || kind == Kind::Word)
            && let Some(wide) = block[..len].iter().position(|byte| !byte.is_ascii())
        {
            len = wide;
            if !self.narrow {
                let known = &rest[..rest.len().min(BLOCK_BYTES)];
                (members, leads, len) = self.decode_block(program, known);
                if kind == Kind::Single {
                    kind = Kind::Char;
                }
            }
        }
        let known = u64::MAX.checked_shr((BLOCK_BYTES - len) as u32);
        Some(Block {
            start: at,
            len,
            is_last: len == rest.len(),
            members: members & known.unwrap_or(0),
            leads,
            kind,
        })
    }

    /// Returns one bit for each byte of a member, one bit for the first byte of each character, and the number of known
    /// bytes: those in front of the first one that is no whole character.
    fn decode_block(&self, program: &Program<'_>, block: &[u8]) -> (u64, u64, usize) {
        let (mut members, mut leads) = (0, 0);
        let mut at = 0;
        while let Some(byte) = block.get(at) {
            leads |= 1 << at;
            match self.unit(program, block, at) {
                Unit::Member(len) => {
                    members |= ((1 << len) - 1) << at;
                    at += len;
                }
                Unit::Other(1) if !byte.is_ascii() => break,
                Unit::Other(len) => at += len,
            }
        }
        (members, leads, at)
    }

    /// Tells whether each member starts a match, which consumes that member or all members in a row.
    #[inline(always)]
    fn is_simple(&self) -> bool {
        let is_single = self.max == 1 || !self.greedy;
        self.min == 1 && self.word.is_none() && (is_single || self.max == UNBOUNDED)
    }

    /// Returns the end of the match of a simple run that starts with the member at `start`.
    #[inline(always)]
    fn end(&self, source: &impl Source, hay: &[u8], start: usize, is_one: bool) -> usize {
        if !self.is_byte(hay, start) {
            return self.end_wide(source, hay, start, is_one);
        }
        if is_one {
            return start + 1;
        }
        match self.members.run_end(hay, start + 1) {
            end if self.is_byte(hay, end) => end,
            end => self.end_wide(source, hay, end, false),
        }
    }

    /// Tells whether what stands at `at` is one byte, or the end.
    #[inline(always)]
    fn is_byte(&self, hay: &[u8], at: usize) -> bool {
        self.narrow || hay.get(at).is_none_or(u8::is_ascii)
    }

    /// The same from a place in front of a character above ASCII. The program is opened only where that is needed.
    #[inline(never)]
    fn end_wide(&self, source: &impl Source, hay: &[u8], mut end: usize, is_one: bool) -> usize {
        if self.is_near {
            loop {
                match self.near_unit(hay, end) {
                    Some(Unit::Member(len)) => end += len,
                    Some(Unit::Other(_)) => return end,
                    None => break,
                }
                if is_one {
                    return end;
                }
                if self.is_byte(hay, end) {
                    end = self.members.run_end(hay, end);
                    if self.is_byte(hay, end) {
                        return end;
                    }
                }
            }
        }
        let program = &source.program();
        loop {
            match self.unit(program, hay, end) {
                Unit::Member(len) => end += len,
                Unit::Other(_) => return end,
            }
            if is_one {
                return end;
            }
            end = self.members.run_end(hay, end);
            if self.is_byte(hay, end) {
                return end;
            }
        }
    }

    /// The place of the first member at `at` or behind.
    #[inline(always)]
    fn first_member(&self, source: &impl Source, hay: &[u8], at: usize) -> Option<usize> {
        match hay.get(at) {
            Some(&byte) if byte < 0x80 && self.members.contains(byte) => Some(at),
            _ if self.narrow => self.members.find(hay, at),
            _ if self.is_near => self.next_near(source, hay, at),
            _ => self.next_member(&source.program(), hay, at),
        }
    }

    /// The span of the first match in a region; with `is_shortest` it ends as early as a match may.
    #[inline(always)]
    pub(crate) fn find(
        &self,
        source: &impl Source,
        region: Region<'_>,
        is_shortest: bool,
    ) -> Option<(usize, usize)> {
        if !self.is_simple() {
            let (start, end) = (region.start, region.end);
            return self.find_counted(source, region.whole, (start, end), is_shortest);
        }
        let hay = region.hay();
        let start = self.first_member(source, hay, region.start)?;
        let is_one = is_shortest || self.max == 1 || !self.greedy;
        Some((start, self.end(source, hay, start, is_one)))
    }

    /// The same, of a run that is counted or stands between assertions.
    #[inline(never)]
    fn find_counted(
        &self,
        source: &impl Source,
        whole: &[u8],
        (start, end): (usize, usize),
        is_shortest: bool,
    ) -> Option<(usize, usize)> {
        let program = &source.program();
        let region = Region { whole, start, end };
        let hay = region.hay();
        let limit = if self.word.is_some() {
            UNBOUNDED
        } else if self.greedy && !is_shortest {
            self.max
        } else {
            self.min
        };
        let mut at = region.start;
        loop {
            let start = if self.narrow {
                self.members.find_run(hay, at, self.min.min(RUN_MAX))?
            } else {
                // A match is a run of such bytes. A run of such bytes need not be a match.
                let from = match &self.inside {
                    Some((inside, bytes)) => inside.find_run(hay, at, *bytes)?,
                    None => at,
                };
                self.next_member(program, hay, from)?
            };
            let (end, count) = self.take(program, hay, start, limit);
            if count >= self.min && self.is_word(program, region, start, end) {
                return Some((start, end));
            }
            at = end.max(start + 1);
        }
    }

    /// Tells whether the assertions hold on both sides of a whole run.
    #[inline]
    fn is_word(&self, program: &Program<'_>, region: Region<'_>, start: usize, end: usize) -> bool {
        let Some(look) = self.word else {
            return true;
        };
        let hay = region.hay();
        let holds = |at| look.holds(region.whole, at, program.line_terminator());
        // An ASCII neighbour inside of the region is no member, so it is no word character. The end of
        // the region may split a character, and next to bytes that are none assertions are particular.
        let is_plain = |at: usize| hay.get(at).is_some_and(u8::is_ascii);
        let starts = start > region.start && is_plain(start - 1);
        (self.max == UNBOUNDED || self.len(&hay[start..end]) <= self.max as usize)
            && (starts || holds(start))
            && (is_plain(end) || holds(end))
    }

    /// Returns the number of members in a run.
    fn len(&self, run: &[u8]) -> usize {
        if self.narrow {
            run.len()
        } else {
            run.iter().filter(|&&b| b & 0xC0 != 0x80).count()
        }
    }

    /// Returns the place of the first member at `at` or behind, where mostly nothing has to be decoded: then the program is
    /// not opened.
    #[inline(never)]
    fn next_near(&self, source: &impl Source, hay: &[u8], mut at: usize) -> Option<usize> {
        let mut steps = 1_usize;
        loop {
            let start = self.starts.find(hay, at)?;
            steps = more_steps(steps, start - at);
            at = start;
            for _ in 0..steps {
                match self.near_unit(hay, at) {
                    Some(Unit::Member(_)) => return Some(at),
                    Some(Unit::Other(len)) => at += len,
                    None => return self.next_member(&source.program(), hay, at),
                }
                if at >= hay.len() {
                    return None;
                }
            }
        }
    }

    /// The same, whatever stands there.
    #[inline]
    fn next_member(&self, program: &Program<'_>, hay: &[u8], mut at: usize) -> Option<usize> {
        let mut steps = 1_usize;
        loop {
            let start = self.starts.find(hay, at)?;
            steps = more_steps(steps, start - at);
            at = start;
            for _ in 0..steps {
                match self.unit(program, hay, at) {
                    Unit::Member(_) => return Some(at),
                    Unit::Other(len) => at += len,
                }
                if at >= hay.len() {
                    return None;
                }
            }
        }
    }

    /// Returns what stands at `at`, behind the end `Other(1)`; `None` if that has to be decoded.
    #[inline(always)]
    fn near_unit(&self, hay: &[u8], at: usize) -> Option<Unit> {
        let Some(&byte) = hay.get(at) else {
            return Some(Unit::Other(1));
        };
        let (is_member, len) = if byte < 0x80 {
            (self.members.contains(byte), 1)
        } else if let (0xC2..=0xDF, Some(low), Some(&next @ 0x80..=0xBF)) =
            (byte, &self.low, hay.get(at + 1))
        {
            (low[usize::from(byte & 31)] >> (next & 63) & 1 != 0, 2)
        } else {
            return None;
        };
        Some(Unit::of(is_member, len))
    }

    /// Returns what stands at `at`; behind the end `Other(1)`.
    #[inline(always)]
    fn unit(&self, program: &Program<'_>, hay: &[u8], at: usize) -> Unit {
        let Some(&byte) = hay.get(at) else {
            return Unit::Other(1);
        };
        if byte < 0x80 {
            return Unit::of(self.members.contains(byte), 1);
        }
        if let (0xC2..=0xDF, Some(low), Some(&next @ 0x80..=0xBF)) =
            (byte, &self.low, hay.get(at + 1))
        {
            return Unit::of(low[usize::from(byte & 31)] >> (next & 63) & 1 != 0, 2);
        }
        match decode(hay, at) {
            Some(d) if d.is_valid() => {
                let is_member = match self.property {
                    Some((property, is_complement)) => property.contains(d.c) != is_complement,
                    None => program.set_contains(self.set, d.c),
                };
                Unit::of(is_member, d.len)
            }
            _ => Unit::Other(1),
        }
    }

    /// Returns the end and the number of members of the run at `start`, at most `limit` members.
    #[inline]
    fn take(&self, program: &Program<'_>, hay: &[u8], start: usize, limit: u32) -> (usize, u32) {
        let mut at = start;
        let mut left = limit;
        loop {
            let rest = hay.len() - at;
            let cut = match left {
                UNBOUNDED => hay.len(),
                left => at + rest.min(left as usize),
            };
            let end = self.members.run_end(&hay[..cut], at);
            if left != UNBOUNDED {
                left -= (end - at) as u32;
            }
            at = end;
            if self.narrow || left == 0 {
                break;
            }
            let before = at;
            while left > 0
                && let Unit::Member(len) = self.unit(program, hay, at)
            {
                at += len;
                if left != UNBOUNDED {
                    left -= 1;
                }
            }
            if at == before {
                break;
            }
        }
        match limit {
            // Every fourth byte, at least, starts a member. The exact number is counted only where the minimum needs it.
            UNBOUNDED => (at, self.count(&hay[start..at])),
            limit => (at, limit - left),
        }
    }

    /// Returns the number of members in a run, or some number that is at least the minimum.
    #[inline]
    fn count(&self, run: &[u8]) -> u32 {
        if self.narrow || run.len() >= 4 * self.min as usize {
            return u32::try_from(run.len()).unwrap_or(u32::MAX) / if self.narrow { 1 } else { 4 };
        }
        self.len(run) as u32
    }
}

/// The parts of a program that is a run.
struct Shape {
    set: SetId,
    min: u32,
    max: u32,
    greedy: bool,
    word: Option<Look>,
}

/// Returns the parts, if the program is a run.
fn shape(program: &Program<'_>) -> Option<Shape> {
    let (word, start) = match program.op(program.start()).look() {
        Some((look @ (Look::WordAscii | Look::WordUnicode), next)) => (Some(look), next),
        Some(_) | None => (None, program.start()),
    };
    let is_last = |pc: Pc| match (word, program.op(pc).look()) {
        (None, _) => program.op(pc).is_match(),
        (Some(word), Some((look, next))) => look == word && program.op(next).is_match(),
        (Some(_), None) => false,
    };
    let (set, min, max, greedy) = match program.transition(start) {
        Transition::Consume {
            consumed: Consumed::Set(set),
            next,
        } if is_last(next) => (set, 1, 1, true),
        Transition::Consume {
            consumed: Consumed::Set(set),
            next,
        } => match split(program, next)? {
            [first, second] if first == start && is_last(second) => (set, 1, UNBOUNDED, true),
            [first, second] if second == start && is_last(first) => (set, 1, UNBOUNDED, false),
            _ => return None,
        },
        Transition::Epsilon(Epsilon::Enter { counter, next }) => {
            let counted = program.counted_set(counter, next)?;
            let numbers = program.counter(counter);
            if !is_last(counted.next) || numbers.min == 0 {
                return None;
            }
            (counted.set, numbers.min, numbers.max, numbers.greedy)
        }
        Transition::Consume {
            consumed: Consumed::Char(_) | Consumed::Literal { .. },
            ..
        }
        | Transition::Epsilon(
            Epsilon::Split { .. }
            | Epsilon::Save { .. }
            | Epsilon::Look { .. }
            | Epsilon::Repeat { .. },
        )
        | Transition::Match
        | Transition::Fail => return None,
    };
    if word.is_some_and(|look| !is_word_set(program, set, look)) {
        return None;
    }
    Some(Shape {
        set,
        min,
        max,
        greedy,
        word,
    })
}

/// Returns the branches of a split; `None` for every other instruction.
fn split(program: &Program<'_>, pc: Pc) -> Option<[Pc; 2]> {
    match program.transition(pc) {
        Transition::Epsilon(Epsilon::Split { first, second }) => Some([first, second]),
        Transition::Epsilon(
            Epsilon::Save { .. }
            | Epsilon::Look { .. }
            | Epsilon::Enter { .. }
            | Epsilon::Repeat { .. },
        )
        | Transition::Consume { .. }
        | Transition::Match
        | Transition::Fail => None,
    }
}

/// Tells whether the members of a set are the word characters of an assertion.
fn is_word_set(program: &Program<'_>, set: SetId, look: Look) -> bool {
    let set = program.set(set);
    let ascii = (0..0x80_u32).all(|c| (set.ascii() >> c & 1 != 0) == is_word(c));
    if !ascii {
        return false;
    }
    if look == Look::WordAscii {
        return if steps_bytes(program) {
            set.0[2..] == [0, 0]
        } else {
            !set.is_wide()
        };
    }
    let mut properties = set.properties();
    !steps_bytes(program)
        && !set.is_negated()
        && set.ranges_len() == 0
        && properties.next() == Some((Property::WORD, false))
        && properties.next().is_none()
}
