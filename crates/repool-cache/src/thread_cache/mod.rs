//! What each thread finds by itself: a small table in front of the shards.
//!
//! ```text
//! hints: (address, length) ──► slot          two texts last found there, so that they need not be hashed
//! slots: hash ──► up to 8 neighbours ──► Way ──lend──► Handle
//! ```
//!
//! A hit takes no lock and writes only what no other thread does: the perch of the [`ThreadRef`], from which it takes
//! the handle, and three counters. Both tables are only guesses; what decides is the whole key, of which the way has a copy
//! or leads to one. So the hash may be a fast one: a thousand patterns of one hash would fill eight slots, and
//! every other lookup go on to the shards and their SipHash.
//!
//! A way keeps nothing alive by itself, so that eviction need not wait for the thread, see `entry/thread_ref.rs`. A front
//! grows while patterns find no slot, up to a share of the budget; if it may not grow, one in
//! [`DISPLACE_EVERY`] of those displaces another, so that a loop larger than the front does not turn it over
//! with every lookup.
//!
//! Fronts of a thread are a list, the one last used first: most processes have one cache. They go with their thread;
//! with their cache, if that is dropped here; and otherwise when the thread makes its next front. Statistics read the
//! [`Tally`] of each.
//!
//! Exercised by `tests/thread_caches.rs`; `benches/cache.rs` measures it.

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
use crate::thread_state::{drop_thread_caches_at_end, number_of_thread, with_thread_caches};

/// Finds a pattern without a lock, if this thread found it before and it is still cached.
#[inline]
pub(crate) fn get(store: &Store, key: Key<'_>) -> Option<Handle> {
    let [first, second] = key.options;
    get_in_thread(store.thread_caches.id(), key.text, first, second).map(Handle::of_thread)
}

/// Instructions are most of what a hit costs: so it takes and gives what fits into registers, and what is seldom is
/// called.
#[inline(never)]
fn get_in_thread(id: u64, text: &str, first: u64, second: u64) -> Option<Arc<ThreadHold>> {
    with_thread_caches(|thread_caches| table::get(thread_caches, id, text, first, second))
}

/// Lets the policy know what this thread found by itself, from time to time. For whoever goes on to the shards: a
/// thread that finds all by itself makes nothing go.
pub(crate) fn report(store: &Store) {
    // If the front is in use, or gone, it can wait.
    with_thread_caches(|thread_caches| {
        let thread_cache = table::first_of(thread_caches, store.thread_caches.own_id())?;
        thread_cache.report(store.thread_caches.round(), |record| store.touch(record));
        Some(())
    });
}

/// Notes a pattern that the shards found, so that the front finds it the next time.
pub(crate) fn admit(store: &Store, key: &Key<'_>, handle: Handle) -> Handle {
    if handle.record().place() != Place::Cached {
        return handle;
    }
    if store.ledger().is_over_limit() {
        // Handles exceed the budget: a place here would make room for itself by evicting all that is above it.
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

/// Throws away this thread's front of a store.
pub(crate) fn discard(store: &Store) {
    // If the front is in use, or gone, there is nothing left to do: the thread will throw it away.
    with_thread_caches(|thread_caches| {
        table::drop_of(thread_caches, store.thread_caches.own_id());
        Some(())
    });
}

/// The front of a store, at the beginning of the list: a new one if there is none, or an outdated one. None if
/// the budget has no room for it.
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

    /// Asks for so many patterns and gives the number of locks that took.
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
