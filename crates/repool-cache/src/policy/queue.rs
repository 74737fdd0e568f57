//! Entries in the order of their last request, in memory whose size is known before it is allocated.
//!
//! ```text
//! entries    slot ──► entry or vacant      8 bytes each
//! vacant     the vacant slots              4 bytes each
//! order      all slots, recent ones first  lru's `LruCache`: buckets of 16 + 1 bytes, a node for each slot
//! ```
//!
//! `lru` keeps the order. A request promotes its slot; the victim is the slot at the end. A vacated slot keeps its node, and
//! the next entry takes it over, so that entries come and go without a call of the allocator. An entry knows its slot.
//!
//! A search for the victim moves vacant slots from the end of the order to its beginning. Each moves once for each time that
//! all entries were requested after it, so this costs less than those requests.
//!
//! # Memory
//!
//! This memory comes from the process' allocator: some 60 bytes for each entry. The queue grows only when its owner calls
//! for that, with the bytes charged: nodes a few at a time, tables by doubling. `tests/bytes.rs` compares this count with
//! the allocator's.
//!
//! Exercised by the tests below and `tests/bytes.rs`.

use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;
use repool_arena::slab::Shared;
use repool_arena::{Account, Charge, Ledger};

use crate::sync::atomic::{AtomicU32, Ordering};
use crate::tuning::{QUEUE_BUCKETS_MIN, QUEUE_NODES_STEP};

/// Bytes of one node of the order: a slot's number and two links.
pub(crate) const NODE_BYTES: usize = 3 * size_of::<usize>();

/// Something that knows the slot that it has in a queue.
pub(crate) trait Queued {
    fn slot(&self) -> &AtomicU32;
}

/// Bytes of the tables without the nodes. On targets without 16-byte vectors, hashbrown's table takes 8 bytes less.
const fn table_bytes(buckets: usize) -> usize {
    if buckets == 0 {
        return 0;
    }
    let order = buckets * (2 * size_of::<usize>() + 1) + 16 + 2 * NODE_BYTES;
    order + slots_max(buckets) * (size_of::<usize>() + size_of::<u32>())
}

/// The most slots of a table. hashbrown loads seven eighths of the order's buckets.
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
    entries: Vec<Option<Shared<T>>>,
    vacant: Vec<u32>,
    buckets: usize,
}

