//! Finds the places where a match of one of many strings may start (Wu and Manber 1994).
//!
//! The first bytes of thousands of words are not rare. But a string of four bytes, a *gram*, stands at few places of the
//! words, and most grams of a text stand in none. So a window as long as the shortest match, at most
//! [`SHIFT_WINDOW_MAX`] bytes, is moved over the haystack. The last gram of the window is looked up in the shift table,
//! which tells how far the window can move before the gram could be at a place of a word:
//!
//! ```text
//! ... the abstract ness ...           words: abstemiousness, abstractedness, ...
//!     └──────────┘                    "act " stands in none of them: on by all but three bytes
//! ```
//!
//! The table is built from any program. The analysis follows every path from the start for as many bytes as the window
//! has. Assertions count as true. With too many paths there is no table. The table is published beside the image, for
//! all threads:
//!
//! ```text
//! window:8 bits:8 fold:8 │ a byte for each hash of a gram: how far to move, and whether matches start so
//! ```
//!
//! Exercised by the tests below and by `tests/dfa.rs`.

use repool_program::{Consumed, Program, Transition};
use repool_text::{Fold, decode, orbit};

use crate::analysis::utf8_shapes;
use crate::nfa::sparse::Seen;
use crate::nfa::state::State;
use crate::nfa::unit::{byte_members, steps_bytes};
use crate::simd::byte_set::ByteSet;
use crate::tuning::{
    SHIFT_BITS_MAX, SHIFT_BITS_MIN, SHIFT_MEMBERS_MAX, SHIFT_PATHS_MAX, SHIFT_WINDOW_MAX,
    SHIFT_WINDOW_MIN,
};

/// Bytes of a gram.
const GRAM: usize = 4;

/// The bit of an entry that tells that a match starts with such a gram. The other bits are the shift.
const STARTS: u8 = 1 << 7;

/// The bit that tells the cases of an ASCII letter apart, in four bytes. Other bytes may fall together: that only
/// lets more positions pass.
const FOLD: u32 = 0x2020_2020;

const _: () = assert!(SHIFT_WINDOW_MAX < STARTS as usize);

/// A published table, opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShiftTable<'a> {
    window: usize,
    shift: u32,
    fold: u32,
    table: &'a [u8],
}

/// Returns the hash of a gram.
#[inline(always)]
fn hash(gram: u32, shift: u32) -> usize {
    (gram.wrapping_mul(0x9E37_79B1) >> shift) as usize
}

impl<'a> ShiftTable<'a> {
    /// Opens what [`build`] returned.
    #[inline]
    pub(crate) fn open(words: &'a [u64]) -> Option<ShiftTable<'a>> {
        let (&head, table) = words.split_first()?;
        let [window, bits, fold, ..] = head.to_le_bytes();
        Some(ShiftTable {
            window: usize::from(window),
            shift: 32 - u32::from(bits),
            fold: if fold == 0 { 0 } else { FOLD },
            table: bytemuck::cast_slice(table),
        })
    }

    /// Returns the entry of the gram at `at`.
    #[inline(always)]
    fn entry(&self, hay: &[u8], at: usize) -> Option<u8> {
        let gram = u32::from_le_bytes(*hay.get(at..)?.first_chunk()?) | self.fold;
        self.table.get(hash(gram, self.shift)).copied()
    }

    /// Returns the first position at `at` or behind where a match may start, and the number of windows tested.
    #[inline]
    pub(crate) fn next(&self, hay: &[u8], at: usize) -> (Option<usize>, usize) {
        let mut last = at + self.window - GRAM;
        let mut looks = 0;
        while let Some(entry) = self.entry(hay, last) {
            looks += 1;
            let ahead = usize::from(entry & !STARTS);
            if ahead > 0 {
                last += ahead;
                continue;
            }
            let start = last + GRAM - self.window;
            if self.entry(hay, start).is_some_and(|e| e & STARTS != 0) {
                return (Some(start), looks);
            }
            last += 1;
        }
        (None, looks)
    }
}

/// Builds the table of a program, if it has one.
pub(crate) fn build(program: &Program<'_>) -> Option<Vec<u64>> {
    let window = (program.len_min() as usize).min(SHIFT_WINDOW_MAX);
    if window < SHIFT_WINDOW_MIN {
        return None;
    }
    let mut reader = Reader {
        program,
        bytes: steps_bytes(program),
        window,
        paths: Default::default(),
        grams: Vec::new(),
        paths_len: 0,
        fold: false,
        seen: Seen::default(),
        jobs: Vec::new(),
    };
    reader.read()?;
    let Reader {
        mut grams, fold, ..
    } = reader;
    if fold {
        grams.iter_mut().for_each(|(gram, _)| *gram |= FOLD);
    }
    grams.sort_unstable();
    grams.dedup();
    let distinct = grams.chunk_by(|a, b| a.0 == b.0).count();
    let bits = (4 * distinct)
        .next_power_of_two()
        .ilog2()
        .clamp(SHIFT_BITS_MIN, SHIFT_BITS_MAX);
    let far = window - GRAM + 1;
    let mut table = vec![far as u8; 1 << bits];
    for (gram, at) in grams {
        let entry = &mut table[hash(gram, 32 - bits)];
        let ahead = (window - GRAM - usize::from(at)) as u8;
        let starts = if at == 0 { STARTS } else { *entry & STARTS };
        *entry = starts | ahead.min(*entry & !STARTS);
    }
    let mut words = vec![u64::from_le_bytes([
        window as u8,
        bits as u8,
        fold.into(),
        0,
        0,
        0,
        0,
        0,
    ])];
    words.extend_from_slice(bytemuck::cast_slice(&to_words(&table)));
    Some(words)
}

fn to_words(bytes: &[u8]) -> Vec<u64> {
    let (words, _) = bytes.as_chunks();
    words.iter().map(|&word| u64::from_ne_bytes(word)).collect()
}

/// A path through the program.
#[derive(Clone, Copy, Debug)]
struct Path {
    state: State,
    /// Bytes consumed of the literal at `state`.
    offset: usize,
    /// The last four bytes consumed.
    gram: u32,
}

impl Path {
    fn key(&self) -> (usize, usize, u32) {
        (self.state.number(), self.offset, self.gram)
    }
}

struct Reader<'p> {
    program: &'p Program<'p>,
    bytes: bool,
    window: usize,
    /// The paths, by the bytes that they have consumed.
    paths: [Vec<Path>; SHIFT_WINDOW_MAX],
    /// All grams and their places.
    grams: Vec<(u32, u8)>,
    paths_len: usize,
    /// Whether some letter stands for both its cases.
    fold: bool,
    seen: Seen,
    jobs: Vec<State>,
}

