//! Owners: what each is guaranteed, and what each may have at most.
//!
//! A cached record is charged to at most one owner, with the bytes of its program and its record. That is the owner that
//! requested it first. The first other owner that requests it becomes its heir.
//!
//! # Rules
//!
//! - To make room for a request, the cache evicts records of the owner that asks, of none, or of owners above their shares.
//!   So no owner can displace what another is guaranteed.
//! - An owner with a maximum evicts its own records to stay below it.
//!
//! If all shares together exceed three quarters of the budget, they are scaled down alike: the index and requests without an
//! owner need the rest.
//!
//! Exercised by `tests/owners.rs`.

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use repool_arena::{Account, Ledger, Pool};

use crate::entry::record::NOBODY;
use crate::entry::thread_ref::Record;
use crate::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use crate::sync::{Mutex, MutexGuard, ReadGuard, RwLock, WriteGuard, rank};
use crate::thread_state::number_of_thread;
use crate::tuning::{HIT_STRIPES_MAX, OWNER_NOTES, OWNER_SHARE_PART, UNSHARED_PART};

/// A share that was not set.
const UNSET: usize = usize::MAX;

/// Which records an eviction may take.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reach {
    /// For the sake of an owner, or of none: every owner keeps its share.
    Shares(u32),
    /// The same owner's records go below its share, too; other owners keep theirs.
    Own(u32),
    /// All of them.
    All,
}

/// A counter on a cache line of its own.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Stripe(AtomicU64);

/// The state of one owner.
pub(crate) struct Owned {
    name: Box<str>,
    /// A number that no other owner of the process has.
    number: u32,
    share: AtomicUsize,
    bytes_max: AtomicUsize,
    bytes: AtomicUsize,
    entries: AtomicUsize,
    is_released: AtomicBool,
    /// Hits. Each thread counts in one of these, so that threads seldom share a cache line.
    hits: Box<[Stripe]>,
    misses: AtomicU64,
    errors: AtomicU64,
    evictions: AtomicU64,
    compile_nanos: AtomicU64,
    /// Numbers of its oldest records, the oldest last.
    notes: Mutex<([u32; OWNER_NOTES], usize), { rank::NOTES }>,
    ledger: Arc<Ledger>,
}

/// An owner of patterns in a cache: see [`crate::Cache::owner`].
///
/// Clones are the same owner.
#[derive(Clone, Debug)]
pub struct Owner(
    /// `None` if the budget had no room for it: then it has no share.
    pub(crate) Option<Arc<Owned>>,
);

/// The counters and bytes of an owner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OwnerStats {
    /// Its name.
    pub name: String,
    /// Its lookups answered without a compile of their own.
    pub hits: u64,
    /// Its lookups that compiled.
    pub misses: u64,
    /// Misses that ended with an error.
    pub errors: u64,
    /// Evicted patterns that were charged to it, for whatever cause.
    pub evictions: u64,
    /// Patterns charged to it.
    pub entries: usize,
    /// The bytes charged to it.
    pub bytes: usize,
    /// The bytes that other owners cannot evict.
    pub share_bytes: usize,
    /// The most bytes that it may have.
    pub max_bytes: usize,
    /// Compile time of its misses.
    pub compile_time_spent: Duration,
}

impl Owned {
    /// Bytes of one owner on [`Account::Index`], while it is listed or held.
    fn own_bytes(name: &str, stripes: usize) -> usize {
        let counts = 2 * size_of::<usize>();
        size_of::<Owned>() + counts + name.len() + stripes * size_of::<Stripe>()
    }

    fn stripes() -> usize {
        thread::available_parallelism()
            .map_or(1, |n| n.get().min(HIT_STRIPES_MAX).next_power_of_two())
    }

    /// Makes an owner, if the budget has room for its state.
    fn try_new(name: &str, bytes_max: usize, pool: &Pool) -> Option<Owned> {
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(NOBODY + 1);
        let stripes = Owned::stripes();
        let bytes = Owned::own_bytes(name, stripes);
        let next = |number: u32| number.checked_add(1);
        let order = Ordering::Relaxed;
        // `None` after 2^32 owners.
        let number = NEXT.fetch_update(order, order, next).ok()?;
        let charge = pool.reserve(Account::Index, bytes).ok()?;
        charge.keep();
        Some(Owned {
            name: name.into(),
            number,
            share: AtomicUsize::new(UNSET),
            bytes_max: AtomicUsize::new(bytes_max),
            bytes: AtomicUsize::new(0),
            entries: AtomicUsize::new(0),
            is_released: AtomicBool::new(false),
            hits: (0..stripes).map(|_| Stripe::default()).collect(),
            misses: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            evictions: AtomicU64::new(0),
            compile_nanos: AtomicU64::new(0),
            notes: Mutex::new(([0; OWNER_NOTES], 0)),
            ledger: Arc::clone(pool.ledger()),
        })
    }

    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    pub(crate) fn is_released(&self) -> bool {
        self.is_released.load(Ordering::Acquire)
    }

