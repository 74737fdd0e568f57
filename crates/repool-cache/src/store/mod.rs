//! The records of a cache, in shards, under one budget.
//!
//! The budget is the ledger's limit and bounds the whole cache; a shard is only a lock. When an allocation finds the ledger
//! full, the shards evict their oldest records in turn. Hashes spread patterns evenly, so this is close to one order of all
//! records.
//!
//! | file | what it does |
//! |---|---|
//! | `admit.rs` | finds and adds records |
//! | `evict.rs` | evicts records |
//! | `pinned.rs` | records that handles hold, outside the policy |
//! | `index.rs` | where records are, by hash, for readers without a lock |
//! | `reclaim.rs` | makes room when the ledger is full |
//! | `shrink.rs` | a smaller budget, idle records |
//! | `drop_tables.rs` | frees tables before records |
//! | `owner_ops.rs` | maxima and release of owners |
//! | `compact.rs` | moves records together |
//!
//! Exercised by `tests/cache.rs`.

pub(crate) mod admit;
pub(crate) mod compact;
pub(crate) mod drop_tables;
pub(crate) mod evict;
pub(crate) mod evicted;
pub(crate) mod index;
pub(crate) mod owner_ops;
pub(crate) mod pinned;
pub(crate) mod reclaim;
pub(crate) mod shard;
pub(crate) mod shrink;

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use repool_arena::slab::{Shared, Slab};
use repool_arena::{Account, Ledger, Pool};

use crate::config::Config;
use crate::entry::record::{NOBODY, Place};
use crate::entry::thread_ref::{RECORD_BYTES, Record, RecordRef};
use crate::key::{Keyed, TextHasher};
use crate::notifier::Notifier;
use crate::owners::Owners;
use crate::store::index::Index;
use crate::store::shard::Shard;
use crate::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use crate::sync::{Mutex, MutexGuard, Padded, rank};
use crate::thread_cache::registry::Registry;

/// A shard, and what is read of it without its lock.
#[derive(Debug)]
struct ShardCell {
    index: Arc<Index>,
    shard: Mutex<Shard, { rank::SHARD }>,
}

#[derive(Debug)]
pub(crate) struct Store {
    shards: Box<[Padded<ShardCell>]>,
    records: Arc<Slab<Record>>,
    hasher: TextHasher,
    pool: Arc<Pool>,
    config: Config,
    /// See [`Config::entry_bytes_max`].
    pub(crate) entry_bytes_max: AtomicUsize,
    /// The shard that the next eviction starts at. On other cache lines than what every hit reads.
    turn: Padded<AtomicUsize>,
    pub(crate) thread_caches: Arc<Registry>,
    pub(crate) owners: Owners,
    pub(crate) notifier: Notifier,
    /// Evictions until the next walk that looks for tables of cold records.
    pub(crate) until_table_walk: AtomicU32,
    /// Records that were freed since programs were last moved to make room.
    pub(crate) evicted_since_compact: AtomicUsize,
    /// While set, nothing is added.
    is_off: AtomicBool,
    start: Instant,
    /// Bytes on [`Account::Overhead`] for the allocation that the cache itself is in.
    shared_bytes: AtomicUsize,
    me: Weak<Store>,
}

impl Store {
    pub(crate) fn new(config: Config) -> Arc<Store> {
        let ledger = Arc::new(Ledger::with_limit(config.limit(config.max_bytes)));
        Arc::new_cyclic(|me: &Weak<Store>| {
            let pool = Pool::with_reclaim(Arc::clone(&ledger), me.clone(), config.stock.clone());
            let records = Slab::new(&pool);
            let shards: Box<[_]> = (0..config.shard_count())
                .map(|_| {
                    let index = Arc::new(Index::new(&ledger));
                    let shard = Mutex::new(Shard::new(&index, &records));
                    Padded(ShardCell { index, shard })
                })
                .collect();
            ledger.add(Account::Overhead, Store::own_bytes(shards.len()));
            Store {
                shards,
                records,
                hasher: TextHasher::new(),
                thread_caches: Arc::new(Registry::new(&ledger)),
                owners: Owners::new(&ledger),
                notifier: Notifier::new(config.observer.clone()),
                until_table_walk: AtomicU32::new(0),
                evicted_since_compact: AtomicUsize::new(0),
                is_off: AtomicBool::new(false),
                start: Instant::now(),
                shared_bytes: AtomicUsize::new(0),
                pool,
                entry_bytes_max: AtomicUsize::new(config.entry_bytes_max(config.max_bytes)),
                config,
                turn: Padded(AtomicUsize::new(0)),
                me: me.clone(),
            }
        })
    }

    fn own_bytes(shards: usize) -> usize {
        // The two counts in front of it are padded to its alignment.
        let counts = (2 * size_of::<usize>()).next_multiple_of(align_of::<Store>());
        counts
            + size_of::<Store>()
            + shards * (size_of::<Padded<ShardCell>>() + Index::BYTES)
            + Registry::BYTES
    }

    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    pub(crate) fn ledger(&self) -> &Arc<Ledger> {
        self.pool.ledger()
    }

