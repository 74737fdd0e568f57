//! Hashes of records that were evicted not long ago.
//!
//! A table of buckets with four slots. A slot has 32 bits of the hash and the number of the eviction:
//!
//! ```text
//! bucket = fingerprint mod buckets   [fingerprint | number]  ×4
//! ```
//!
//! The caller says for how many evictions an entry is valid. It is overwritten earlier only if its bucket is full of younger
//! ones. A false match (one in 2^30 requests) sends a newcomer to main, which does no other harm.
//!
//! Exercised by `tests/hit_ratio.rs`.

use std::sync::Arc;

use repool_arena::{Account, Charge, Ledger};

use crate::tuning::GHOST_SLOTS_MIN;

const SLOTS_PER_BUCKET: usize = 4;

/// The hashes of evicted records.
#[derive(Debug)]
pub(crate) struct Ghosts {
    /// A power of two of slots, or none. 0 is an empty slot, as no eviction has the number 0.
    slots: Box<[u64]>,
    /// The number of the last eviction.
    evictions: u32,
    ledger: Arc<Ledger>,
}

impl Ghosts {
    pub(crate) fn new(ledger: &Arc<Ledger>) -> Ghosts {
        Ghosts {
            slots: Box::default(),
            evictions: 0,
            ledger: Arc::clone(ledger),
        }
    }

    /// Bytes on [`Account::Index`].
    pub(crate) fn own_bytes(&self) -> usize {
        size_of_val(&*self.slots)
    }

    /// Makes room for the last `span` evictions, if the ledger has room. Called before memory is short: at an eviction it is too
    /// late.
    #[inline]
    pub(crate) fn prepare(&mut self, span: usize) {
        if self.slots.len() < span * 2 {
            self.grow(span);
        }
    }

    /// Notes an evicted record, if there is a table.
    pub(crate) fn insert(&mut self, hash: u64) {
        self.evictions = self.evictions % u32::MAX + 1;
        self.place(u64::from(fingerprint(hash)) << 32 | u64::from(self.evictions));
    }

    /// Tells whether one of the last `span` evicted records had this hash, and removes it.
    pub(crate) fn take(&mut self, hash: u64, span: usize) -> bool {
        let (fingerprint, evictions) = (fingerprint(hash), self.evictions);
        let known = |slot: u64| slot != 0 && (slot >> 32) as u32 == fingerprint;
        let mut bucket = self.bucket(fingerprint).iter_mut();
        let slot = bucket.find(|slot| known(**slot));
        slot.is_some_and(|slot| age(std::mem::take(slot), evictions) <= span)
    }

    fn bucket(&mut self, fingerprint: u32) -> &mut [u64] {
        let buckets = (self.slots.len() / SLOTS_PER_BUCKET).max(1);
        let at = (fingerprint as usize & (buckets - 1)) * SLOTS_PER_BUCKET;
        self.slots
            .get_mut(at..at + SLOTS_PER_BUCKET)
            .unwrap_or_default()
    }

    /// Writes an entry over the oldest of its bucket.
    fn place(&mut self, entry: u64) {
        let evictions = self.evictions;
        let age = |slot: u64| {
            if slot == 0 {
                usize::MAX
            } else {
                age(slot, evictions)
            }
        };
        let bucket = self.bucket((entry >> 32) as u32);
        if let Some(oldest) = bucket.iter_mut().max_by_key(|slot| age(**slot)) {
            *oldest = entry;
        }
    }

    fn grow(&mut self, span: usize) {
        let len = len_for(span);
        let bytes = len * size_of::<u64>();
        if let Ok(charge) = Charge::try_new(&self.ledger, Account::Index, bytes) {
            self.rebuild(len, charge);
        }
    }

    /// Returns memory if the table is four times as large as the last `span` evictions need.
    pub(crate) fn shrink(&mut self, span: usize) {
        let len = len_for(span);
        if self.slots.len() >= 4 * len {
            let bytes = len * size_of::<u64>();
            let charge = if self.ledger.is_over_limit() {
                // The budget became smaller. For a moment this takes more memory, to need less afterwards.
                Charge::new(&self.ledger, Account::Index, bytes)
            } else if let Ok(charge) = Charge::try_new(&self.ledger, Account::Index, bytes) {
                charge
            } else {
                return;
            };
            self.rebuild(len, charge);
        }
    }

    fn rebuild(&mut self, len: usize, charge: Charge) {
        charge.keep();
        let old = std::mem::replace(&mut self.slots, vec![0; len].into_boxed_slice());
        self.ledger.sub(Account::Index, size_of_val(&*old));
        old.iter()
            .filter(|&&entry| entry != 0)
            .for_each(|&entry| self.place(entry));
    }

    /// Removes all entries and returns the memory.
    pub(crate) fn clear(&mut self) {
        self.ledger.sub(Account::Index, self.own_bytes());
        self.slots = Box::default();
    }
}

impl Drop for Ghosts {
    fn drop(&mut self) {
        self.clear();
    }
}

/// The slots for `span` evictions.
fn len_for(span: usize) -> usize {
    (span * 2).next_power_of_two().max(GHOST_SLOTS_MIN)
}

/// The number of evictions after that of a filled slot.
fn age(slot: u64, evictions: u32) -> usize {
    evictions.wrapping_sub(slot as u32) as usize
}

/// The bits of a hash that a slot has. The shard is selected by other bits.
fn fingerprint(hash: u64) -> u32 {
    (hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
    fn mix(n: u64) -> u64 {
        let n = (n ^ n >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let n = (n ^ n >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        (n ^ n >> 31).wrapping_add(n << 17)
    }

    #[test]
    fn the_last_evictions_are_remembered_once() {
        let ledger = Arc::new(Ledger::default());
        let mut ghosts = Ghosts::new(&ledger);
        assert!(!ghosts.take(mix(1), 100));
        ghosts.prepare(100);
        (0..1000).for_each(|n| ghosts.insert(mix(n)));
        let known = (900..1000).filter(|&n| ghosts.take(mix(n), 100)).count();
        assert!(
            known >= 90,
            "buckets of four lose few of a table half full: {known}"
        );
        assert!((900..1000).all(|n| !ghosts.take(mix(n), 100)));
        assert!((0..890).all(|n| !ghosts.take(mix(n), 100)));
        assert_eq!(ledger.total_bytes(), ghosts.own_bytes());
        drop(ghosts);
        assert_eq!(ledger.total_bytes(), 0);
    }

    #[test]
    fn what_was_known_survives_growth() {
        let ledger = Arc::new(Ledger::default());
        let mut ghosts = Ghosts::new(&ledger);
        ghosts.prepare(30);
        (0..20).for_each(|n| ghosts.insert(mix(n)));
        ghosts.prepare(3000);
        (20..30).for_each(|n| ghosts.insert(mix(n)));
        assert!((0..30).filter(|&n| ghosts.take(mix(n), 3000)).count() >= 27);
    }

    #[test]
    fn a_full_budget_does_without() {
        let ledger = Arc::new(Ledger::with_limit(100));
        let mut ghosts = Ghosts::new(&ledger);
        ghosts.prepare(10);
        ghosts.insert(mix(1));
        assert!(!ghosts.take(mix(1), 10));
        assert_eq!(ghosts.own_bytes(), 0);
    }
}