    #[inline]
    pub(crate) fn count_hit(&self) {
        // Threads are numbered in order, so that few share a stripe.
        let at = number_of_thread() as usize & (self.hits.len() - 1);
        self.hits[at].0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_miss(&self, nanos: u64, failed: bool) {
        self.misses.fetch_add(1, Ordering::Relaxed);
        self.errors.fetch_add(u64::from(failed), Ordering::Relaxed);
        self.compile_nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    fn notes(&self) -> MutexGuard<'_, ([u32; OWNER_NOTES], usize)> {
        self.notes.lock()
    }

    /// Returns the number of one of its records, or of one that was its own.
    pub(crate) fn next_note(&self) -> Option<u32> {
        let mut notes = self.notes();
        let (numbers, len) = &mut *notes;
        *len = len.checked_sub(1)?;
        Some(numbers[*len])
    }

    /// Notes numbers for [`Owned::next_note`], the oldest first, as many as fit.
    pub(crate) fn note(&self, numbers: impl Iterator<Item = u32>) -> usize {
        let mut notes = self.notes();
        let (kept, len) = &mut *notes;
        *len = 0;
        for (at, number) in numbers.take(OWNER_NOTES).enumerate() {
            kept[at] = number;
            *len = at + 1;
        }
        kept[..*len].reverse();
        *len
    }

    /// Tells whether `bytes` more stay within its maximum.
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        let sum = self.bytes.load(Ordering::Relaxed).saturating_add(bytes);
        sum <= self.bytes_max.load(Ordering::Relaxed)
    }

    pub(crate) fn set_share(&self, bytes: usize) {
        // The greatest number stands for a share that was not set.
        self.share.store(bytes.min(UNSET - 1), Ordering::Relaxed);
    }

    /// Sets the most bytes that may be charged to it.
    pub(crate) fn set_max_bytes(&self, bytes: usize) {
        self.bytes_max.store(bytes, Ordering::Relaxed);
    }

    /// Tells whether more is charged to it than its maximum.
    pub(crate) fn is_over_max(&self) -> bool {
        !self.has_room(0)
    }

    fn charge(&self, bytes: usize) -> bool {
        let max = self.bytes_max.load(Ordering::Relaxed);
        let add = |sum: usize| sum.checked_add(bytes).filter(|&sum| sum <= max);
        let order = Ordering::Relaxed;
        let charged = self.bytes.fetch_update(order, order, add).is_ok();
        self.entries
            .fetch_add(usize::from(charged), Ordering::Relaxed);
        charged
    }

    /// Takes `bytes` off if at least `floor` remain.
    fn discharge(&self, bytes: usize, floor: usize) -> bool {
        let sub = |sum: usize| sum.checked_sub(bytes).filter(|&rest| rest >= floor);
        let order = Ordering::Relaxed;
        let discharged = self.bytes.fetch_update(order, order, sub).is_ok();
        self.entries
            .fetch_sub(usize::from(discharged), Ordering::Relaxed);
        discharged
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        let bytes = Owned::own_bytes(&self.name, self.hits.len());
        self.ledger.sub(Account::Index, bytes);
    }
}

impl fmt::Debug for Owned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Owned")
            .field("name", &self.name)
            .field("number", &self.number)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

/// The owners of a store.
pub(crate) struct Owners {
    list: RwLock<List, { rank::OWNERS }>,
    ledger: Arc<Ledger>,
}

#[derive(Debug, Default)]
struct List {
    /// Sorted by number. The capacities of both lists are on [`Account::Index`].
    numbers: Vec<Arc<Owned>>,
    /// Sorted by name, without released owners.
    names: Vec<Arc<Owned>>,
}

impl List {
    fn of_number(&self, number: u32) -> Option<&Owned> {
        let at = self.numbers.binary_search_by_key(&number, |o| o.number);
        Some(&self.numbers[at.ok()?])
    }

    fn of_name(&self, name: &str) -> Result<usize, usize> {
        self.names.binary_search_by(|o| (*o.name).cmp(name))
    }

    /// Bytes that both lists take more when they are full.
    fn growth_bytes(&self) -> usize {
        let of_list = |list: &Vec<Arc<Owned>>| list.len().max(4) * size_of::<Arc<Owned>>();
        of_list(&self.numbers) + of_list(&self.names)
    }