    /// Counts the allocation that the cache itself is in.
    pub(crate) fn share(&self, bytes: usize) {
        self.shared_bytes.store(bytes, Ordering::Relaxed);
        self.ledger().add(Account::Overhead, bytes);
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn shard_count(&self) -> usize {
        self.shards.len()
    }

    /// The number of the shard of a hash, which is also that of its single-flight table.
    pub(crate) fn shard_of(&self, hash: u64) -> usize {
        // The hash table uses the lowest and the highest bits.
        (hash >> 32) as usize & (self.shards.len() - 1)
    }

    pub(crate) fn shard(&self, at: usize) -> MutexGuard<'_, Shard> {
        #[cfg(test)]
        crate::thread_state::LOCKS.with(|locks| locks.set(locks.get() + 1));
        self.shards[at].0.shard.lock()
    }

    /// The index of the shard of a hash, for a lookup without its lock.
    #[inline]
    pub(crate) fn index_of(&self, hash: u64) -> &Index {
        &self.shards[self.shard_of(hash)].0.index
    }

    #[inline]
    pub(crate) fn hasher(&self) -> &TextHasher {
        &self.hasher
    }

    #[inline]
    pub(crate) fn records(&self) -> &Arc<Slab<Record>> {
        &self.records
    }

    /// The bytes of the total that are pages from the system: the rest is in the process' allocator.
    pub(crate) fn paged_bytes(&self) -> usize {
        self.pool().paged_bytes() + self.records().paged_bytes() + self.ledger().word_bytes()
    }

    /// The time since the store was made.
    pub(crate) fn uptime(&self) -> Duration {
        self.start.elapsed()
    }

    /// The time since the store was made, in ticks of a 64th of a second. Wraps after two years.
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

    /// Switches adding records on or off.
    pub(crate) fn switch(&self, on: bool) {
        self.is_off.store(!on, Ordering::Relaxed);
        self.thread_caches.switch(on);
    }

    /// The shard to start at: the next one with each call, modulo their number.
    pub(crate) fn next_turn(&self) -> usize {
        self.turn.0.fetch_add(1, Ordering::Relaxed)
    }

    /// Returns the numbers of the records of a shard for which `wanted` is true. The list is allocated outside the lock, so
    /// it leaves out records added in between; and some may be gone by then, see [`Shard::cached`].
    pub(crate) fn numbers(&self, at: usize, wanted: impl Fn(&RecordRef) -> bool) -> Vec<u32> {
        let count = self.shard(at).policy.iter().filter(|r| wanted(r)).count();
        let mut numbers = Vec::with_capacity(count);
        if count > 0 {
            let shard = self.shard(at);
            let records = shard.policy.iter_oldest().filter(|r| wanted(r));
            numbers.extend(records.take(count).map(Shared::number));
        }
        numbers
    }

    /// Checks the structures, and the accounts against them. For moments when no other thread uses the cache.
    ///
    /// # Panics
    ///
    /// If a check fails.
    pub(crate) fn validate(&self) {
        let (mut programs, mut tables, mut pinned, mut index) = (0, 0, 0, 0);
        let mut owned: HashMap<u32, (usize, usize)> = HashMap::new();
        for at in 0..self.shards.len() {
            let shard = self.shard(at);
            shard.validate();
            index += shard.own_bytes();
            for record in shard.policy.iter() {
                assert_eq!(record.place(), Place::Cached, "place of a cached record");
                assert_eq!(self.shard_of(record.hash()), at, "shard of a record");
                let image = record.image();
                programs += image.memory_bytes() - image.table_bytes();
                tables += image.table_bytes();
                index += RECORD_BYTES + Record::validate_thread_refs(record);
                let charged = owned.entry(record.owner()).or_insert((0, 0));
                *charged = (charged.0 + 1, charged.1 + record.cost());
            }
            for record in shard.pinned.iter() {
                assert_eq!(record.place(), Place::Pinned, "place of a pinned record");
                assert_eq!(record.owner(), NOBODY, "owner of a pinned record");
                assert_eq!(self.shard_of(record.hash()), at, "shard of a record");
                pinned += record.image().memory_bytes();
                index += RECORD_BYTES + Record::validate_thread_refs(record);
            }
        }
        index += self.thread_caches.own_bytes() + self.owners.own_bytes();
        let charged = |number| owned.get(&number).copied().unwrap_or((0, 0));
        self.owners.validate(charged);
        let ledger = self.ledger();
        assert_eq!(ledger.bytes(Account::Programs), programs, "programs");
        assert_eq!(ledger.bytes(Account::Tables), tables, "tables");
        assert!(ledger.bytes(Account::Pinned) >= pinned, "pinned programs");
        assert!(ledger.bytes(Account::Index) >= index, "index");
        self.records.validate();
        let sum: usize = Account::ALL.iter().map(|&a| ledger.bytes(a)).sum();
        assert_eq!(ledger.total_bytes(), sum, "total of the accounts");
        self.pool().validate();
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let bytes = Store::own_bytes(self.shards.len()) + *self.shared_bytes.get_mut();
        self.ledger().sub(Account::Overhead, bytes);
    }
}
