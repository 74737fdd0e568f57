//! Where the records of a shard are, by hash: read without a lock, written under the shard's.
//!
//! A slot holds a tag, which is half of the hash, and the number of a record plus one; zeros are a free slot. A lookup
//! starts at the tag's place and goes on to the first free slot (linear probing, at most three quarters full). A removal
//! moves the slots behind it back (Knuth, The Art of Computer Programming, volume 3, algorithm 6.4R).
//!
//! A reader without the lock may see a table that is being changed. It then finds a record or not; what it finds it counts
//! up and compares with the key. So "not found" is final only under the lock.
//!
//! # Memory
//!
//! The first table, for some hundred records, is part of the index itself, since a page would be a sixteenth of the smallest
//! budgets. Then there is one table for each size, in pages of its own. Once mapped, it stays mapped until the index is dropped, since a
//! reader may still look at it. The pages of those not in use are given back. Those of the table in use are on
//! [`Account::Index`].
//!
//! Exercised by the tests below, `tests/cache.rs` and `tests/bytes.rs`.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};

use repool_arena::{Account, Charge, Ledger, Words};

use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::tuning::{INDEX_SLOTS_FIRST, INDEX_SLOTS_MIN};

/// Sizes of tables: from [`INDEX_SLOTS_MIN`] slots on, each twice the one before.
const SIZES: usize = 18;

/// Bytes of a table without its pages. On [`Account::Overhead`] from the first use of the table until the index is dropped.
const BOX_BYTES: usize = size_of::<Words>();

#[derive(Debug)]
pub(crate) struct Index {
    first: [AtomicU64; INDEX_SLOTS_FIRST],
    tables: [OnceLock<Box<Words>>; SIZES],
    /// The size in use plus one; 0 while the first table is.
    size: AtomicUsize,
    /// Slots in use. Changed under the shard's lock.
    len: AtomicUsize,
    /// Bytes that the system did not take back. They stay charged until the index is dropped.
    kept: AtomicUsize,
    ledger: Arc<Ledger>,
}

impl Index {
    /// Bytes of an index without its tables, with the counts of its `Arc`.
    pub(crate) const BYTES: usize = size_of::<Index>() + 2 * size_of::<usize>();

    pub(crate) fn new(ledger: &Arc<Ledger>) -> Index {
        Index {
            first: [const { AtomicU64::new(0) }; INDEX_SLOTS_FIRST],
            tables: [const { OnceLock::new() }; SIZES],
            size: AtomicUsize::new(0),
            len: AtomicUsize::new(0),
            kept: AtomicUsize::new(0),
            ledger: Arc::clone(ledger),
        }
    }

    /// The table in use. It has a power of two of slots.
    #[inline]
    fn table(&self) -> &[AtomicU64] {
        match self.words(self.size.load(Ordering::Acquire)) {
            Some(words) => words,
            None => &self.first,
        }
    }

    /// The pages of a size plus one; `None` for the first table.
    #[inline]
    fn words(&self, size: usize) -> Option<&Words> {
        let words = self.tables.get(size.wrapping_sub(1))?.get()?;
        Some(words)
    }

    /// The numbers of the records that may have this hash.
    #[inline]
    pub(crate) fn candidates(&self, hash: u64) -> impl Iterator<Item = u32> {
        let table = self.table();
        let mask = table.len() - 1;
        let tag = tag_of(hash);
        let first = tag as usize;
        // At most one turn around: a reader without the lock might see no free slot.
        (0..table.len())
            .map(move |i| table[first.wrapping_add(i) & mask].load(Ordering::Acquire))
            .take_while(|&slot| slot != 0)
            .filter(move |&slot| (slot >> 32) as u32 == tag)
            .map(|slot| slot as u32 - 1)
    }

