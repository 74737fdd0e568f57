//! The first bytes of every match, as products of byte sets.
//!
//! The analysis follows every path from the start of the program for [`WINDOW`] bytes. Each place of a path holds the set
//! of bytes that the program consumes there. Assertions count as true. A path that ends early, or that the analysis
//! gives up, allows any byte behind its last one:
//!
//! ```text
//! (?i)ab|[0-9]x     [Aa][Bb] . . . . . .     [0-9][x] . . . . . .
//! ```
//!
//! The paths are spread over eight *buckets*; paths with similar starts share one. Each place of a bucket holds the union
//! of the sets of its paths. So the first bytes of every match lie in the product of some bucket, unless the haystack ends
//! before. A string in a product need not start a match.
//!
//! Exercised by `tests/oracle.rs` through every engine, and by the tests below.

use repool_program::{Consumed, Program, Transition};
use repool_text::{Fold, decode, orbit};

use crate::analysis::utf8_shapes;
use crate::analysis::utf8_shapes::Shape;
use crate::nfa::state::State;
use crate::nfa::unit::{byte_members, steps_bytes};
use crate::simd::byte_set::ByteSet;
use crate::simd::tables::WINDOW;
use crate::tuning::FINGERPRINT_PATHS_MAX;

/// Buckets: one bit each in a byte.
pub(crate) const BUCKETS_MAX: usize = 8;

/// The first bytes of every match.
#[derive(Clone, Debug)]
pub(crate) struct Fingerprint {
    buckets: Vec<Bucket>,
}

/// The bytes at each place of the window.
pub(crate) type Bucket = [ByteSet; WINDOW];

/// A path through the program.
#[derive(Clone, Copy, Debug)]
struct Path {
    /// Where it stands; `None` once it is not followed any further.
    state: Option<State>,
    /// Bytes consumed of the literal at `state`.
    offset: usize,
    /// Places that are known.
    len: usize,
    places: Bucket,
}

impl Path {
    /// Consumes one byte of the set. Bytes behind the window are ignored.
    fn take(&mut self, bytes: &ByteSet) {
        if let Some(place) = self.places.get_mut(self.len) {
            *place = *bytes;
            self.len += 1;
        }
    }

    fn is_open(&self) -> bool {
        self.state.is_some() && self.len < WINDOW
    }
}

impl Fingerprint {
    /// Returns the fingerprint of a program, unless its matches can start with any byte.
    pub(crate) fn new(program: &Program<'_>) -> Option<Fingerprint> {
        let start = Path {
            state: Some(State::new(program.start())),
            offset: 0,
            len: 0,
            places: [ByteSet::ALL; WINDOW],
        };
        let mut reader = Reader {
            program,
            bytes: steps_bytes(program),
            paths: vec![start],
            jobs: Vec::new(),
            seen: Vec::new(),
        };
        while reader.paths.len() <= FINGERPRINT_PATHS_MAX {
            // Follows the shortest path first, so that all have about the same length if there are too many.
            let open = reader.paths.iter().enumerate().filter(|(_, w)| w.is_open());
            let Some((shortest, _)) = open.min_by_key(|(_, w)| w.len) else {
                break;
            };
            let path = reader.paths.swap_remove(shortest);
            reader.follow(path);
        }
        let paths = reader.paths;
        if paths
            .iter()
            .any(|path| path.len == 0 || path.places[0] == ByteSet::ALL)
        {
            return None;
        }
        Some(Fingerprint::of(
            paths.iter().map(|path| path.places).collect(),
        ))
    }

    /// Returns the fingerprint of matches whose first bytes lie in one of these products.
    pub(crate) fn of(mut paths: Vec<Bucket>) -> Fingerprint {
        paths.sort_unstable();
        paths.dedup();
        Fingerprint {
            buckets: buckets(&without_special(&paths)),
        }
    }

    /// Returns the bytes that a match can start with. For most programs these are fewer than the header tells, which
    /// allows all first bytes of characters above ASCII if it allows one.
    pub(crate) fn first(&self) -> ByteSet {
        let mut first = ByteSet::EMPTY;
        for bucket in &self.buckets {
            first.insert_all(&bucket[0]);
        }
        first
    }

    pub(crate) fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }
}

/// Drops the paths whose products lie in the product of another: for `[a-z]{2,}` the path of two letters is left.
fn without_special(paths: &[Bucket]) -> Vec<Bucket> {
    let lies_in = |path: &Bucket, other: &Bucket| {
        let mut places = path.iter().zip(other);
        places.all(|(bytes, other)| bytes.is_subset(other))
    };
    let is_special = |path: &&Bucket| {
        paths
            .iter()
            .any(|other| other != *path && lies_in(path, other))
    };
    let general = paths.iter().filter(|path| !is_special(path));
    general.copied().collect()
}

