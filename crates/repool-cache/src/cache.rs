//! The public type: finds, compiles, resizes, purges.
//!
//! Exercised by `tests/cache.rs` and `tests/operations.rs`.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use repool_arena::{Account, Pool};
use repool_program::Image;

use crate::cause::Cause;
use crate::config::{Config, Mode};
use crate::entries::Entries;
use crate::entry::handle::Handle;
use crate::key::{Key, Probe};
use crate::observer::Pressure;
use crate::owners::{Owned, Owner, OwnerStats};
use crate::single_flight::{Outcome, SingleFlight, Ticket, Turn};
use crate::stats::Stats;
use crate::store::Store;
use crate::store::admit::NoRoom;
use crate::thread_cache;
use crate::thread_state::{Asking, Compiling, replace_refused};

/// A cache of compiled patterns, bounded in bytes.
///
/// `E` is the error type of the compiler. Errors are cached too.
///
/// ```
/// use repool_cache::{Cache, Config, Key, Refusal};
///
/// let cache: Cache<String> = Cache::new(Config::default());
/// let key = Key { text: "(", options: [0; 2] };
/// for _ in 0..2 {
///     let refusal = cache.get_or_compile(key, |_| Err("unclosed group".to_owned())).unwrap_err();
///     assert_eq!(refusal, Refusal::Compile("unclosed group".to_owned()));
/// }
/// let stats = cache.stats();
/// assert_eq!((stats.misses, stats.error_hits), (1, 1));
/// ```
pub struct Cache<E> {
    single_flight: SingleFlight<E>,
    store: Arc<Store>,
    error_heap_bytes: fn(&E) -> usize,
}

/// Why there is no handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal<E> {
    /// The pattern does not compile.
    Compile(E),
    /// Under [`Mode::Strict`] only: the budget has no room for the program. The program is too large, or handles
    /// hold the rest.
    Budget {
        /// The bytes that found no room.
        needed: usize,
        /// The budget in bytes.
        max: usize,
    },
}

impl<E: Clone + fmt::Display + Send + Sync> Cache<E> {
    /// Makes an empty cache. An error is counted with the size of `E` and without heap memory; see
    /// [`Cache::with_error_heap`].
    #[must_use]
    pub fn new(config: Config) -> Cache<E> {
        Cache::with_error_heap(config, |_| 0)
    }

    /// Makes an empty cache whose errors hold heap memory. `error_heap_bytes` returns the heap bytes of one error.
    #[must_use]
    pub fn with_error_heap(config: Config, error_heap_bytes: fn(&E) -> usize) -> Cache<E> {
        let store = Store::new(config);
        Cache {
            single_flight: SingleFlight::new(&store),
            store,
            error_heap_bytes,
        }
    }

    /// Moves the cache behind an `Arc` and counts the bytes of that allocation.
    #[must_use]
    pub fn into_shared(self) -> Arc<Cache<E>> {
        self.store
            .share(size_of::<Cache<E>>() + 2 * size_of::<usize>());
        Arc::new(self)
    }

    /// Returns the compiled pattern of a key: from the cache, or from `compile`.
    ///
    /// `compile` seals the program into the pool that it is given. It runs without any lock, so it may be slow and may use
    /// the cache. If several threads ask for one missing key, one compiles; the others wait and get the same handle or the
    /// same error.
    ///
    /// # Errors
    ///
    /// The error of `compile`, from this call or cached; under [`Mode::Strict`] also [`Refusal::Budget`].
    ///
    /// # Panics
    ///
    /// If `compile` panics. The cache stays as it was, and one of the waiting threads compiles instead.
    #[inline]
    pub fn get_or_compile(
        &self,
        key: Key<'_>,
        compile: impl FnOnce(&Arc<Pool>) -> Result<Image, E>,
    ) -> Result<Handle, Refusal<E>> {
        match self.recall(key) {
            Some(handle) => Ok(handle),
            None => self.get_or_compile_anew(key, compile),
        }
    }

    /// Returns the handle if this thread's cache has it, and counts a hit. This is the first step of
    /// [`Cache::get_or_compile`]; after `None`, which counts nothing, [`Cache::get_or_compile_anew`] does the rest.
    #[inline]
    #[must_use]
    pub fn recall(&self, key: Key<'_>) -> Option<Handle> {
        thread_cache::get(&self.store, key).or_else(|| {
            let [first, second] = key.options;
            thread_cache::get_otherwise(&self.store, key.text, first, second)
        })
    }