    pub(crate) fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed)
    }

    /// Tells whether the index has to grow before the next record.
    pub(crate) fn is_full(&self) -> bool {
        self.len() >= records_max(self.table().len())
    }

    /// Tells whether one more record can be pinned: for these there are some slots more, so that a handle does not make an
    /// index grow beyond a budget that cached records fill.
    pub(crate) fn has_pinned_place(&self) -> bool {
        self.len() < self.table().len() / 8 * 7
    }

    /// Bytes on [`Account::Index`].
    pub(crate) fn own_bytes(&self) -> usize {
        self.words(self.size.load(Ordering::Relaxed))
            .map_or(0, Words::bytes)
            + self.kept.load(Ordering::Relaxed)
    }

    /// Bytes to reserve for [`Index::grow`].
    pub(crate) fn growth_bytes(&self) -> usize {
        self.bytes_to_have(self.size.load(Ordering::Relaxed))
    }

    /// Bytes that a table of this size takes more than there are: its pages, and the first time its box.
    fn bytes_to_have(&self, size: usize) -> usize {
        let has_box = self.tables.get(size).is_some_and(|t| t.get().is_some());
        bytes_of(size) + if has_box { 0 } else { BOX_BYTES }
    }

    /// Grows if the index is full and the ledger has room. Returns whether there is a free slot now.
    pub(crate) fn make_place(&self) -> bool {
        if !self.is_full() {
            return true;
        }
        let charge = Charge::try_new(&self.ledger, Account::Index, self.growth_bytes());
        charge.is_ok_and(|charge| self.grow(charge))
    }

    /// Doubles the table with the bytes that `charge` reserved, if they still are what it takes. Returns false if not, or if
    /// the system has no memory.
    pub(crate) fn grow(&self, charge: Charge) -> bool {
        charge.bytes() == self.growth_bytes()
            && self.change_to(self.size.load(Ordering::Relaxed), charge)
    }

    /// Returns memory that the records do not need; all of it if there are none.
    pub(crate) fn shrink(&self) {
        let size = self.size.load(Ordering::Relaxed);
        // A half of what it may hold at most, so that it does not grow again at once.
        if size > 0 && self.len() <= records_max(INDEX_SLOTS_FIRST) / 2 {
            self.copy_to(&self.first);
            self.size.store(0, Ordering::Release);
            self.retire(size);
            return;
        }
        let fits = |size: &usize| self.len() <= records_max(slots_of(*size)) / 2;
        let Some(smaller) = (0..size.saturating_sub(1)).find(fits) else {
            return;
        };
        let bytes = self.bytes_to_have(smaller);
        let charge = if self.ledger.is_over_limit() {
            // The budget became smaller. For a moment this takes more memory, to need less afterwards.
            Charge::new(&self.ledger, Account::Index, bytes)
        } else if let Ok(charge) = Charge::try_new(&self.ledger, Account::Index, bytes) {
            charge
        } else {
            return;
        };
        self.change_to(smaller, charge);
    }

    /// Moves all slots to the table of another size, whose bytes are charged.
    fn change_to(&self, size: usize, charge: Charge) -> bool {
        let Some(cell) = self.tables.get(size) else {
            return false;
        };
        if cell.get().is_none() {
            match Words::new(slots_of(size)) {
                // No other thread makes it, as this one holds the shard's lock.
                Some(words) => drop(cell.set(Box::new(words))),
                None => return false,
            }
            self.ledger
                .transfer(Account::Index, Account::Overhead, BOX_BYTES);
        }
        let new = cell.get().expect("made above");
        self.copy_to(new);
        charge.keep();
        self.ledger.add_words(new.bytes());
        let old = self.size.swap(size + 1, Ordering::AcqRel);
        self.retire(old);
        true
    }

    fn copy_to(&self, new: &[AtomicU64]) {
        for slot in self.table() {
            let slot = slot.load(Ordering::Relaxed);
            if slot != 0 {
                place(new, slot);
            }
        }
    }

    /// Empties a table that is not in use any more, and gives its pages back.
    fn retire(&self, size: usize) {
        let words = self.words(size);
        let table = words.map_or(&self.first[..], |words| words);
        table
            .iter()
            .for_each(|slot| slot.store(0, Ordering::Relaxed));
        let Some(words) = words else {
            return;
        };
        if words.discard() {
            self.ledger.sub_words(words.bytes());
            self.ledger.sub(Account::Index, words.bytes());
        } else {
            self.kept.fetch_add(words.bytes(), Ordering::Relaxed);
        }
    }

    /// Adds a record, after [`Index::make_place`].
    pub(crate) fn insert(&self, hash: u64, number: u32) {
        let table = self.table();
        debug_assert!(self.has_pinned_place());
        place(table, slot(hash, number));
        self.len.fetch_add(1, Ordering::Relaxed);
    }

    /// Removes a record, if it is there.
    pub(crate) fn remove(&self, hash: u64, number: u32) {
        let table = self.table();
        let mask = table.len() - 1;
        let Some(mut hole) = find(table, slot(hash, number)) else {
            return;
        };
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let next = table[at].load(Ordering::Relaxed);
            if next == 0 {
                break;
            }
            // It may move to the hole unless its own place lies behind that.
            let home = (next >> 32) as usize & mask;
            if at.wrapping_sub(home) & mask >= at.wrapping_sub(hole) & mask {
                table[hole].store(next, Ordering::Release);
                hole = at;
            }
        }
        table[hole].store(0, Ordering::Release);
        self.len.fetch_sub(1, Ordering::Relaxed);
    }

    /// Replaces the number of a record that moved.
    pub(crate) fn renumber(&self, hash: u64, number: u32, moved_to: u32) {
        let table = self.table();
        let at = find(table, slot(hash, number)).expect("it is in the table");
        table[at].store(slot(hash, moved_to), Ordering::Release);
    }

    /// Checks that every slot is found. For moments when no other thread uses the cache.
    ///
    /// # Panics
    ///
    /// If one is not.
    pub(crate) fn validate(&self) {
        let mut len = 0;
        for slot in self.table() {
            let slot = slot.load(Ordering::Relaxed);
            if slot != 0 {
                len += 1;
                let number = slot as u32 - 1;
                let mut same = self.candidates(slot >> 32).filter(|&n| n == number);
                assert!(same.next().is_some(), "a slot is found from its place");
                assert!(same.next().is_none(), "a record has one slot");
            }
        }
        assert_eq!(len, self.len(), "slots in use");
    }
}