    /// The sum of all shares, before they are scaled.
    fn wanted(&self, unset: usize) -> usize {
        let wanted = self.numbers.iter().map(|owner| wanted(owner, unset));
        wanted.fold(0, usize::saturating_add)
    }
}

fn wanted(owner: &Owned, unset: usize) -> usize {
    match owner.share.load(Ordering::Relaxed) {
        UNSET => unset,
        share => share,
    }
}

/// Adds to a list whose capacity is charged. Returns false if the ledger has no room.
fn push(list: &mut Vec<Arc<Owned>>, at: usize, owner: &Arc<Owned>, ledger: &Ledger) -> bool {
    if list.len() == list.capacity() {
        let more = list.len().max(4);
        let bytes = more * size_of::<Arc<Owned>>();
        if ledger.try_add(Account::Index, bytes).is_err() {
            return false;
        }
        list.reserve_exact(more);
    }
    list.insert(at, Arc::clone(owner));
    true
}

/// Removes one from a list, and frees the list with the last.
fn take(list: &mut Vec<Arc<Owned>>, at: usize, ledger: &Ledger) -> Arc<Owned> {
    let owner = list.remove(at);
    if list.is_empty() {
        let bytes = list.capacity() * size_of::<Arc<Owned>>();
        *list = Vec::new();
        ledger.sub(Account::Index, bytes);
    }
    owner
}

impl Owners {
    pub(crate) fn new(ledger: &Arc<Ledger>) -> Owners {
        Owners {
            list: RwLock::default(),
            ledger: Arc::clone(ledger),
        }
    }

