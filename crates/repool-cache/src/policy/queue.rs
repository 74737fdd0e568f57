//! Entries in the order of their last request, in memory whose size is known before it is allocated.
//!
//! ```text
//! index      hash ──► slot                 hashbrown's table, 2 × buckets of 4 + 1 bytes, at most half loaded
//! entries    slot ──► entry or vacant      8 bytes each
//! vacant     the vacant slots              4 bytes each
//! order      all slots, recent ones first  lru's `LruCache`: buckets of 16 + 1 bytes, a node for each slot
//! ```
//!
//! `lru` keeps the order. A request promotes its slot; the victim is the slot at the end. A vacated slot keeps its node, and
//! the next entry takes it over, so that entries come and go without a call of the allocator.
//!
//! A search for the victim moves vacant slots from the end of the order to its beginning. Each moves once for each time that
//! all entries were requested after it, so this costs less than those requests.
//!
//! # Memory
//!
//! hashbrown doubles a table that is full of entries *and traces of removed ones*. With at most half of its capacity in use
//! it cleans up in place instead, so the index is never more than half loaded. The queue grows only when its owner calls for
//! that, with the bytes charged: nodes a few at a time, tables by doubling. `tests/bytes.rs` compares this count with the
//! allocator's.
//!
//! Exercised by the tests below and `tests/bytes.rs`.

use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::num::NonZeroUsize;
use std::sync::Arc;

use hashbrown::HashTable;
use lru::LruCache;
use repool_arena::{Account, Charge, Ledger};

use crate::key::Keyed;
use crate::tuning::{QUEUE_BUCKETS_MIN, QUEUE_NODES_STEP};

/// Bytes of one node of the order: a slot's number and two links.
pub(crate) const NODE_BYTES: usize = 3 * size_of::<usize>();

/// Bytes of the tables without the nodes. On targets without 16-byte vectors, hashbrown's two tables take 8 bytes less each.
const fn table_bytes(buckets: usize) -> usize {
    if buckets == 0 {
        return 0;
    }
    let order = buckets * (2 * size_of::<usize>() + 1) + 16 + 2 * NODE_BYTES;
    let index = 2 * buckets * (size_of::<u32>() + 1) + 16;
    order + index + slots_max(buckets) * (size_of::<usize>() + size_of::<u32>())
}

/// The most slots of a table. hashbrown loads seven eighths of the order's buckets, and half of that many of the index's.
const fn slots_max(buckets: usize) -> usize {
    buckets / 8 * 7
}

pub(crate) struct Queue<T> {
    /// `None` while the queue is empty and shrunk, so that it takes no memory.
    tables: Option<Tables<T>>,
    ledger: Arc<Ledger>,
}

struct Tables<T> {
    order: LruCache<u32, (), BuildHasherDefault<Spread>>,
    index: HashTable<u32>,
    entries: Vec<Option<Arc<T>>>,
    vacant: Vec<u32>,
    buckets: usize,
}

impl<T: Keyed> Tables<T> {
    fn new(buckets: usize) -> Tables<T> {
        let slots = slots_max(buckets);
        let capacity = NonZeroUsize::new(slots).expect("tables have 8 buckets or more");
        // hashbrown takes the least power of two whose seven eighths are enough.
        Tables {
            order: LruCache::with_hasher(capacity, BuildHasherDefault::default()),
            index: HashTable::with_capacity(2 * slots),
            entries: Vec::with_capacity(slots),
            vacant: Vec::with_capacity(slots),
            buckets,
        }
    }

    fn len(&self) -> usize {
        self.entries.len() - self.vacant.len()
    }

    /// Adds a vacant slot.
    fn add_slot(&mut self) {
        let slot = u32::try_from(self.entries.len()).expect("fewer slots than bytes / 8");
        self.entries.push(None);
        self.vacant.push(slot);
        self.order.push(slot, ());
    }

    fn find(&self, key: &dyn Keyed) -> Option<u32> {
        let is_it = |&slot: &u32| {
            let entry = self.entries[slot as usize].as_ref();
            entry.is_some_and(|entry| key.matches(&entry.probe()))
        };
        self.index.find(key.hash(), is_it).copied()
    }

