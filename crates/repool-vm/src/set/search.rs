//! Which of many programs match.
//!
//! One scan of the haystack finds the literals of which matches contain one; only programs of which one
//! was found are searched with, and those that have no such literals. Where it is known how far from the
//! start of a match the literal stands, only the starts there are tried:
//!
//! ```text
//! haystack   agent=Mozilla/5.0 (Linux; U; Android 7.0; NXT-L29 Build/1)
//! found                                                ^^^^ after 2 to 4 bytes of a match
//! starts                                            ^^^
//! ```
//!
//! What a search costs depends so on the haystack and on the literals in it, and hardly on the number of
//! programs. The literals and the tables of the scan are an image of words of their own ([`Index`]).
//! Exercised by `tests/set.rs` of this crate and of `repool`, and by the set suite of the workspace.

use std::ops::Range;

use repool_program::{Flags, Program};
use repool_text::{Fold, is_boundary};

use crate::cache::Scratch;
use crate::core::{cold_engine, known_start, precise};
use crate::engine::kind::Engine;
use crate::engine::memory::Engines;
use crate::heap::PART_BYTES_MAX;
use crate::input::Input;
use crate::literal_index::index::Index;
use crate::literal_index::memory::Memory;
use crate::literal_index::scan::Found;
use crate::prefilter::Skip;
use crate::prefilter::Starts;
use crate::prefilter::needle::has_wide_form;
use crate::search::Search;
use crate::searcher::Task;
use crate::simd::byte_finder::ByteFinder;
use crate::simd::byte_set::ByteSet;
use crate::tuning::{NEAR_BYTES, SET_GROWTH, SET_NARROW_MAX, SET_PLANNED_MAX, SHORT_REGION_BYTES};

/// Searches with all programs of an index; tells whether any matches at `start` or later.
///
/// With `matched`, a bit for each program, sets the bits of those that match; without, ends at the first.
/// `program` gives the programs by their numbers, in the order in which they came into the index.
pub fn search_set<'p>(
    index: &Index<'_>,
    program: impl Fn(usize) -> Program<'p>,
    haystack: &[u8],
    start: usize,
    scratch: &mut Scratch,
    matched: Option<&mut [u64]>,
) -> bool {
    let mut memory = std::mem::take(&mut scratch.set);
    let first_only = matched.is_none();
    let mut run = Run {
        index,
        program,
        haystack,
        start,
        scratch,
        matched,
        any: false,
    };
    if first_only {
        run.first(&mut memory);
    } else {
        run.all(&mut memory);
    }
    let any = run.any;
    if memory.bytes() > PART_BYTES_MAX {
        memory = Memory::default();
    }
    scratch.set = memory;
    any
}

struct Run<'r, 'p, F: Fn(usize) -> Program<'p>> {
    index: &'r Index<'r>,
    program: F,
    haystack: &'r [u8],
    start: usize,
    scratch: &'r mut Scratch,
    /// None if one match will do.
    matched: Option<&'r mut [u64]>,
    any: bool,
}

impl<'p, F: Fn(usize) -> Program<'p>> Run<'_, 'p, F> {
    /// Looks for all that match.
    fn all(&mut self, memory: &mut Memory) {
        let end = self.haystack.len();
        for pattern in self.index.unconditional() {
            self.report(pattern);
        }
        for pattern in self.index.without_literals() {
            self.search(pattern, end);
        }
        memory.found.begin(self.index);
        (self.index).scan(self.haystack, self.start..end, &mut memory.found);
        self.candidates(memory, end);
    }

    /// Looks for one that matches, in ever more bytes.
    fn first(&mut self, memory: &mut Memory) {
        self.any = self.index.unconditional().next().is_some();
        memory.found.begin(self.index);
        let (mut scanned, mut bytes) = (self.start, SHORT_REGION_BYTES);
        while !self.any {
            let left = self.haystack.len() - self.start;
            // A last round that would be little larger than the one before is joined with it.
            let end = if left / 2 <= bytes {
                self.haystack.len()
            } else {
                self.start + bytes
            };
            for pattern in self.index.without_literals() {
                self.search(pattern, end);
                if self.any {
                    return;
                }
            }
            self.index
                .scan(self.haystack, scanned..end, &mut memory.found);
            self.candidates(memory, end);
            if end == self.haystack.len() {
                return;
            }
            scanned = end;
            bytes = bytes.saturating_mul(SET_GROWTH);
        }
    }

