//! The cache: the one way in.

use std::fmt;
use std::hash::RandomState;
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

/// Compiled patterns, bounded in bytes.
///
/// `E` is the error of the compiler, which is cached too.
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
    hasher: RandomState,
    error_heap_bytes: fn(&E) -> usize,
}

/// Why there is no handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal<E> {
    /// The pattern does not compile.
    Compile(E),
    /// Under [`Mode::Strict`] only: the budget has no room for it. Either it is too large, or handles
    /// hold all the rest.
    Budget {
        /// The bytes that found no room.
        needed: usize,
        /// The budget in bytes.
        max: usize,
    },
}

impl<E: Clone + fmt::Display + Send + Sync> Cache<E> {
    /// An empty cache. Errors count with what `E` itself takes and nothing on the heap; see
    /// [`Cache::with_error_heap`].
    #[must_use]
    pub fn new(config: Config) -> Cache<E> {
        Cache::with_error_heap(config, |_| 0)
    }

    /// An empty cache whose errors hold heap memory: as many bytes as the function tells.
    #[must_use]
    pub fn with_error_heap(config: Config, error_heap_bytes: fn(&E) -> usize) -> Cache<E> {
        let store = Store::new(config);
        Cache {
            single_flight: SingleFlight::new(&store),
            store,
            hasher: RandomState::new(),
            error_heap_bytes,
        }
    }

    /// The cache behind an `Arc`, which counts with the rest of it.
    #[must_use]
    pub fn into_shared(self) -> Arc<Cache<E>> {
        self.store
            .share(size_of::<Cache<E>>() + 2 * size_of::<usize>());
        Arc::new(self)
    }

    /// The compiled pattern of a key, from the cache or else from `compile`.
    ///
    /// `compile` seals the program into the pool it is given, and runs without any lock held: it may take its time, and
    /// may use the cache itself. Of all the threads that ask for a missing key at one time, one
    /// compiles; the others wait and get the same handle or the same error. Errors are kept, too.
    ///
    /// # Errors
    ///
    /// The error of `compile`, now or earlier; or, under [`Mode::Strict`], that there is no room.
    ///
    /// # Panics
    ///
    /// If `compile` does. The cache stays as it was, and one of those who wait compiles instead.
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

    /// What [`Cache::get_or_compile`] does first: the handle, if this thread finds it by itself. Counts a hit; None tells
    /// and counts nothing, and [`Cache::get_or_compile_anew`] does the rest.
    #[inline]
    #[must_use]
    pub fn recall(&self, key: Key<'_>) -> Option<Handle> {
        thread_cache::get(&self.store, key)
    }

    /// The owner of a name: the one there is, or a new one. See [`Cache::get_or_compile_for`].
    ///
    /// If the budget has no room even for a name, it is an owner without a share.
    #[must_use]
    pub fn owner(&self, name: &str) -> Owner {
        let bytes_max = self.store.config().owner_bytes_max;
        Owner((self.store.owners).of_name(name, bytes_max, self.store.pool()))
    }

    /// [`Cache::get_or_compile`], for an owner.
    ///
    /// The pattern is charged to the owner if it is to nobody else. Making room for it evicts the owner's own
    /// patterns, those of nobody, and those of owners that have more than their shares; no others.
    ///
    /// # Errors
    ///
    /// Those of [`Cache::get_or_compile`].
    ///
    /// # Panics
    ///
    /// If `compile` does.
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
                // The closure may ask for somebody else, or for nobody.
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

    /// Sets what an owner is guaranteed, in bytes: what others cannot push out. By default a sixteenth of the
    /// budget. If all shares together are more than three quarters of the budget, each gets its part of those.
    pub fn set_share(&self, owner: &Owner, bytes: usize) {
        if let Some(owner) = &owner.0 {
            owner.set_share(bytes);
        }
    }

    /// Sets the most bytes that an owner may have in the cache. By default nothing but the budget bounds it.
    pub fn set_max_bytes(&self, owner: &Owner, bytes: usize) {
        if let Some(owner) = &owner.0 {
            owner.set_max_bytes(bytes);
            while owner.is_over_max() && self.store.evict_own(owner.number()) {}
        }
    }

    /// Drops the patterns of an owner and forgets the owner: what it is guaranteed, what it did.
    ///
    /// A pattern that another owner asked for, too, becomes that one's. Handles stay valid. Whoever asks for this
    /// owner's sake from now on asks for nobody's; its name stands for a new owner.
    pub fn release(&self, owner: &Owner) {
        if let Some(owner) = &owner.0 {
            self.store.release_owner(owner);
        }
    }

    /// What an owner did and has.
    #[must_use]
    pub fn owner_stats(&self, owner: &Owner) -> OwnerStats {
        let stats = |owner: &Arc<Owned>| self.store.owners.stats_of(owner);
        owner.0.as_ref().map(stats).unwrap_or_default()
    }

    /// What each owner did and has, by name.
    #[must_use]
    pub fn owners(&self) -> Vec<OwnerStats> {
        let owners = self.store.owners.all();
        owners
            .iter()
            .map(|o| self.store.owners.stats_of(o))
            .collect()
    }