    /// Returns the owner with this name, which is made if there is none. See [`Cache::get_or_compile_for`].
    ///
    /// If the budget has no room for the name, the returned owner has no share.
    #[must_use]
    pub fn owner(&self, name: &str) -> Owner {
        let bytes_max = self.store.config().owner_bytes_max;
        Owner((self.store.owners).of_name(name, bytes_max, self.store.pool()))
    }

    /// Does what [`Cache::get_or_compile`] does, for an owner.
    ///
    /// The pattern is charged to the owner unless another owner is charged already. To make room, the cache evicts the
    /// owner's own patterns, patterns without an owner, and those of owners above their shares; no others.
    ///
    /// # Errors
    ///
    /// Those of [`Cache::get_or_compile`].
    ///
    /// # Panics
    ///
    /// If `compile` panics.
    #[inline]
    pub fn get_or_compile_for(
        &self,
        owner: &Owner,
        key: Key<'_>,
        compile: impl FnOnce(&Arc<Pool>) -> Result<Image, E>,
    ) -> Result<Handle, Refusal<E>> {
        let Some(owner) = &owner.0 else {
            return self.get_or_compile(key, compile);
        };
        let result = if let Some(handle) = self.recall(key) {
            owner.count_hit();
            Ok(handle)
        } else {
            self.look_further_for(owner, key, compile)
        };
        if let Ok(handle) = &result
            && handle.record().owner() != owner.number()
        {
            self.store.share_with(handle.record(), owner);
        }
        result
    }

    #[inline(never)]
    fn look_further_for(
        &self,
        owner: &Owned,
        key: Key<'_>,
        compile: impl FnOnce(&Arc<Pool>) -> Result<Image, E>,
    ) -> Result<Handle, Refusal<E>> {
        let mut spent = None;
        let result = {
            let _asking = Asking::begin(owner.number());
            self.get_or_compile_anew(key, |pool| {
                let start = Instant::now();
                // The closure may itself ask for another owner, or for none.
                let result = compile(pool);
                spent = Some(nanos_since(start));
                result
            })
        };
        match spent {
            Some(nanos) => owner.count_miss(nanos, matches!(result, Err(Refusal::Compile(_)))),
            None => owner.count_hit(),
        }
        result
    }

    /// Sets the share of an owner, in bytes: other owners cannot evict it below this. Default: a sixteenth of the budget.
    /// If all shares together exceed three quarters of the budget, they are scaled down alike.
    pub fn set_share(&self, owner: &Owner, bytes: usize) {
        if let Some(owner) = &owner.0 {
            owner.set_share(bytes);
        }
    }

    /// Sets the most bytes that an owner may have in the cache. Default: no bound but the budget.
    pub fn set_max_bytes(&self, owner: &Owner, bytes: usize) {
        if let Some(owner) = &owner.0 {
            owner.set_max_bytes(bytes);
            while owner.is_over_max() && self.store.evict_own(owner.number()) {}
        }
    }

    /// Drops the patterns of an owner, and the owner itself with its share and its counters.
    ///
    /// A pattern that a second owner asked for is charged to that one instead. Handles stay valid. From now on a request for
    /// this owner counts for no owner, and its name makes a new one.
    pub fn release(&self, owner: &Owner) {
        if let Some(owner) = &owner.0 {
            self.store.release_owner(owner);
        }
    }

    /// Returns the counters and bytes of an owner.
    #[must_use]
    pub fn owner_stats(&self, owner: &Owner) -> OwnerStats {
        let stats = |owner: &Arc<Owned>| self.store.owners.stats_of(owner);
        owner.0.as_ref().map(stats).unwrap_or_default()
    }

    /// Returns the counters and bytes of every owner, sorted by name.
    #[must_use]
    pub fn owners(&self) -> Vec<OwnerStats> {
        let owners = self.store.owners.all();
        owners
            .iter()
            .map(|o| self.store.owners.stats_of(o))
            .collect()
    }

