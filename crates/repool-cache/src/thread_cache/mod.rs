//! The thread cache: a small table per thread in front of the shards.
//!
//! ```text
//! hints: (address, length) ──► slot          two texts last found there, so that they need not be hashed
//! slots: hash ──► up to 8 neighbours ──► ThreadRef ──► Handle
//! far:   (address, length) ──► number of a record, for the many patterns without a slot
//! ```
//!
//! A hit takes no lock. It writes only what no other thread writes: the slot of the parked handle, from which it takes the
//! handle, and three counters. Hints and hashes only select a candidate; the comparison of the whole key decides.
//!
//! A pattern without a slot is found in the index that all threads share, also without a lock. That costs one more count on
//! the record, which threads share.
//!
//! # Growth
//!
//! A reference in a slot keeps no record alive, so that eviction need not wait for the thread (`entry/thread_ref.rs`). The
//! table doubles while patterns find no slot, up to a share of the budget. At full size only one in
//! `THREAD_CACHE_DISPLACE_EVERY` of them displaces another, so that a loop over more patterns than slots does not replace
//! an entry with each lookup.
//!
//! # Lifetime
//!
//! The caches of a thread form a list, the last used first, as most processes have one cache. A thread cache is dropped
//! when its thread ends, when its store is dropped on this thread, or when this thread makes its next thread cache after
//! the store was dropped elsewhere. Statistics read the `Tally` of each.
//!
//! Exercised by `tests/thread_cache.rs`; measured by `benches/cache.rs`.

pub(crate) mod far;
pub(crate) mod inline_key;
mod lookup;
pub(crate) mod registry;
pub(crate) mod table;

use std::sync::Arc;

use crate::entry::handle::Handle;
use crate::entry::record::Place;
use crate::entry::thread_ref::ThreadHold;
use crate::key::Key;
use crate::store::Store;
use crate::thread_cache::table::{ThreadCache, ThreadCaches};
use crate::thread_state::{drop_thread_caches_at_end, number_of_thread, with_thread_caches};

/// Finds a pattern without a lock, if this thread found it before and it is still cached.
#[inline]
pub(crate) fn get(store: &Store, key: Key<'_>) -> Option<Handle> {
    let [first, second] = key.options;
    get_in_thread(store.thread_caches.id(), key.text, first, second).map(Handle::of_thread)
}

/// Most of a hit's cost is instructions. So this takes and returns what fits into registers, and rare work is in calls.
#[inline(never)]
fn get_in_thread(id: u64, text: &str, first: u64, second: u64) -> Option<Arc<ThreadHold>> {
    with_thread_caches(|thread_caches| table::get(thread_caches, id, text, first, second))
}

/// Finds a cached pattern without a lock where [`get`] does not: by its hash in this thread's cache, or in the shared index.
/// Counts the hit in this thread's counters. `None` if it is not found, or if this thread has no thread cache.
#[inline(never)]
pub(crate) fn get_otherwise(store: &Store, text: &str, first: u64, second: u64) -> Option<Handle> {
    let key = Key {
        text,
        options: [first, second],
    };
    with_thread_caches(|thread_caches| {
        let thread_cache = table::first_of(thread_caches, store.thread_caches.id())?;
        thread_cache.report_to(store);
        thread_cache.get_far(store, &key)
    })
}

/// Reports this thread's hits to the policy, once in each round of evictions. Called by a thread that goes on to the shards:
/// a thread whose every lookup hits causes no eviction.
pub(crate) fn report(store: &Store) {
    // If the thread cache is in use or gone, the next call reports.
    with_thread_caches(|thread_caches| {
        table::first_of(thread_caches, store.thread_caches.own_id())?.report_to(store);
        Some(())
    });
}

/// Gives a pattern that the shards found a slot here, so that this thread finds it by itself the next time.
pub(crate) fn admit(store: &Store, key: &Key<'_>, handle: Handle) -> Handle {
    if handle.record().place() != Place::Cached {
        return handle;
    }
    if store.ledger().is_over_limit() {
        // Handles exceed the budget. Reserving memory for a slot would evict until the budget holds again.
        return handle;
    }
    let mut hold = match handle.into_hold() {
        Ok(hold) => Some(hold),
        Err(handle) => return handle,
    };
    let admitted = with_thread_caches(|thread_caches| {
        let thread_cache = renewed(thread_caches, store)?;
        thread_cache.admit(store.pool(), key, &mut hold, number_of_thread())
    });
    match (admitted, hold) {
        (Some(thread_hold), _) => Handle::of_thread(thread_hold),
        (None, hold) => Handle::shared(hold.expect("what was not admitted is still here")),
    }
}

