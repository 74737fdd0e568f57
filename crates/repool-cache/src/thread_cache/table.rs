//! The table of one thread cache, and the list of them that a thread has.
//!
//! Exercised by `tests/thread_cache.rs`.

use std::mem;
use std::sync::{Arc, Weak};

use repool_arena::{Account, Ledger, Pool};

use crate::entry::thread_ref::{Hold, THREAD_REF_BYTES, ThreadHold, ThreadRef};
use crate::key::{Key, Keyed};
use crate::thread_cache::far::Far;
use crate::thread_cache::registry::{Registry, Tally};
use crate::tuning::{
    HINT_PAIRS_PER_SLOT, THREAD_CACHE_DISPLACE_EVERY, THREAD_CACHE_GROW_PART,
    THREAD_CACHE_NEIGHBOURS, THREAD_CACHE_SLOTS_MAX, THREAD_CACHE_SLOTS_MIN,
};

/// Records that a thread cache remembers to have found of late.
pub(super) const LATELY: usize = 64;

const _: () = assert!(THREAD_CACHE_SLOTS_MIN >= THREAD_CACHE_NEIGHBOURS);
/// An odd number without a pattern: a multiplication by it carries every bit to the top (Knuth).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

#[derive(Clone, Default)]
pub(super) struct Slot {
    hash: u64,
    pub(super) thread_ref: Option<Arc<ThreadRef>>,
}

impl Slot {
    /// Empties the slot. Handles of its record stay valid.
    fn clear(&mut self) {
        if let Some(thread_ref) = self.thread_ref.take() {
            thread_ref.close();
        }
    }
}

/// Where the text at some address was found: its slot, and a part of the mixed address to tell it from others.
#[derive(Clone, Copy, Default)]
struct Hint {
    tag: u16,
    slot: u16,
}

const _: () = assert!(THREAD_CACHE_SLOTS_MAX <= 1 << 16);

/// The two hints of one place, the one used last first.
type Hints = [Hint; 2];

/// Bytes of one slot and its hints.
const SLOT_BYTES: usize = size_of::<Slot>() + HINT_PAIRS_PER_SLOT * size_of::<Hints>();

fn hints(slots: usize) -> Box<[Hints]> {
    vec![Hints::default(); slots * HINT_PAIRS_PER_SLOT].into_boxed_slice()
}

/// One thread's cache of one store.
pub(crate) struct ThreadCache {
    id: u64,
    /// The number of slots is a power of two.
    pub(super) slots: Box<[Slot]>,
    hints: Box<[Hints]>,
    pub(super) far: Far,
    pub(super) tally: Arc<Tally>,
    /// See [`Registry::epoch`].
    epoch: u32,
    /// See [`Registry::round`].
    pub(super) round: u32,
    /// Lookups that found no slot since the table last grew.
    crowded: u32,
    /// Whether the table cannot grow any more.
    pub(super) is_full: bool,
    /// Numbers of records that the shared index found of late.
    pub(super) lately: [u32; LATELY],
    registry: Weak<Registry>,
    ledger: Arc<Ledger>,
    next: ThreadCaches,
}

/// The thread caches of one thread.
pub(crate) type ThreadCaches = Option<Box<ThreadCache>>;

/// Finds a pattern in the thread cache of the store with this id.
#[inline]
pub(super) fn get(
    thread_caches: &mut ThreadCaches,
    id: u64,
    text: &str,
    first: u64,
    second: u64,
) -> Option<Arc<ThreadHold>> {
    match thread_caches
        .as_mut()
        .filter(|thread_cache| thread_cache.id == id)
    {
        Some(thread_cache) => thread_cache.get(&Key {
            text,
            options: [first, second],
        }),
        None => get_from_other(thread_caches, id, text, first, second),
    }
}

#[cold]
fn get_from_other(
    thread_caches: &mut ThreadCaches,
    id: u64,
    text: &str,
    first: u64,
    second: u64,
) -> Option<Arc<ThreadHold>> {
    if !bring_first(thread_caches, id) {
        return None;
    }
    thread_caches.as_mut()?.get_otherwise(text, first, second)
}

