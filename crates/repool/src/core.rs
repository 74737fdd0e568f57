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
use repool_vm::{Input, Iteration, Scratch, Slot};

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
    fn search(&mut self, search: &mut dyn FnMut(&mut Scratch) -> bool) -> bool {
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

/// Lends the thread's scratch memory to a search.
pub(crate) fn with_scratch(search: &mut dyn FnMut(&mut Scratch) -> bool) -> bool {
    let found = SCRATCH.try_with(|own| match own.try_borrow_mut() {
        Ok(mut own) => own.search(search),
        Err(_) => search(&mut Scratch::default()),
    });
    match found {
        Ok(found) => found,
        Err(_) => search(&mut Scratch::default()),
    }
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
    #[inline(always)]
    pub(crate) fn is_match(&self, haystack: &[u8], start: usize) -> bool {
        let image = self.image();
        has_room(image, haystack, start)
            && repool_vm::is_match(image, haystack, start, with_scratch)
    }

    /// The leftmost match that starts at `start` or later.
    #[inline(always)]
    pub(crate) fn find(&self, haystack: &[u8], start: usize) -> Option<Span> {
        let image = self.image();
        if !has_room(image, haystack, start) {
            return None;
        }
        repool_vm::find(image, haystack, start, with_scratch).map(Span::from)
    }

    /// The next match of an iteration that starts at `start` or later.
    #[inline]
    pub(crate) fn find_next(
        &self,
        haystack: &[u8],
        start: usize,
        iteration: &mut Iteration,
    ) -> Option<Span> {
        repool_vm::next(self.image(), haystack, start, iteration, with_scratch).map(Span::from)
    }

    /// Where it is certain that there is a match that starts at `start` or later.
    pub(crate) fn shortest(&self, haystack: &[u8], start: usize) -> Option<usize> {
        let image = self.image();
        if !has_room(image, haystack, start) {
            return None;
        }
        let mut slots = [Slot::NONE; 2];
        let input = &Input {
            start,
            earliest: true,
            ..Input::new(haystack)
        };
        repool_vm::captures(image, input, None, with_scratch, &mut slots);
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
        let image = self.image();
        let wanted = slots.len().min(2 * image.group_len());
        let slots = &mut slots[..wanted];
        let input = &Input {
            start,
            ..Input::new(haystack)
        };
        has_room(image, haystack, start)
            && repool_vm::captures(image, input, iteration, with_scratch, slots)
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

/// Tells whether the shortest match fits behind `start`. Where it does not, to call anything would take most of the time.
#[inline(always)]
fn has_room(image: &Image, haystack: &[u8], start: usize) -> bool {
    match haystack.len().checked_sub(start) {
        Some(bytes) => bytes >= image.len_min(),
        None => {
            assert_in_reach(start, haystack.len());
            false
        }
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
