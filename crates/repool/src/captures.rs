//! The groups of a match, in byte offsets.
//!
//! [`CaptureLocations`] and [`CaptureNames`] hold no haystack, so both APIs share them. Exercised
//! by `tests/groups.rs`, `tests/parity/surface.rs` and `tests/iteration.rs`.

use std::fmt::{Debug, Formatter, Result};
use std::iter::FusedIterator;

use repool_vm::{Iteration, Slot};

use crate::core::{Core, Span};
use crate::text::{Shown, Text};

/// The groups of one match.
///
/// Only a search that finds a match allocates one. It holds the pattern only if the pattern has
/// named groups, so that most matches change no reference count.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    /// Two slots a group. Empty until a search has found a match.
    slots: Box<[Slot]>,
    names: Option<Core>,
    static_group_len: Option<usize>,
}

/// The most slots that a search keeps on the stack until it has found a match: those of 8 groups.
/// Nearly every pattern has fewer.
const STACK_SLOTS_MAX: usize = 16;

impl Groups {
    /// The groups of the leftmost match that starts at `start` or later.
    #[inline]
    pub(crate) fn find(core: &Core, haystack: &[u8], start: usize) -> Option<Groups> {
        let slots = first_search(core, haystack, start, None)?;
        Some(Groups::of(core, slots))
    }

    #[inline]
    fn of(core: &Core, slots: Box<[Slot]>) -> Groups {
        Groups {
            slots,
            names: core.has_names().then(|| core.clone()),
            static_group_len: core.static_group_len(),
        }
    }

    /// Finds the leftmost match that starts at `start` or later. All searches of one value are for
    /// the same pattern.
    pub(crate) fn search(
        &mut self,
        core: &Core,
        haystack: &[u8],
        start: usize,
        iteration: Option<&mut Iteration>,
    ) -> Option<Span> {
        if self.slots.is_empty() {
            let slots = first_search(core, haystack, start, iteration)?;
            *self = Groups::of(core, slots);
            return self.span(0);
        }
        if core.captures(haystack, start, iteration, &mut self.slots) {
            self.span(0)
        } else {
            None
        }
    }

    /// The span of a group, if it took part.
    #[inline]
    pub(crate) fn span(&self, group: usize) -> Option<Span> {
        Span::of(&self.slots, group)
    }

    /// The span of the group of this name.
    pub(crate) fn span_named(&self, name: &str) -> Option<Span> {
        self.span(self.names.as_ref()?.group_named(name)?)
    }

    /// The whole match.
    #[inline]
    pub(crate) fn whole(&self) -> Span {
        self.span(0).expect("groups are handed out after a match")
    }

    /// The number of groups, including those that took no part.
    pub(crate) fn len(&self) -> usize {
        self.slots.len() / 2
    }

    /// Every group, by index.
    #[inline]
    pub(crate) fn iter(&self) -> GroupSpans<'_> {
        GroupSpans(self.slots.chunks_exact(2))
    }

    /// The whole match and the `N` groups that took part in it.
    ///
    /// # Panics
    ///
    /// If not every match of the pattern has exactly `N` groups.
    #[track_caller]
    pub(crate) fn extract<const N: usize>(&self) -> (Span, [Span; N]) {
        let len = self
            .static_group_len
            .expect("number of capture groups can vary in a match");
        let len = len - 1;
        assert_eq!(N, len, "asked for {N} groups, but must ask for {len}");
        let mut taking_part = self.iter().skip(1).flatten();
        let groups = [(); N].map(|()| taking_part.next().expect("every match has this many"));
        (self.whole(), groups)
    }

    /// Prints `Captures({0: 0..3/"abc", 1/"name": None})`.
    pub(crate) fn show<T: Text + ?Sized>(&self, haystack: &T, f: &mut Formatter<'_>) -> Result {
        f.debug_tuple("Captures")
            .field(&Map {
                groups: self,
                haystack,
            })
            .finish()
    }
}

/// The slots of a match, allocated only if there is one.
fn first_search(
    core: &Core,
    haystack: &[u8],
    start: usize,
    iteration: Option<&mut Iteration>,
) -> Option<Box<[Slot]>> {
    let len = 2 * core.group_len();
    let mut on_stack = [Slot::NONE; STACK_SLOTS_MAX];
    let mut on_heap = Vec::new();
    let slots = match on_stack.get_mut(..len) {
        Some(slots) => slots,
        None => {
            on_heap.resize(len, Slot::NONE);
            &mut on_heap[..]
        }
    };
    let found = core.captures(haystack, start, iteration, slots);
    found.then(|| (*slots).into())
}

/// Every group of a match, by index.
#[derive(Clone, Debug)]
pub(crate) struct GroupSpans<'c>(std::slice::ChunksExact<'c, Slot>);

