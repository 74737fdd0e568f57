//! Which prefilter a program has, and how it finds the next candidate.
//!
//! Best first: the prefix of every match, by substring search; the set of bytes that every match starts with, by `memchr` for
//! up to three; for a hot program what its first bytes may be (Teddy), while that is rare enough, or a shift table of the
//! strings that matches start with, if there are many; the starts of lines, if every match starts at one; nothing.
//!
//! A hot program that can start nearly anywhere has a reverse prefilter instead: a place that every match covers is found, and
//! scanned back from ([`crate::prefilter::reverse`]).
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

use std::sync::Arc;

use repool_arena::{Account, Boxed, BoxedSlice, OutOfMemory, Pool};
use repool_program::{Flags, Program};

use crate::analysis::fingerprint::Fingerprint;
use crate::backoff::Backoff;
use crate::prefilter::byte_frequency::Frequency;
use crate::prefilter::lines::{Lines, lines};
use crate::prefilter::needle::Finder;
use crate::prefilter::reverse::{ReverseTable, reverse_table};
use crate::prefilter::teddy::Teddy;
use crate::prefilter::wu_manber::ShiftTable;
use crate::prefilter::wu_manber::build as build_shift_table;
use crate::region::Region;
use crate::simd::byte_finder::ByteFinder;
use crate::simd::byte_set::ByteSet;
use crate::simd::memchr::{find_one, find_three, find_two};
use crate::source::Source;
use crate::tuning::{SET_RATE_MAX, SHIFT_RATE_MIN, TEDDY_GAIN_MIN};

/// What to look for: a fact of the program, and of the text it was first searched in.
#[derive(Clone, Debug, Default)]
#[allow(
    clippy::large_enum_variant,
    reason = "one a plan, and a box would be an allocation whenever a plan is made for a cold program"
)]
// A tag of its own: a niche in one of the parts takes six instructions to read.
#[repr(u8)]
pub(crate) enum Prefilter {
    /// Every position.
    #[default]
    Nothing,
    /// The starts of lines.
    Lines(Lines),
    /// One of the bytes.
    One(u8),
    Two(u8, u8),
    Three(u8, u8, u8),
    /// A byte of the set.
    Set(ByteFinder),
    /// A needle.
    Needle(Finder),
    /// What the first bytes of a match may be.
    Teddy {
        teddy: Boxed<Teddy>,
        /// What to look for instead where those are too frequent.
        coarse: Boxed<Prefilter>,
    },
    /// What strings a match may start with.
    ShiftTable {
        /// The table, as it was published; see [`ShiftTable`].
        words: BoxedSlice<u64>,
        /// What to look for instead where that does not pay.
        coarse: Boxed<Prefilter>,
    },
    /// What every match covers, and from there back.
    Reverse {
        reverse: Boxed<ReverseTable>,
        /// What to look for instead where that does not pay.
        coarse: Boxed<Prefilter>,
    },
}

/// What is looked for where nothing is.
pub(crate) static NOTHING: Prefilter = Prefilter::Nothing;

impl Prefilter {
    /// What to look for to start a program.
    pub(crate) fn new(program: &Program<'_>) -> Prefilter {
        if let Some(finder) = program.prefix().and_then(|n| Finder::new(program, n)) {
            Prefilter::Needle(finder)
        } else if let Some(first) = program.first() {
            Prefilter::of_set(ByteSet::from_words(program.set(first).0))
        } else if let Some(lines) = lines(program) {
            Prefilter::Lines(lines)
        } else {
            Prefilter::Nothing
        }
    }

    /// What to look for to start a hot program in text like the sample: the first bytes of matches, if
    /// that leaves fewer positions.
    pub(crate) fn hot(program: &Program<'_>, sample: &[u8]) -> Prefilter {
        let frequency = Frequency::new(sample);
        let skip = Prefilter::forward(program, &frequency);
        let exact = matches!(&skip, Prefilter::Needle(finder) if finder.is_exact());
        let flags = program.flags();
        if flags.contains(Flags::ANCHORED_START)
            || flags.contains(Flags::LITERAL)
            || matches!(skip, Prefilter::ShiftTable { .. } | Prefilter::Lines(_))
        {
            return skip;
        }
        let lines = lines(program).filter(|_| !exact).map(Prefilter::Lines);
        let lines = lines.filter(|lines| lines.rate(&frequency) < skip.rate(&frequency));
        let reverse = reverse_table(program).filter(|reverse| {
            let far = !exact || reverse.is_at_end();
            far && reverse.pays(skip.rate(&frequency), &frequency)
        });
        match (reverse, lines) {
            // The end of a line is no better a place than its start.
            (Some(reverse), lines) if reverse.is_rarer_than_lines() || lines.is_none() => {
                Prefilter::Reverse {
                    reverse: Boxed::new(reverse),
                    coarse: Boxed::new(lines.unwrap_or(skip)),
                }
            }
            (_, Some(lines)) => lines,
            _ => skip,
        }
    }

