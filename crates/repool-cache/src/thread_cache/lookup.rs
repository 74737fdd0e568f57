//! What a thread does when the address of a text leads to no slot: by its address in the far table, by its hash in the
//! slots, and in the index that all threads share.
//!
//! Exercised by `tests/thread_cache.rs` and `tests/lookups.rs`.

use std::mem;

use repool_arena::slab::Shared;

use crate::entry::handle::Handle;
use crate::entry::thread_ref::{Hold, Record};
use crate::key::{Key, Keyed, Probe};
use crate::store::Store;
use crate::thread_cache::table::{LATELY, ThreadCache};
use crate::thread_state::number_of_thread;

impl ThreadCache {
    /// Finds a pattern after the hint led to no slot: by its address in the far table, by its hash in the slots, and in the
    /// index that all threads share.
    #[inline]
    pub(super) fn get_far(&mut self, store: &Store, key: &Key<'_>) -> Option<Handle> {
        if let Some(number) = self.far.get(key)
            && let Some(hold) = store.record_of(number, key)
        {
            return Some(self.share(store, key, hold));
        }
        let probe = Probe::new(*key, store.hasher());
        if let Some(thread_hold) = self.get_by_hash(key, probe.hash) {
            return Some(Handle::of_thread(thread_hold));
        }
        let hold = store.lookup_unlocked(key, probe.hash)?;
        let bytes_max = store
            .thread_caches
            .share(0)
            .saturating_sub(self.own_bytes());
        self.far
            .note(key, Shared::number(&hold), bytes_max, store.pool());
        Some(self.share(store, key, hold))
    }

    /// Makes a handle of a record that the shared index found, and counts a hit.
    ///
    /// Looks for the record in the slots, and gives it one, if the table can still grow, or if this thread asked for it twice
    /// of late: a thread that asks for many patterns in turn does not replace an entry with each lookup.
    #[inline]
    fn share(&mut self, store: &Store, key: &Key<'_>, hold: Hold) -> Handle {
        let number = Shared::number(&hold);
        // Numbers count cache lines, and a record takes four.
        let last = &mut self.lately[number as usize / 4 % LATELY];
        let is_repeated = mem::replace(last, number) == number;
        let is_wanted = !self.is_full || is_repeated;
        if is_wanted && let Some(thread_hold) = self.get_by_hash(key, hold.hash()) {
            return Handle::of_thread(thread_hold);
        }
        #[cfg(test)]
        crate::thread_state::INDEX_HITS.set(crate::thread_state::INDEX_HITS.get() + 1);
        self.tally.count_hit(hold.compile_nanos());
        hold.count_shared_hit();
        if hold.is_unheard(self.round) {
            store.touch(&hold);
        }
        if is_wanted {
            self.try_admit(store, key, hold)
        } else {
            Handle::shared(hold)
        }
    }

    #[cold]
    fn try_admit(&mut self, store: &Store, key: &Key<'_>, hold: Hold) -> Handle {
        let mut hold = Some(hold);
        if !store.ledger().is_over_limit()
            && let Some(thread_hold) = self.admit(store.pool(), key, &mut hold, number_of_thread())
        {
            return Handle::of_thread(thread_hold);
        }
        Handle::shared(hold.expect("what was not admitted is still here"))
    }

    /// Tells the policy which records were found here since the previous report. Does so once per round.
    #[inline]
    pub(super) fn report_to(&mut self, store: &Store) {
        let round = store.thread_caches.round();
        if self.round != round {
            self.round = round;
            self.report(|record| store.touch(record));
        }
    }

    #[cold]
    fn report(&self, touch: impl Fn(&Record)) {
        let thread_refs = self
            .slots
            .iter()
            .filter_map(|slot| slot.thread_ref.as_ref());
        for thread_hold in thread_refs.filter_map(|thread_ref| thread_ref.unreported()) {
            touch(thread_hold.record());
        }
    }
}
