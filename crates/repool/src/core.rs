//! One compiled pattern and every way to search with it, in byte offsets.
//!
//! Both APIs, for `&str` and for bytes, are typed coats over [`Core`]. Searches borrow the thread's
//! scratch memory; no borrow lives while a caller's code runs, and a search that finds it taken or gone
//! (a panic hook, a destructor of thread-local data) runs on scratch memory of its own.

use std::cell::RefCell;
use std::ops::Range;
use std::panic::{RefUnwindSafe, UnwindSafe};

use repool_arena::Pool;
use repool_arena::scratch::ScratchAccount;
use repool_cache::Handle;
use repool_program::{Image, Program};
use repool_vm::{Ahead, Entry, Input, Iteration, Rest, Scratch, Slot, Start};

use crate::options::Target;
use crate::{Error, Options, compile, groups};

/// What the searches of one thread write.
#[derive(Default)]
struct ThreadScratch {
    scratch: Scratch,
    account: ScratchAccount,
    /// Searches so far.
    searches: u32,
}

impl ThreadScratch {
    #[inline]
    fn search(&mut self, search: &mut impl FnMut(&mut Scratch) -> bool) -> bool {
        let found = search(&mut self.scratch);
        // Adding up the parts takes longer than a short search. They are bounded and change seldom, so
        // they are counted after the 1st, 2nd, 4th, .. 256th search, and after every 256 that follow.
        let before = self.searches;
        self.searches = before.wrapping_add(1);
        if self.searches & 0xFF == 0 || before & self.searches == 0 {
            self.account.set(self.scratch.bytes());
        }
        found
    }
}

thread_local! {
    static SCRATCH: RefCell<ThreadScratch> = RefCell::new(ThreadScratch::default());
}

/// Runs a search on the thread's scratch memory.
#[inline]
pub(crate) fn with_scratch(mut search: impl FnMut(&mut Scratch) -> bool) -> bool {
    let found = SCRATCH.try_with(|own| match own.try_borrow_mut() {
        Ok(mut own) => own.search(&mut search),
        Err(_) => search(&mut Scratch::default()),
    });
    match found {
        Ok(found) => found,
        Err(_) => search(&mut Scratch::default()),
    }
}

/// Searches what is left of a search. Not inlined: the way in is for searches of which nothing is left.
#[inline(never)]
fn search_rest(rest: &Rest<'_, '_>, slots: &mut [Slot]) -> bool {
    with_scratch(|scratch| rest.search(scratch, slots))
}

/// The same, for the next match of an iteration.
#[inline(never)]
fn search_rest_next(rest: &Rest<'_, '_>, iteration: &mut Iteration, slots: &mut [Slot]) -> bool {
    with_scratch(|scratch| rest.search_next(iteration, scratch, slots))
}

/// Where something matched, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// Where it starts.
    pub(crate) start: usize,
    /// Where it ends.
    pub(crate) end: usize,
}

impl Span {
    /// The span in a pair of slots, if the group took part.
    #[inline]
    pub(crate) fn of(slots: &[Slot], group: usize) -> Option<Span> {
        let at = group.checked_mul(2)?;
        match slots.get(at..)? {
            [start, end, ..] => Some(Span {
                start: start.get()?,
                end: end.get()?,
            }),
            _ => None,
        }
    }

    /// The span as a range.
    #[inline]
    pub(crate) fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

impl From<(usize, usize)> for Span {
    #[inline]
    fn from((start, end): (usize, usize)) -> Span {
        Span { start, end }
    }
}

/// A compiled pattern.
#[derive(Clone)]
pub(crate) struct Core(Handle);

// An image never changes once it is sealed, so a panic elsewhere leaves it as it was.
impl UnwindSafe for Core {}
impl RefUnwindSafe for Core {}

impl Core {
    /// Compiles without a cache.
    pub(crate) fn new(pattern: &str, options: &Options, target: Target) -> Result<Core, Error> {
        let image = compile::compile(pattern, options, target, Pool::global())?;
        Ok(Core::from_image(image))
    }

    /// What was compiled without a cache.
    pub(crate) fn from_image(image: Image) -> Core {
        Core(Handle::uncached(image))
    }

    /// Takes a pattern out of a cache.
    pub(crate) fn from_handle(handle: Handle) -> Core {
        Core(handle)
    }

    /// What a handle leads to in three steps: looked up once a search.
    #[inline(always)]
    fn image(&self) -> &Image {
        &self.0
    }

