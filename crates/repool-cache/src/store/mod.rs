//! The records of a cache, in shards, under one budget.
//!
//! The budget is the ledger's limit, for the whole cache; a shard is only a lock. When an allocation
//! finds the ledger full, the shards give up their oldest records in turn, which comes close to one order for
//! all of them, as hashes spread patterns evenly.
//!
//! Here records come in and are found; `store/evict.rs` is how they go.
//!
//! Locks: a shard's lock is taken alone or under a desk's. Nothing is compiled or called back under it, and
//! no image dropped.

pub(crate) mod compact;
pub(crate) mod drop_tables;
pub(crate) mod evict;
pub(crate) mod owner_ops;
pub(crate) mod shrink;

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, Weak};
use std::time::{Duration, Instant};

use repool_arena::{Account, Ledger, Pool};
use repool_program::Image;

use crate::config::{Config, Mode};
use crate::entry::handle::Handle;
use crate::entry::record::{Place, RECORD_BYTES, Record};
use crate::entry::spares::Spares;
use crate::key::{Keyed, Probe};
use crate::observer::Told;
use crate::owners::{self, NOBODY, Owners, Reach};
use crate::policy::Policy;
use crate::policy::queue::Queue;
use crate::store::evict::{Cause, Evicted, Excess, PINNED_MAX};
use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use crate::sync::{Mutex, MutexGuard, thread_local};
use crate::thread_cache::registry::Fronts;

/// For one new record so many are looked at that handles hold, until one goes or is put aside.
const TRIES_MAX: usize = 64;

/// What happened in a shard. Counted under its lock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counters {
    pub(crate) hits: u64,
    pub(crate) readoptions: u64,
    pub(crate) ghost_hits: u64,
    pub(crate) ghost_nanos: u64,
    pub(crate) table_drops: u64,
    pub(crate) insertions: u64,
    pub(crate) bypassed: u64,
    pub(crate) duplicates: u64,
    /// By [`Cause`], the reason.
    pub(crate) evictions: [u64; Cause::COUNT],
    pub(crate) saved_nanos: u64,
}

/// On a cache line of its own, and the neighbour that hardware fetches with it.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Padded<T>(pub(crate) T);

#[derive(Debug)]
pub(crate) struct Shard {
    pub(crate) policy: Policy,
    pub(crate) pinned: Queue<Record>,
    pub(crate) counters: Counters,
}

impl Shard {
    /// Takes in a record. The first brings a small table for pinned ones along, so that a few can be noted when the
    /// budget is full.
    ///
    /// Tells whether it was evicted not long ago.
    fn admit(&mut self, record: Arc<Record>) -> bool {
        record.set_place(Place::Cached);
        let known = self.policy.admit(record);
        if self.pinned.own_bytes() == 0 {
            self.pinned.try_grow();
        }
        known
    }

    /// Gives back the table for pinned records once they are gone, unless it is that small one.
    pub(crate) fn settle(&mut self) {
        if self.pinned.len() == 0 && (self.policy.len() == 0 || !self.pinned.is_minimal()) {
            self.pinned.shrink();
        }
    }

    pub(crate) fn shrink(&mut self) {
        self.policy.shrink();
        if self.pinned.len() == 0 {
            self.settle();
        } else {
            self.pinned.shrink();
        }
    }
}

#[derive(Debug)]
pub(crate) struct Store {
    shards: Box<[Padded<Mutex<Shard>>]>,
    pool: Arc<Pool>,
    config: Config,
    /// See [`Config::entry_bytes_max`].
    pub(crate) entry_bytes_max: AtomicUsize,
    /// The shard that the next eviction looks at first. Apart from what every hit reads, as are the spares.
    turn: Padded<AtomicUsize>,
    pub(crate) fronts: Fronts,
    pub(crate) spares: Padded<Spares>,
    pub(crate) owners: Owners,
    pub(crate) told: Told,
    /// Evictions until tables of cold records are looked for again.
    pub(crate) until_strip: AtomicUsize,
    /// Nothing is taken in while this is set.
    is_off: AtomicBool,
    start: Instant,
    /// On [`Account::Overhead`] for what the cache itself is kept in.
    shared_bytes: AtomicUsize,
    me: Weak<Store>,
}

/// The budget has no room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoRoom {
    pub(crate) needed: usize,
}

