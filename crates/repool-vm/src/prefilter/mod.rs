//! Where a match can start: skips what cannot, without running the program.
//!
//! [`Starts`] yields positions in rising order and leaves out only positions at which no match starts,
//! so it never changes a result. What it looks for, best first:
//!
//! - the one start of an anchored search;
//! - the prefix of every match, by substring search ([`Finder`]);
//! - the set of bytes that every match starts with: `memchr` for up to three, else [`ByteSet`]; for a
//!   hot program the first bytes of every match ([`crate::scan`]), while they are rare enough, or the
//!   strings that matches start with, if there are many;
//! - the starts of lines, if every match starts at one;
//! - nothing: every position at which a span may start.
//!
//! For a hot program that can start nearly anywhere, it is looked instead for a place that every match covers,
//! and walked back from there ([`crate::prefilter::reverse`]). To take what stands before required bytes for the start, as a
//! suffix or an inner literal may suggest, was wrong three times in the `regex` crate (#1060, #1110, #1354).
//! See [`crate::strategy::required`] for what else is done with the bytes that every match contains.
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

pub(crate) mod byte_frequency;
pub(crate) mod needle;
pub(crate) mod packed_pair;
pub(crate) mod reverse;
pub(crate) mod teddy;
pub(crate) mod wu_manber;

use repool_program::{Flags, Program};
use repool_text::Look;

use crate::analysis::fingerprint::Fingerprint;
use crate::backoff::Backoff;
use crate::prefilter::byte_frequency::Frequency;
use crate::prefilter::needle::Finder;
use crate::prefilter::reverse::Back;
use crate::prefilter::reverse::Walk;
use crate::prefilter::reverse::back;
use crate::prefilter::teddy::Masks;
use crate::prefilter::wu_manber::Grams;
use crate::prefilter::wu_manber::build as build_grams;
use crate::region::Region;
use crate::search::Search;
use crate::simd::byte_finder::ByteFinder;
use crate::simd::byte_set::ByteSet;
use crate::simd::memchr::find_one;
use crate::simd::memchr::find_three;
use crate::simd::memchr::find_two;
use crate::source::Source;
use crate::tuning::{
    FEW_BYTES, NEAR_BYTES, SET_RATE_MAX, SHIFT_LOOK_BYTES, SHIFT_RATE_MIN, TEDDY_GAIN_MIN,
    TEXT_BACKOFF,
};

/// The positions at which a match can start.
#[derive(Debug)]
pub(crate) struct Starts<'s> {
    skip: &'s Skip,
    /// Whether the places that were found are far enough from each other to pay.
    near: Option<&'s mut Backoff>,
    /// A place where it is known that a match may start, or none.
    known: usize,
    /// The last walk back.
    walk: Option<Walk>,
    /// Nothing but the start of the search.
    once: bool,
    /// The last position that leaves room for the shortest match.
    last: usize,
}

/// What to look for: a fact of the program, and of the text it was first searched in.
#[derive(Clone, Debug, Default)]
#[allow(
    clippy::large_enum_variant,
    reason = "one a plan, and a box would be an allocation whenever a plan is made for a cold program"
)]
// A tag of its own: a niche in one of the parts takes six instructions to read.
#[repr(u8)]
pub(crate) enum Skip {
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
    Masks {
        masks: Box<Masks>,
        /// What to look for instead where those are too frequent.
        coarse: Box<Skip>,
    },
    /// What strings a match may start with.
    Grams {
        /// A table of grams; see [`Grams`].
        words: Box<[u64]>,
        /// What to look for instead where that does not pay.
        coarse: Box<Skip>,
    },
    /// What every match covers, and from there back.
    Back {
        back: Box<Back>,
        /// What to look for instead where that does not pay.
        coarse: Box<Skip>,
    },
}

/// The starts of lines where a match may start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lines {
    /// What ends a line.
    terminator: u8,
    /// What a match starts with, if that is not nothing.
    first: Option<ByteSet>,
}