    /// Does the rest of [`Cache::get_or_compile`] after [`Cache::recall`] returned `None`. Not inlined, so that a hit needs
    /// few registers.
    ///
    /// # Errors
    ///
    /// Those of [`Cache::get_or_compile`].
    ///
    /// # Panics
    ///
    /// If `compile` panics.
    #[inline(never)]
    pub fn get_or_compile_anew(
        &self,
        key: Key<'_>,
        compile: impl FnOnce(&Arc<Pool>) -> Result<Image, E>,
    ) -> Result<Handle, Refusal<E>> {
        let probe = Probe::new(key, self.store.hasher());
        thread_cache::report(&self.store);
        if self.store.is_off() {
            return self.compile(
                key,
                &probe,
                self.single_flight.ticket_without_flight(&probe),
                compile,
            );
        }
        if let Some(handle) = self.store.lookup(&probe) {
            return Ok(thread_cache::admit(&self.store, &key, handle));
        }
        match self.single_flight.turn(&probe) {
            Turn::Hit(handle) | Turn::Done(Outcome::Ready(handle)) => Ok(handle),
            Turn::Done(Outcome::Failed(failure)) => Err(Refusal::Compile(failure.error.clone())),
            Turn::Done(Outcome::NoRoom(no_room)) => Err(self.refusal(no_room)),
            Turn::Done(Outcome::Abandoned) => unreachable!("who waits starts over then"),
            Turn::Compile(ticket) => self.compile(key, &probe, ticket, compile),
        }
    }

    fn compile(
        &self,
        key: Key<'_>,
        probe: &Probe<'_>,
        ticket: Ticket<'_, E>,
        compile: impl FnOnce(&Arc<Pool>) -> Result<Image, E>,
    ) -> Result<Handle, Refusal<E>> {
        let compiling = Compiling::begin();
        let outer = replace_refused(0);
        let start = Instant::now();
        let result = compile(self.store.pool());
        let nanos = nanos_since(start);
        let refused = replace_refused(outer);
        drop(compiling);
        ticket.took(nanos);
        let result = self.hand_over(key, probe, ticket, result, nanos, refused);
        self.store.notifier.compiled(key.text, nanos, &result);
        if let Err(Refusal::Budget { needed, .. }) = result {
            let ledger = self.store.ledger();
            self.store
                .notifier
                .pressed(|| Pressure::of(ledger, needed, true));
        }
        result
    }