    fn insert(&mut self, entry: Arc<T>) {
        let slot = self.vacant.pop().expect("a queue grows before it is full");
        let hash = entry.hash();
        self.entries[slot as usize] = Some(entry);
        self.order.promote(&slot);
        let entries = &self.entries;
        let hash_of = |&slot: &u32| entries[slot as usize].as_ref().map_or(0, |e| e.hash());
        self.index.insert_unique(hash, slot, hash_of);
    }

    fn vacate(&mut self, slot: u32) -> Option<Arc<T>> {
        let entry = self.entries[slot as usize].take()?;
        let indexed = self.index.find_entry(entry.hash(), |&at| at == slot);
        indexed.expect("entries are in the index").remove();
        self.vacant.push(slot);
        Some(entry)
    }

    fn oldest(&mut self) -> Option<u32> {
        if self.len() == 0 {
            return None;
        }
        loop {
            let (&slot, ()) = self.order.peek_lru()?;
            if self.entries[slot as usize].is_some() {
                return Some(slot);
            }
            self.order.promote(&slot);
        }
    }

    fn iter(&self) -> impl Iterator<Item = &Arc<T>> {
        let slots = self.order.iter().map(|(&slot, ())| slot as usize);
        slots.filter_map(|slot| self.entries[slot].as_ref())
    }

    fn iter_oldest(&self) -> impl Iterator<Item = &Arc<T>> {
        let slots = self.order.iter().rev().map(|(&slot, ())| slot as usize);
        slots.filter_map(|slot| self.entries[slot].as_ref())
    }
}