impl Lines {
    /// The place of the first at `at` or behind.
    #[inline]
    fn next(&self, hay: &[u8], mut at: usize) -> Option<usize> {
        loop {
            if at > 0 {
                // The terminator may stand right before.
                at += find_one(self.terminator, &hay[at - 1..])?;
            }
            let Some(first) = &self.first else {
                return Some(at);
            };
            let &byte = hay.get(at)?;
            if first.contains(byte) {
                return Some(at);
            }
            at += 1;
        }
    }
}

/// No place in a haystack.
const NOWHERE: usize = usize::MAX;

/// What is looked for where nothing is.
pub(crate) static NOTHING: Skip = Skip::Nothing;

impl Skip {
    /// What to look for to start a program.
    pub(crate) fn new(program: &Program<'_>) -> Skip {
        if let Some(finder) = program.prefix().and_then(|n| Finder::new(program, n)) {
            Skip::Needle(finder)
        } else if let Some(first) = program.first() {
            Skip::of_set(ByteSet::from_words(program.set(first).0))
        } else if let Some(lines) = lines(program) {
            Skip::Lines(lines)
        } else {
            Skip::Nothing
        }
    }

    /// What to look for to start a hot program in text like the sample: the first bytes of matches, if
    /// that leaves fewer positions.
    pub(crate) fn hot(program: &Program<'_>, sample: &[u8]) -> Skip {
        let frequency = Frequency::new(sample);
        let skip = Skip::forward(program, &frequency);
        let exact = matches!(&skip, Skip::Needle(finder) if finder.is_exact());
        let flags = program.flags();
        if flags.contains(Flags::ANCHORED_START)
            || flags.contains(Flags::LITERAL)
            || matches!(skip, Skip::Grams { .. } | Skip::Lines(_))
        {
            return skip;
        }
        let lines = lines(program).filter(|_| !exact).map(Skip::Lines);
        let lines = lines.filter(|lines| lines.rate(&frequency) < skip.rate(&frequency));
        let back = back(program).filter(|back| {
            let far = !exact || back.is_at_end();
            far && back.pays(skip.rate(&frequency), &frequency)
        });
        match (back, lines) {
            // From the end of a line it is as far as from its start.
            (Some(back), lines) if back.is_rarer_than_lines() || lines.is_none() => Skip::Back {
                back: Box::new(back),
                coarse: Box::new(lines.unwrap_or(skip)),
            },
            (_, Some(lines)) => lines,
            _ => skip,
        }
    }

    /// What to look for in the first bytes of matches.
    fn forward(program: &Program<'_>, frequency: &Frequency) -> Skip {
        let skip = Skip::new(program).far();
        // An exact needle is found as fast, and tells all.
        if matches!(&skip, Skip::Needle(finder) if finder.is_exact()) || program.len_min() == 0 {
            return skip;
        }
        let fingerprint = Fingerprint::new(program);
        let len_min = program.len_min() as usize;
        let masks = (fingerprint.as_ref()).and_then(|f| Masks::new(f, frequency, len_min));
        let first = fingerprint.map(|fingerprint| fingerprint.first());
        let rate = match (&skip, first) {
            (Skip::Needle(finder), _) => finder.rate(frequency),
            (_, Some(first)) => frequency.share(&first),
            _ => 1.0,
        };
        let left = masks.as_ref().map_or(1.0, Masks::rate).min(rate);
        if left > SHIFT_RATE_MIN
            && let Some(words) = build_grams(program)
        {
            return Skip::Grams {
                words: words.into(),
                coarse: Box::new(Skip::coarse(program)),
            };
        }
        match (masks, first) {
            (Some(masks), _) if rate - masks.rate() > TEDDY_GAIN_MIN => Skip::Masks {
                masks: Box::new(masks),
                coarse: Box::new(Skip::coarse(program)),
            },
            (_, Some(first)) if rate < SET_RATE_MAX && !matches!(skip, Skip::Needle(_)) => {
                Skip::of_set(first).far()
            }
            _ => skip,
        }
    }

    /// What to look for where first bytes are too frequent to pay for looking for them.
    fn coarse(program: &Program<'_>) -> Skip {
        match program.first() {
            Some(first) => Skip::of_set(ByteSet::from_words(program.set(first).0)).far(),
            None => Skip::Nothing,
        }
    }