    /// [`Cache::get_or_compile`] for what [`Cache::recall`] did not give. Not inlined, so that a hit needs few registers.
    ///
    /// # Errors
    ///
    /// Those of [`Cache::get_or_compile`].
    ///
    /// # Panics
    ///
    /// If `compile` does.
    #[inline(never)]
    pub fn get_or_compile_anew(
        &self,
        key: Key<'_>,
        compile: impl FnOnce(&Arc<Pool>) -> Result<Image, E>,
    ) -> Result<Handle, Refusal<E>> {
        let probe = Probe::new(key, &self.hasher);
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

    /// Gives what a compile led to whoever waits for it, and the cache.
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
            // Out of memory, says the compiler; out of budget, knows the store.
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

    /// Counters, bytes by account, entries: each exact, all of them of about the same moment.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.store.sweep_all();
        Stats::of(&self.store, &self.single_flight)
    }

    /// The cached patterns, shard by shard, in each the most recently used first; under [`Mode::Weak`] those that are
    /// held.
    ///
    /// Lazy, and without a lock between two entries: other threads go on, and what they change may or may
    /// not be seen.
    #[must_use]
    pub fn entries(&self) -> Entries<'_> {
        Entries::new(&self.store)
    }

    /// Drops all patterns and errors. Handles stay valid; counters go on.
    ///
    /// Small arenas and a few records may stay as spares for the next patterns: [`Cache::trim`] frees those.
    pub fn purge(&self) {
        self.store.purge();
        self.renew_thread_caches();
        self.single_flight.purge();
    }

    /// Frees what is only kept to be used again, and asks the C library to return free memory to the
    /// system, which takes milliseconds. Gives the number of bytes freed.
    ///
    /// Free memory goes back by whole pages. If what is cached lies scattered over many, it is moved together for that, as
    /// far as no handle holds it: some 512 KiB of scratch memory at a time, which count to no budget.
    pub fn trim(&self) -> usize {
        let before = self.store.ledger().total_bytes();
        self.renew_thread_caches();
        self.store.sweep_all();
        self.store.shrink_index();
        self.single_flight.shrink();
        // Before spares are freed: glibc gives back the end of another thread's heap only when something is freed there
        // that has 64 KiB of free memory beside it, and joins what was freed in small pieces only now.
        repool_arena::release_free_memory();
        self.store.free_spares();
        self.store.pool().trim();
        self.store.give_back();
        before.saturating_sub(self.store.ledger().total_bytes())
    }

    /// Sets another budget. If it is smaller, the patterns stay that were asked for most of late.
    ///
    /// The number of shards stays what it is. Under [`Mode::Weak`] only what is kept of errors has a bound to set.
    pub fn resize(&self, max_bytes: usize) {
        self.renew_thread_caches();
        self.store.resize(max_bytes);
        self.single_flight
            .resize(self.store.config().error_bytes_max(max_bytes));
    }

    /// Goes down to so many bytes, if it can, and gives the number of bytes freed. The budget stays what it is.
    ///
    /// What is kept to be used again goes first, then tables, patterns by the policy, and errors; what handles hold
    /// stays. Then gives free memory back to the system, as [`Cache::trim`] does.
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

    /// Drops the patterns that nobody asked for since so long a time and no handle holds, and gives their number.
    ///
    /// Hits are only counted, not timed: what was asked for since the last call counts as asked for now. So
    /// nothing goes too early, and all that is idle goes if this is called regularly.
    pub fn purge_idle(&self, time: Duration) -> usize {
        self.store.purge_idle(time)
    }

    /// Switches the cache off, or on again. While it is off it holds nothing: every pattern is compiled for
    /// whoever asks for it. [`Stats::is_off`] tells.
    pub fn set_enabled(&self, enabled: bool) {
        self.store.switch(enabled);
        if !enabled {
            self.purge();
            self.trim();
        }
    }

    /// Throws away this thread's front, and lets other threads do so when they next look further.
    fn renew_thread_caches(&self) {
        self.store.note_thread_hits();
        self.store.thread_caches.renew();
        thread_cache::discard(&self.store);
    }

    /// The budget in bytes; [`usize::MAX`] under [`Mode::Weak`].
    #[must_use]
    pub fn max_bytes(&self) -> usize {
        self.store.ledger().limit()
    }

    /// The bytes that the budget bounds, now. The same as [`Stats::total_bytes`], without the rest of it.
    #[must_use]
    pub fn total_bytes(&self) -> usize {
        self.store.ledger().total_bytes()
    }

    /// The most that [`Cache::total_bytes`] has ever been.
    #[must_use]
    pub fn peak_bytes(&self) -> usize {
        self.store.ledger().peak_bytes()
    }

    /// What happens when handles hold more than the budget.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.store.config().mode
    }

    /// The pool that patterns are compiled into.
    #[must_use]
    pub fn pool(&self) -> &Arc<Pool> {
        self.store.pool()
    }

    /// Checks every structure against every account. For tests and fuzzers, at moments when no other
    /// thread uses the cache.
    ///
    /// # Panics
    ///
    /// If something does not hold.
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
        self.store.free_spares();
        self.store.pool().trim();
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
