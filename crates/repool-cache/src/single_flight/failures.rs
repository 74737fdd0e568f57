//! Cached errors, so that a bad pattern costs one compile and not one per request.
//!
//! They have a bound of their own: bad patterns neither displace good ones nor grow without end. The error least recently
//! requested is dropped first.
//!
//! # Memory
//!
//! `lru` finds the errors and keeps their order, in a table that is at most half full: hashbrown cleans up such a table in
//! place, and would double a fuller one after removals. It grows here, by doubling, with the bytes charged.
//!
//! Exercised by `tests/cache.rs`.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;
use repool_arena::{Account, Charge, Ledger, Pool};

use crate::key::{Keyed, Probe};
use crate::tuning::ERROR_BUCKETS_MIN;

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
    /// With its node in the table.
    const FIXED_BYTES: usize = size_of::<Failure<E>>() + 2 * size_of::<usize>() + NODE_BYTES;

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

/// A failure as the key of itself.
struct Kept<E>(Arc<Failure<E>>);

impl<E> Hash for Kept<E> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash);
    }
}

impl<E> PartialEq for Kept<E> {
    fn eq(&self, other: &Kept<E>) -> bool {
        self.0.probe().matches(&other.0.probe())
    }
}

impl<E> Eq for Kept<E> {}

impl<'a, E: 'a> Borrow<dyn Keyed + 'a> for Kept<E> {
    fn borrow(&self) -> &(dyn Keyed + 'a) {
        &*self.0
    }
}

impl Hash for dyn Keyed + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(Keyed::hash(self));
    }
}

impl PartialEq for dyn Keyed + '_ {
    fn eq(&self, other: &(dyn Keyed + '_)) -> bool {
        self.probe().matches(&other.probe())
    }
}

impl Eq for dyn Keyed + '_ {}

/// Passes on a hash that is one already.
#[derive(Default)]
struct Ready(u64);

impl Hasher for Ready {
    fn write(&mut self, bytes: &[u8]) {
        // Never called, as keys write one word; a valid hash all the same.
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

type Table<E> = LruCache<Kept<E>, (), BuildHasherDefault<Ready>>;

/// The errors of one shard.
pub(crate) struct Failures<E> {
    /// `None` while there are none.
    recent: Option<Table<E>>,
    /// The buckets of the table, and the charge of the table.
    buckets: usize,
    charge: Option<Charge>,
    /// The bytes of all failures in `recent`, without its table.
    bytes: usize,
    ledger: Arc<Ledger>,
}

/// The result of [`Failures::keep`].
pub(crate) enum Keep<E> {
    /// The failure is cached, or cannot be.
    Done,
    /// This one was removed first: to be dropped outside the lock before the next attempt.
    After(#[expect(dead_code, reason = "dropped, not read")] Arc<Failure<E>>),
}

/// The most failures in a table: half of what hashbrown loads.
const fn failures_max(buckets: usize) -> usize {
    buckets / 16 * 7
}

/// Bytes of a failure's node in the table: its key and two links.
const NODE_BYTES: usize = 3 * size_of::<usize>();

/// Bytes of a table without failures. It has two nodes of its own.
const fn table_bytes(buckets: usize) -> usize {
    buckets * (2 * size_of::<usize>() + 1) + 16 + 2 * NODE_BYTES
}

impl<E> Failures<E> {
    pub(crate) fn new(ledger: &Arc<Ledger>) -> Failures<E> {
        Failures {
            recent: None,
            buckets: 0,
            charge: None,
            bytes: 0,
            ledger: Arc::clone(ledger),
        }
    }

    pub(crate) fn get(&mut self, probe: &Probe<'_>) -> Option<Arc<Failure<E>>> {
        let key: &dyn Keyed = probe;
        let (kept, ()) = self.recent.as_mut()?.get_key_value(key)?;
        Some(Arc::clone(&kept.0))
    }

    /// Caches a failure, within `bytes_max` for all of them.
    pub(crate) fn keep(&mut self, failure: &Arc<Failure<E>>, bytes_max: usize) -> Keep<E> {
        // A nested compile of the same key, which did not wait, may have failed too.
        if failure.charge.is_none() || self.get(&failure.probe()).is_some() {
            return Keep::Done;
        }
        let within = self.bytes + failure.bytes() <= bytes_max;
        if within && (self.len() < failures_max(self.buckets) || self.grow()) {
            self.bytes += failure.bytes();
            let recent = self.recent.as_mut().expect("there is a table");
            recent.push(Kept(Arc::clone(failure)), ());
            return Keep::Done;
        }
        self.pop_oldest().map_or(Keep::Done, Keep::After)
    }

    /// Doubles the table, if the ledger has room.
    fn grow(&mut self) -> bool {
        self.change_to((self.buckets * 2).max(ERROR_BUCKETS_MIN))
    }

    /// Moves all failures to a table of another size, if the ledger has room for both.
    fn change_to(&mut self, buckets: usize) -> bool {
        let bytes = table_bytes(buckets);
        let Ok(charge) = Charge::try_new(&self.ledger, Account::Index, bytes) else {
            return false;
        };
        // hashbrown takes the least power of two whose seven eighths are enough.
        let capacity = NonZeroUsize::new(buckets / 8 * 7).expect("eight buckets or more");
        let mut recent = LruCache::with_hasher(capacity, BuildHasherDefault::default());
        let mut old = self.recent.take();
        while let Some((kept, ())) = old.as_mut().and_then(LruCache::pop_lru) {
            recent.push(kept, ());
        }
        drop(old);
        self.recent = Some(recent);
        self.buckets = buckets;
        self.charge = Some(charge);
        true
    }

    /// Removes the failure least recently requested.
    pub(crate) fn pop_oldest(&mut self) -> Option<Arc<Failure<E>>> {
        let (kept, ()) = self.recent.as_mut()?.pop_lru()?;
        self.bytes -= kept.0.bytes();
        Some(kept.0)
    }

    pub(crate) fn len(&self) -> usize {
        self.recent.as_ref().map_or(0, LruCache::len)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns index memory that is not needed.
    pub(crate) fn shrink(&mut self) {
        if self.len() == 0 {
            self.recent = None;
            self.buckets = 0;
            self.charge = None;
            return;
        }
        let mut buckets = ERROR_BUCKETS_MIN;
        while failures_max(buckets) < self.len() {
            buckets *= 2;
        }
        if buckets < self.buckets {
            self.change_to(buckets);
        }
    }

    pub(crate) fn validate(&self) {
        let kept = self.recent.iter().flat_map(LruCache::iter);
        let sum: usize = kept.map(|(kept, ())| kept.0.bytes()).sum();
        assert_eq!(sum, self.bytes, "bytes of failures");
        assert!(
            self.len() <= failures_max(self.buckets),
            "a table half full"
        );
    }
}

impl<E> fmt::Debug for Failures<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failures")
            .field("len", &self.len())
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}
