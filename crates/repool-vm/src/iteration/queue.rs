//! Matches that were found ahead of an iteration.
//!
//! Where matches are dense, to begin a search takes longer than to find the match. So the next few are found at once
//! ([`crate::iteration::adjacent`]). A match is two bytes here, how far it stands behind the one before and how long it is.
//! Exercised by the test below and by `tests/iteration.rs` of the facade.

/// The most matches.
const LEN_MAX: usize = 8;

/// The next matches of an iteration.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Queue {
    /// The end of the match before the first here.
    at: usize,
    gaps: [u8; LEN_MAX],
    lens: [u8; LEN_MAX],
    next: u8,
    len: u8,
}

impl Queue {
    /// Forgets all, and goes on behind a match that ends at `at`.
    #[inline]
    pub(crate) fn restart(&mut self, at: usize) {
        (self.at, self.next, self.len) = (at, 0, 0);
    }

    /// Adds the match that comes next, `gap` bytes behind the one before; false if there is no room for it.
    #[inline]
    pub(crate) fn push(&mut self, gap: usize, len: usize) -> bool {
        let place = usize::from(self.len);
        let (Ok(gap), Ok(len)) = (u8::try_from(gap), u8::try_from(len)) else {
            return false;
        };
        if place == LEN_MAX {
            return false;
        }
        (self.gaps[place], self.lens[place]) = (gap, len);
        self.len += 1;
        true
    }

    /// The next match, for a search from `from`, if it is known: only behind the last match.
    #[inline]
    pub(crate) fn pop(&mut self, from: usize) -> Option<(usize, usize)> {
        let place = usize::from(self.next);
        if self.next == self.len || self.at != from || place >= LEN_MAX {
            return None;
        }
        let start = from + usize::from(self.gaps[place]);
        self.at = start + usize::from(self.lens[place]);
        self.next += 1;
        Some((start, self.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_come_in_order_and_only_from_where_they_follow() {
        let mut queue = Queue::default();
        assert_eq!(queue.pop(0), None);
        queue.restart(10);
        assert!(queue.push(2, 3) && queue.push(0, 255));
        assert!(!queue.push(256, 1) && !queue.push(1, 256));
        assert_eq!(queue.pop(11), None);
        assert_eq!(queue.pop(10), Some((12, 15)));
        assert_eq!(queue.pop(10), None);
        assert_eq!(queue.pop(15), Some((15, 270)));
        assert_eq!(queue.pop(270), None);
        queue.restart(0);
        assert!((0..LEN_MAX).all(|_| queue.push(1, 1)) && !queue.push(1, 1));
        assert!((0..LEN_MAX).all(|i| queue.pop(2 * i) == Some((2 * i + 1, 2 * i + 2))));
        assert_eq!(queue.pop(2 * LEN_MAX), None);
    }
}
