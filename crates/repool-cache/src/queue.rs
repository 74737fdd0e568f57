//! An `lru::LruCache` whose memory is known before it is allocated.
//!
//! What it holds, as `lru` 0.18 on `hashbrown` 0.17 lays it out:
//!
//! ```text
//! hash table    buckets × (pointer to the key, pointer to the node, 1 control byte) + 16
//! nodes         one box each: the key (an `Arc`), two links
//! two more      boxes, the ends of the list
//! ```
//!
//! hashbrown doubles its table when it is full of entries *and of traces of removed ones*; with at most half
//! of its capacity in use it cleans up in place instead. So a queue never fills more than half, and
//! grows only when its owner says so, with the bytes charged: by moving into another `LruCache`.
//! (Under steady eviction hashbrown ends at the same size by itself, only later and unasked.)
//! `tests/bytes.rs` compares this count with the allocator's.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;
use repool_arena::{Account, Charge, Ledger};

use crate::key::{BuildCarried, Keyed, Slot};

/// The bytes of one entry in the queue, charged by whoever puts it there: while an entry moves from queue
/// to queue, they stay charged.
pub(crate) const NODE_BYTES: usize = 3 * size_of::<usize>();

/// What hashbrown allocates for a number of buckets. On targets without 16-byte vectors it is 8 bytes
/// less.
const fn table_bytes(buckets: usize) -> usize {
    buckets * (2 * size_of::<usize>() + 1) + 16
}

/// The bytes of a queue of so many buckets, apart from its nodes.
const fn own_bytes(buckets: usize) -> usize {
    if buckets == 0 {
        0
    } else {
        table_bytes(buckets) + 2 * NODE_BYTES
    }
}

/// How many entries a queue of so many buckets takes: half of hashbrown's load of seven eighths.
const fn half_load(buckets: usize) -> usize {
    buckets / 8 * 7 / 2
}

const BUCKETS_MIN: usize = 16;

pub(crate) struct Queue<T> {
    /// None while nothing is kept, so that an empty queue costs nothing.
    lru: Option<LruCache<Slot<T>, (), BuildCarried>>,
    /// The buckets of the table; 0 without one.
    buckets: usize,
    ledger: Arc<Ledger>,
}

impl<T: Keyed> Queue<T> {
    pub(crate) fn new(ledger: &Arc<Ledger>) -> Queue<T> {
        Queue {
            lru: None,
            buckets: 0,
            ledger: Arc::clone(ledger),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.lru.as_ref().map_or(0, LruCache::len)
    }

    /// Tells whether the next entry needs [`Queue::grow`] first.
    pub(crate) fn is_full(&self) -> bool {
        self.len() >= self.capacity()
    }

    /// How many entries it takes without growing.
    pub(crate) fn capacity(&self) -> usize {
        half_load(self.buckets)
    }

    /// The bytes on [`Account::Index`] for the table and the ends of the list.
    pub(crate) fn own_bytes(&self) -> usize {
        own_bytes(self.buckets)
    }

    /// Tells whether the table is as small as tables are.
    pub(crate) fn is_minimal(&self) -> bool {
        self.buckets == BUCKETS_MIN
    }

    fn grown_buckets(&self) -> usize {
        (self.buckets * 2).max(BUCKETS_MIN)
    }

    /// The bytes that [`Queue::grow`] is to be given: those of the table after it, as the table
    /// before it is given back only then.
    pub(crate) fn growth_bytes(&self) -> usize {
        own_bytes(self.grown_buckets())
    }

    /// Grows with the bytes that `charge` reserved, if they still suffice.
    pub(crate) fn grow(&mut self, charge: Charge) {
        if charge.bytes() == self.growth_bytes() {
            self.rebuild(self.grown_buckets(), charge);
        }
    }

    /// Grows, or says that the ledger has no room for that.
    pub(crate) fn try_grow(&mut self) -> bool {
        let charge = Charge::try_new(&self.ledger, Account::Index, self.growth_bytes());
        charge.is_ok_and(|charge| {
            self.grow(charge);
            true
        })
    }

    /// Gives back memory that the number of entries does not need, or all of it if there are none.
    pub(crate) fn shrink(&mut self) {
        let mut buckets = BUCKETS_MIN;
        while half_load(buckets) < self.len() {
            buckets *= 2;
        }
        if self.len() == 0 {
            let bytes = self.own_bytes();
            self.lru = None;
            self.buckets = 0;
            self.ledger.sub(Account::Index, bytes);
        } else if buckets < self.buckets {
            let bytes = own_bytes(buckets);
            let charge = if self.ledger.is_over_limit() {
                // The budget was made smaller; for a moment it takes a little more to need less.
                Charge::new(&self.ledger, Account::Index, bytes)
            } else if let Ok(charge) = Charge::try_new(&self.ledger, Account::Index, bytes) {
                charge
            } else {
                return;
            };
            self.rebuild(buckets, charge);
        }
    }

    fn rebuild(&mut self, buckets: usize, charge: Charge) {
        // hashbrown takes the least power of two whose seven eighths are enough.
        let capacity = NonZeroUsize::new(buckets / 8 * 7).expect("a table has 16 buckets or more");
        let mut grown = LruCache::with_hasher(capacity, BuildCarried::default());
        let bytes = self.own_bytes();
        if let Some(mut old) = self.lru.take() {
            while let Some((slot, ())) = old.pop_lru() {
                grown.put(slot, ());
            }
        }
        self.lru = Some(grown);
        self.buckets = buckets;
        charge.keep();
        self.ledger.sub(Account::Index, bytes);
    }

    /// Finds an entry and makes it the most recent one.
    pub(crate) fn get(&mut self, key: &dyn Keyed) -> Option<&Arc<T>> {
        let (slot, ()) = self.lru.as_mut()?.get_key_value(key)?;
        Some(&slot.0)
    }

    /// Adds the most recent entry. The queue must not be full nor hold an entry of this key.
    pub(crate) fn insert(&mut self, entry: Arc<T>) {
        debug_assert!(!self.is_full(), "a queue grows before it is filled");
        let lru = self
            .lru
            .as_mut()
            .expect("a queue grows before it is filled");
        let old = lru.push(Slot(entry), ());
        debug_assert!(old.is_none(), "no key is in a queue twice");
    }

    /// Takes out the least recent entry.
    pub(crate) fn pop_oldest(&mut self) -> Option<Arc<T>> {
        let (slot, ()) = self.lru.as_mut()?.pop_lru()?;
        Some(slot.0)
    }

    /// Takes out an entry.
    pub(crate) fn remove(&mut self, key: &dyn Keyed) -> Option<Arc<T>> {
        let (slot, ()) = self.lru.as_mut()?.pop_entry(key)?;
        Some(slot.0)
    }

    /// The entries, most recent first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<T>> {
        self.lru
            .iter()
            .flat_map(|lru| lru.iter())
            .map(|(slot, ())| &slot.0)
    }