    /// Searches with the programs of which a literal was found.
    fn candidates(&mut self, memory: &mut Memory, end: usize) {
        memory.wide.clear();
        memory.wide.resize(self.index.len().div_ceil(64), 0);
        for hit in memory.found.hits() {
            for place in self.index.places(hit.literal) {
                if self.is_done(place.pattern) || !self.is_met(&memory.found, place.pattern) {
                    continue;
                }
                if hit.count <= 2 {
                    let last = (hit.count == 2).then_some(hit.last);
                    for at in [Some(hit.first), last].into_iter().flatten() {
                        self.narrow(&mut memory.wide, place.pattern, place.starts(at, at));
                    }
                } else {
                    let starts = place.starts(hit.first, hit.last);
                    self.narrow(&mut memory.wide, place.pattern, starts);
                }
                if self.is_over() {
                    return;
                }
            }
        }
        for (i, &word) in memory.wide.iter().enumerate() {
            let mut word = word;
            while word != 0 {
                let pattern = 64 * i + word.trailing_zeros() as usize;
                word &= word - 1;
                if !self.is_done(pattern) {
                    self.search(pattern, end);
                    if self.is_over() {
                        return;
                    }
                }
            }
        }
    }

    /// Tries the starts, or leaves the program for a search of all.
    fn narrow(&mut self, wide: &mut [u64], pattern: usize, starts: Range<usize>) {
        let first = starts.start.max(self.start);
        if starts.end.saturating_sub(first) > SET_NARROW_MAX {
            wide[pattern / 64] |= 1 << (pattern % 64);
            return;
        }
        let program = (self.program)(pattern);
        if first < starts.end
            && starts_among(
                &program,
                self.haystack,
                self.start,
                first..starts.end,
                self.scratch,
            )
        {
            self.report(pattern);
        }
    }

    /// Searches with one program, up to `end`.
    fn search(&mut self, pattern: usize, end: usize) {
        let program = (self.program)(pattern);
        if end - self.start <= SHORT_REGION_BYTES && self.index.len() > SET_PLANNED_MAX {
            let starts = self.start..end + 1;
            if starts_among(&program, self.haystack, self.start, starts, self.scratch) {
                self.report(pattern);
            }
            return;
        }
        let input = Input {
            haystack: self.haystack,
            start: self.start,
            end,
            anchored: false,
            earliest: true,
        };
        if Task::of_program(program, input).run(self.scratch, &mut []) {
            self.report(pattern);
        }
    }

    fn report(&mut self, pattern: usize) {
        self.any = true;
        if let Some(matched) = &mut self.matched {
            matched[pattern / 64] |= 1 << (pattern % 64);
        }
    }

    /// Tells whether the second literal was found that a program may need.
    fn is_met(&self, found: &Found, pattern: usize) -> bool {
        let mut needs = self.index.needs(pattern);
        needs.len() == 0 || needs.any(|literal| found.has(literal))
    }

    fn is_done(&self, pattern: usize) -> bool {
        match &self.matched {
            Some(matched) => matched[pattern / 64] >> (pattern % 64) & 1 != 0,
            None => false,
        }
    }

    fn is_over(&self) -> bool {
        self.any && self.matched.is_none()
    }
}

/// Tells whether a match starts at one of `starts`, in a search from `start`.
fn starts_among(
    program: &Program<'_>,
    haystack: &[u8],
    start: usize,
    starts: Range<usize>,
    scratch: &mut Scratch,
) -> bool {
    let input = Input {
        haystack,
        start,
        end: haystack.len(),
        anchored: false,
        earliest: true,
    };
    if program.flags().contains(Flags::DELEGATED) {
        return Task::of_program(*program, input).run(scratch, &mut []);
    }
    let Some(mut search) = Search::prepare(program, &input) else {
        return false;
    };
    let engines: &mut Engines = &mut scratch.engines;
    let skip = if starts.len() > NEAR_BYTES {
        first_bytes(program)
    } else {
        Skip::Nothing
    };
    let engine = cold_engine(program, search.anchored, true, 0);
    if search.anchored {
        if !starts.contains(&search.start) {
            return false;
        }
        if engine == Engine::OnePass {
            return known_start(&mut search, engines, &mut []);
        }
        let mut once = Starts::once(&search);
        return precise(engine, &mut search, &mut once, engines, &mut []);
    }
    search.start = search.start.max(starts.start);
    while search.utf8 && !is_boundary(haystack, search.start) {
        search.start += 1;
    }
    if !search.fits() {
        return false;
    }
    let mut among = Starts::of(&search, &skip);
    among.limit(starts.end - 1);
    precise(engine, &mut search, &mut among, engines, &mut [])
}

/// What to look for to skip starts, as far as it takes next to nothing to know.
fn first_bytes(program: &Program<'_>) -> Skip {
    if let Some(first) = program.first() {
        return Skip::Set(ByteFinder::new(ByteSet::from_words(program.set(first).0)));
    }
    let Some(prefix) = program.prefix() else {
        return Skip::Nothing;
    };
    let byte = program.needle(prefix)[0];
    let is_letter = byte.is_ascii_alphabetic();
    match prefix.fold {
        Fold::None => Skip::One(byte),
        _ if byte.is_ascii() && !is_letter => Skip::One(byte),
        Fold::Ascii if is_letter => Skip::Two(byte, byte ^ 0x20),
        Fold::Unicode if is_letter && !has_wide_form(byte) => Skip::Two(byte, byte ^ 0x20),
        _ => Skip::Nothing,
    }
}