/// Returns the thread cache of a store, if it is the first.
pub(super) fn first_of(thread_caches: &mut ThreadCaches, id: u64) -> Option<&mut ThreadCache> {
    thread_caches
        .as_deref_mut()
        .filter(|thread_cache| thread_cache.id == id)
}

/// Moves the thread cache of a store to the beginning of the list and returns it. Drops it instead if it is outdated.
pub(super) fn current<'a>(
    thread_caches: &'a mut ThreadCaches,
    registry: &Registry,
) -> Option<&'a mut ThreadCache> {
    if !is_first(thread_caches, registry.own_id()) && !bring_first(thread_caches, registry.own_id())
    {
        return None;
    }
    let thread_cache = thread_caches.as_ref()?;
    if thread_cache.epoch == registry.epoch()
        && thread_cache.own_bytes() + thread_cache.far.bytes() <= registry.share(0)
    {
        return thread_caches.as_deref_mut();
    }
    drop_first(thread_caches);
    None
}

/// Drops the thread cache of a store.
pub(super) fn drop_of(thread_caches: &mut ThreadCaches, id: u64) {
    if bring_first(thread_caches, id) {
        drop_first(thread_caches);
    }
}

/// Adds a thread cache as the first.
pub(super) fn push(
    thread_caches: &mut ThreadCaches,
    mut thread_cache: Box<ThreadCache>,
) -> &mut ThreadCache {
    thread_cache.next = thread_caches.take();
    thread_caches.insert(thread_cache)
}

#[inline]
fn is_first(thread_caches: &ThreadCaches, id: u64) -> bool {
    thread_caches
        .as_ref()
        .is_some_and(|thread_cache| thread_cache.id == id)
}

/// Moves the thread cache of a store to the beginning of the list. Returns false if there is none.
#[cold]
fn bring_first(thread_caches: &mut ThreadCaches, id: u64) -> bool {
    let mut at = &mut *thread_caches;
    while at
        .as_ref()
        .is_some_and(|thread_cache| thread_cache.id != id)
    {
        at = &mut at.as_mut().expect("checked above").next;
    }
    let Some(mut thread_cache) = at.take() else {
        return false;
    };
    *at = thread_cache.next.take();
    thread_cache.next = thread_caches.take();
    *thread_caches = Some(thread_cache);
    true
}

fn drop_first(thread_caches: &mut ThreadCaches) {
    if let Some(mut thread_cache) = thread_caches.take() {
        *thread_caches = thread_cache.next.take();
    }
}

/// Drops the thread caches whose stores are gone.
pub(super) fn drop_orphans(thread_caches: &mut ThreadCaches) {
    let mut at = thread_caches;
    while let Some(thread_cache) = at {
        if thread_cache.registry.strong_count() == 0 {
            *at = thread_cache.next.take();
        } else {
            at = &mut at.as_mut().expect("matched above").next;
        }
    }
}

impl ThreadCache {
    const FIXED_BYTES: usize = size_of::<ThreadCache>() + Tally::BYTES;

    /// Bytes of a thread cache with this many slots when all are filled.
    const fn bytes(slots: usize) -> usize {
        ThreadCache::FIXED_BYTES + slots * (SLOT_BYTES + THREAD_REF_BYTES)
    }

    pub(super) fn new(registry: &Arc<Registry>, pool: &Arc<Pool>) -> Option<Box<ThreadCache>> {
        if ThreadCache::bytes(THREAD_CACHE_SLOTS_MIN) > registry.share(1) {
            return None;
        }
        let bytes = ThreadCache::FIXED_BYTES + THREAD_CACHE_SLOTS_MIN * SLOT_BYTES;
        let charge = pool.reserve(Account::Index, bytes).ok()?;
        let tally = Arc::new(Tally::default());
        if !registry.enter(&tally) {
            return None;
        }
        charge.keep();
        Some(Box::new(ThreadCache {
            id: registry.own_id(),
            slots: vec![Slot::default(); THREAD_CACHE_SLOTS_MIN].into_boxed_slice(),
            hints: hints(THREAD_CACHE_SLOTS_MIN),
            far: Far::default(),
            tally,
            epoch: registry.epoch(),
            round: registry.round(),
            crowded: 0,
            is_full: false,
            lately: [u32::MAX; LATELY],
            registry: Arc::downgrade(registry),
            ledger: Arc::clone(pool.ledger()),
            next: None,
        }))
    }