impl<T: Keyed> Queue<T> {
    pub(crate) fn new(ledger: &Arc<Ledger>) -> Queue<T> {
        Queue {
            tables: None,
            ledger: Arc::clone(ledger),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.tables.as_ref().map_or(0, Tables::len)
    }

    /// Tells whether the queue has to grow before the next entry.
    pub(crate) fn is_full(&self) -> bool {
        self.len() >= self.capacity()
    }

    /// The entries that it takes without growing.
    pub(crate) fn capacity(&self) -> usize {
        self.tables.as_ref().map_or(0, |t| t.entries.len())
    }

    fn buckets(&self) -> usize {
        self.tables.as_ref().map_or(0, |t| t.buckets)
    }

    /// Bytes on [`Account::Index`] for the queue without its entries.
    pub(crate) fn own_bytes(&self) -> usize {
        table_bytes(self.buckets()) + self.capacity() * NODE_BYTES
    }

    /// Tells whether the tables have the least size.
    pub(crate) fn is_minimal(&self) -> bool {
        self.buckets() == QUEUE_BUCKETS_MIN
    }

    /// The number of buckets after growing.
    fn grown_buckets(&self) -> usize {
        if self.capacity() < slots_max(self.buckets()) {
            self.buckets()
        } else {
            (self.buckets() * 2).max(QUEUE_BUCKETS_MIN)
        }
    }

    /// Bytes to reserve before growing by `more` slots. If that takes other tables, their bytes are included: the old tables are
    /// freed only afterwards.
    fn bytes_for(&self, more: usize) -> usize {
        let buckets = self.grown_buckets();
        let more = more.min(slots_max(buckets) - self.capacity());
        let tables = if buckets == self.buckets() {
            0
        } else {
            table_bytes(buckets)
        };
        tables + more * NODE_BYTES
    }

    /// Bytes to reserve for [`Queue::grow`].
    pub(crate) fn growth_bytes(&self) -> usize {
        self.bytes_for(QUEUE_NODES_STEP)
    }

    /// Grows if the queue is full. Returns the bytes to reserve for [`Queue::grow`] if the ledger has no room at once.
    pub(crate) fn grow_if_full(&mut self) -> Option<usize> {
        (self.is_full() && !self.try_grow()).then(|| self.growth_bytes())
    }

    /// Grows with the bytes that `charge` reserved, if they still are what it takes.
    pub(crate) fn grow(&mut self, charge: Charge) {
        if charge.bytes() == self.growth_bytes() {
            self.grow_by(QUEUE_NODES_STEP, charge);
        }
    }

    /// Grows if the ledger has room. Returns whether it did.
    pub(crate) fn try_grow(&mut self) -> bool {
        // By a few slots, or else by one: memory may be short.
        [QUEUE_NODES_STEP, 1].into_iter().any(|more| {
            let charge = Charge::try_new(&self.ledger, Account::Index, self.bytes_for(more));
            charge.is_ok_and(|charge| {
                self.grow_by(more, charge);
                true
            })
        })
    }

    fn grow_by(&mut self, more: usize, charge: Charge) {
        debug_assert_eq!(charge.bytes(), self.bytes_for(more));
        charge.keep();
        let buckets = self.grown_buckets();
        let slots = (self.capacity() + more).min(slots_max(buckets));
        if buckets != self.buckets() {
            self.rebuild(buckets);
        }
        while let Some(tables) = &mut self.tables
            && tables.entries.len() < slots
        {
            tables.add_slot();
        }
    }

    /// Returns memory that the entries do not need; all of it if there are none.
    pub(crate) fn shrink(&mut self) {
        let mut buckets = QUEUE_BUCKETS_MIN;
        while slots_max(buckets) < self.len() {
            buckets *= 2;
        }
        if self.len() == 0 {
            let bytes = self.own_bytes();
            self.tables = None;
            self.ledger.sub(Account::Index, bytes);
        } else if buckets < self.buckets() {
            let bytes = table_bytes(buckets);
            let charge = if self.ledger.is_over_limit() {
                // The budget became smaller. For a moment this takes more memory, to need less afterwards.
                Charge::new(&self.ledger, Account::Index, bytes)
            } else if let Ok(charge) = Charge::try_new(&self.ledger, Account::Index, bytes) {
                charge
            } else {
                return;
            };
            charge.keep();
            self.rebuild(buckets);
        }
    }

    /// Moves all entries to other tables, whose bytes are charged, with as many vacant slots as fit.
    fn rebuild(&mut self, buckets: usize) {
        let (bytes, slots) = (self.own_bytes(), self.capacity());
        let mut tables = Tables::new(buckets);
        if let Some(mut old) = self.tables.take() {
            while let Some((slot, ())) = old.order.pop_lru() {
                if let Some(entry) = old.entries[slot as usize].take() {
                    tables.add_slot();
                    tables.insert(entry);
                }
            }
        }
        // At the recent end, so that a search for the oldest does not meet them.
        while tables.entries.len() < slots.min(slots_max(buckets)) {
            tables.add_slot();
        }
        let nodes = tables.entries.len() * NODE_BYTES;
        self.tables = Some(tables);
        self.ledger.sub(Account::Index, bytes - nodes);
    }

    /// Finds an entry and makes it the most recent one.
    pub(crate) fn get(&mut self, key: &dyn Keyed) -> Option<&Arc<T>> {
        let tables = self.tables.as_mut()?;
        let slot = tables.find(key)?;
        tables.order.promote(&slot);
        tables.entries[slot as usize].as_ref()
    }

    /// Adds an entry as the most recent one. The queue is not full and has no entry of this key.
    pub(crate) fn insert(&mut self, entry: Arc<T>) {
        let tables = self.tables.as_mut();
        let tables = tables.expect("a queue grows before it is full");
        debug_assert!(tables.find(&*entry).is_none(), "no key is in a queue twice");
        tables.insert(entry);
    }

    /// Returns the least recent entry.
    pub(crate) fn oldest(&mut self) -> Option<&Arc<T>> {
        let tables = self.tables.as_mut()?;
        let slot = tables.oldest()?;
        tables.entries[slot as usize].as_ref()
    }

    /// Makes the least recent entry the most recent one.
    pub(crate) fn defer_oldest(&mut self) {
        if let Some(tables) = &mut self.tables
            && let Some(slot) = tables.oldest()
        {
            tables.order.promote(&slot);
        }
    }

    /// Removes the least recent entry.
    pub(crate) fn pop_oldest(&mut self) -> Option<Arc<T>> {
        let tables = self.tables.as_mut()?;
        let slot = tables.oldest()?;
        tables.vacate(slot)
    }

    /// Finds an entry to change it if nothing else holds it. Does not change the order.
    pub(crate) fn get_mut(&mut self, key: &dyn Keyed) -> Option<&mut Arc<T>> {
        let tables = self.tables.as_mut()?;
        let slot = tables.find(key)?;
        tables.entries[slot as usize].as_mut()
    }

    /// Removes an entry.
    pub(crate) fn remove(&mut self, key: &dyn Keyed) -> Option<Arc<T>> {
        let tables = self.tables.as_mut()?;
        let slot = tables.find(key)?;
        tables.vacate(slot)
    }

    /// The entries, most recent first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<T>> {
        self.tables.iter().flat_map(Tables::iter)
    }