    /// Checks that no more is kept than is counted.
    pub(crate) fn validate(&self) {
        assert_eq!(self.lru.is_some(), self.buckets > 0, "a table has buckets");
        assert!(
            self.len() <= half_load(self.buckets),
            "a queue is at most half full"
        );
        assert_eq!(self.iter().count(), self.len(), "list and table agree");
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("buckets", &self.buckets)
            .finish_non_exhaustive()
    }
}

impl<T> Drop for Queue<T> {
    fn drop(&mut self) {
        self.lru = None;
        self.ledger.sub(Account::Index, own_bytes(self.buckets));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Probe;

    struct Number(u64);

    impl Keyed for Number {
        fn hash(&self) -> u64 {
            // Few hashes for many numbers: they collide.
            self.0 % 50
        }

        fn probe(&self) -> Probe<'_> {
            Probe {
                hash: self.hash(),
                options: [self.0, 0],
                text: &[],
            }
        }
    }

    fn fill(queue: &mut Queue<Number>, count: u64) {
        for n in 0..count {
            assert!(!queue.is_full() || queue.try_grow());
            queue.insert(Arc::new(Number(n)));
            queue.validate();
        }
    }

    #[test]
    fn entries_are_told_apart_though_their_hashes_are_the_same() {
        let ledger = Arc::new(Ledger::default());
        let mut queue = Queue::new(&ledger);
        fill(&mut queue, 1000);
        for n in (0..1000).rev() {
            assert_eq!(queue.get(&Number(n)).unwrap().0, n);
        }
        assert!(queue.get(&Number(1000)).is_none());
        assert_eq!(queue.remove(&Number(500)).unwrap().0, 500);
        assert!(queue.remove(&Number(500)).is_none());
        // The last that was asked for was 0, so the oldest is 999.
        assert_eq!(queue.pop_oldest().unwrap().0, 999);
        assert_eq!(queue.len(), 998);
        queue.validate();
    }

    #[test]
    fn the_ledger_knows_the_table() {
        let ledger = Arc::new(Ledger::default());
        let mut queue = Queue::new(&ledger);
        assert_eq!(ledger.total_bytes(), 0);
        fill(&mut queue, 1000);
        assert_eq!(ledger.total_bytes(), queue.own_bytes());
        while queue.len() > 10 {
            queue.pop_oldest();
        }
        queue.shrink();
        assert_eq!(ledger.total_bytes(), own_bytes(32));
        assert_eq!(
            queue.iter().map(|n| n.0).collect::<Vec<_>>(),
            (990..1000).rev().collect::<Vec<_>>()
        );
        drop(queue);
        assert_eq!(ledger.total_bytes(), 0);
    }

    #[test]
    fn a_queue_without_room_does_not_grow() {
        let ledger = Arc::new(Ledger::with_limit(own_bytes(16)));
        let mut queue: Queue<Number> = Queue::new(&ledger);
        fill(&mut queue, 7);
        assert!(queue.is_full() && !queue.try_grow());
        assert_eq!(ledger.peak_bytes(), own_bytes(16));
    }
}