    #[inline]
    fn get(&mut self, key: &Key<'_>) -> Option<Arc<ThreadHold>> {
        let at = self.hinted(key)?;
        if let Some(thread_ref) = self.slots.get(at).and_then(|slot| slot.thread_ref.as_ref())
            && let Some(thread_hold) = thread_ref.take_parked(key)
        {
            self.tally.count_hit(thread_ref.compile_nanos());
            return Some(thread_hold);
        }
        let [first, second] = key.options;
        self.get_otherwise(key.text, first, second)
    }

    /// Looks once more where the hint leads: the handle may not be parked, or the text may be long.
    #[inline(never)]
    fn get_otherwise(&mut self, text: &str, first: u64, second: u64) -> Option<Arc<ThreadHold>> {
        let key = &Key {
            text,
            options: [first, second],
        };
        self.hinted(key).and_then(|at| self.try_slot(at, key))
    }

    /// The slot in which the text at the key's address was last found.
    #[inline]
    fn hinted(&self, key: &Key<'_>) -> Option<usize> {
        let (at, tag) = self.hint_at(key);
        let [first, second] = *self.hints.get(at)?;
        let hint = if first.tag == tag { first } else { second };
        (hint.tag == tag).then_some(usize::from(hint.slot))
    }

    #[cold]
    pub(super) fn get_by_hash(&mut self, key: &Key<'_>, hash: u64) -> Option<Arc<ThreadHold>> {
        for at in self.window(hash) {
            if self.slots[at].hash == hash
                && let Some(thread_hold) = self.try_slot(at, key)
            {
                self.hint(key, at);
                return Some(thread_hold);
            }
        }
        None
    }

    /// Returns a handle to the pattern in a slot, if it is the requested one and still cached. Counts a hit.
    fn try_slot(&self, at: usize, key: &Key<'_>) -> Option<Arc<ThreadHold>> {
        let thread_ref = self.slots.get(at)?.thread_ref.as_ref()?;
        let thread_hold = thread_ref.take(key)?;
        self.tally.count_hit(thread_ref.compile_nanos());
        Some(thread_hold)
    }

    /// The bytes of the thread cache when all slots are filled, without the far table.
    pub(super) fn own_bytes(&self) -> usize {
        ThreadCache::bytes(self.slots.len())
    }

    /// The slots that a hash may be in.
    fn window(&self, hash: u64) -> impl Iterator<Item = usize> + use<> {
        let mask = self.slots.len() - 1;
        let first = (hash >> 48) as usize;
        (0..THREAD_CACHE_NEIGHBOURS).map(move |i| (first + i) & mask)
    }

    /// The place of a text's hints, and its tag. Both come from its address and length; options take part, so that one text
    /// under two options has two hints.
    #[inline]
    fn hint_at(&self, key: &Key<'_>) -> (usize, u16) {
        let mixed = key.text.as_ptr().addr() as u64
            ^ key.options[0]
            ^ key.options[1].rotate_left(32)
            ^ (key.text.len() as u64) << 20;
        let mixed = mixed.wrapping_mul(SPREAD);
        let at = (mixed >> 40) as usize & (self.hints.len() - 1);
        (at, (mixed >> 24) as u16)
    }

    fn hint(&mut self, key: &Key<'_>, slot: usize) {
        let (at, tag) = self.hint_at(key);
        let slot = slot as u16;
        let [first, second] = self.hints[at];
        let other = if first.tag == tag { second } else { first };
        self.hints[at] = [Hint { tag, slot }, other];
    }