    /// The program, opened.
    #[inline]
    pub(crate) fn program(&self) -> Program<'_> {
        self.0.program()
    }

    /// Tells whether a match starts at `start` or later.
    #[inline]
    pub(crate) fn is_match(&self, haystack: &[u8], start: usize) -> bool {
        if start != 0 {
            return self.search(haystack, start, true, &mut []);
        }
        let image = self.image();
        haystack.len() >= image.len_min() && is_match_in(image, haystack)
    }

    /// The leftmost match that starts at `start` or later.
    #[inline]
    pub(crate) fn find(&self, haystack: &[u8], start: usize) -> Option<Span> {
        if start != 0 {
            return self.find_from(haystack, start);
        }
        let image = self.image();
        match haystack.len() >= image.len_min() {
            true => find_in(image, haystack),
            false => None,
        }
    }

    #[inline(always)]
    fn find_from(&self, haystack: &[u8], start: usize) -> Option<Span> {
        let mut slots = [Slot::NONE; 2];
        if !self.search(haystack, start, false, &mut slots) {
            return None;
        }
        Span::of(&slots, 0)
    }

    /// The next match of an iteration that starts at `start` or later.
    #[inline]
    pub(crate) fn find_next(
        &self,
        haystack: &[u8],
        start: usize,
        iteration: &mut Iteration,
    ) -> Option<Span> {
        match iteration.ahead(start) {
            Ahead::Span(start, end) => Some(Span { start, end }),
            // Nothing is left, mostly.
            Ahead::From(start) if start.saturating_add(self.0.len_min()) > haystack.len() => None,
            Ahead::From(start) => self.knock_next(haystack, start, iteration),
        }
    }

    #[inline(never)]
    fn knock_next(&self, haystack: &[u8], start: usize, iteration: &mut Iteration) -> Option<Span> {
        if start > 0 {
            return match repool_vm::knock_again(&self.0, haystack, start, iteration) {
                Some(found) => found.map(Span::from),
                None => self.search_next(haystack, start, iteration),
            };
        }
        match repool_vm::knock_for_span(&self.0, haystack) {
            Some(found) => {
                let span = Span::from(found?);
                iteration.look_ahead(&self.program(), haystack, span.end);
                Some(span)
            }
            None => self.search_next(haystack, start, iteration),
        }
    }

    #[inline(never)]
    fn search_next(
        &self,
        haystack: &[u8],
        start: usize,
        iteration: &mut Iteration,
    ) -> Option<Span> {
        // An iteration never asks from beyond its haystack.
        let program = self.program();
        let input = Input {
            start,
            ..Input::new(haystack)
        };
        let mut slots = [Slot::NONE; 2];
        match repool_vm::enter_next(&program, &input, iteration, &mut slots) {
            Entry::Answer(found) => {
                let span = found.then(|| Span::of(&slots, 0)).flatten()?;
                iteration.look_ahead(&program, haystack, span.end);
                Some(span)
            }
            Entry::Rest(rest) => {
                let found = search_rest_next(&rest, iteration, &mut slots);
                found.then(|| Span::of(&slots, 0)).flatten()
            }
        }
    }

    /// Where it is certain that there is a match that starts at `start` or later.
    pub(crate) fn shortest(&self, haystack: &[u8], start: usize) -> Option<usize> {
        let mut slots = [Slot::NONE; 2];
        if !self.search(haystack, start, true, &mut slots) {
            return None;
        }
        slots[1].get()
    }

    /// Fills `slots` with the groups of the leftmost match that starts at `start` or later, or with
    /// nothing. The match may be the next of an iteration.
    #[inline]
    pub(crate) fn captures(
        &self,
        haystack: &[u8],
        start: usize,
        iteration: Option<&mut Iteration>,
        slots: &mut [Slot],
    ) -> bool {
        slots.fill(Slot::NONE);
        let wanted = slots.len().min(2 * self.0.group_len());
        let slots = &mut slots[..wanted];
        if let [first, last] = slots {
            let found = match iteration {
                Some(iteration) => self.find_next(haystack, start, iteration),
                None => self.find(haystack, start),
            };
            if let Some(span) = found {
                (*first, *last) = (Slot::at(span.start), Slot::at(span.end));
            }
            return found.is_some();
        }
        match iteration {
            Some(iteration) => self.captures_next(haystack, start, iteration, slots),
            None if start == 0 => {
                let image = self.image();
                haystack.len() >= image.len_min() && captures_in(image, haystack, slots)
            }
            None => self.search(haystack, start, false, slots),
        }
    }