    /// What to look for in the first bytes of matches.
    fn forward(program: &Program<'_>, frequency: &Frequency) -> Prefilter {
        let skip = Prefilter::new(program).far();
        // An exact needle is found as fast, and tells all.
        if matches!(&skip, Prefilter::Needle(finder) if finder.is_exact()) || program.len_min() == 0
        {
            return skip;
        }
        let fingerprint = Fingerprint::new(program);
        let len_min = program.len_min() as usize;
        let teddy = (fingerprint.as_ref()).and_then(|f| Teddy::new(f, frequency, len_min));
        let first = fingerprint.map(|fingerprint| fingerprint.first());
        let rate = match (&skip, first) {
            (Prefilter::Needle(finder), _) => finder.rate(frequency),
            (_, Some(first)) => frequency.share(&first),
            _ => 1.0,
        };
        let left = teddy.as_ref().map_or(1.0, Teddy::rate).min(rate);
        if left > SHIFT_RATE_MIN
            && let Some(words) = build_shift_table(program)
        {
            return Prefilter::ShiftTable {
                words: BoxedSlice::new(&words),
                coarse: Boxed::new(Prefilter::coarse(program)),
            };
        }
        match (teddy, first) {
            (Some(teddy), _) if rate - teddy.rate() > TEDDY_GAIN_MIN => Prefilter::Teddy {
                teddy: Boxed::new(teddy),
                coarse: Boxed::new(Prefilter::coarse(program)),
            },
            (_, Some(first)) if rate < SET_RATE_MAX && !matches!(skip, Prefilter::Needle(_)) => {
                Prefilter::of_set(first).far()
            }
            _ => skip,
        }
    }

    /// What to look for where first bytes are too frequent to pay for looking for them.
    fn coarse(program: &Program<'_>) -> Prefilter {
        match program.first() {
            Some(first) => Prefilter::of_set(ByteSet::from_words(program.set(first).0)).far(),
            None => Prefilter::Nothing,
        }
    }

    /// What to look for in a few bytes.
    #[inline]
    pub(crate) fn near(&self) -> &Prefilter {
        match self {
            Prefilter::Teddy { coarse, .. } | Prefilter::ShiftTable { coarse, .. } => coarse,
            Prefilter::Reverse { reverse, coarse } if !reverse.finds_required() => coarse.near(),
            skip => skip,
        }
    }

    /// Leaves out what is too large for a thread to keep for itself.
    pub(crate) fn shrink(&mut self) {
        if let Prefilter::ShiftTable { coarse, .. } = self {
            *self = std::mem::take(&mut **coarse);
        }
    }

    /// The same, to be looked for far.
    fn far(self) -> Prefilter {
        match self {
            Prefilter::Set(set) => Prefilter::Set(ByteFinder::far(set.set())),
            skip => skip,
        }
    }

    /// Tells whether what is looked for is seldom there where no match starts.
    #[inline]
    pub(crate) fn is_rare(&self) -> bool {
        matches!(
            self,
            Prefilter::One(_)
                | Prefilter::Two(..)
                | Prefilter::Three(..)
                | Prefilter::Needle(_)
                | Prefilter::Teddy { .. }
                | Prefilter::Reverse { .. }
        )
    }

    /// The start of the match that ends where the haystack does, if a reverse scan over at most `bytes_max` bytes decides
    /// it; see [`ReverseTable::exact`].
    #[inline(always)]
    pub(crate) fn exact<const ANY: bool>(
        &self,
        hay: &[u8],
        start: usize,
        bytes_max: usize,
    ) -> Option<Option<usize>> {
        match self {
            Prefilter::Reverse { reverse, .. } => reverse.exact::<ANY>(hay, start, bytes_max),
            _ => None,
        }
    }

    /// Tells whether it looks for what every match contains.
    #[inline]
    pub(crate) fn finds_required(&self) -> bool {
        matches!(self, Prefilter::Reverse { reverse, .. } if reverse.finds_required())
    }

    /// Tells whether this prefilter pays in this text, by what `near` has learned; see [`Candidates::new`].
    #[inline]
    pub(crate) fn pays(&self, near: &Backoff) -> bool {
        !near.is_paused() || !matches!(self, Prefilter::Reverse { .. })
    }

    /// Tells whether its reverse scan begins at the end of the haystack.
    #[inline]
    pub(crate) fn is_at_end(&self) -> bool {
        matches!(self, Prefilter::Reverse { reverse, .. } if reverse.is_at_end())
    }

