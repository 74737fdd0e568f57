//! The spare arenas of one size class: as many as were needed of late.
//!
//! The shelf keeps at most 125 % of the recent peak need, as HAProxy's pools do. The need is the longest run of arenas taken,
//! minus those put back, within a window of operations: exactly the number of spares that would have served it. Windows are
//! counted in operations, so there is no timer and no thread. A spike is forgotten after two windows.
//!
//! Exercised by the tests below.

use std::mem;

use bumpalo::Bump;

use crate::class::Class;
use crate::ledger::{Account, Ledger};

/// Operations for which a peak is remembered, at least; at most twice as many.
const WINDOW: u32 = 512;
/// The most bytes kept in one class, whatever the need, unless the caller sets another maximum.
const BYTES_MAX: usize = 64 * 1024;
/// Spares kept without any need shown, so that the first eviction does not make the next compile allocate.
const KEEP_MIN: usize = 2;

#[derive(Debug)]
pub(crate) struct Shelf {
    spares: Vec<Bump>,
    bytes_max: usize,
    /// Operations in this window.
    operations: u32,
    /// Arenas taken minus arenas put back, since this was last lowest.
    below_peak: usize,
    /// The highest `below_peak` of this window, and of the one before.
    need: usize,
    need_before: usize,
}

impl Default for Shelf {
    fn default() -> Shelf {
        Shelf::with_max(BYTES_MAX)
    }
}

impl Shelf {
    /// An empty shelf for at most `bytes_max` bytes.
    pub(crate) fn with_max(bytes_max: usize) -> Shelf {
        Shelf {
            spares: Vec::new(),
            bytes_max,
            operations: 0,
            below_peak: 0,
            need: 0,
            need_before: 0,
        }
    }

    /// Takes a spare, if there is one. Counts as need either way.
    pub(crate) fn take(&mut self) -> Option<Bump> {
        self.below_peak += 1;
        self.need = self.need.max(self.below_peak);
        self.operations += 1;
        self.spares.pop()
    }

    /// Keeps a spare, or returns it as an error to be freed.
    ///
    /// The memory of the list is charged before it grows. If there is no room for that, the spare is not kept.
    pub(crate) fn put(&mut self, class: Class, bump: Bump, ledger: &Ledger) -> Result<(), Bump> {
        self.below_peak = self.below_peak.saturating_sub(1);
        self.operations += 1;
        if self.spares.len() >= self.keep_max(class) {
            return Err(bump);
        }
        if self.spares.len() == self.spares.capacity() && !self.grow(ledger) {
            return Err(bump);
        }
        self.spares.push(bump);
        Ok(())
    }

    /// Makes the list, if there is none and the budget has room.
    pub(crate) fn prepare(&mut self, ledger: &Ledger) {
        if self.spares.capacity() == 0 {
            self.grow(ledger);
        }
    }

    fn grow(&mut self, ledger: &Ledger) -> bool {
        let more = self.spares.len().max(4);
        let bytes = more * size_of::<Bump>();
        if ledger.try_add(Account::Overhead, bytes).is_err() {
            return false;
        }
        let grown = self.spares.try_reserve_exact(more).is_ok();
        if !grown {
            ledger.sub(Account::Overhead, bytes);
        }
        grown
    }

    /// The most spares to keep now.
    fn keep_max(&self, class: Class) -> usize {
        let need = self.need.max(self.need_before);
        (need + need / 4)
            .max(KEEP_MIN)
            .min(self.bytes_max / class.reserved_bytes())
    }

    /// The spares no longer needed: 0 except at the end of a window.
    pub(crate) fn surplus(&mut self, class: Class) -> usize {
        if self.operations < WINDOW {
            return 0;
        }
        self.operations = 0;
        self.below_peak = 0;
        self.need_before = mem::take(&mut self.need);
        self.spares.len().saturating_sub(self.keep_max(class))
    }

