//! Cached errors, so that a bad pattern costs one compile and not one per request.
//!
//! They have a bound of their own: bad patterns neither displace good ones nor grow without end. The error least recently
//! requested is dropped first.
//!
//! Exercised by `tests/cache.rs`.

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
    /// The bytes of all of it. `None` if it must not be cached.
    charge: Option<Charge>,
}

impl<E> Failure<E> {
    const FIXED_BYTES: usize = size_of::<Failure<E>>() + 2 * size_of::<usize>();

    /// A failure whose error holds `heap` bytes elsewhere. It is charged and can be cached if it takes at most
    /// `bytes_max` bytes and the budget has room.
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

/// The errors of one shard.
#[derive(Debug)]
pub(crate) struct Failures<E> {
    recent: Queue<Failure<E>>,
    /// The bytes of all failures in `recent`, without its table.
    bytes: usize,
}

/// The result of [`Failures::keep`].
pub(crate) enum Keep<E> {
    /// The failure is cached, or cannot be.
    Done,
    /// This one was removed first: to be dropped outside the lock before the next attempt.
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

    /// Caches a failure, within `bytes_max` for all of them.
    pub(crate) fn keep(&mut self, failure: &Arc<Failure<E>>, bytes_max: usize) -> Keep<E> {
        // A nested compile of the same key, which did not wait, may have failed too.
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

    /// Removes the failure least recently requested.
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

    /// Returns index memory that is not needed.
    pub(crate) fn shrink(&mut self) {
        self.recent.shrink();
    }

    pub(crate) fn validate(&self) {
        self.recent.validate();
        let sum: usize = self.recent.iter().map(|f| f.bytes()).sum();
        assert_eq!(sum, self.bytes, "bytes of failures");
    }
}
