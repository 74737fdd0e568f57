//! When to try again what has not paid.
//!
//! Some ways to search pay in one text and cost in another: a scan for the next start, a jump over bytes that
//! change nothing, a run from each candidate. Each of them has one [`Backoff`], which counts failures in a row.
//! With enough of them the way is left out for a number of attempts; then it is tried once, and each further
//! failure doubles the pause. One success forgets all failures.
//!
//! The unit is the attempt: one call of [`Backoff::may_try`]. A back-off changes no answer.
//! Exercised by the tests below.

/// The failures and pauses of one kind of attempt; the values stand in [`crate::tuning`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Failures in a row before the first pause. At least 1.
    pub(crate) failures: u8,
    /// Attempts left out in the first pause. At least 1.
    pub(crate) pause: u16,
    /// Attempts left out in the longest pause.
    pub(crate) pause_max: u16,
}

/// What is known of one kind of attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Backoff {
    /// Failures since the last success; no further than [`Limits::failures`].
    failures: u8,
    /// Attempts that are still left out.
    left: u16,
    /// Attempts left out in the last pause; 0 if there was none since the last success.
    pause: u16,
}

impl Backoff {
    /// Tells whether to try now. Counts as one attempt.
    #[inline(always)]
    pub(crate) fn may_try(&mut self) -> bool {
        match self.left.checked_sub(1) {
            None => true,
            Some(left) => {
                self.left = left;
                false
            }
        }
    }

    /// Tells whether the next attempt is left out, without counting one.
    #[inline(always)]
    pub(crate) fn is_paused(&self) -> bool {
        self.left > 0
    }

    /// Notes that an attempt paid.
    #[inline(always)]
    pub(crate) fn succeed(&mut self) {
        *self = Backoff::default();
    }

    /// Notes that an attempt did not pay, and begins a pause if there were enough.
    #[inline]
    pub(crate) fn fail(&mut self, limits: &Limits) {
        if self.failures + 1 < limits.failures {
            self.failures += 1;
            return;
        }
        self.pause = (self.pause.saturating_mul(2)).clamp(limits.pause, limits.pause_max);
        self.left = self.pause;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        failures: 3,
        pause: 4,
        pause_max: 10,
    };

    /// Attempts that are left out before the next one.
    fn left_out(backoff: &mut Backoff) -> usize {
        (0..).take_while(|_| !backoff.may_try()).count()
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let mut backoff = Backoff::default();
        for _ in 0..2 {
            backoff.fail(&LIMITS);
            assert_eq!(left_out(&mut backoff), 0);
        }
        for pause in [4, 8, 10, 10] {
            assert!(!backoff.is_paused());
            backoff.fail(&LIMITS);
            assert!(backoff.is_paused());
            assert_eq!(left_out(&mut backoff), pause);
        }
    }

    #[test]
    fn one_success_forgets_all_failures() {
        let mut backoff = Backoff::default();
        (0..3).for_each(|_| backoff.fail(&LIMITS));
        assert_eq!(left_out(&mut backoff), 4);
        backoff.succeed();
        assert_eq!(backoff, Backoff::default());
        (0..2).for_each(|_| backoff.fail(&LIMITS));
        assert!(backoff.may_try());
        backoff.fail(&LIMITS);
        assert_eq!(left_out(&mut backoff), 4);
    }
}
