//! How records go: evicted, pinned, forgotten, freed.
//!
//! ```text
//!            evict, no handle                      dropped: the arena back to the pool
//! cached ───────────────────────────────────────▶
//!    │ ▲
//!    │ │ asked for again                           the last handle, or a sweep
//!    ▼ │                                     ┌───▶
//! pinned ────────────────────────────────────┘
//!    │  purge of a full strict budget, end of the cache
//!    ▼
//! loose ────────────────────────────────────────▶  the last handle
//! ```
//!
//! Evicting a record that handles hold frees nothing. It moves to its shard's queue of pinned ones: found there
//! when it is asked for again, and gone when the last handle is. If the budget is so full that the index of
//! pinned ones cannot grow, it stays cached, and others that can be freed go before it.
//!
//! A handle that is dropped just while its record moves aside does not know of that, and leaves it to a
//! sweep: each pinning looks at a few, and so do `stats` and `trim` at all of them, and every request that
//! would be refused or exceed the budget.

use std::sync::Arc;

use repool_arena::{Account, Charge, OutOfMemory, Reclaim, Room};

use crate::config::Mode;
use crate::entry::handle::Handle;
use crate::entry::record::{Place, RECORD_BYTES, Record};
use crate::entry::thread_ref::{Detached, Hold};
use crate::key::Keyed;
use crate::observer::Pressure;
use crate::owners::{self, NOBODY, Reach};
use crate::policy::queue::Queue;
use crate::policy::{PASSES_MAX, Victim};
use crate::store::{Shard, Store, replace_refused};

/// The most pinned records of one shard that can be found again. Beyond, the longest pinned is forgotten: its
/// handles stay valid and counted.
pub(crate) const PINNED_MAX: usize = 4096;
/// How many pinned records each pinning looks at for one that lost its handles unnoticed.
const SWEEP: usize = 2;

/// Why a pattern leaves the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// To make room.
    Capacity,
    /// By a purge, or because the cache was dropped or switched off.
    Purge,
    /// The budget became smaller.
    Resize,
    /// Its owner was released.
    Release,
    /// Its owner has as much as it may have.
    Quota,
    /// It was not used for long.
    Idle,
    /// The process is short of memory.
    Pressure,
}

impl Cause {
    pub(crate) const COUNT: usize = 7;

    /// The name, as statistics have it: `capacity`, `purge` and so on.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Cause::Capacity => "capacity",
            Cause::Purge => "purge",
            Cause::Resize => "resize",
            Cause::Release => "release",
            Cause::Quota => "quota",
            Cause::Idle => "idle",
            Cause::Pressure => "pressure",
        }
    }

    /// Tells whether the record leaves even if it could not be found again while it is held.
    fn is_final(self, excess: Excess) -> bool {
        match self {
            Cause::Capacity | Cause::Pressure => false,
            // If it stayed, nothing would evict it when its handles are gone, and the budget not hold.
            Cause::Resize => excess == Excess::Allowed,
            _ => true,
        }
    }
}

/// Whether held records may take more than the budget for an index of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Excess {
    Allowed,
    Forbidden,
}

/// What an eviction gives back, for [`Store::settle`].
pub(crate) enum Evicted {
    /// Nothing was there to evict.
    None,
    /// Nothing was found so far, but more is there to look at.
    Later,
    /// A record that nobody else holds.
    Free(Arc<Record>, Cause),
    /// Handles hold the record. Another may have been found that none does any more.
    Pinned(Option<Arc<Record>>, Detached, Option<Aside>),
}

/// An eviction of a held record that somebody is to be told of.
pub(crate) struct Aside {
    record: Handle,
    cause: Cause,
}

impl Store {
    /// Takes the record that matters least out of the policy's queue, of those within reach.
    ///
    /// What it gives back is for [`Store::settle`], outside the lock.
    pub(crate) fn evict(
        &self,
        shard: &mut Shard,
        cause: Cause,
        reach: Reach,
        excess: Excess,
    ) -> Evicted {
        let may_go = |record: &Record| self.owners.discharge(record, reach);
        match shard.policy.victim(may_go) {
            Victim::Found(record) => {
                // What is true of one shard is about true of all.
                if self.shard_of(record.hash()) == 0 && shard.policy.is_part_gone() {
                    self.fronts.begin_lap();
                }
                self.put_aside(shard, record, cause, excess)
            }
            Victim::Later => Evicted::Later,
            Victim::None => Evicted::None,
        }
    }