/// Drops this thread's cache of a store.
pub(crate) fn discard(store: &Store) {
    // If it is in use or gone, the thread drops it later.
    with_thread_caches(|thread_caches| {
        table::drop_of(thread_caches, store.thread_caches.own_id());
        Some(())
    });
}

/// Returns the thread cache of a store, at the beginning of the list; makes one if there is none or it is outdated. `None`
/// if the budget has no room for it.
fn renewed<'a>(thread_caches: &'a mut ThreadCaches, store: &Store) -> Option<&'a mut ThreadCache> {
    if table::current(thread_caches, &store.thread_caches).is_none() {
        table::drop_orphans(thread_caches);
        drop_thread_caches_at_end()?;
        return Some(table::push(
            thread_caches,
            ThreadCache::new(&store.thread_caches, store.pool())?,
        ));
    }
    thread_caches.as_deref_mut()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::Cache;
    use crate::config::Config;
    use crate::test_support::image;
    use crate::thread_state::{INDEX_HITS, LOCKS};

    fn texts(count: usize) -> Vec<String> {
        (0..count).map(|i| format!("pattern {i}")).collect()
    }

    /// Requests the patterns. Returns the number of shard locks that this took, and of patterns that the shared index found.
    fn ask(cache: &Cache<String>, texts: &[String]) -> (usize, usize) {
        let before = (LOCKS.get(), INDEX_HITS.get());
        for text in texts {
            let key = Key {
                text,
                options: [3, 4],
            };
            let handle = cache.get_or_compile(key, |pool| image(text, pool));
            assert_eq!(handle.expect("an image").program().text(), text);
        }
        (LOCKS.get() - before.0, INDEX_HITS.get() - before.1)
    }

    #[test]
    fn a_hit_takes_no_lock() {
        let cache: Cache<String> = Cache::new(Config::default());
        let texts = texts(200);
        assert!(ask(&cache, &texts).0 >= 200, "compiled");
        // A thread gets its thread cache with the first pattern that the shards find. The others are in the index.
        let (locks, in_index) = ask(&cache, &texts);
        assert_eq!((locks, in_index), (1, 199), "found in the index");
        // It grows until all of them have slots.
        let without_slots = (0..1000).find(|_| ask(&cache, &texts) == (0, 0));
        assert!(without_slots.is_some());
        let copies: Vec<String> = texts.clone();
        assert_eq!(ask(&cache, &copies), (0, 0), "at whatever address");
        cache.purge();
        assert!(ask(&cache, &texts).0 >= 200);
        cache.validate();
    }

    #[test]
    fn a_hit_of_the_index_takes_no_lock() {
        // More than slots.
        let texts = texts(3 * crate::tuning::THREAD_CACHE_SLOTS_MAX);
        let cache: Cache<String> = Cache::new(Config {
            max_bytes: 64 << 20,
            ..Config::default()
        });
        ask(&cache, &texts);
        ask(&cache, &texts[..1]);
        for round in 0..4 {
            let (locks, in_index) = ask(&cache, &texts);
            assert_eq!(locks, 0, "round {round}");
            assert!(in_index > texts.len() / 2, "round {round}: {in_index}");
        }
        // By hash, where no hint leads to them.
        let (locks, in_index) = ask(&cache, &texts.clone());
        assert!(locks == 0 && in_index > texts.len() / 2, "{locks} locks");
        let stats = cache.stats();
        assert_eq!((stats.misses, stats.hits), (3072, 5 * 3072 + 1));
        cache.validate();
    }

    #[test]
    fn similar_texts_find_slots_whatever_the_seed() {
        let texts = texts(200);
        for _ in 0..300 {
            let cache: Cache<String> = Cache::new(Config::default());
            assert!((0..1000).any(|_| ask(&cache, &texts) == (0, 0)));
        }
    }
}
