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
//! There is one table for each size, in pages of its own. Once mapped, it stays mapped until the index is dropped, since a
//! reader may still look at it. The pages of those not in use are given back. Those of the table in use are on
//! [`Account::Index`].
//!
//! Exercised by the tests below, `tests/cache.rs` and `tests/bytes.rs`.

use std::sync::{Arc, OnceLock};

use repool_arena::{Account, Charge, Ledger, Words};

use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::tuning::INDEX_SLOTS_MIN;

/// Sizes of tables: from [`INDEX_SLOTS_MIN`] slots on, each twice the one before.
const SIZES: usize = 18;

#[derive(Debug)]
pub(crate) struct Index {
    tables: [OnceLock<Box<Words>>; SIZES],
    /// The size in use plus one; 0 while there is none.
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
            tables: [const { OnceLock::new() }; SIZES],
            size: AtomicUsize::new(0),
            len: AtomicUsize::new(0),
            kept: AtomicUsize::new(0),
            ledger: Arc::clone(ledger),
        }
    }

    /// The table in use. It has a power of two of slots.
    #[inline]
    fn table(&self) -> Option<&Words> {
        let size = self.size.load(Ordering::Acquire);
        self.tables
            .get(size.wrapping_sub(1))?
            .get()
            .map(Box::as_ref)
    }

    /// The numbers of the records that may have this hash.
    #[inline]
    pub(crate) fn candidates(&self, hash: u64) -> impl Iterator<Item = u32> {
        let table = self.table().map_or(&[][..], |words| words);
        let mask = table.len().wrapping_sub(1);
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
        self.len() >= self.table().map_or(0, |table| records_max(table.len()))
    }

    /// Bytes on [`Account::Index`].
    pub(crate) fn own_bytes(&self) -> usize {
        self.table().map_or(0, Words::bytes) + self.kept.load(Ordering::Relaxed)
    }

    /// Bytes to reserve for [`Index::grow`].
    pub(crate) fn growth_bytes(&self) -> usize {
        bytes_of(self.size.load(Ordering::Relaxed))
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
        if self.len() == 0 {
            self.size.store(0, Ordering::Release);
            self.retire(size);
            return;
        }
        // A half of what it may hold at most, so that it does not grow again at once.
        let fits = |size: &usize| self.len() <= records_max(slots_of(*size)) / 2;
        let Some(smaller) = (0..size.saturating_sub(1)).find(fits) else {
            return;
        };
        let bytes = bytes_of(smaller);
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
        }
        let new = cell.get().expect("made above");
        if let Some(old) = self.table() {
            for slot in old.iter() {
                let slot = slot.load(Ordering::Relaxed);
                if slot != 0 {
                    place(new, slot);
                }
            }
        }
        charge.keep();
        let old = self.size.swap(size + 1, Ordering::AcqRel);
        self.retire(old);
        true
    }

    /// Gives the pages of a table back that is not in use any more.
    fn retire(&self, size: usize) {
        if let Some(table) = self
            .tables
            .get(size.wrapping_sub(1))
            .and_then(OnceLock::get)
        {
            table
                .iter()
                .for_each(|slot| slot.store(0, Ordering::Relaxed));
            if table.discard() {
                self.ledger.sub(Account::Index, table.bytes());
            } else {
                self.kept.fetch_add(table.bytes(), Ordering::Relaxed);
            }
        }
    }

    /// Adds a record, after [`Index::make_place`].
    pub(crate) fn insert(&self, hash: u64, number: u32) {
        let table = self.table().expect("an index grows before it is full");
        debug_assert!(!self.is_full());
        place(table, slot(hash, number));
        self.len.fetch_add(1, Ordering::Relaxed);
    }

    /// Removes a record, if it is there.
    pub(crate) fn remove(&self, hash: u64, number: u32) {
        let Some(table) = self.table() else {
            return;
        };
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
        let table = self.table().expect("it is in the table");
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
        for slot in self.table().map_or(&[][..], |table| table) {
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
fn place(table: &Words, slot: u64) {
    let mask = table.len() - 1;
    let mut at = (slot >> 32) as usize & mask;
    while table[at].load(Ordering::Relaxed) != 0 {
        at = (at + 1) & mask;
    }
    table[at].store(slot, Ordering::Release);
}

fn find(table: &Words, slot: u64) -> Option<usize> {
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
        self.tables.iter_mut().for_each(|table| drop(table.take()));
        self.ledger.sub(Account::Index, bytes);
    }
}