    /// What to look for in a few bytes.
    #[inline]
    pub(crate) fn near(&self) -> &Skip {
        match self {
            Skip::Masks { coarse, .. } | Skip::Grams { coarse, .. } => coarse,
            Skip::Back { back, coarse } if !back.finds_required() => coarse.near(),
            skip => skip,
        }
    }

    /// Leaves out what is too large for a thread to keep for itself.
    pub(crate) fn shrink(&mut self) {
        if let Skip::Grams { coarse, .. } = self {
            *self = std::mem::take(&mut **coarse);
        }
    }

    /// The same, to be looked for far.
    fn far(self) -> Skip {
        match self {
            Skip::Set(set) => Skip::Set(ByteFinder::far(set.set())),
            skip => skip,
        }
    }

    /// Tells whether what is looked for is seldom there where no match starts.
    #[inline]
    pub(crate) fn is_rare(&self) -> bool {
        matches!(
            self,
            Skip::One(_)
                | Skip::Two(..)
                | Skip::Three(..)
                | Skip::Needle(_)
                | Skip::Masks { .. }
                | Skip::Back { .. }
        )
    }

    /// Where the match starts that ends where the haystack does, if a walk back from there over so many bytes tells
    /// it; see [`Back::exact`].
    #[inline(always)]
    pub(crate) fn exact<const ANY: bool>(
        &self,
        hay: &[u8],
        start: usize,
        bytes_max: usize,
    ) -> Option<Option<usize>> {
        match self {
            Skip::Back { back, .. } => back.exact::<ANY>(hay, start, bytes_max),
            _ => None,
        }
    }

    /// Tells whether it looks for what every match contains.
    #[inline]
    pub(crate) fn finds_required(&self) -> bool {
        matches!(self, Skip::Back { back, .. } if back.finds_required())
    }

    /// Tells whether this is looked for, or something instead; `near` is as in [`Starts::new`].
    #[inline]
    pub(crate) fn pays(&self, near: &Backoff) -> bool {
        !near.is_paused() || !matches!(self, Skip::Back { .. })
    }

    /// Tells whether it is looked for from the end of the haystack.
    #[inline]
    pub(crate) fn is_at_end(&self) -> bool {
        matches!(self, Skip::Back { back, .. } if back.is_at_end())
    }

    /// The share of positions, in text of this kind, at which it is found.
    pub(crate) fn rate(&self, frequency: &Frequency) -> f32 {
        let share = |bytes: &[u8]| frequency.share(&ByteSet::of(bytes));
        match self {
            Skip::Nothing => 1.0,
            Skip::Lines(lines) => share(&[lines.terminator]),
            Skip::One(a) => share(&[*a]),
            Skip::Two(a, b) => share(&[*a, *b]),
            Skip::Three(a, b, c) => share(&[*a, *b, *c]),
            Skip::Set(set) => frequency.share(&set.set()),
            Skip::Needle(finder) => finder.rate(frequency),
            Skip::Masks { masks, .. } => masks.rate(),
            // What is looked for as strings is looked for because nothing else tells as much.
            Skip::Grams { .. } => 0.0,
            Skip::Back { back, .. } => back.rate(frequency),
        }
    }

    /// The first place in a region where a match may start, perhaps inside of a character.
    #[inline(always)]
    pub(crate) fn find(&self, source: &impl Source, region: Region<'_>) -> Option<usize> {
        let (hay, at) = (region.hay(), region.start);
        let rest = hay.get(at..)?;
        let found = match self {
            Skip::Nothing => Some(0),
            Skip::One(a) => find_one(*a, rest),
            Skip::Two(a, b) => find_two(*a, *b, rest),
            Skip::Three(a, b, c) => find_three(*a, *b, *c, rest),
            Skip::Set(set) => set.find(rest),
            Skip::Needle(finder) => return finder.find(source, hay, at),
            Skip::Masks { masks, .. } => return masks.find(hay, at),
            Skip::Back { back, .. } => return back.find(source, region),
            Skip::Lines(lines) => return lines.next(hay, at),
            Skip::Grams { words, .. } => return find_gram(words, hay, at),
        };
        found.map(|found| at + found)
    }