    /// Takes everything out, and the list's own memory.
    pub(crate) fn clear(&mut self) -> Vec<Bump> {
        mem::take(&mut self.spares)
    }

    /// Takes a spare out. Does not count as need.
    pub(crate) fn pop(&mut self) -> Option<Bump> {
        self.spares.pop()
    }

    pub(crate) fn len(&self) -> usize {
        self.spares.len()
    }

    pub(crate) fn list_bytes(&self) -> usize {
        self.spares.capacity() * size_of::<Bump>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf() -> (Shelf, Class, Ledger) {
        (Shelf::default(), Class::of(8).unwrap(), Ledger::default())
    }

    #[test]
    fn without_need_only_a_few_are_kept() {
        let (mut shelf, class, ledger) = shelf();
        let kept = (0..100).filter(|_| shelf.put(class, Bump::new(), &ledger).is_ok());
        assert_eq!(kept.count(), KEEP_MIN);
        assert_eq!(ledger.total_bytes(), shelf.list_bytes());
    }

    #[test]
    fn as_many_are_kept_as_were_needed_at_once() {
        let (mut shelf, class, ledger) = shelf();
        for _ in 0..100 {
            assert!(shelf.take().is_none());
        }
        let kept = (0..1000).filter(|_| shelf.put(class, Bump::new(), &ledger).is_ok());
        assert_eq!(kept.count(), 125);
    }

    #[test]
    fn a_spike_is_forgotten_after_two_windows() {
        let (mut shelf, class, ledger) = shelf();
        (0..100).for_each(|_| drop(shelf.take()));
        (0..100).for_each(|_| drop(shelf.put(class, Bump::new(), &ledger)));
        assert_eq!(shelf.len(), 100);
        for _ in 0..3 * WINDOW {
            if let Some(bump) = shelf.take() {
                shelf.put(class, bump, &ledger).unwrap();
            }
            for _ in 0..shelf.surplus(class) {
                shelf.pop().unwrap();
            }
        }
        assert!(shelf.len() <= KEEP_MIN, "{}", shelf.len());
    }

    #[test]
    fn a_spike_is_kept_for_exactly_two_windows() {
        for spike in [1, 37, 100] {
            let (mut shelf, class, ledger) = shelf();
            let mut operations = 0;
            let mut surplus = |shelf: &mut Shelf| {
                operations += 1;
                let surplus = shelf.surplus(class);
                let is_end = operations == 2 * WINDOW;
                assert!(
                    is_end || surplus == 0,
                    "{surplus} after {operations} operations"
                );
                is_end.then_some(surplus)
            };
            for _ in 0..spike {
                assert!(shelf.take().is_none());
                surplus(&mut shelf);
            }
            for _ in 0..spike {
                shelf.put(class, Bump::new(), &ledger).unwrap();
                surplus(&mut shelf);
            }
            let len = shelf.len();
            let surplus = loop {
                let spare = shelf.take().unwrap();
                surplus(&mut shelf);
                shelf.put(class, spare, &ledger).unwrap();
                if let Some(surplus) = surplus(&mut shelf) {
                    break surplus;
                }
            };
            assert_eq!(surplus, len.saturating_sub(KEEP_MIN), "{spike} at once");
        }
    }

    #[test]
    fn a_shelf_has_room_for_so_many_bytes() {
        let (mut shelf, class, ledger) = shelf();
        (0..10_000).for_each(|_| drop(shelf.take()));
        (0..10_000).for_each(|_| drop(shelf.put(class, Bump::new(), &ledger)));
        assert_eq!(shelf.len(), BYTES_MAX / class.reserved_bytes());
    }

    #[test]
    fn a_full_budget_keeps_no_list() {
        let (mut shelf, class, _) = shelf();
        let ledger = Ledger::with_limit(10);
        assert!(shelf.put(class, Bump::new(), &ledger).is_err());
        assert_eq!(ledger.total_bytes(), 0);
    }
}