impl Reader<'_> {
    /// Follows all paths. Returns `None` if there are too many, or if one ends within the window.
    fn read(&mut self) -> Option<()> {
        self.seen.reset(self.program.states());
        self.paths[0].push(Path {
            state: State::new(self.program.start()),
            offset: 0,
            gram: 0,
        });
        for len in 0..self.window {
            let mut paths = std::mem::take(&mut self.paths[len]);
            paths.sort_unstable_by_key(Path::key);
            paths.dedup_by_key(|path| path.key());
            self.paths_len += paths.len();
            if self.paths_len > SHIFT_PATHS_MAX || self.grams.len() > SHIFT_PATHS_MAX {
                return None;
            }
            for path in paths {
                self.follow(path, len)?;
            }
        }
        Some(())
    }

    /// Follows a path to the characters that it consumes next.
    fn follow(&mut self, path: Path, len: usize) -> Option<()> {
        self.seen.clear();
        self.jobs.clear();
        self.jobs.push(path.state);
        while let Some(state) = self.jobs.pop() {
            if !self.seen.take(state, 0) {
                continue;
            }
            match self.program.transition(state.pc) {
                Transition::Epsilon(epsilon) => {
                    let next = state.step(self.program, epsilon);
                    self.jobs.extend(next.second);
                    self.jobs.push(next.first);
                }
                Transition::Consume { consumed, next } => {
                    self.take(Path { state, ..path }, len, consumed, state.at(next))?;
                }
                Transition::Match => return None,
                Transition::Fail => {}
            }
        }
        Some(())
    }

    /// Consumes each character that the instruction consumes.
    fn take(&mut self, path: Path, len: usize, consumed: Consumed, next: State) -> Option<()> {
        let behind = Path {
            state: next,
            ..path
        };
        match consumed {
            Consumed::Char(c) => match char::from_u32(c) {
                Some(c) if !self.bytes => self.push_char(behind, len, c),
                _ => self.push(behind, len, &[c as u8]),
            },
            Consumed::Set(set) if self.bytes => {
                return self.push_product(behind, len, &[byte_members(self.program, set)]);
            }
            Consumed::Set(set) => {
                let set = self.program.set(set);
                for shape in utf8_shapes::shapes(self.program, &set) {
                    if !shape.places[0].is_empty() {
                        self.push_product(behind, len, &shape.places[..shape.len])?;
                    }
                }
            }
            Consumed::Literal {
                len: literal_len,
                fold,
            } => {
                let literal = self.program.literal(path.state.pc, literal_len);
                let c = match decode(literal, path.offset) {
                    Some(d) if !self.bytes => char::from_u32(d.c).map(|c| (c, d.len)),
                    _ => None,
                };
                let unit_len = c.map_or(1, |(_, len)| len);
                let own = &literal[path.offset..path.offset + unit_len];
                let offset = path.offset + unit_len;
                let path = if offset == literal.len() {
                    Path {
                        offset: 0,
                        ..behind
                    }
                } else {
                    Path { offset, ..path }
                };
                self.fold |= fold != Fold::None && own[0].is_ascii_alphabetic();
                self.push(path, len, own);
                if let (Fold::Unicode, Some((c, _))) = (fold, c) {
                    for &form in orbit(c) {
                        self.fold |= form.is_ascii_alphabetic();
                        self.push_char(path, len, form);
                    }
                }
            }
        }
        Some(())
    }

    /// Consumes every string of the product of the places.
    fn push_product(&mut self, path: Path, len: usize, places: &[ByteSet]) -> Option<()> {
        let members = places.iter().map(ByteSet::len).product::<usize>();
        if members > SHIFT_MEMBERS_MAX {
            return None;
        }
        for index in 0..members {
            let mut rest = index;
            let mut string = [0; 4];
            for (byte, place) in string.iter_mut().zip(places) {
                *byte = place.iter().nth(rest % place.len())?;
                rest /= place.len();
            }
            self.push(path, len, &string[..places.len()]);
        }
        Some(())
    }

    fn push_char(&mut self, path: Path, len: usize, c: char) {
        self.push(path, len, c.encode_utf8(&mut [0; 4]).as_bytes());
    }

    /// Consumes bytes: notes the grams that end with them, and keeps the path.
    fn push(&mut self, mut path: Path, len: usize, bytes: &[u8]) {
        let mut len = len;
        for &byte in bytes {
            path.gram = path.gram >> 8 | u32::from(byte) << 24;
            len += 1;
            if (GRAM..=self.window).contains(&len) {
                self.grams.push((path.gram, (len - GRAM) as u8));
            }
        }
        if len < self.window {
            self.paths[len].push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::fingerprint::tests::with_program;
    use crate::testing::bytes_image;

    /// Returns the positions that pass the table of a pattern.
    fn left(text: &str, hay: &str) -> Option<Vec<usize>> {
        let words = with_program(text, build)?;
        let table = ShiftTable::open(&words).expect("it was built just now");
        let mut at = 0;
        let mut found = Vec::new();
        while let Some(start) = table.next(hay.as_bytes(), at).0 {
            found.push(start);
            at = start + 1;
        }
        Some(found)
    }

    #[test]
    fn every_start_is_left() {
        let hay = "now sherlock, SHERLOC\u{212A} and watson: Holmes9 holmes1x-watson";
        for (text, starts) in [
            ("sherlock|watson|holmes1", &[4, 29, 45, 54][..]),
            ("(?i)sherlock|(?i)watson", &[4, 14, 29, 54]),
            (r"\b[Hh]olmes[0-9]", &[37, 45]),
            ("(?:wat|hol)(?:son|mes)", &[29, 45, 54]),
            ("sherloc(?:k|K)|absent", &[4]),
            ("(?i-u)sherloc|(?i-u)watson", &[4, 14, 29, 54]),
            // A class of characters above ASCII too.
            ("[äh]olmes[0-9]", &[45]),
            ("(?:[wé]atson|[hé]olmes)", &[29, 45, 54]),
        ] {
            let found = left(text, hay).expect("there is a table");
            let missing: Vec<_> = starts.iter().filter(|s| !found.contains(s)).collect();
            assert!(missing.is_empty(), "{text}: {missing:?} not in {found:?}");
            assert!(found.len() <= starts.len() + 2, "{text}: {found:?}");
        }
    }

    #[test]
    fn a_character_above_ascii_counts_with_all_its_bytes() {
        let hay = "an éfoobar, an xyfoobar and €foobar";
        let starts = ["éf", "xy", "€f"].map(|start| hay.find(start).expect("it is there"));
        // As characters of their own, and as members of a class.
        for text in ["(?:é|xy|€)foobar", "(?:[à-ï]|xy|[€-₯])foobar"] {
            let found = left(text, hay).expect("there is a table");
            let is_found = |start| found.contains(start);
            assert!(starts.iter().all(is_found), "{starts:?} in {found:?}");
        }
    }

    #[test]
    fn a_class_of_bytes_has_bytes_for_members() {
        let image = bytes_image(r"(?-u:[\xE0-\xE2]foobar|\xFFwatson|[a\xA0]dler\d\d)");
        let words = build(&image.program()).expect("there is a table");
        let table = ShiftTable::open(&words).expect("it was built just now");
        let hay = b"an \xE1foobar or \xFFwatson; \xA0dler17";
        for (start, _) in hay.iter().enumerate().filter(|(_, b)| !b.is_ascii()) {
            assert_eq!(table.next(hay, start).0, Some(start));
        }
    }

    #[test]
    fn too_many_strings_or_too_short_ones() {
        for text in [
            "abcde|fghij",
            r"\w{8}",
            "[a-z]bcdefgh",
            "(?:abcdef)?",
            r"\w+Holmes",
        ] {
            assert_eq!(left(text, ""), None, "{text}");
        }
    }
}