thread_local! {
    /// The bytes of the last request of this thread that a store refused.
    static REFUSED: Cell<usize> = const { Cell::new(0) };
}

#[cfg(test)]
thread_local! {
    /// How often this thread locked a shard.
    pub(crate) static LOCKS: Cell<usize> = const { Cell::new(0) };
}

/// Replaces the number of refused bytes and gives the one before.
pub(crate) fn replace_refused(bytes: usize) -> usize {
    REFUSED.with(|refused| refused.replace(bytes))
}

impl Store {
    pub(crate) fn new(config: Config) -> Arc<Store> {
        let ledger = Arc::new(Ledger::with_limit(config.limit(config.max_bytes)));
        Arc::new_cyclic(|me: &Weak<Store>| {
            let shards: Box<[_]> = (0..config.shard_count())
                .map(|_| {
                    Padded(Mutex::new(Shard {
                        policy: Policy::new(&ledger),
                        pinned: Queue::new(&ledger),
                        counters: Counters::default(),
                    }))
                })
                .collect();
            ledger.add(Account::Overhead, Store::own_bytes(shards.len()));
            Store {
                shards,
                fronts: Fronts::new(&ledger),
                spares: Padded(Spares::new()),
                owners: Owners::new(&ledger),
                told: Told::new(config.observer.clone()),
                until_strip: AtomicUsize::new(0),
                is_off: AtomicBool::new(false),
                start: Instant::now(),
                shared_bytes: AtomicUsize::new(0),
                pool: Pool::with_reclaim(ledger, me.clone(), config.stock.clone()),
                entry_bytes_max: AtomicUsize::new(config.entry_bytes_max(config.max_bytes)),
                config,
                turn: Padded(AtomicUsize::new(0)),
                me: me.clone(),
            }
        })
    }

    fn own_bytes(shards: usize) -> usize {
        // The two counts before it take as much as its alignment asks for.
        let counts = (2 * size_of::<usize>()).next_multiple_of(align_of::<Store>());
        counts + size_of::<Store>() + shards * size_of::<Padded<Mutex<Shard>>>()
    }

    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    pub(crate) fn ledger(&self) -> &Arc<Ledger> {
        self.pool.ledger()
    }

    /// Counts the memory that the cache itself is kept in.
    pub(crate) fn share(&self, bytes: usize) {
        self.shared_bytes.store(bytes, Ordering::Relaxed);
        self.ledger().add(Account::Overhead, bytes);
    }

