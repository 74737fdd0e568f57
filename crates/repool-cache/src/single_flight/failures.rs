//! Errors, kept so that a bad pattern costs its compile once and not with every request.
//!
//! They have a bound of their own: bad patterns can neither crowd out good ones nor grow without end. What goes
//! is the least recently asked for.

use std::sync::Arc;

use repool_arena::{Account, Charge, Ledger, Pool};

use crate::key::{Keyed, Probe};
use crate::policy::queue::Queue;

/// A pattern that did not compile.
#[derive(Debug)]
pub(crate) struct Failure<E> {
    hash: u64,
    options: [u64; 2],
    text: Box<str>,
    pub(crate) error: E,
    /// All of it. None if it may not be kept.
    charge: Option<Charge>,
}

impl<E> Failure<E> {
    const FIXED_BYTES: usize = size_of::<Failure<E>>() + 2 * size_of::<usize>();

    /// A failure whose error holds `heap` bytes elsewhere. It is charged, and can be kept, if it takes at most
    /// `bytes_max` and the budget has room for it.
    pub(crate) fn new(
        probe: &Probe<'_>,
        text: &str,
        error: E,
        heap: usize,
        bytes_max: usize,
        pool: &Pool,
    ) -> Arc<Failure<E>> {
        let bytes = Failure::<E>::FIXED_BYTES
            .saturating_add(text.len())
            .saturating_add(heap);
        let charge = if bytes <= bytes_max {
            pool.reserve(Account::Errors, bytes).ok()
        } else {
            None
        };
        Arc::new(Failure {
            hash: probe.hash,
            options: probe.options,
            text: text.into(),
            error,
            charge,
        })
    }

    fn bytes(&self) -> usize {
        self.charge.as_ref().map_or(0, Charge::bytes)
    }
}

impl<E> Keyed for Failure<E> {
    fn hash(&self) -> u64 {
        self.hash
    }

    fn probe(&self) -> Probe<'_> {
        Probe {
            hash: self.hash,
            options: self.options,
            text: self.text.as_bytes(),
        }
    }
}

/// The failures of one desk.
#[derive(Debug)]
pub(crate) struct Failures<E> {
    recent: Queue<Failure<E>>,
    /// What `recent` is charged for, without its own table.
    bytes: usize,
}

/// What became of a failure that was to be kept.
pub(crate) enum Keep<E> {
    /// It is kept, or cannot be.
    Done,
    /// This one was taken out first: to be dropped outside the lock, before the next try.
    After(#[expect(dead_code, reason = "dropped, not read")] Arc<Failure<E>>),
}

impl<E> Failures<E> {
    pub(crate) fn new(ledger: &Arc<Ledger>) -> Failures<E> {
        Failures {
            recent: Queue::new(ledger),
            bytes: 0,
        }
    }

    pub(crate) fn get(&mut self, probe: &Probe<'_>) -> Option<Arc<Failure<E>>> {
        self.recent.get(probe).map(Arc::clone)
    }

    /// Keeps a failure, within `bytes_max` for all of them.
    pub(crate) fn keep(&mut self, failure: &Arc<Failure<E>>, bytes_max: usize) -> Keep<E> {
        // A compile that did not wait may have failed with the same key.
        if failure.charge.is_none() || self.recent.get(&**failure).is_some() {
            return Keep::Done;
        }
        let within = self.bytes + failure.bytes() <= bytes_max;
        if within && (!self.recent.is_full() || self.recent.try_grow()) {
            self.bytes += failure.bytes();
            self.recent.insert(Arc::clone(failure));
            return Keep::Done;
        }
        self.pop_oldest().map_or(Keep::Done, Keep::After)
    }

    /// Takes out the one that was least recently asked for.
    pub(crate) fn pop_oldest(&mut self) -> Option<Arc<Failure<E>>> {
        let failure = self.recent.pop_oldest()?;
        self.bytes -= failure.bytes();
        Some(failure)
    }

    pub(crate) fn len(&self) -> usize {
        self.recent.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Gives back index memory that is not needed.
    pub(crate) fn shrink(&mut self) {
        self.recent.shrink();
    }

    pub(crate) fn validate(&self) {
        self.recent.validate();
        let sum: usize = self.recent.iter().map(|f| f.bytes()).sum();
        assert_eq!(sum, self.bytes, "bytes of failures");
    }
}