    /// Takes one record out of the policy's queue, whatever its owner is guaranteed.
    ///
    /// What it gives back is for [`Store::settle`], outside the lock.
    pub(crate) fn evict_this(&self, shard: &mut Shard, key: &dyn Keyed, cause: Cause) -> Evicted {
        let Some(record) = shard.policy.remove(key) else {
            return Evicted::None;
        };
        self.owners.discharge(&record, Reach::All);
        self.put_aside(shard, record, cause, Excess::Forbidden)
    }

    /// Notes that a record, out of the queue and discharged, is evicted; or takes it back.
    pub(crate) fn put_aside(
        &self,
        shard: &mut Shard,
        record: Arc<Record>,
        cause: Cause,
        excess: Excess,
    ) -> Evicted {
        // Handles that fronts give count in locals, and those count here. A new one would have to
        // come from the queue now, so 1 stays 1.
        let detached = record.detach();
        if Arc::strong_count(&record) == 1 {
            shard.counters.evictions[cause as usize] += 1;
            self.owners.evicted(&record);
            return Evicted::Free(record, cause);
        }
        let aside = self.told.is_anybody().then(|| Aside {
            record: Handle::new(Arc::clone(&record)),
            cause,
        });
        match self.pin(shard, record, excess) {
            Ok(dead) => {
                shard.counters.evictions[cause as usize] += 1;
                Evicted::Pinned(dead, detached, aside)
            }
            Err(record) if cause.is_final(excess) => {
                shard.counters.evictions[cause as usize] += 1;
                self.owners.evicted(&record);
                self.forget(&record);
                Evicted::Pinned(Some(record), detached, aside)
            }
            // Evicting it would free nothing, and it could not be found again.
            Err(record) => {
                self.owners.recharge(&record);
                record.set_place(Place::Cached);
                shard.policy.readmit(record);
                // Cached, so this takes no lock; and the queue holds it, so this frees nothing.
                drop(aside);
                Evicted::Pinned(None, detached, None)
            }
        }
    }

    /// Finishes an eviction, without any lock.
    pub(crate) fn settle(&self, evicted: Evicted) {
        match evicted {
            Evicted::None | Evicted::Later => {}
            Evicted::Free(record, cause) => {
                self.told.evicted(&record, cause, false);
                self.recycle(record);
            }
            Evicted::Pinned(dead, detached, aside) => {
                if let Some(aside) = aside {
                    self.told.evicted(aside.record.record(), aside.cause, true);
                }
                drop(detached);
                dead.into_iter().for_each(|record| self.recycle(record));
            }
        }
    }

    /// Frees what a record holds, if nothing else holds the record, and keeps the rest of it for the next.
    pub(crate) fn recycle(&self, mut record: Arc<Record>) {
        let Some(free) = Arc::get_mut(&mut record) else {
            return;
        };
        free.vacate();
        self.ledger()
            .transfer(Account::Index, Account::Spare, RECORD_BYTES);
        let max_bytes = self.ledger().limit();
        let kept = if self.ledger().is_over_limit() {
            Err(record)
        } else {
            self.spares.0.put(record, max_bytes)
        };
        if let Err(record) = kept {
            drop(record);
            self.ledger().sub(Account::Spare, RECORD_BYTES);
        }
    }

    /// A spare record for a program of so many bytes, or none and the bytes of one: either way on [`Account::Index`].
    pub(crate) fn take_spare(
        &self,
        program_bytes: usize,
    ) -> Result<Option<Arc<Record>>, OutOfMemory> {
        let spare = self.spares.0.take();
        if spare.is_some() {
            self.ledger()
                .transfer(Account::Spare, Account::Index, RECORD_BYTES);
        } else if self.exceeds_alone(program_bytes) {
            self.ledger().add(Account::Index, RECORD_BYTES);
        } else {
            self.pool().reserve(Account::Index, RECORD_BYTES)?.keep();
        }
        Ok(spare)
    }