/// Spreads sorted paths over the buckets, neighbours together.
fn buckets(paths: &[Bucket]) -> Vec<Bucket> {
    let count = paths.len().min(BUCKETS_MAX);
    (0..count)
        .map(|i| {
            let (from, to) = (paths.len() * i / count, paths.len() * (i + 1) / count);
            let mut bucket = [ByteSet::EMPTY; WINDOW];
            for path in &paths[from..to] {
                for (place, bytes) in bucket.iter_mut().zip(path) {
                    place.insert_all(bytes);
                }
            }
            bucket
        })
        .collect()
}

struct Reader<'p> {
    program: &'p Program<'p>,
    bytes: bool,
    paths: Vec<Path>,
    /// The states to visit, and the visited ones, between two consumed bytes.
    jobs: Vec<State>,
    seen: Vec<usize>,
}

impl Reader<'_> {
    /// Follows a path to the bytes that it consumes next.
    fn follow(&mut self, path: Path) {
        let Some(state) = path.state else {
            return self.paths.push(path);
        };
        self.jobs.clear();
        self.seen.clear();
        self.jobs.push(state);
        while let Some(state) = self.jobs.pop() {
            if self.seen.contains(&state.number()) {
                continue;
            }
            if self.seen.len() == FINGERPRINT_PATHS_MAX {
                // The states that are left may consume anything.
                return self.end(path);
            }
            self.seen.push(state.number());
            match self.program.transition(state.pc) {
                Transition::Epsilon(epsilon) => {
                    let next = state.step(self.program, epsilon);
                    self.jobs.extend(next.second);
                    self.jobs.push(next.first);
                }
                Transition::Consume { consumed, next } => {
                    self.take(path, state, consumed, state.at(next));
                }
                Transition::Match => self.end(path),
                Transition::Fail => {}
            }
        }
    }

    /// Ends a path: any bytes may follow.
    fn end(&mut self, mut path: Path) {
        path.state = None;
        self.paths.push(path);
    }

    /// Consumes what the instruction at `state` consumes, in one path for each length of encoding.
    fn take(&mut self, mut path: Path, state: State, consumed: Consumed, next: State) {
        path.state = Some(next);
        match consumed {
            Consumed::Char(c) => {
                match char::from_u32(c) {
                    Some(c) if !self.bytes => {
                        take_all(&mut path, c.encode_utf8(&mut [0; 4]).as_bytes());
                    }
                    _ => take_all(&mut path, &[c as u8]),
                }
                self.paths.push(path);
            }
            Consumed::Set(set) if self.bytes => {
                path.take(&byte_members(self.program, set));
                self.paths.push(path);
            }
            Consumed::Set(set) => {
                let set = self.program.set(set);
                for shape in utf8_shapes::shapes(self.program, &set) {
                    if !shape.places[0].is_empty() {
                        let mut path = path;
                        take_shape(&mut path, &shape);
                        self.paths.push(path);
                    }
                }
            }
            Consumed::Literal { len, fold } => {
                path.state = Some(state);
                let literal = self.program.literal(state.pc, len);
                self.take_literal(path, literal, fold, next);
            }
        }
    }

    /// Consumes characters of a literal, up to one whose case variants differ in length.
    fn take_literal(&mut self, mut path: Path, literal: &[u8], fold: Fold, next: State) {
        while path.len < WINDOW {
            let Some(&byte) = literal.get(path.offset) else {
                path.state = Some(next);
                path.offset = 0;
                break;
            };
            let c = match decode(literal, path.offset) {
                Some(d) if !self.bytes => char::from_u32(d.c).map(|c| (c, d.len)),
                _ => None,
            };
            let (c, len) = c.unwrap_or((char::from(byte), 1));
            let own = &literal[path.offset..path.offset + len];
            path.offset += len;
            let by_ascii = fold == Fold::Ascii || fold != Fold::None && self.bytes;
            if by_ascii && byte.is_ascii_alphabetic() {
                path.take(&ByteSet::of(&[byte, byte ^ 0x20]));
                continue;
            }
            let forms: &[char] = if fold == Fold::Unicode && !self.bytes {
                orbit(c)
            } else {
                &[]
            };
            if forms.is_empty() {
                take_all(&mut path, own);
                continue;
            }
            let mut shapes = shapes_of(forms);
            let Some(shape) = shapes.next() else {
                continue;
            };
            let mut others = shapes.peekable();
            let forked = others.peek().is_some();
            let before = path;
            take_shape(&mut path, &shape);
            for shape in others {
                let mut other = before;
                take_shape(&mut other, &shape);
                self.paths.push(other);
            }
            if forked {
                break;
            }
        }
        self.paths.push(path);
    }
}

