//! How many free pages a pool keeps: as many as were needed of late.
//!
//! The need is the longest run of pages taken, minus those that became free again, within a window of operations: exactly
//! the number of free pages that would have served it. A pool keeps at most 125 % of the need of two windows, as
//! HAProxy's pools do. Windows are counted in operations, so there is no timer and no thread, and no more than one
//! batch of system calls a window. A spike is forgotten after two windows.
//!
//! Exercised by the tests below.

use std::mem;

/// Operations for which a peak is remembered, at least; at most twice as many. Doubled: free pages stay twice as long.
const WINDOW: u32 = 512;
/// Pages kept without any need shown, so that the first eviction does not give back what the next compile takes.
const KEEP_MIN: usize = 2;

#[derive(Debug, Default)]
pub(crate) struct Demand {
    /// Operations in this window.
    operations: u32,
    /// Pages taken minus pages that became free, since this was last lowest.
    below_peak: usize,
    /// The highest `below_peak` of this window, and of the one before.
    need: usize,
    need_before: usize,
}

impl Demand {
    /// Notes that pages were taken.
    #[inline]
    pub(crate) fn take(&mut self, pages: usize) {
        self.below_peak += pages;
        self.need = self.need.max(self.below_peak);
    }

    /// Notes that pages became free.
    #[inline]
    pub(crate) fn put(&mut self, pages: usize) {
        self.below_peak = self.below_peak.saturating_sub(pages);
    }

    /// Counts an operation. At the end of a window, returns how many of `free` pages are not needed; 0 otherwise.
    #[inline]
    pub(crate) fn surplus(&mut self, free: usize) -> usize {
        self.operations += 1;
        if self.operations < WINDOW {
            return 0;
        }
        let need = self.need.max(self.need_before);
        self.operations = 0;
        self.below_peak = 0;
        self.need_before = mem::take(&mut self.need);
        free.saturating_sub((need + need / 4).max(KEEP_MIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is not needed at the end of a window without any demand.
    fn idle_window(demand: &mut Demand, free: usize) -> usize {
        let surplus: Vec<_> = (0..WINDOW).map(|_| demand.surplus(free)).collect();
        let (last, others) = surplus.split_last().expect("a window has operations");
        assert!(others.iter().all(|&surplus| surplus == 0));
        *last
    }

    #[test]
    fn without_need_only_a_few_are_kept() {
        assert_eq!(idle_window(&mut Demand::default(), 100), 100 - KEEP_MIN);
        assert_eq!(idle_window(&mut Demand::default(), 1), 0);
    }

    #[test]
    fn a_spike_is_remembered_for_two_windows() {
        let mut demand = Demand::default();
        demand.take(60);
        demand.put(30);
        demand.take(50);
        demand.put(80);
        assert_eq!(idle_window(&mut demand, 120), 20);
        assert_eq!(idle_window(&mut demand, 120), 20);
        assert_eq!(idle_window(&mut demand, 120), 120 - KEEP_MIN);
    }

    #[test]
    fn what_goes_and_comes_in_turn_needs_one_page() {
        let mut demand = Demand::default();
        for _ in 0..100 {
            demand.take(1);
            demand.put(1);
        }
        assert_eq!(idle_window(&mut demand, 10), 8);
    }
}