    /// The bytes it holds on the heap.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Skip::Masks { .. } => size_of::<Masks>() + size_of::<Skip>(),
            Skip::Grams { words, .. } => size_of_val(&**words) + size_of::<Skip>(),
            Skip::Back { back, coarse } => {
                back.bytes() + size_of::<Back>() + size_of::<Skip>() + coarse.bytes()
            }
            _ => 0,
        }
    }

    fn of_set(set: ByteSet) -> Skip {
        let mut members = set.iter();
        let mut next = || members.next().unwrap_or(0);
        match set.len() {
            1 => Skip::One(next()),
            2 => Skip::Two(next(), next()),
            3 => Skip::Three(next(), next(), next()),
            _ => Skip::Set(ByteFinder::new(set)),
        }
    }
}

/// The first place of a string of a table, or the first place of all if the table cannot be read.
#[inline(never)]
fn find_gram(words: &[u64], hay: &[u8], at: usize) -> Option<usize> {
    match Grams::open(words) {
        Some(grams) => grams.next(hay, at).0,
        None => Some(at),
    }
}

/// The lines at whose starts a program starts.
fn lines(program: &Program<'_>) -> Option<Lines> {
    let terminator = program.line_terminator();
    if terminator >= 0x80 || !starts_at_line(program) {
        return None;
    }
    let first = program.first().filter(|_| program.len_min() > 0);
    Some(Lines {
        terminator,
        first: first.map(|first| ByteSet::from_words(program.set(first).0)),
    })
}

/// Tells whether every path into the program starts with the start of a line.
fn starts_at_line(program: &Program<'_>) -> bool {
    let mut op = program.op(program.start());
    // Groups open before the assertion.
    while let Some(next) = op.behind_save() {
        op = program.op(next);
    }
    (op.look()).is_some_and(|(look, _)| look == Look::StartLine)
}