fn take_all(path: &mut Path, bytes: &[u8]) {
    for &byte in bytes {
        path.take(&ByteSet::of(&[byte]));
    }
}

fn take_shape(path: &mut Path, shape: &Shape) {
    for place in &shape.places[..shape.len] {
        path.take(place);
    }
}

/// Returns the variants of a character, by the lengths of their encodings.
fn shapes_of(forms: &[char]) -> impl Iterator<Item = Shape> {
    (1..=4).filter_map(move |len| {
        let mut places = [ByteSet::EMPTY; 4];
        for &c in forms.iter().filter(|c| c.len_utf8() == len) {
            let mut buffer = [0; 4];
            for (place, &byte) in places.iter_mut().zip(c.encode_utf8(&mut buffer).as_bytes()) {
                place.insert(byte);
            }
        }
        (!places[0].is_empty()).then_some(Shape { len, places })
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::image;
    use crate::testing::random;

    /// Returns the fingerprint of a pattern.
    pub(crate) fn fingerprint(text: &str) -> Option<Fingerprint> {
        Fingerprint::new(&image(text).program())
    }

    /// Calls `make` with the program of a pattern.
    pub(crate) fn with_program<T>(
        text: &str,
        make: impl Fn(&Program<'_>) -> Option<T>,
    ) -> Option<T> {
        make(&image(text).program())
    }

    fn covers(fingerprint: &Fingerprint, hay: &[u8]) -> bool {
        let buckets = fingerprint.buckets.iter();
        buckets
            .into_iter()
            .any(|bucket| bucket.iter().zip(hay).all(|(bytes, &b)| bytes.contains(b)))
    }

    #[test]
    fn every_match_starts_in_a_bucket() {
        let atoms = [
            "a",
            "b",
            "ab",
            "k",
            "S",
            "é",
            "€",
            "😀",
            "[ab]",
            "[^a]",
            r"\d",
            r"\w",
            "(?i:k)",
            "(?i:sé)",
            "(?i:шK)",
            "x{2,3}",
            "(?:ab|c){2}",
            "(?:a|é)*",
            "(?:ab)?",
            r"\b",
            "^",
            "[а-я]",
            "(?:one|two|three|four|five|six|seven|eight|nine)",
            "(?:a{2}b){1,2}",
            "(?:a*)*",
        ];
        let pieces = [
            "a", "b", "k", "K", "\u{212A}", "S", "s", "ſ", "é", "É", "€", "😀", "1", "٣", "ш", "Ш",
            "x", "c", "one", "eight", " ", "aab", "\n",
        ];
        let mut state = 11;
        for _ in 0..600 {
            let mut text = String::new();
            for _ in 0..1 + random(&mut state) % 5 {
                text.push_str(atoms[random(&mut state) as usize % atoms.len()]);
                if random(&mut state).is_multiple_of(4) {
                    text.push('|');
                }
            }
            let Some(fingerprint) = fingerprint(&text) else {
                continue;
            };
            let regex = regex_automata::meta::Regex::new(&text).expect("the pattern is valid");
            let mut hay = String::new();
            for _ in 0..60 {
                hay.push_str(pieces[random(&mut state) as usize % pieces.len()]);
            }
            for found in regex.find_iter(&hay) {
                let bytes = &hay.as_bytes()[found.start()..];
                assert!(
                    covers(&fingerprint, bytes),
                    "{text:?} at {} of {hay:?}",
                    found.start()
                );
            }
        }
    }

    #[test]
    fn places_hold_what_the_program_takes() {
        let fp = fingerprint("(?i)ab|[0-9]x").expect("it starts with few bytes");
        let [first, second] = &fp.buckets[..] else {
            panic!("two paths");
        };
        let mut both = [first[..3].to_vec(), second[..3].to_vec()];
        both.sort_unstable();
        let mut expected = [
            vec![ByteSet::of(b"aA"), ByteSet::of(b"bB"), ByteSet::ALL],
            vec![ByteSet::of(b"0123456789"), ByteSet::of(b"xX"), ByteSet::ALL],
        ];
        expected.sort_unstable();
        assert_eq!(both, expected);
    }

    #[test]
    fn a_longer_way_is_left_to_the_shorter() {
        let fp = fingerprint("[ab]{2,}|c").expect("it starts with few bytes");
        assert_eq!(fp.buckets.len(), 2, "{:?}", fp.buckets);
        assert_eq!(fp.buckets[0][2], ByteSet::ALL);
    }

    #[test]
    fn what_starts_with_anything_has_none() {
        for text in ["", "a*", "a?|b", r"\b"] {
            assert!(fingerprint(text).is_none(), "{text:?}");
        }
        // Its first byte is one of three.
        assert!(fingerprint("(?:a|b)*c").is_some());
    }
}
