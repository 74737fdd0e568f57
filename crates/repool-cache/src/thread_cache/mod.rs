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
pub(crate) mod registry;
pub(crate) mod table;

use std::sync::Arc;

use crate::entry::handle::Handle;
use crate::entry::record::Place;
use crate::entry::thread_ref::ThreadHold;
use crate::key::Key;
use crate::store::Store;
use crate::thread_cache::table::{ThreadCache, ThreadCaches};
use crate::thread_state::{drop_thread_caches_at_end, with_thread_caches};

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
        thread_cache.admit(store.pool(), key, &mut hold)
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
    use crate::thread_state::LOCKS;

    /// Requests the patterns and returns the number of shard locks that this took.
    fn locks(cache: &Cache<String>, texts: &[String]) -> usize {
        let before = LOCKS.get();
        for text in texts {
            let key = Key {
                text,
                options: [3, 4],
            };
            cache
                .get_or_compile(key, |pool| image(text, pool))
                .expect("an image");
        }
        LOCKS.get() - before
    }

    #[test]
    fn a_hit_takes_no_lock() {
        let cache: Cache<String> = Cache::new(Config::default());
        let texts: Vec<String> = (0..200).map(|i| format!("pattern {i}")).collect();
        assert!(locks(&cache, &texts) >= 200);
        assert!(locks(&cache, &texts) >= 200, "found in the shards");
        // It grows until all of them have slots.
        assert!((0..1000).any(|_| locks(&cache, &texts) == 0));
        assert_eq!(locks(&cache, &texts), 0, "found in the thread_cache");
        let copies: Vec<String> = texts.clone();
        assert_eq!(locks(&cache, &copies), 0, "at whatever address");
        cache.purge();
        assert!(locks(&cache, &texts) >= 200);
        cache.validate();
    }

    #[test]
    fn similar_texts_find_slots_whatever_the_seed() {
        let texts: Vec<String> = (0..200).map(|i| format!("pattern {i}")).collect();
        for _ in 0..300 {
            let cache: Cache<String> = Cache::new(Config::default());
            assert!((0..1000).any(|_| locks(&cache, &texts) == 0));
        }
    }
}