impl<'s> Starts<'s> {
    /// The starts of a search. `near` is what was learnt of the skip before, on this thread.
    #[inline]
    pub(crate) fn new(
        search: &Search<'_, '_>,
        skip: &'s Skip,
        near: &'s mut Backoff,
    ) -> Starts<'s> {
        let skip = match skip {
            Skip::Masks { coarse, .. } | Skip::Grams { coarse, .. } | Skip::Back { coarse, .. }
                if !near.may_try() =>
            {
                coarse
            }
            skip => skip,
        };
        Starts {
            near: Some(near),
            ..Starts::of(search, skip)
        }
    }

    /// The starts of a search, to learn nothing from.
    #[inline]
    pub(crate) fn of(search: &Search<'_, '_>, skip: &'s Skip) -> Starts<'s> {
        let last = search
            .end()
            .saturating_sub(search.program.len_min() as usize);
        Starts {
            skip,
            near: None,
            known: NOWHERE,
            walk: None,
            once: search.anchored,
            last,
        }
    }

    /// The same, when it is known that a match may start at the start of the search, and that no place was found in the
    /// `skipped` bytes before.
    #[inline]
    pub(crate) fn knowing(mut self, search: &Search<'_, '_>, skipped: usize) -> Starts<'s> {
        if let Skip::Masks { coarse, .. } = self.skip {
            self.learn(Some(skipped), 0, coarse);
        }
        self.known = search.start;
        self
    }

    /// The one start of an anchored search.
    #[inline]
    pub(crate) fn once(search: &Search<'_, '_>) -> Starts<'s> {
        Starts {
            skip: &NOTHING,
            near: None,
            known: NOWHERE,
            walk: None,
            once: true,
            last: search.start,
        }
    }

    /// Tells whether it skips anything.
    #[inline]
    pub(crate) fn skips(&self) -> bool {
        !self.once && !matches!(self.skip, Skip::Nothing)
    }

    /// Tells whether there is seldom a start where no match starts.
    #[inline]
    pub(crate) fn are_rare(&self) -> bool {
        self.skip.is_rare()
    }

    /// Tells whether a start is seldom alone.
    #[inline]
    pub(crate) fn come_in_runs(&self) -> bool {
        matches!(self.skip, Skip::Back { .. })
    }

    /// The first start at `at` or behind.
    #[inline]
    pub(crate) fn next(&mut self, search: &Search<'_, '_>, mut at: usize) -> Option<usize> {
        loop {
            let place = self.next_place(search, at)?;
            // Masks need not look at the first byte, and so find places inside of characters.
            if search.may_start(place) {
                return Some(place);
            }
            at = place + 1;
        }
    }

    #[inline(always)]
    fn next_place(&mut self, search: &Search<'_, '_>, at: usize) -> Option<usize> {
        if at > self.last {
            return None;
        }
        if at == self.known {
            return Some(at);
        }
        if self.once {
            return (at == search.start).then_some(at);
        }
        let found = match self.skip {
            Skip::Nothing => return self.next_boundary(search, at),
            Skip::Masks { masks, coarse } => {
                let found = masks.find(search.hay, at);
                self.learn(found, at, coarse);
                found
            }
            Skip::Grams { words, coarse } => {
                let Some(grams) = Grams::open(words) else {
                    self.skip = coarse;
                    return self.next_boundary(search, at);
                };
                let (found, looks) = grams.next(search.hay, at);
                self.pay(found.unwrap_or(search.end()) - at, looks, coarse);
                found
            }
            Skip::Back { back, coarse } => return self.next_behind(search, (back, coarse), at),
            skip => skip.find(search.program, search.region().from(at)),
        };
        found.filter(|&found| found <= self.last)
    }

    /// The first start that a walk back finds.
    #[inline(never)]
    fn next_behind(
        &mut self,
        search: &Search<'_, '_>,
        (back, coarse): (&'s Back, &'s Skip),
        from: usize,
    ) -> Option<usize> {
        let mut at = from;
        while at <= self.last {
            let walk = match self.walk {
                Some(walk) if walk.knows(at) => walk,
                _ => back.walk(search, at)?,
            };
            self.walk = Some(walk);
            if let Some(place) = walk.next(at) {
                if !back.is_at_end() {
                    // What is skipped was a start, in vain, of most other ways to look for one.
                    let far = if place > from {
                        from + NEAR_BYTES
                    } else {
                        from
                    };
                    self.learn(Some(far), from, coarse);
                }
                return (place <= self.last).then_some(place);
            }
            at = walk.pivot() + 1;
        }
        None
    }

    /// Learns whether masks pay in this text, and looks for less if they do not.
    #[inline]
    fn learn(&mut self, found: Option<usize>, at: usize, coarse: &'s Skip) {
        let Some(near) = &mut self.near else {
            return;
        };
        if found.is_none_or(|found| found - at >= NEAR_BYTES) {
            near.succeed();
            return;
        }
        near.fail(&TEXT_BACKOFF);
        if near.is_paused() {
            self.skip = coarse;
        }
    }

    /// Learns whether a table of grams pays, and looks for less if it does not.
    fn pay(&mut self, forward: usize, looks: usize, coarse: &'s Skip) {
        let Some(near) = &mut self.near else {
            return;
        };
        if forward >= looks.saturating_mul(SHIFT_LOOK_BYTES) + FEW_BYTES {
            near.succeed();
            return;
        }
        near.fail(&TEXT_BACKOFF);
        if near.is_paused() {
            self.skip = coarse;
        }
    }

    #[inline]
    fn next_boundary(&self, search: &Search<'_, '_>, mut at: usize) -> Option<usize> {
        while !search.may_start(at) {
            at += 1;
            if at > self.last {
                return None;
            }
        }
        Some(at)
    }

    /// Ends behind this position, and tells where it ended before.
    pub(crate) fn limit(&mut self, last: usize) -> usize {
        let before = self.last;
        self.last = before.min(last);
        before
    }

    /// Ends where it did before [`Starts::limit`].
    pub(crate) fn unlimit(&mut self, last: usize) {
        self.last = last;
    }
}