    /// The share of positions, in text of this kind, at which it is found.
    pub(crate) fn rate(&self, frequency: &Frequency) -> f32 {
        let share = |bytes: &[u8]| frequency.share(&ByteSet::of(bytes));
        match self {
            Prefilter::Nothing => 1.0,
            Prefilter::Lines(lines) => share(&[lines.terminator]),
            Prefilter::One(a) => share(&[*a]),
            Prefilter::Two(a, b) => share(&[*a, *b]),
            Prefilter::Three(a, b, c) => share(&[*a, *b, *c]),
            Prefilter::Set(set) => frequency.share(&set.set()),
            Prefilter::Needle(finder) => finder.rate(frequency),
            Prefilter::Teddy { teddy, .. } => teddy.rate(),
            // What is looked for as strings is looked for because nothing else tells as much.
            Prefilter::ShiftTable { .. } => 0.0,
            Prefilter::Reverse { reverse, .. } => reverse.rate(frequency),
        }
    }

    /// The first place in a region where a match may start, perhaps inside of a character.
    #[inline(always)]
    pub(crate) fn find(&self, source: &impl Source, region: Region<'_>) -> Option<usize> {
        let (hay, at) = (region.hay(), region.start);
        let rest = hay.get(at..)?;
        let found = match self {
            Prefilter::Nothing => Some(0),
            Prefilter::One(a) => find_one(*a, rest),
            Prefilter::Two(a, b) => find_two(*a, *b, rest),
            Prefilter::Three(a, b, c) => find_three(*a, *b, *c, rest),
            Prefilter::Set(set) => set.find(rest),
            Prefilter::Needle(finder) => return finder.find(source, hay, at),
            Prefilter::Teddy { teddy, .. } => return teddy.find(hay, at),
            Prefilter::Reverse { reverse, .. } => return reverse.find(source, region),
            Prefilter::Lines(lines) => return lines.next(hay, at),
            Prefilter::ShiftTable { words, .. } => return find_gram(words, hay, at),
        };
        found.map(|found| at + found)
    }

    /// The bytes of each run that it holds.
    pub(crate) fn runs(&self, run: &mut dyn FnMut(usize)) {
        let coarse = match self {
            Prefilter::Teddy { coarse, .. } => {
                run(Boxed::<Teddy>::RUN_BYTES);
                coarse
            }
            Prefilter::ShiftTable { words, coarse } => {
                run(BoxedSlice::<u64>::run_bytes(words.len()));
                coarse
            }
            Prefilter::Reverse { reverse, coarse } => {
                run(Boxed::<ReverseTable>::RUN_BYTES);
                run(reverse.cells_bytes());
                coarse
            }
            Prefilter::Nothing
            | Prefilter::Lines(_)
            | Prefilter::One(_)
            | Prefilter::Two(..)
            | Prefilter::Three(..)
            | Prefilter::Set(_)
            | Prefilter::Needle(_) => return,
        };
        run(Boxed::<Prefilter>::RUN_BYTES);
        coarse.runs(run);
    }

    /// Moves the runs that it holds into a pool.
    pub(crate) fn move_into(&mut self, pool: &Arc<Pool>) -> Result<(), OutOfMemory> {
        let coarse = match self {
            Prefilter::Teddy { teddy, coarse } => {
                teddy.move_into(pool, Account::Tables)?;
                coarse
            }
            Prefilter::ShiftTable { words, coarse } => {
                words.move_into(pool, Account::Tables)?;
                coarse
            }
            Prefilter::Reverse { reverse, coarse } => {
                reverse.move_into(pool, Account::Tables)?;
                reverse.cells.move_into(pool, Account::Tables)?;
                coarse
            }
            Prefilter::Nothing
            | Prefilter::Lines(_)
            | Prefilter::One(_)
            | Prefilter::Two(..)
            | Prefilter::Three(..)
            | Prefilter::Set(_)
            | Prefilter::Needle(_) => return Ok(()),
        };
        coarse.move_into(pool, Account::Tables)?;
        (**coarse).move_into(pool)
    }

    fn of_set(set: ByteSet) -> Prefilter {
        let mut members = set.iter();
        let mut next = || members.next().unwrap_or(0);
        match set.len() {
            1 => Prefilter::One(next()),
            2 => Prefilter::Two(next(), next()),
            3 => Prefilter::Three(next(), next(), next()),
            _ => Prefilter::Set(ByteFinder::new(set)),
        }
    }
}

/// The first place of a string of a table, or the first place of all if the table cannot be read.
#[inline(never)]
fn find_gram(words: &[u64], hay: &[u8], at: usize) -> Option<usize> {
    match ShiftTable::open(words) {
        Some(table) => table.next(hay, at).0,
        None => Some(at),
    }
}