    /// Gives the outcome of a compile to the cache and to the waiting threads.
    fn hand_over(
        &self,
        key: Key<'_>,
        probe: &Probe<'_>,
        ticket: Ticket<'_, E>,
        result: Result<Image, E>,
        nanos: u64,
        refused: usize,
    ) -> Result<Handle, Refusal<E>> {
        let refuse = |ticket: Ticket<'_, E>, no_room| {
            ticket.refuse(no_room);
            Err(self.refusal(no_room))
        };
        match result {
            Ok(image) => match self.store.admit(probe, image, nanos) {
                Ok(handle) => {
                    ticket.ready(&handle);
                    Ok(handle)
                }
                Err(no_room) => refuse(ticket, no_room),
            },
            // The compiler reports that it has no memory. The store refused a reservation, so the budget is the reason.
            Err(_) if refused > 0 => refuse(ticket, NoRoom { needed: refused }),
            Err(error) => {
                let heap = (self.error_heap_bytes)(&error);
                let bytes_max = if self.store.is_off() {
                    0
                } else {
                    self.store.config().error_bytes_max(self.max_bytes())
                };
                ticket.fail(probe, key.text, error.clone(), heap, bytes_max);
                Err(Refusal::Compile(error))
            }
        }
    }

    fn refusal(&self, no_room: NoRoom) -> Refusal<E> {
        Refusal::Budget {
            needed: no_room.needed,
            max: self.max_bytes(),
        }
    }

    /// Returns counters, bytes by account and entries. Each is exact; together they are of about one moment.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.store.sweep_all();
        Stats::of(&self.store, &self.single_flight)
    }

    /// Iterates over the cached patterns: shard by shard, most recently used first. Under [`Mode::Weak`] these are the
    /// patterns that handles hold.
    ///
    /// The iterator is lazy and holds no lock between two entries. It may or may not show what other threads change
    /// meanwhile.
    #[must_use]
    pub fn entries(&self) -> Entries<'_> {
        Entries::new(&self.store)
    }

    /// Drops all patterns and errors. Handles stay valid; counters go on.
    ///
    /// Their pages go back to the system at once.
    pub fn purge(&self) {
        self.store.purge();
        self.renew_thread_caches();
        self.single_flight.purge();
        self.store.give_back();
    }

    /// Gives free pages back to the system. Returns the number of bytes that were given back.
    ///
    /// If the cached patterns lie scattered over many pages, those that no handle holds are moved together first. What a handle
    /// holds stays where it is, with the rest of its page.
    ///
    /// The allocator of the process is asked for nothing.
    pub fn trim(&self) -> usize {
        let before = self.store.ledger().total_bytes();
        self.renew_thread_caches();
        self.store.sweep_all();
        self.store.shrink_index();
        self.single_flight.shrink();
        self.store.give_back();
        before.saturating_sub(self.store.ledger().total_bytes())
    }

    /// Sets another budget. If it is smaller, the least recently used patterns are evicted.
    ///
    /// The number of shards does not change. Under [`Mode::Weak`] this sets only the bound of cached errors.
    pub fn resize(&self, max_bytes: usize) {
        self.renew_thread_caches();
        self.store.resize(max_bytes);
        self.single_flight
            .resize(self.store.config().error_bytes_max(max_bytes));
    }

    /// Frees memory until at most `bytes` are left, if possible, and returns the number of bytes freed. The budget does not
    /// change.
    ///
    /// Frees spares first, then tables, then patterns in the order of the policy, then errors. Never frees what handles hold.
    /// Then returns free pages to the system, as [`Cache::trim`] does.
    pub fn shrink_to(&self, bytes: usize) -> usize {
        let before = self.total_bytes();
        if before > bytes {
            self.renew_thread_caches();
            self.store.sweep_all();
            self.single_flight.shrink();
            self.store.shrink_to(bytes, Cause::Pressure);
            if self.total_bytes() > bytes {
                self.single_flight.purge();
            }
        }
        self.store.give_back();
        before.saturating_sub(self.total_bytes())
    }

    /// Drops the patterns that were not requested for `time` and that no handle holds. Returns their number.
    ///
    /// Hits are counted, not timed: a pattern requested since the last call counts as requested now. So no pattern is dropped
    /// too early, and regular calls drop every idle one.
    pub fn purge_idle(&self, time: Duration) -> usize {
        let gone = self.store.purge_idle(time);
        if gone > 0 {
            self.store.give_back();
        }
        gone
    }

    /// Switches the cache off or on. While it is off it holds nothing, and each request compiles. [`Stats::is_off`] reports
    /// the state.
    pub fn set_enabled(&self, enabled: bool) {
        self.store.switch(enabled);
        if !enabled {
            self.purge();
            self.trim();
        }
    }

    /// Drops this thread's cache. Other threads drop theirs at their next miss.
    fn renew_thread_caches(&self) {
        self.store.note_thread_hits();
        self.store.thread_caches.renew();
        thread_cache::discard(&self.store);
    }

    /// Returns the budget in bytes; [`usize::MAX`] under [`Mode::Weak`].
    #[must_use]
    pub fn max_bytes(&self) -> usize {
        self.store.ledger().limit()
    }

    /// Returns the bytes that the budget bounds, now. Equals [`Stats::total_bytes`] and costs one load.
    #[must_use]
    pub fn total_bytes(&self) -> usize {
        self.store.ledger().total_bytes()
    }

    /// Returns the highest value that [`Cache::total_bytes`] ever had.
    #[must_use]
    pub fn peak_bytes(&self) -> usize {
        self.store.ledger().peak_bytes()
    }

    /// Returns what the cache does when handles hold more than the budget.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.store.config().mode
    }

    /// Returns the pool that patterns are compiled into.
    #[must_use]
    pub fn pool(&self) -> &Arc<Pool> {
        self.store.pool()
    }

    /// Returns the part of [`Cache::total_bytes`] that lies in pages from the system and not in the process's allocator. For
    /// tests.
    #[doc(hidden)]
    #[must_use]
    pub fn paged_bytes(&self) -> usize {
        self.store.paged_bytes()
    }

    /// Checks every structure against every account. For tests and fuzzers, while no other thread uses the cache.
    ///
    /// # Panics
    ///
    /// If a check fails.
    pub fn validate(&self) {
        self.store.sweep_all();
        self.store.validate();
        self.single_flight.validate();
        assert!(
            self.store.ledger().bytes(Account::Pinned) > 0
                || self.total_bytes() <= self.max_bytes(),
            "the budget holds when no handle exceeds it"
        );
    }
}

fn nanos_since(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

impl<E> Drop for Cache<E> {
    fn drop(&mut self) {
        self.store.disown();
        thread_cache::discard(&self.store);
        self.store.give_back();
    }
}

impl<E> fmt::Debug for Cache<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("config", self.store.config())
            .field("ledger", self.store.ledger())
            .finish_non_exhaustive()
    }
}

impl<E: fmt::Display> fmt::Display for Refusal<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Compile(error) => error.fmt(f),
            Refusal::Budget { needed, max } => {
                write!(f, "no room for {needed} bytes in a budget of {max} bytes")
            }
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for Refusal<E> {}