    pub(crate) fn me(&self) -> Weak<Store> {
        self.me.clone()
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn shard_count(&self) -> usize {
        self.shards.len()
    }

    /// The number of the shard, and of the desk, of a hash.
    pub(crate) fn shard_of(&self, hash: u64) -> usize {
        // The hash table uses the lowest bits and the topmost.
        (hash >> 32) as usize & (self.shards.len() - 1)
    }

    pub(crate) fn shard(&self, at: usize) -> MutexGuard<'_, Shard> {
        #[cfg(test)]
        LOCKS.with(|locks| locks.set(locks.get() + 1));
        // Nothing that panics leaves a shard half changed.
        self.shards[at]
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The time since the store was made.
    pub(crate) fn uptime(&self) -> Duration {
        self.start.elapsed()
    }

    /// The time now in units of a 64th of a second. Wraps around after two years.
    pub(crate) fn tick(&self) -> u32 {
        Store::ticks(self.uptime()) as u32
    }

    /// A duration in ticks.
    pub(crate) fn ticks(time: Duration) -> u64 {
        time.as_secs()
            .saturating_mul(64)
            .saturating_add(u64::from(time.subsec_nanos()) * 64 / 1_000_000_000)
    }

    pub(crate) fn is_off(&self) -> bool {
        self.is_off.load(Ordering::Relaxed)
    }

    /// From now on nothing is taken in, or everything again.
    pub(crate) fn switch(&self, on: bool) {
        self.is_off.store(!on, Ordering::Relaxed);
        self.fronts.switch(on);
    }

    /// The shard to look at first: another one each time.
    pub(crate) fn next_turn(&self) -> usize {
        self.turn.0.fetch_add(1, Ordering::Relaxed)
    }

    /// Finds a record, cached or pinned, and counts a hit if it does.
    pub(crate) fn lookup(&self, probe: &Probe<'_>) -> Option<Handle> {
        let mut shard = self.shard(self.shard_of(probe.hash));
        let record = self.find(&mut shard, probe)?;
        shard.counters.hits += 1;
        shard.counters.saved_nanos += record.compile_nanos();
        record.add_hits(1);
        Some(Handle::new(record))
    }

    /// Notes that a cached record was asked for on a front of late.
    pub(crate) fn touch(&self, record: &Record) {
        let mut shard = self.shard(self.shard_of(record.hash()));
        shard.policy.touch(record);
    }

    fn find(&self, shard: &mut Shard, probe: &Probe<'_>) -> Option<Arc<Record>> {
        if let Some(record) = shard.policy.get(probe) {
            return Some(Arc::clone(record));
        }
        let record = Arc::clone(shard.pinned.get(probe)?);
        shard.counters.readoptions += u64::from(!self.config.is_weak());
        if self.may_cache(record.image())
            && shard.policy.make_place()
            && self.owners.charge(owners::asking(), &record)
        {
            let pinned = shard.pinned.remove(probe);
            shard.admit(pinned.expect("found above"));
            shard.settle();
        }
        Some(record)
    }

    /// Tells whether a program is small enough to be kept, and the budget not exceeded.
    ///
    /// The latter keeps the promise of [`Mode::Soft`]: whatever is cached was counted when the total was within the
    /// budget, so what is cached alone never exceeds it.
    fn may_cache(&self, image: &Image) -> bool {
        self.is_small(image.memory_bytes())
            && !self.ledger().is_over_limit()
            && !self.is_off()
            && !self.config.is_weak()
    }

    /// Tells whether a program of so many bytes, with its record, is no more than one pattern may take.
    pub(crate) fn is_small(&self, program_bytes: usize) -> bool {
        let bytes = program_bytes.saturating_add(RECORD_BYTES);
        bytes <= self.entry_bytes_max.load(Ordering::Relaxed)
    }

    /// Takes in a program that was compiled for `probe`.
    ///
    /// If the key is there already, the program there stays and this one is dropped.
    pub(crate) fn admit(
        &self,
        probe: &Probe<'_>,
        image: Image,
        compile_nanos: u64,
    ) -> Result<Handle, NoRoom> {
        if !Arc::ptr_eq(image.ledger(), self.ledger()) {
            // Compiled into somebody else's pool: none of this budget's business.
            return Ok(Handle::uncached(image));
        }
        let program_bytes = image.memory_bytes();
        let needed = program_bytes + RECORD_BYTES;
        if !image.is_charged() {
            return Err(NoRoom { needed });
        }
        let spare = match self.take_spare(program_bytes) {
            Ok(spare) => spare,
            Err(_) if self.config.mode == Mode::Strict => return Err(NoRoom { needed }),
            Err(_) => {
                self.ledger().add(Account::Index, RECORD_BYTES);
                None
            }
        };
        let known = image.text_bytes() == probe.text;
        let home = self.me.clone();
        let record = Record::new(image, probe.hash, probe.options, compile_nanos, home);
        record.see(self.tick());
        let record = record.share(spare);
        if !known || self.is_off() {
            // Under this key it would never be found; or nothing is to be found.
            self.shard(self.shard_of(probe.hash)).counters.bypassed += 1;
            record.set_place(Place::Loose);
            return Ok(Handle::new(record));
        }
        Ok(self.insert(probe, record))
    }

    /// Puts a record into its queue, or, if there is no place for it, among those that are found as long as they are
    /// held.
    fn insert(&self, probe: &Probe<'_>, record: Arc<Record>) -> Handle {
        let at = self.shard_of(probe.hash);
        let asker = owners::asking();
        let (mut has_quota, mut has_asked) = (true, false);
        let mut tries = TRIES_MAX;
        loop {
            let mut shard = self.shard(at);
            if let Some(there) = self.find(&mut shard, probe) {
                shard.counters.duplicates += 1;
                drop(shard);
                self.recycle(record);
                return Handle::new(there);
            }
            let mut evicted = Evicted::None;
            if has_quota && self.may_cache(record.image()) {
                if shard.policy.make_place() {
                    if !self.owners.charge(asker, &record) {
                        drop(shard);
                        has_quota = self.evict_own(asker);
                        continue;
                    }
                    shard.counters.insertions += 1;
                    if shard.admit(Arc::clone(&record)) {
                        shard.counters.ghost_hits += 1;
                        let nanos = &mut shard.counters.ghost_nanos;
                        *nanos = nanos.saturating_add(record.compile_nanos());
                    }
                    drop(shard);
                    return Handle::new(record);
                }
                // The budget is full, so the index does not grow: one goes for one that comes.
                evicted = self.evict(
                    &mut shard,
                    Cause::Capacity,
                    Reach::Own(asker),
                    Excess::Forbidden,
                );
                let is_more_there = !matches!(evicted, Evicted::None);
                tries = tries.saturating_sub(1);
                if shard.policy.make_place() || is_more_there && tries > 0 {
                    drop(shard);
                    self.settle(evicted);
                    continue;
                }
            }
            // So that it can be found again as long as it is held. Only if all is held that costs more than the
            // budget.
            if !has_asked
                && !self.exceeds_alone(record.image().memory_bytes())
                && shard.pinned.len() < PINNED_MAX
                && let Some(bytes) = shard.pinned.grow_if_full()
            {
                has_asked = true;
                drop(shard);
                self.settle(evicted);
                self.grow_index(at, bytes, |shard| &mut shard.pinned);
                continue;
            }
            if self.config.is_weak() {
                shard.counters.insertions += 1;
            } else {
                shard.counters.bypassed += 1;
            }
            let dead = self.pin(&mut shard, Arc::clone(&record), Excess::Allowed);
            if dead.is_err() {
                self.forget(&record);
            }
            drop(shard);
            drop(dead);
            self.settle(evicted);
            return Handle::new(record);
        }
    }

    /// Grows a queue of a shard, for which something may have to go.
    #[cold]
    fn grow_index(&self, at: usize, bytes: usize, queue: fn(&mut Shard) -> &mut Queue<Record>) {
        if let Ok(charge) = self.pool().reserve(Account::Index, bytes) {
            queue(&mut self.shard(at)).grow(charge);
        }
    }

    /// Checks the structures, and the accounts against them. For moments when no other thread uses the
    /// cache.
    ///
    /// # Panics
    ///
    /// If something does not hold.
    pub(crate) fn validate(&self) {
        let (mut programs, mut tables, mut pinned, mut index) = (0, 0, 0, 0);
        let mut owned: HashMap<u32, (usize, usize)> = HashMap::new();
        for at in 0..self.shards.len() {
            let shard = self.shard(at);
            shard.policy.validate();
            shard.pinned.validate();
            index += shard.policy.own_bytes() + shard.pinned.own_bytes();
            for record in shard.policy.iter() {
                assert_eq!(record.place(), Place::Cached, "place of a cached record");
                assert_eq!(self.shard_of(record.hash()), at, "shard of a record");
                let image = record.image();
                programs += image.memory_bytes() - image.table_bytes();
                tables += image.table_bytes();
                index += RECORD_BYTES + record.validate_ways();
                let charged = owned.entry(record.owner()).or_insert((0, 0));
                *charged = (charged.0 + 1, charged.1 + record.cost());
            }
            for record in shard.pinned.iter() {
                assert_eq!(record.place(), Place::Pinned, "place of a pinned record");
                assert_eq!(record.owner(), NOBODY, "owner of a pinned record");
                assert_eq!(self.shard_of(record.hash()), at, "shard of a record");
                pinned += record.image().memory_bytes();
                index += RECORD_BYTES + record.validate_ways();
            }
        }
        index += self.fronts.own_bytes() + self.owners.own_bytes();
        let charged = |number| owned.get(&number).copied().unwrap_or((0, 0));
        self.owners.validate(charged);
        let ledger = self.ledger();
        assert_eq!(ledger.bytes(Account::Programs), programs, "programs");
        assert_eq!(ledger.bytes(Account::Tables), tables, "tables");
        assert!(ledger.bytes(Account::Pinned) >= pinned, "pinned programs");
        assert!(ledger.bytes(Account::Index) >= index, "index");
        let spare = self.spares.0.len() * RECORD_BYTES;
        assert!(ledger.bytes(Account::Spare) >= spare, "spare records");
        let sum: usize = Account::ALL.iter().map(|&a| ledger.bytes(a)).sum();
        assert_eq!(ledger.total_bytes(), sum, "total of the accounts");
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.free_spares();
        let bytes = Store::own_bytes(self.shards.len()) + *self.shared_bytes.get_mut();
        self.ledger().sub(Account::Overhead, bytes);
    }
}