    #[inline(never)]
    fn captures_next(
        &self,
        haystack: &[u8],
        start: usize,
        iteration: &mut Iteration,
        slots: &mut [Slot],
    ) -> bool {
        let image = self.image();
        if repool_vm::finds_span_first(image) {
            let Some(span) = self.find_next(haystack, start, iteration) else {
                return false;
            };
            let start = Start::of_match(image, haystack, span.start);
            return with_scratch(|scratch| start.groups(scratch, slots));
        }
        // An iteration never asks from beyond its haystack.
        let program = self.program();
        let input = Input {
            start,
            ..Input::new(haystack)
        };
        match repool_vm::enter_next(&program, &input, iteration, slots) {
            Entry::Answer(found) => found,
            Entry::Rest(rest) => search_rest_next(&rest, iteration, slots),
        }
    }

    #[inline(always)]
    fn search(&self, haystack: &[u8], start: usize, earliest: bool, slots: &mut [Slot]) -> bool {
        // Where there is no room for a match, to call anything would take most of the time.
        match haystack.len().checked_sub(start) {
            None => {
                assert_in_reach(start, haystack.len());
                false
            }
            Some(bytes) if bytes < self.0.len_min() => false,
            Some(_) => search_in(self.image(), haystack, start, earliest, slots),
        }
    }

    /// The pattern.
    pub(crate) fn text(&self) -> &str {
        self.program().text()
    }

    /// The number of groups, the whole match among them.
    #[inline]
    pub(crate) fn group_len(&self) -> usize {
        self.0.group_len()
    }

    /// The number of groups in every match, the whole match among them, if it is always the same.
    #[inline]
    pub(crate) fn static_group_len(&self) -> Option<usize> {
        let program = self.program();
        match program.delegate() {
            Some(delegate) => delegate.static_captures_len(),
            None => groups::static_group_len_of(program.options()),
        }
    }

    /// Tells whether haystacks are `&str`.
    #[inline]
    pub(crate) fn is_utf8(&self) -> bool {
        (self.program().flags()).contains(repool_program::Flags::UTF8)
    }

    /// Tells whether there are named groups.
    #[inline]
    pub(crate) fn has_names(&self) -> bool {
        self.program().name_len() > 0
    }

    /// The group of this name.
    pub(crate) fn group_named(&self, name: &str) -> Option<usize> {
        self.program().group_named(name)
    }

    /// The bytes it holds: arena, heap of a delegated engine, and the handle's own.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.0.memory_bytes() + self.0.overhead_bytes()
    }
}

// The ways into a search from the start of a haystack. Not inlined, so that they may be large.

#[inline(never)]
fn is_match_in(image: &Image, haystack: &[u8]) -> bool {
    match repool_vm::knock(image, haystack) {
        Some(found) => found,
        None => search_in(image, haystack, 0, true, &mut []),
    }
}

#[inline(never)]
fn find_in(image: &Image, haystack: &[u8]) -> Option<Span> {
    match repool_vm::knock_for_span(image, haystack) {
        Some(found) => found.map(Span::from),
        None => {
            let mut slots = [Slot::NONE; 2];
            let found = search_in(image, haystack, 0, false, &mut slots);
            found.then(|| Span::of(&slots, 0)).flatten()
        }
    }
}

#[inline(never)]
fn captures_in(image: &Image, haystack: &[u8], slots: &mut [Slot]) -> bool {
    match repool_vm::knock_for_start(image, haystack) {
        Some(Some(start)) => with_scratch(|scratch| start.groups(scratch, slots)),
        Some(None) => false,
        None => search_in(image, haystack, 0, false, slots),
    }
}

/// A search from anywhere.
#[inline(never)]
fn search_in(
    image: &Image,
    haystack: &[u8],
    start: usize,
    earliest: bool,
    slots: &mut [Slot],
) -> bool {
    let program = image.program();
    let input = Input {
        haystack,
        start,
        end: haystack.len(),
        anchored: false,
        earliest,
    };
    match repool_vm::enter(&program, &input, slots) {
        Entry::Answer(found) => found,
        Entry::Rest(rest) => search_rest(&rest, slots),
    }
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.text().fmt(f)
    }
}

/// One past the end is where an iteration that is over stands; further out is a caller's mistake.
#[cold]
#[track_caller]
pub(crate) fn assert_in_reach(start: usize, len: usize) {
    assert!(
        start <= len + 1,
        "invalid span {start}..{len} for haystack of length {len}"
    );
}