    /// Gives a pattern a slot, if there is one and memory for its reference. Takes what holds the record only if it does.
    pub(super) fn admit(
        &mut self,
        pool: &Arc<Pool>,
        key: &Key<'_>,
        hold: &mut Option<Hold>,
        thread: u64,
    ) -> Option<Arc<ThreadHold>> {
        let hash = hold.as_ref()?.hash();
        let at = self.slot_for(pool, hash)?;
        // The reservation may evict this very pattern. Then the new reference is not attached.
        let charge = pool.reserve(Account::Index, THREAD_REF_BYTES).ok()?;
        let hold = hold.take()?;
        charge.keep();
        self.clear(at);
        let (thread_ref, thread_hold) = ThreadRef::new(hold, thread);
        self.slots[at] = Slot {
            hash,
            thread_ref: Some(thread_ref),
        };
        self.hint(key, at);
        Some(thread_hold)
    }

    fn slot_for(&mut self, pool: &Arc<Pool>, hash: u64) -> Option<usize> {
        loop {
            let free = |slot: &Slot| {
                slot.thread_ref
                    .as_ref()
                    .is_none_or(|thread_ref| !thread_ref.is_current())
            };
            // A slot with the same hash had the same pattern, evicted and compiled again.
            let mut window = self.window(hash);
            if let Some(at) =
                window.find(|&at| free(&self.slots[at]) || self.slots[at].hash == hash)
            {
                return Some(at);
            }
            self.crowded = self.crowded.wrapping_add(1);
            let is_small = self.crowded as usize > self.slots.len() / THREAD_CACHE_GROW_PART;
            if is_small && self.grow(pool) {
                continue;
            }
            // The counter also selects the slot to displace, each neighbour in turn.
            return self
                .crowded
                .is_multiple_of(THREAD_CACHE_DISPLACE_EVERY)
                .then(|| {
                    let pick = (self.crowded / THREAD_CACHE_DISPLACE_EVERY) as usize
                        % THREAD_CACHE_NEIGHBOURS;
                    self.window(hash)
                        .nth(pick)
                        .expect("less than THREAD_CACHE_NEIGHBOURS")
                });
        }
    }

    /// Doubles the tables, if that stays within this thread cache's share of the budget.
    fn grow(&mut self, pool: &Arc<Pool>) -> bool {
        let len = self.slots.len() * 2;
        let share = self
            .registry
            .upgrade()
            .map_or(0, |registry| registry.share(0));
        let bytes = ThreadCache::bytes(len) + self.far.bytes();
        self.is_full = len > THREAD_CACHE_SLOTS_MAX || bytes > share;
        if self.is_full {
            return false;
        }
        let Ok(charge) = pool.reserve(Account::Index, len * SLOT_BYTES) else {
            return false;
        };
        charge.keep();
        let mut old = mem::replace(&mut self.slots, vec![Slot::default(); len].into());
        self.hints = hints(len);
        self.crowded = 0;
        for slot in &mut old {
            let mut window = self.window(slot.hash);
            match window.find(|&at| self.slots[at].thread_ref.is_none()) {
                Some(at) => self.slots[at] = mem::take(slot),
                None => slot.clear(),
            }
        }
        drop(old);
        self.ledger.sub(Account::Index, len / 2 * SLOT_BYTES);
        true
    }

    fn clear(&mut self, at: usize) {
        mem::take(&mut self.slots[at]).clear();
    }
}

impl Drop for ThreadCache {
    fn drop(&mut self) {
        // In a loop, as dropping the list would recurse: callers take a thread cache out of the list before they drop it,
        // and at the end of a thread this takes out the rest.
        let mut next = self.next.take();
        while let Some(mut thread_cache) = next {
            next = thread_cache.next.take();
        }
        let slots = mem::take(&mut self.slots);
        let bytes = ThreadCache::FIXED_BYTES + slots.len() * SLOT_BYTES;
        for mut slot in slots {
            slot.clear();
        }
        self.hints = Box::default();
        if let Some(registry) = self.registry.upgrade() {
            registry.leave(&self.tally);
        }
        self.ledger.sub(Account::Index, bytes);
    }
}