/// Half of the hash. The other half selects the shard.
#[inline]
fn tag_of(hash: u64) -> u32 {
    hash as u32
}

fn slot(hash: u64, number: u32) -> u64 {
    u64::from(tag_of(hash)) << 32 | (u64::from(number) + 1)
}

fn slots_of(size: usize) -> usize {
    INDEX_SLOTS_MIN << size
}

fn bytes_of(size: usize) -> usize {
    let bytes = slots_of(size) * size_of::<u64>();
    bytes.next_multiple_of(repool_arena::page_bytes())
}

const fn records_max(slots: usize) -> usize {
    slots / 4 * 3
}

/// Puts a slot into the first free place from its own on.
fn place(table: &[AtomicU64], slot: u64) {
    let mask = table.len() - 1;
    let mut at = (slot >> 32) as usize & mask;
    while table[at].load(Ordering::Relaxed) != 0 {
        at = (at + 1) & mask;
    }
    table[at].store(slot, Ordering::Release);
}

fn find(table: &[AtomicU64], slot: u64) -> Option<usize> {
    let mask = table.len() - 1;
    let mut at = (slot >> 32) as usize & mask;
    loop {
        match table[at].load(Ordering::Relaxed) {
            0 => return None,
            there if there == slot => return Some(at),
            _ => at = (at + 1) & mask,
        }
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        let bytes = self.own_bytes();
        let boxes = self.tables.iter_mut().filter_map(OnceLock::take).count();
        self.ledger.sub_words(bytes);
        self.ledger.sub(Account::Index, bytes);
        self.ledger.sub(Account::Overhead, boxes * BOX_BYTES);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::atomic::AtomicBool;
    use std::thread;

    use super::*;

    /// Numbers that look random (xorshift64*, Marsaglia and Vigna), the same each time.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, bound: u64) -> u64 {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % bound
        }
    }

    /// A hash whose upper half takes no part.
    fn hash(tag: u32) -> u64 {
        0xAB << 56 | u64::from(tag)
    }

    /// A tag whose place is one of the last or first slots of every table, as often as not one that others have, too.
    fn crowded_tag(numbers: &mut Numbers) -> u32 {
        let place = numbers.below(400) as u32;
        (numbers.below(3) as u32) << 28 | place.wrapping_sub(200) & 0x0FFF_FFFF
    }

    /// The numbers of a hash, sorted.
    fn found(index: &Index, tag: u32) -> Vec<u32> {
        let mut found: Vec<u32> = index.candidates(hash(tag)).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn it_has_what_a_map_has() {
        let ledger = Arc::new(Ledger::default());
        let index = Index::new(&ledger);
        let mut model: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut all: Vec<(u32, u32)> = Vec::new();
        let mut numbers = Numbers(5);
        let mut next = 0;
        for step in 0..40_000 {
            // Grows to some 3,000 records and shrinks to none, over and over.
            let is_growing = step % 10_000 < 6_000;
            let pick = numbers.below(8);
            if pick < if is_growing { 5 } else { 1 } {
                let tag = crowded_tag(&mut numbers);
                assert!(index.make_place() && !index.is_full());
                index.insert(hash(tag), next);
                model.entry(tag).or_default().push(next);
                all.push((tag, next));
                next += 1;
            } else if pick < 7 && !all.is_empty() {
                let at = numbers.below(all.len() as u64) as usize;
                let (tag, number) = all.swap_remove(at);
                index.remove(hash(tag), number);
                // What is not there is not removed.
                index.remove(hash(tag), number);
                model.get_mut(&tag).unwrap().retain(|&n| n != number);
            } else if !all.is_empty() {
                let at = numbers.below(all.len() as u64) as usize;
                let (tag, number) = all[at];
                index.renumber(hash(tag), number, next);
                model
                    .get_mut(&tag)
                    .unwrap()
                    .iter_mut()
                    .filter(|n| **n == number)
                    .for_each(|n| *n = next);
                all[at].1 = next;
                next += 1;
            }
            if step % 997 == 0 {
                index.shrink();
            }
            let tag = crowded_tag(&mut numbers);
            let mut there = model.get(&tag).cloned().unwrap_or_default();
            there.sort_unstable();
            assert_eq!(found(&index, tag), there, "step {step}");
            if step % 500 == 0 {
                index.validate();
                assert_eq!(index.len(), all.len());
                let bytes = index.own_bytes();
                let charged = (ledger.bytes(Account::Index), ledger.word_bytes());
                assert_eq!(charged, (bytes, bytes));
                for (&tag, there) in &mut model {
                    there.sort_unstable();
                    assert_eq!(found(&index, tag), *there, "step {step}");
                }
            }
        }
        for (tag, number) in all {
            index.remove(hash(tag), number);
        }
        index.shrink();
        assert_eq!((index.len(), ledger.bytes(Account::Index)), (0, 0));
        assert_eq!(ledger.word_bytes(), 0);
        assert_eq!(index.candidates(hash(1)).count(), 0);
        index.validate();
    }

    #[test]
    fn it_stays_within_the_ledger() {
        let page = repool_arena::page_bytes();
        let ledger = Arc::new(Ledger::with_limit(2 * page + BOX_BYTES));
        let index = Index::new(&ledger);
        let mut count = 0;
        while index.make_place() {
            index.insert(hash(count), count);
            count += 1;
        }
        // One table, as two pages more would be three.
        assert_eq!(count as usize, records_max(page / size_of::<u64>()));
        assert_eq!(ledger.total_bytes(), page + BOX_BYTES);
        index.validate();
        // Bytes that were reserved for another size are not taken.
        let reserve = |bytes| Charge::new(&ledger, Account::Index, bytes);
        assert!(!index.grow(reserve(page)));
        assert_eq!(ledger.total_bytes(), page + BOX_BYTES);
        assert!(index.grow(reserve(2 * page + BOX_BYTES)));
        assert_eq!(ledger.total_bytes(), 2 * (page + BOX_BYTES));
        assert_eq!(ledger.word_bytes(), 2 * page);
        assert!(!index.is_full());
        index.validate();
        drop(index);
        assert_eq!((ledger.total_bytes(), ledger.word_bytes()), (0, 0));
    }

    /// Ends the readers, also if the writer panics.
    struct Done<'a>(&'a AtomicBool);

    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    /// The writer gives each tag the numbers that are its multiples, and two records that stay.
    #[test]
    fn a_reader_finds_what_was_inserted_or_nothing() {
        const TAGS: u32 = 700;
        let index = Index::new(&Arc::new(Ledger::default()));
        let number = |tag: u32, n: u32| n * TAGS + tag;
        // Neighbours in the table, so that removals move them.
        let hash_of = |tag: u32| hash(((tag % 7) << 28) | (tag / 7));
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let readers: Vec<_> = (0..2)
                .map(|_| {
                    scope.spawn(|| {
                        let (mut found, mut rounds) = (0_u64, 0_u64);
                        while !done.load(Ordering::Relaxed) || rounds == 0 {
                            for tag in 0..TAGS {
                                for n in index.candidates(hash_of(tag)) {
                                    assert_eq!(n % TAGS, tag, "another tag's number");
                                    found += 1;
                                }
                            }
                            rounds += 1;
                        }
                        found
                    })
                })
                .collect();
            let end = Done(&done);
            let mut numbers = Numbers(11);
            let mut there = vec![0; TAGS as usize];
            for round in 1..2_000 {
                // Grows, and then shrinks to nothing.
                for _ in 0..40 {
                    let tag = numbers.below(TAGS.into()) as u32;
                    let before = std::mem::replace(&mut there[tag as usize], round);
                    if before > 0 && numbers.below(2) == 0 {
                        index.renumber(hash_of(tag), number(tag, before), number(tag, round));
                        continue;
                    }
                    if before > 0 {
                        index.remove(hash_of(tag), number(tag, before));
                    }
                    assert!(index.make_place());
                    index.insert(hash_of(tag), number(tag, round));
                }
                if round % 50 == 0 {
                    for (tag, n) in there.iter_mut().enumerate() {
                        let tag = tag as u32;
                        index.remove(hash_of(tag), number(tag, std::mem::take(n)));
                        if tag.is_multiple_of(100) {
                            index.shrink();
                        }
                    }
                    index.validate();
                }
            }
            drop(end);
            for reader in readers {
                assert!(reader.join().expect("no panic") > 0);
            }
        });
    }
}