    /// The entries, least recent first.
    pub(crate) fn iter_oldest(&self) -> impl Iterator<Item = &Arc<T>> {
        self.tables.iter().flat_map(Tables::iter_oldest)
    }

    /// Checks that the four tables agree, and that their memory is what is charged.
    ///
    /// # Panics
    ///
    /// If a check fails.
    pub(crate) fn validate(&self) {
        let Some(tables) = &self.tables else {
            return;
        };
        let (slots, len) = (tables.entries.len(), tables.len());
        assert!(
            slots <= slots_max(tables.buckets),
            "no more slots than counted"
        );
        assert_eq!(tables.order.len(), slots, "every slot is in the order");
        assert_eq!(tables.index.len(), len, "every entry is in the index");
        assert_eq!(self.iter().count(), len, "order and entries agree");
        for entry in self.iter() {
            let slot = tables.find(&**entry).expect("every entry is found");
            let found = tables.entries[slot as usize].as_ref();
            assert!(
                found.is_some_and(|f| Arc::ptr_eq(f, entry)),
                "and is itself"
            );
        }
        for &slot in &tables.vacant {
            let entry = &tables.entries[slot as usize];
            assert!(entry.is_none(), "a vacant slot is empty");
        }
        assert_eq!(tables.entries.capacity(), slots_max(tables.buckets));
        assert_eq!(tables.vacant.capacity(), slots_max(tables.buckets));
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let buckets = self.tables.as_ref().map_or(0, |t| t.buckets);
        f.debug_struct("Queue")
            .field("buckets", &buckets)
            .finish_non_exhaustive()
    }
}

impl<T> Drop for Queue<T> {
    fn drop(&mut self) {
        if let Some(tables) = self.tables.take() {
            let bytes = table_bytes(tables.buckets) + tables.entries.len() * NODE_BYTES;
            drop(tables);
            self.ledger.sub(Account::Index, bytes);
        }
    }
}