    /// Frees the spare records and gives the number of their bytes.
    pub(crate) fn free_spares(&self) -> usize {
        let mut freed = 0;
        while let Some(spare) = self.spares.0.take() {
            drop(spare);
            self.ledger().sub(Account::Spare, RECORD_BYTES);
            freed += RECORD_BYTES;
        }
        freed
    }

    /// Puts a record that handles hold among the pinned ones, unless the budget has no room for a
    /// larger index of those: then the record is given back as an error.
    ///
    /// A record that it gives back otherwise is to be dropped outside the lock.
    pub(crate) fn pin(
        &self,
        shard: &mut Shard,
        record: Arc<Record>,
        excess: Excess,
    ) -> Result<Option<Arc<Record>>, Arc<Record>> {
        let mut dead = self.sweep(shard, SWEEP);
        if shard.pinned.is_full() {
            if shard.pinned.len() >= PINNED_MAX && !self.config().is_weak() {
                dead = shard.pinned.pop_oldest();
                dead.iter().for_each(|oldest| self.forget(oldest));
            } else if !self.grow_pinned(&mut shard.pinned, excess) {
                return Err(record);
            }
        }
        self.owners.evicted(&record);
        record.set_place(Place::Pinned);
        shard.pinned.insert(record);
        Ok(dead)
    }

    fn grow_pinned(&self, pinned: &mut Queue<Record>, excess: Excess) -> bool {
        if pinned.try_grow() {
            return true;
        }
        if self.config().mode == Mode::Soft && excess == Excess::Allowed {
            // Part of what held handles cost: it is given back with the last of them.
            let bytes = pinned.growth_bytes();
            pinned.grow(Charge::new(self.ledger(), Account::Index, bytes));
            return true;
        }
        false
    }

    /// Notes that a record is in no queue any more.
    pub(crate) fn forget(&self, record: &Record) {
        record.set_place(Place::Loose);
    }

    /// Looks at so many of the longest pinned records for one that no handle holds, and takes that out.
    fn sweep(&self, shard: &mut Shard, count: usize) -> Option<Arc<Record>> {
        let mut dead = None;
        for _ in 0..count.min(shard.pinned.len()) {
            let oldest = shard.pinned.pop_oldest()?;
            if Arc::strong_count(&oldest) == 1 {
                self.forget(&oldest);
                dead = Some(oldest);
                break;
            }
            shard.pinned.insert(oldest);
        }
        shard.settle();
        dead
    }

    /// Frees every pinned record that lost its handles unnoticed; says whether there was one.
    pub(crate) fn sweep_all(&self) -> bool {
        let mut found = false;
        for at in 0..self.shard_count() {
            loop {
                let shard = self.shard(at);
                let stray = shard.pinned.iter().find(|r| r.has_strays()).cloned();
                drop(shard);
                let Some(stray) = stray else { break };
                let stray = Hold::new(stray);
                stray.let_go_strays();
                found = true;
            }
            loop {
                let mut shard = self.shard(at);
                let mut pinned = shard.pinned.iter();
                let Some(dead) = pinned.find(|r| Arc::strong_count(r) == 1).cloned() else {
                    break;
                };
                drop(pinned);
                let queued = shard.pinned.remove(&*dead);
                shard.settle();
                self.forget(&dead);
                drop(shard);
                drop((queued, dead));
                found = true;
            }
        }
        found
    }

    /// Takes back the handle of a pinned record; frees the record if it was the last.
    pub(crate) fn release(&self, record: Arc<Record>) {
        let mut shard = self.shard(self.shard_of(record.hash()));
        // This handle and the queue. Other handles give up their count under the lock, too.
        if record.place() == Place::Pinned && Arc::strong_count(&record) == 2 {
            let queued = shard.pinned.remove(&*record);
            shard.settle();
            self.forget(&record);
            drop(shard);
            drop(queued);
            self.recycle(record);
        } else if Arc::strong_count(&record) > 1 {
            drop(record);
            drop(shard);
        } else {
            drop(shard);
            drop(record);
        }
    }

    /// Frees one record to make room for an owner, or for nobody; says whether there was one.
    fn evict_for(&self, asker: u32) -> bool {
        self.strip_in_turn()
            || self.evict_one(Cause::Capacity, Reach::Shares(asker))
            || asker != NOBODY && self.evict_one(Cause::Capacity, Reach::Own(asker))
    }