impl<T: Queued> Tables<T> {
    fn new(buckets: usize) -> Tables<T> {
        let slots = slots_max(buckets);
        let capacity = NonZeroUsize::new(slots).expect("tables have 8 buckets or more");
        // hashbrown takes the least power of two whose seven eighths are enough.
        Tables {
            order: LruCache::with_hasher(capacity, BuildHasherDefault::default()),
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

    /// The slot of an entry, if this queue has it.
    fn slot_of(&self, entry: &T) -> Option<u32> {
        let slot = entry.slot().load(Ordering::Relaxed);
        let there = self.entries.get(slot as usize)?.as_ref()?;
        std::ptr::eq::<T>(&**there, entry).then_some(slot)
    }

    fn insert(&mut self, entry: Shared<T>) {
        let slot = self.vacant.pop().expect("a queue grows before it is full");
        entry.slot().store(slot, Ordering::Relaxed);
        self.entries[slot as usize] = Some(entry);
        self.order.promote(&slot);
    }

    fn vacate(&mut self, slot: u32) -> Option<Shared<T>> {
        let entry = self.entries[slot as usize].take()?;
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

    fn iter(&self) -> impl Iterator<Item = &Shared<T>> {
        let slots = self.order.iter().map(|(&slot, ())| slot as usize);
        slots.filter_map(|slot| self.entries[slot].as_ref())
    }

    fn iter_oldest(&self) -> impl Iterator<Item = &Shared<T>> {
        let slots = self.order.iter().rev().map(|(&slot, ())| slot as usize);
        slots.filter_map(|slot| self.entries[slot].as_ref())
    }
}

impl<T: Queued> Queue<T> {
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

    /// Tells whether the queue has this entry.
    pub(crate) fn has(&self, entry: &T) -> bool {
        let tables = self.tables.as_ref();
        tables.is_some_and(|tables| tables.slot_of(entry).is_some())
    }

    /// Makes an entry the most recent one, if the queue has it. Returns whether it has.
    pub(crate) fn promote(&mut self, entry: &T) -> bool {
        let slot = self.tables.as_ref().and_then(|t| t.slot_of(entry));
        if let (Some(tables), Some(slot)) = (&mut self.tables, slot) {
            tables.order.promote(&slot);
        }
        slot.is_some()
    }

    /// Adds an entry as the most recent one. The queue is not full and does not have it.
    pub(crate) fn insert(&mut self, entry: Shared<T>) {
        let tables = self.tables.as_mut();
        let tables = tables.expect("a queue grows before it is full");
        debug_assert!(
            tables.slot_of(&entry).is_none(),
            "no entry is in a queue twice"
        );
        tables.insert(entry);
    }

    /// Returns the least recent entry.
    pub(crate) fn oldest(&mut self) -> Option<&Shared<T>> {
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
    pub(crate) fn pop_oldest(&mut self) -> Option<Shared<T>> {
        let tables = self.tables.as_mut()?;
        let slot = tables.oldest()?;
        tables.vacate(slot)
    }

    /// The place of an entry, to change it if nothing else holds it.
    pub(crate) fn get_mut(&mut self, entry: &T) -> Option<&mut Shared<T>> {
        let tables = self.tables.as_mut()?;
        let slot = tables.slot_of(entry)?;
        tables.entries[slot as usize].as_mut()
    }

    /// Removes an entry.
    pub(crate) fn remove(&mut self, entry: &T) -> Option<Shared<T>> {
        let tables = self.tables.as_mut()?;
        let slot = tables.slot_of(entry)?;
        tables.vacate(slot)
    }

    /// The entries, most recent first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Shared<T>> {
        self.tables.iter().flat_map(Tables::iter)
    }

    /// The entries, least recent first.
    pub(crate) fn iter_oldest(&self) -> impl Iterator<Item = &Shared<T>> {
        self.tables.iter().flat_map(Tables::iter_oldest)
    }

    /// Checks that the tables agree, and that their memory is what is charged.
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
        assert_eq!(self.iter().count(), len, "order and entries agree");
        for entry in self.iter() {
            assert!(
                tables.slot_of(entry).is_some(),
                "every entry knows its slot"
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
    use repool_arena::Pool;
    use repool_arena::slab::Slab;

    use super::*;

    struct Number(u64, AtomicU32);

    impl Queued for Number {
        fn slot(&self) -> &AtomicU32 {
            &self.1
        }
    }

    /// A queue, its ledger, and a slab for its entries on another one.
    fn queue(limit: usize) -> (Queue<Number>, Arc<Ledger>, Arc<Slab<Number>>) {
        let ledger = Arc::new(Ledger::with_limit(limit));
        let slab = Slab::new(&Pool::new(Arc::default()));
        (Queue::new(&ledger), ledger, slab)
    }

    fn number(slab: &Arc<Slab<Number>>, n: u64) -> Shared<Number> {
        let entry = slab.insert(Number(n, AtomicU32::new(0)));
        entry.ok().expect("no limit").share()
    }

    fn add(queue: &mut Queue<Number>, entry: Shared<Number>) {
        assert!(!queue.is_full() || queue.try_grow());
        queue.insert(entry);
    }

    fn fill(
        queue: &mut Queue<Number>,
        slab: &Arc<Slab<Number>>,
        count: u64,
    ) -> Vec<Shared<Number>> {
        let entries: Vec<_> = (0..count).map(|n| number(slab, n)).collect();
        for (n, entry) in entries.iter().enumerate() {
            add(queue, entry.clone());
            if n % 16 == 0 {
                queue.validate();
            }
        }
        entries
    }

    #[test]
    fn the_last_that_was_asked_for_leaves_last() {
        let (mut queue, _, slab) = queue(usize::MAX);
        let entries = fill(&mut queue, &slab, 1000);
        for entry in entries.iter().rev() {
            assert!(queue.promote(entry) && queue.has(entry));
        }
        assert!(!queue.has(&number(&slab, 7)) && !queue.promote(&number(&slab, 7)));
        assert_eq!(queue.remove(&entries[500]).unwrap().0, 500);
        assert!(queue.remove(&entries[500]).is_none());
        // The last that was asked for was 0, so the oldest is 999.
        assert_eq!(queue.pop_oldest().unwrap().0, 999);
        assert_eq!(queue.len(), 998);
        queue.validate();
    }

    #[test]
    fn the_ledger_knows_the_tables() {
        let (mut queue, ledger, slab) = queue(usize::MAX);
        assert_eq!(ledger.total_bytes(), 0);
        fill(&mut queue, &slab, 1000);
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
        let (mut queue, ledger, slab) = queue(room);
        fill(&mut queue, &slab, 7);
        assert!(queue.is_full() && !queue.try_grow());
        assert_eq!(ledger.peak_bytes(), room);
    }

    #[test]
    fn vacant_slots_do_not_disturb_the_order() {
        let (mut queue, ledger, slab) = queue(usize::MAX);
        let mut model: Vec<Shared<Number>> = Vec::new();
        let mut random = 1_u64;
        for n in 0..20_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005) | 1;
            let pick = (random >> 33) as usize;
            match pick % 8 {
                0..3 => {
                    let entry = number(&slab, n);
                    add(&mut queue, entry.clone());
                    model.push(entry);
                }
                3..5 => {
                    let oldest = (!model.is_empty()).then(|| model.remove(0).0);
                    assert_eq!(queue.pop_oldest().map(|n| n.0), oldest);
                }
                5 if !model.is_empty() => {
                    let entry = model.remove(pick / 8 % model.len());
                    assert_eq!(queue.remove(&entry).unwrap().0, entry.0);
                }
                _ if !model.is_empty() => {
                    let entry = model.remove(pick / 8 % model.len());
                    assert!(queue.promote(&entry));
                    model.push(entry);
                }
                _ => {}
            }
            if n % 1000 == 0 {
                queue.shrink();
            }
            if n % 50 == 0 {
                queue.validate();
                assert_eq!(ledger.total_bytes(), queue.own_bytes());
                assert!(
                    queue
                        .iter()
                        .map(|n| n.0)
                        .eq(model.iter().rev().map(|n| n.0))
                );
            }
        }
    }
}