impl Iterator for GroupSpans<'_> {
    type Item = Option<Span>;

    #[inline]
    fn next(&mut self) -> Option<Option<Span>> {
        self.0.next().map(|pair| Span::of(pair, 0))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for GroupSpans<'_> {}

/// Prints groups as a map.
struct Map<'a, T: ?Sized> {
    groups: &'a Groups,
    haystack: &'a T,
}

impl<T: Text + ?Sized> Debug for Map<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mut names = vec![None; self.groups.len()];
        if let Some(core) = &self.groups.names {
            for (group, name) in core.program().names() {
                names[group] = Some(name);
            }
        }
        let mut map = f.debug_map();
        for (index, (span, name)) in self.groups.iter().zip(names).enumerate() {
            map.key(&Key(index, name));
            match span {
                Some(span) => map.value(&Value(span, self.haystack.slice(span.range()))),
                None => map.value(&None::<()>),
            };
        }
        map.finish()
    }
}

struct Key<'a>(usize, Option<&'a str>);

impl Debug for Key<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.1 {
            Some(name) => write!(f, "{}/{name:?}", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

struct Value<'a, T: ?Sized>(Span, &'a T);

impl<T: Text + ?Sized> Debug for Value<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}..{}/{:?}", self.0.start, self.0.end, Shown(self.1))
    }
}

/// The offsets of the groups of a match, without the haystack. One value serves many calls of
/// [`captures_read`](crate::Regex::captures_read).
///
/// # Example
///
/// ```
/// let version = repool::Regex::new(r"(\d+)\.(\d+)")?;
/// let mut at = version.capture_locations();
/// version.captures_read(&mut at, "v10.4").unwrap();
/// assert_eq!(at.get(0), Some((1, 5)));
/// assert_eq!(at.get(2), Some((4, 5)));
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CaptureLocations(Box<[Slot]>);

/// The old name of [`CaptureLocations`].
#[doc(hidden)]
pub type Locations = CaptureLocations;

impl CaptureLocations {
    pub(crate) fn new(core: &Core) -> CaptureLocations {
        CaptureLocations(vec![Slot::NONE; 2 * core.group_len()].into())
    }

    /// Finds the leftmost match that starts at `start` or later.
    #[inline]
    pub(crate) fn search(&mut self, core: &Core, haystack: &[u8], start: usize) -> Option<Span> {
        if let [first, last] = &mut *self.0 {
            let found = core.find(haystack, start);
            (*first, *last) = match found {
                Some(span) => (Slot::at(span.start), Slot::at(span.end)),
                None => (Slot::NONE, Slot::NONE),
            };
            return found;
        }
        if core.captures(haystack, start, None, &mut self.0) {
            Span::of(&self.0, 0)
        } else {
            None
        }
    }

    /// Where group `i` starts and ends, in bytes, or `None` if it took no part, is not in the pattern,
    /// or there was no match. Group 0 is the whole match.
    ///
    /// # Example
    ///
    /// ```
    /// let re = repool::Regex::new(r"a(b)?")?;
    /// let mut at = re.capture_locations();
    /// re.captures_read(&mut at, "a").unwrap();
    /// assert_eq!(at.get(0), Some((0, 1)));
    /// assert_eq!(at.get(1), None);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn get(&self, i: usize) -> Option<(usize, usize)> {
        Span::of(&self.0, i).map(|span| (span.start, span.end))
    }

    /// The number of groups of the pattern, the whole match among them; never 0.
    ///
    /// # Example
    ///
    /// ```
    /// let re = repool::Regex::new(r"(a)(b)?")?;
    /// assert_eq!(re.capture_locations().len(), 3);
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[inline]
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "as in `regex`; it is never empty"
    )]
    pub fn len(&self) -> usize {
        self.0.len() / 2
    }

    /// The old name of [`CaptureLocations::get`].
    #[doc(hidden)]
    #[inline]
    #[must_use]
    pub fn pos(&self, i: usize) -> Option<(usize, usize)> {
        self.get(i)
    }
}

/// The names of a pattern's groups by index, `None` for a group without one. The first stands for the
/// whole match and is always `None`.
///
/// # Example
///
/// ```
/// let date = repool::Regex::new(r"(?<year>\d{4})-(\d\d)")?;
/// let names: Vec<_> = date.capture_names().collect();
/// assert_eq!(names, [None, Some("year"), None]);
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CaptureNames<'r>(std::vec::IntoIter<Option<&'r str>>);

impl<'r> CaptureNames<'r> {
    pub(crate) fn new(core: &'r Core) -> CaptureNames<'r> {
        let mut names = vec![None; core.group_len()];
        for (group, name) in core.program().names() {
            names[group] = Some(name);
        }
        CaptureNames(names.into_iter())
    }
}

impl<'r> Iterator for CaptureNames<'r> {
    type Item = Option<&'r str>;

    #[inline]
    fn next(&mut self) -> Option<Option<&'r str>> {
        self.0.next()
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }

    #[inline]
    fn count(self) -> usize {
        self.0.count()
    }
}

impl ExactSizeIterator for CaptureNames<'_> {}

impl FusedIterator for CaptureNames<'_> {}