    /// Frees one record that no handle holds; says whether there was one.
    pub(crate) fn evict_one(&self, cause: Cause, reach: Reach) -> bool {
        // If there are only held ones, they move aside whatever it costs, so that the next time need not
        // look at all of them again.
        self.evict_round(cause, reach, Excess::Forbidden)
            || self.sweep_all()
            || self.evict_round(cause, reach, Excess::Allowed)
    }

    /// Evicts until one record was freed. Held ones on the way move aside if the index has room for that, or
    /// else go round.
    fn evict_round(&self, cause: Cause, reach: Reach, excess: Excess) -> bool {
        let first = self.next_turn();
        for at in 0..self.shard_count() {
            let at = first.wrapping_add(at) & (self.shard_count() - 1);
            let mut turns = self.shard(at).policy.turns();
            while turns > 0 {
                let mut shard = self.shard(at);
                let evicted = self.evict(&mut shard, cause, reach, excess);
                drop(shard);
                let passed = match evicted {
                    Evicted::None => turns,
                    Evicted::Free(..) | Evicted::Pinned(..) => 1,
                    Evicted::Later => turns.min(PASSES_MAX),
                };
                let is_free = matches!(evicted, Evicted::Free(..));
                self.settle(evicted);
                if is_free {
                    return true;
                }
                turns -= passed;
            }
        }
        false
    }

    /// Gives back index memory that is not needed.
    pub(crate) fn shrink(&self) {
        for at in 0..self.shard_count() {
            let mut shard = self.shard(at);
            shard.shrink();
        }
    }

    /// Evicts every record.
    pub(crate) fn purge(&self) {
        for at in 0..self.shard_count() {
            let count = self.shard(at).policy.len();
            for _ in 0..count {
                let mut shard = self.shard(at);
                let evicted = self.evict(&mut shard, Cause::Purge, Reach::All, Excess::Forbidden);
                drop(shard);
                self.settle(evicted);
            }
            // Here already: nodes that are in use would keep apart what the next shards free.
            self.shard(at).shrink();
        }
        self.sweep_all();
        self.shrink();
    }

    /// Forgets every record: handles stay valid, and free their memory themselves.
    pub(crate) fn disown(&self) {
        self.purge();
        for at in 0..self.shard_count() {
            loop {
                let mut shard = self.shard(at);
                let Some(record) = shard.pinned.pop_oldest() else {
                    break;
                };
                self.forget(&record);
                drop(shard);
                drop(record);
            }
        }
        self.shrink();
    }
}

impl Store {
    /// Tells whether a program of so many bytes is one that a soft budget lets exceed it, as it is too large to be
    /// cached: nothing may be evicted for its sake, since that would serve nobody.
    pub(crate) fn exceeds_alone(&self, bytes: usize) -> bool {
        self.config().mode == Mode::Soft && !self.is_small(bytes)
    }

    /// Lets a program exceed the budget, unless the pool has spares to free instead.
    fn exceed(&self, bytes: usize) -> Room {
        if self.told.is_anybody() && self.pool().spare_len() == 0 {
            let ledger = self.ledger();
            self.told.pressed(|| Pressure::of(ledger, bytes, false));
        }
        Room::Exceed
    }
}

impl Reclaim for Store {
    fn reclaim(&self, account: Account, bytes: usize) -> Room {
        if matches!(account, Account::Tables | Account::Errors) && self.ledger().is_over_limit() {
            // Handles exceed the budget. To get back within it would evict far more than these bytes, and both can be
            // done without.
            return Room::Refuse;
        }
        if account == Account::Tables {
            // Asked for only within their part of the budget. A hot pattern was asked for more often than what goes
            // for it.
            let room = self.evict_one(Cause::Capacity, Reach::Shares(NOBODY));
            return if room { Room::Made } else { Room::Refuse };
        }
        let soft = self.config().mode == Mode::Soft;
        let is_program = account == Account::Programs;
        if is_program && self.exceeds_alone(bytes) {
            return self.exceed(bytes);
        }
        let possible = bytes <= self.ledger().limit();
        if possible && (self.evict_for(owners::asking()) || self.free_spares() > 0) {
            return Room::Made;
        }
        if soft && is_program {
            return self.exceed(bytes);
        }
        if !soft {
            replace_refused(bytes);
        }
        Room::Refuse
    }
}