    fn list(&self) -> ReadGuard<'_, List> {
        self.list.read()
    }

    fn list_mut(&self) -> WriteGuard<'_, List> {
        self.list.write()
    }

    /// Returns the owner with this name; makes one with this maximum if there is none and the budget has room.
    pub(crate) fn of_name(&self, name: &str, bytes_max: usize, pool: &Pool) -> Option<Arc<Owned>> {
        {
            let list = self.list();
            if let Ok(at) = list.of_name(name) {
                return Some(Arc::clone(&list.names[at]));
            }
        }
        // Made outside the lock, as making room may evict.
        let owner = Arc::new(Owned::try_new(name, bytes_max, pool)?);
        // The lists are charged under the lock, where nothing may be evicted: so room for them is made here.
        let growth = self.list().growth_bytes();
        let room = pool.reserve(Account::Index, growth);
        let mut list = self.list_mut();
        let list = &mut *list;
        drop(room);
        let at = match list.of_name(name) {
            Ok(at) => return Some(Arc::clone(&list.names[at])),
            Err(at) => at,
        };
        let of_number = |o: &Arc<Owned>| o.number < owner.number;
        let by_number = list.numbers.partition_point(of_number);
        if !push(&mut list.numbers, by_number, &owner, &self.ledger) {
            return None;
        }
        if !push(&mut list.names, at, &owner, &self.ledger) {
            take(&mut list.numbers, by_number, &self.ledger);
            return None;
        }
        Some(owner)
    }

    /// Returns the owner with this number.
    pub(crate) fn of_number(&self, number: u32) -> Option<Arc<Owned>> {
        let list = self.list();
        let at = list.numbers.binary_search_by_key(&number, |o| o.number);
        Some(Arc::clone(&list.numbers[at.ok()?]))
    }

    /// Tells whether records can be charged to the owner with this number.
    pub(crate) fn is_known(&self, number: u32) -> bool {
        number != NOBODY
            && self
                .list()
                .of_number(number)
                .is_some_and(|o| !o.is_released())
    }

    /// From now on nothing is charged to the owner, and its name makes a new one.
    pub(crate) fn retire(&self, owner: &Owned) {
        let gone;
        {
            let mut list = self.list_mut();
            owner.is_released.store(true, Ordering::Release);
            gone = match list.of_name(&owner.name) {
                Ok(at) if list.names[at].number == owner.number => {
                    Some(take(&mut list.names, at, &self.ledger))
                }
                _ => None,
            };
        }
        drop(gone);
    }

    /// Removes an owner to which nothing is charged.
    pub(crate) fn forget(&self, owner: &Owned) {
        let gone;
        {
            let mut list = self.list_mut();
            let at = list
                .numbers
                .binary_search_by_key(&owner.number, |o| o.number);
            gone = at.map(|at| take(&mut list.numbers, at, &self.ledger));
        }
        drop(gone);
    }

    /// Charges a record that is about to be cached to an owner, or to none if there is no such owner. Returns false if
    /// the owner would exceed its maximum.
    ///
    /// Called under the lock of the record's shard.
    pub(crate) fn charge(&self, number: u32, record: &Record) -> bool {
        if number == NOBODY {
            record.set_owner(NOBODY);
            return true;
        }
        let list = self.list();
        let owner = list.of_number(number).filter(|o| !o.is_released());
        let charged = owner.is_none_or(|owner| owner.charge(record.cost()));
        if charged {
            record.set_owner(owner.map_or(NOBODY, |owner| owner.number));
        }
        charged
    }

    /// Takes a record off its owner's account, if `reach` allows.
    ///
    /// The record keeps the owner's number. Called under the lock of the record's shard.
    pub(crate) fn discharge(&self, record: &Record, reach: Reach) -> bool {
        let number = record.owner();
        if number == NOBODY {
            return true;
        }
        let list = self.list();
        let Some(owner) = list.of_number(number) else {
            return true;
        };
        let (cost, share) = (record.cost(), self.share_of(&list, owner));
        let floor = match reach {
            Reach::All => 0,
            Reach::Own(asker) if asker == number => 0,
            // The owner is about to get another record, so it returns to its share.
            Reach::Shares(asker) if asker == number => share.saturating_sub(2 * cost),
            _ => share,
        };
        owner.discharge(cost, floor)
    }

    /// Counts the eviction of a discharged record.
    pub(crate) fn evicted(&self, record: &Record) {
        let number = record.owner();
        if number != NOBODY {
            if let Some(owner) = self.list().of_number(number) {
                owner.evictions.fetch_add(1, Ordering::Relaxed);
            }
            record.set_owner(NOBODY);
        }
    }

    /// Charges a record again that was discharged and stays.
    pub(crate) fn recharge(&self, record: &Record) {
        let number = record.owner();
        if number != NOBODY
            && let Some(owner) = self.list().of_number(number)
        {
            owner.bytes.fetch_add(record.cost(), Ordering::Relaxed);
            owner.entries.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The bytes that an owner is guaranteed: its share, scaled down if all shares together exceed their part.
    fn share_of(&self, list: &List, owner: &Owned) -> usize {
        let limit = self.ledger.limit();
        let (unset, most) = (limit / OWNER_SHARE_PART, limit - limit / UNSHARED_PART);
        let (share, sum) = (wanted(owner, unset), list.wanted(unset));
        if sum <= most {
            return share;
        }
        // At most `most`, as the share is at most the sum.
        (share as u128 * most as u128 / sum as u128) as usize
    }

    pub(crate) fn stats_of(&self, owner: &Owned) -> OwnerStats {
        let share_bytes = if owner.is_released() {
            0
        } else {
            self.share_of(&self.list(), owner)
        };
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        OwnerStats {
            name: owner.name.to_string(),
            hits: owner.hits.iter().map(|stripe| load(&stripe.0)).sum(),
            misses: load(&owner.misses),
            errors: load(&owner.errors),
            evictions: load(&owner.evictions),
            entries: owner.entries.load(Ordering::Relaxed),
            bytes: owner.bytes.load(Ordering::Relaxed),
            share_bytes,
            max_bytes: owner.bytes_max.load(Ordering::Relaxed),
            compile_time_spent: Duration::from_nanos(load(&owner.compile_nanos)),
        }
    }

    /// The owners, sorted by name.
    pub(crate) fn all(&self) -> Vec<Arc<Owned>> {
        self.list().names.clone()
    }

    /// Bytes on [`Account::Index`] for the lists and the owners in them.
    pub(crate) fn own_bytes(&self) -> usize {
        let list = self.list();
        let capacity = list.numbers.capacity() + list.names.capacity();
        let each = |o: &Arc<Owned>| Owned::own_bytes(&o.name, o.hits.len());
        capacity * size_of::<Arc<Owned>>() + list.numbers.iter().map(each).sum::<usize>()
    }

    /// Checks the lists, and each owner's account against `charged`: its records and their bytes.
    pub(crate) fn validate(&self, charged: impl Fn(u32) -> (usize, usize)) {
        let list = self.list();
        assert!(list.numbers.is_sorted_by_key(|o| o.number), "by number");
        assert!(list.names.is_sorted_by_key(|o| &o.name), "by name");
        assert!(list.names.len() <= list.numbers.len(), "no name without");
        for owner in &list.numbers {
            let own = (
                owner.entries.load(Ordering::Relaxed),
                owner.bytes.load(Ordering::Relaxed),
            );
            assert_eq!(own, charged(owner.number), "records of {}", owner.name);
        }
    }
}

impl fmt::Debug for Owners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Owners").finish_non_exhaustive()
    }
}

impl Drop for Owners {
    fn drop(&mut self) {
        let list = self.list.get_mut();
        let capacity = list.numbers.capacity() + list.names.capacity();
        *list = List::default();
        let bytes = capacity * size_of::<Arc<Owned>>();
        self.ledger.sub(Account::Index, bytes);
    }
}