/// Hash of a slot's number, spread over all bits: hashbrown uses the lowest and the highest.
#[derive(Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        // Never called, as a slot writes one `u32`; a valid hash all the same.
        for &byte in bytes {
            self.write_u32(byte.into());
        }
    }

    fn write_u32(&mut self, slot: u32) {
        // A multiplication by an odd number without a pattern carries every bit to the top (Knuth).
        self.0 = (self.0 ^ u64::from(slot)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn finish(&self) -> u64 {
        self.0
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

    fn add(queue: &mut Queue<Number>, n: u64) {
        assert!(!queue.is_full() || queue.try_grow());
        queue.insert(Arc::new(Number(n)));
    }

    fn fill(queue: &mut Queue<Number>, count: u64) {
        for n in 0..count {
            add(queue, n);
            if n % 16 == 0 {
                queue.validate();
            }
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
    fn the_ledger_knows_the_tables() {
        let ledger = Arc::new(Ledger::default());
        let mut queue = Queue::new(&ledger);
        assert_eq!(ledger.total_bytes(), 0);
        fill(&mut queue, 1000);
        assert_eq!(ledger.total_bytes(), queue.own_bytes());
        while queue.len() > 10 {
            queue.pop_oldest();
        }
        assert_eq!(ledger.total_bytes(), queue.own_bytes());
        queue.shrink();
        queue.validate();
        assert_eq!(ledger.total_bytes(), table_bytes(16) + 14 * NODE_BYTES);
        assert_eq!(
            queue.iter().map(|n| n.0).collect::<Vec<_>>(),
            (990..1000).rev().collect::<Vec<_>>()
        );
        drop(queue);
        assert_eq!(ledger.total_bytes(), 0);
    }

    #[test]
    fn a_queue_without_room_does_not_grow() {
        let room = table_bytes(QUEUE_BUCKETS_MIN) + 7 * NODE_BYTES;
        let ledger = Arc::new(Ledger::with_limit(room));
        let mut queue: Queue<Number> = Queue::new(&ledger);
        fill(&mut queue, 7);
        assert!(queue.is_full() && !queue.try_grow());
        assert_eq!(ledger.peak_bytes(), room);
    }

    /// A pattern, and how often any was compared with another.
    struct Pattern(String, u64);

    std::thread_local! {
        static COMPARED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    }

    impl Keyed for Pattern {
        fn hash(&self) -> u64 {
            self.1
        }

        fn probe(&self) -> Probe<'_> {
            COMPARED.set(COMPARED.get() + 1);
            Probe {
                hash: self.1,
                options: [0; 2],
                text: self.0.as_bytes(),
            }
        }
    }

    /// The comparisons that filling a queue with patterns and finding all of them takes.
    fn comparisons(texts: impl Iterator<Item = String>) -> usize {
        let state = std::hash::RandomState::new();
        let patterns: Vec<Arc<Pattern>> = texts
            .map(|text| {
                let key = crate::key::Key {
                    text: &text,
                    options: [0; 2],
                };
                let hash = Probe::new(key, &state).hash;
                Arc::new(Pattern(text, hash))
            })
            .collect();
        let mut queue = Queue::new(&Arc::new(Ledger::default()));
        COMPARED.set(0);
        for pattern in &patterns {
            assert!(!queue.is_full() || queue.try_grow());
            queue.insert(Arc::clone(pattern));
        }
        for pattern in &patterns {
            assert!(Arc::ptr_eq(queue.get(&**pattern).unwrap(), pattern));
        }
        COMPARED.get()
    }

    #[test]
    fn patterns_made_to_collide_do_not() {
        const BLOCKS: u32 = 17;
        // "Aa" and "BB" are the same to Java's hash and to every other polynomial of 31, so all of these are.
        let polynomial = |text: &str| {
            let mix = |hash: u32, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte));
            text.bytes().fold(0, mix)
        };
        let collider = |n: usize| -> String {
            let block = |bit| if n >> bit & 1 == 0 { "Aa" } else { "BB" };
            (0..BLOCKS).map(block).collect()
        };
        assert!((0..100).all(|n| polynomial(&collider(n * 1000)) == polynomial(&collider(0))));
        let colliding = comparisons((0..100_000).map(collider));
        let ordinary = comparisons((0..100_000).map(|n| format!("/api/v1/users/{n:06}/(\\d+)")));
        assert!(
            colliding < ordinary + ordinary / 50,
            "{colliding} comparisons, {ordinary} of ordinary patterns"
        );
    }

    #[test]
    fn vacant_slots_do_not_disturb_the_order() {
        let ledger = Arc::new(Ledger::default());
        let mut queue = Queue::new(&ledger);
        let mut model: Vec<u64> = Vec::new();
        let mut random = 1_u64;
        for n in 0..20_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005) | 1;
            let pick = (random >> 33) as usize;
            match pick % 8 {
                0..3 => {
                    add(&mut queue, n);
                    model.push(n);
                }
                3..5 => {
                    let oldest = (!model.is_empty()).then(|| model.remove(0));
                    assert_eq!(queue.pop_oldest().map(|n| n.0), oldest);
                }
                5 if !model.is_empty() => {
                    let n = model.remove(pick / 8 % model.len());
                    assert_eq!(queue.remove(&Number(n)).unwrap().0, n);
                }
                _ if !model.is_empty() => {
                    let n = model.remove(pick / 8 % model.len());
                    model.push(n);
                    assert_eq!(queue.get(&Number(n)).unwrap().0, n);
                }
                _ => {}
            }
            if n % 1000 == 0 {
                queue.shrink();
            }
            if n % 50 == 0 {
                queue.validate();
                assert_eq!(ledger.total_bytes(), queue.own_bytes());
                assert!(queue.iter().map(|n| n.0).eq(model.iter().rev().copied()));
            }
        }
    }
}
