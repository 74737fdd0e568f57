//! What each thread finds by itself: a small table in front of the shards.
//!
//! ```text
//! hints: (address, length) ──► slot          two texts last found there, so that they need not be hashed
//! slots: hash ──► up to 8 neighbours ──► Way ──lend──► Handle
//! ```
//!
//! A hit takes no lock and writes only what no other thread does: the perch of the [`Way`], from which it takes
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
//! Exercised by `tests/fronts.rs`; `benches/cache.rs` measures it.

pub(crate) mod inline_key;
pub(crate) mod registry;

use std::cell::RefCell;
use std::hash::{BuildHasher, Hasher};
use std::mem;
use std::sync::{Arc, Weak};

use foldhash::fast::RandomState;
use repool_arena::{Account, Ledger};

use crate::entry::handle::Handle;
use crate::entry::record::Place;
use crate::entry::thread_ref::{Local, WAY_BYTES, Way};
use crate::key::Key;
use crate::store::Store;
use crate::sync::{DroppedByOther, thread_local};
use crate::thread_cache::registry::Tally;

/// Some 600 patterns at the load that eight neighbours allow.
const SLOTS_MAX: usize = 1024;
const SLOTS_MIN: usize = 8;
const _: () = assert!(SLOTS_MIN >= WINDOW);
/// How many neighbouring slots a hash may be in: two lines of 64 bytes.
const WINDOW: usize = 8;
/// A front grows once as many patterns found no slot as it has slots, divided by this: at some 70 %.
const GROW_PART: usize = 32;
/// An odd number without a pattern: multiplying by it carries every bit to the top (Knuth).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
/// One in so many patterns that find no slot in a front of full size displaces another.
const DISPLACE_EVERY: u32 = 8;

#[derive(Clone, Default)]
struct Slot {
    hash: u64,
    way: Option<Arc<Way>>,
}

impl Slot {
    /// Empties it: handles of its local stay valid.
    fn let_go(&mut self) {
        if let Some(way) = self.way.take() {
            way.close();
        }
    }
}

/// Where a text was found that stood at an address: a slot, and what of the address tells it from others.
#[derive(Clone, Copy, Default)]
struct Hint {
    tag: u16,
    slot: u16,
}

const _: () = assert!(SLOTS_MAX <= 1 << 16);

/// The two of one place, the one found last first.
type Hints = [Hint; 2];

/// So many places for hints a slot: where 256 texts have 1,024 places, one in forty finds no room in its place.
const HINTS_PER_SLOT: usize = 2;

/// The bytes of one slot and its hints.
const SLOT_BYTES: usize = size_of::<Slot>() + HINTS_PER_SLOT * size_of::<Hints>();

fn hints(slots: usize) -> Box<[Hints]> {
    vec![Hints::default(); slots * HINTS_PER_SLOT].into_boxed_slice()
}

/// One thread's front of one cache.
struct Front {
    id: u64,
    hash_state: RandomState,
    /// A power of two of them.
    slots: Box<[Slot]>,
    hints: Box<[Hints]>,
    tally: Arc<Tally>,
    /// See [`crate::thread_cache::registry::Fronts::epoch`].
    epoch: u32,
    /// See [`crate::thread_cache::registry::Fronts::lap`].
    lap: u32,
    /// Patterns that found no slot since the front last grew.
    crowded: u32,
    home: Weak<Store>,
    ledger: Arc<Ledger>,
    next: List,
}

/// The fronts of a thread.
type List = Option<Box<Front>>;

thread_local! {
    /// Not dropped by itself, as a hit would have to ask whether that happened already; [`END`] drops it.
    static FRONTS: RefCell<DroppedByOther<List>> =
        const { RefCell::new(DroppedByOther::new(None)) };
    /// There once the thread has a front.
    static END: End = const { End };
}

/// Drops the fronts of its thread.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        let fronts = FRONTS.try_with(|fronts| fronts.try_borrow_mut().ok()?.take());
        drop(fronts);
    }
}

/// Finds a pattern without a lock, if this thread found it before and it is still cached.
#[inline]
pub(crate) fn get(store: &Store, key: Key<'_>) -> Option<Handle> {
    let [first, second] = key.options;
    get_local(store.fronts.id(), key.text, first, second).map(Handle::local)
}

/// Instructions are most of what a hit costs: so it takes and gives what fits into registers, and what is seldom is
/// called.
#[inline(never)]
fn get_local(id: u64, text: &str, first: u64, second: u64) -> Option<Arc<Local>> {
    let key = Key {
        text,
        options: [first, second],
    };
    let found = FRONTS.try_with(|fronts| {
        // Taken: a drop down below asks for a pattern.
        let mut list = fronts.try_borrow_mut().ok()?;
        match list.as_mut().filter(|f| f.id == id) {
            Some(front) => front.get(&key),
            None => get_from_another(&mut list, id, text, first, second),
        }
    });
    found.ok().flatten()
}

#[cold]
fn get_from_another(
    fronts: &mut List,
    id: u64,
    text: &str,
    first: u64,
    second: u64,
) -> Option<Arc<Local>> {
    if !bring_first(fronts, id) {
        return None;
    }
    fronts.as_mut()?.get_otherwise(text, first, second)
}

/// Lets the policy know what this thread found by itself, from time to time. For whoever goes on to the shards: a
/// thread that finds all by itself makes nothing go.
pub(crate) fn tell(store: &Store) {
    // If the front is in use, or gone, it can wait.
    let _ = FRONTS.try_with(|fronts| {
        let mut fronts = fronts.try_borrow_mut().ok()?;
        let front = fronts.as_mut().filter(|f| f.id == store.fronts.own_id())?;
        let lap = store.fronts.lap();
        if front.lap != lap {
            front.lap = lap;
            front.tell(store);
        }
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
    let mut handle = Some(handle);
    let admitted = FRONTS.try_with(|fronts| {
        let mut fronts = fronts.try_borrow_mut().ok()?;
        let front = renewed(&mut fronts, store)?;
        Some(front.admit(store, key, handle.take()?))
    });
    let admitted = admitted.ok().flatten();
    admitted
        .or(handle)
        .expect("a handle that was not admitted is still here")
}

/// Throws away this thread's front of a store.
pub(crate) fn discard(store: &Store) {
    // If the front is in use, or gone, there is nothing left to do: the thread will throw it away.
    let _ = FRONTS.try_with(|fronts| {
        let mut fronts = fronts.try_borrow_mut().ok()?;
        if bring_first(&mut fronts, store.fronts.own_id()) {
            drop_first(&mut fronts);
        }
        Some(())
    });
}

#[inline]
fn is_first(fronts: &List, id: u64) -> bool {
    fronts.as_ref().is_some_and(|front| front.id == id)
}

/// Moves the front of a store to the beginning of the list. False if there is none.
#[cold]
fn bring_first(fronts: &mut List, id: u64) -> bool {
    let mut at = &mut *fronts;
    while at.as_ref().is_some_and(|front| front.id != id) {
        at = &mut at.as_mut().expect("checked above").next;
    }
    let Some(mut front) = at.take() else {
        return false;
    };
    *at = front.next.take();
    front.next = fronts.take();
    *fronts = Some(front);
    true
}

fn drop_first(fronts: &mut List) {
    if let Some(mut front) = fronts.take() {
        *fronts = front.next.take();
    }
}

/// The front of a store, at the beginning of the list: a new one if there is none, or an outdated one. None if
/// the budget has no room for it.
fn renewed<'a>(fronts: &'a mut List, store: &Store) -> Option<&'a mut Front> {
    if is_first(fronts, store.fronts.own_id()) || bring_first(fronts, store.fronts.own_id()) {
        let front = fronts.as_ref()?;
        let share = store.fronts.share(0);
        if front.epoch == store.fronts.epoch() && Front::bytes(front.slots.len()) <= share {
            return fronts.as_deref_mut();
        }
        drop_first(fronts);
    }
    drop_orphans(fronts);
    // None while the thread ends: nobody would drop it.
    END.try_with(|_| ()).ok()?;
    let mut front = Front::new(store)?;
    front.next = fronts.take();
    Some(fronts.insert(front))
}

/// Drops the fronts whose stores are gone.
fn drop_orphans(fronts: &mut List) {
    let mut at = fronts;
    while let Some(front) = at {
        if front.home.strong_count() == 0 {
            *at = front.next.take();
        } else {
            at = &mut at.as_mut().expect("matched above").next;
        }
    }
}

impl Front {
    const FIXED_BYTES: usize = size_of::<Front>() + Tally::BYTES;

    /// The bytes that a front of so many slots takes when all are filled.
    const fn bytes(slots: usize) -> usize {
        Front::FIXED_BYTES + slots * (SLOT_BYTES + WAY_BYTES)
    }

    fn new(store: &Store) -> Option<Box<Front>> {
        if Front::bytes(SLOTS_MIN) > store.fronts.share(1) {
            return None;
        }
        let bytes = Front::FIXED_BYTES + SLOTS_MIN * SLOT_BYTES;
        let charge = store.pool().reserve(Account::Index, bytes).ok()?;
        let tally = Arc::new(Tally::default());
        if !store.fronts.enter(&tally) {
            return None;
        }
        charge.keep();
        Some(Box::new(Front {
            id: store.fronts.own_id(),
            hash_state: RandomState::default(),
            slots: vec![Slot::default(); SLOTS_MIN].into_boxed_slice(),
            hints: hints(SLOTS_MIN),
            tally,
            epoch: store.fronts.epoch(),
            lap: store.fronts.lap(),
            crowded: 0,
            home: store.me(),
            ledger: Arc::clone(store.ledger()),
            next: None,
        }))
    }

    #[inline]
    fn get(&mut self, key: &Key<'_>) -> Option<Arc<Local>> {
        if let Some(at) = self.hinted(key)
            && let Some(way) = self.slots.get(at).and_then(|slot| slot.way.as_ref())
            && let Some(local) = way.lend_parked(key)
        {
            self.tally.count_hit(way.compile_nanos());
            return Some(local);
        }
        let [first, second] = key.options;
        self.get_otherwise(key.text, first, second)
    }

    /// Where the hash says, if not where the hint does.
    #[inline(never)]
    fn get_otherwise(&mut self, text: &str, first: u64, second: u64) -> Option<Arc<Local>> {
        let key = &Key {
            text,
            options: [first, second],
        };
        let hinted = self.hinted(key).and_then(|at| self.try_slot(at, key));
        hinted.or_else(|| self.get_by_hash(key))
    }

    /// The slot where the text at the key's address was found last.
    #[inline]
    fn hinted(&self, key: &Key<'_>) -> Option<usize> {
        let (at, tag) = self.hint_at(key);
        let [first, second] = *self.hints.get(at)?;
        let hint = if first.tag == tag { first } else { second };
        (hint.tag == tag).then_some(usize::from(hint.slot))
    }

    fn get_by_hash(&mut self, key: &Key<'_>) -> Option<Arc<Local>> {
        let hash = self.hash(key);
        for at in self.window(hash) {
            if self.slots[at].hash == hash
                && let Some(local) = self.try_slot(at, key)
            {
                self.hint(key, at);
                return Some(local);
            }
        }
        None
    }

    /// The pattern in a slot, if it is the one asked for and still cached. Counts a hit.
    fn try_slot(&self, at: usize, key: &Key<'_>) -> Option<Arc<Local>> {
        let way = self.slots.get(at)?.way.as_ref()?;
        let local = way.lend(key)?;
        self.tally.count_hit(way.compile_nanos());
        Some(local)
    }

    #[cold]
    fn tell(&self, store: &Store) {
        let ways = self.slots.iter().filter_map(|slot| slot.way.as_ref());
        for lent in ways.filter_map(|way| way.untold()) {
            store.touch(lent.record());
        }
    }

    fn hash(&self, key: &Key<'_>) -> u64 {
        let mut hasher = self.hash_state.build_hasher();
        hasher.write(key.text.as_bytes());
        // Beside the text's hash, not behind it: most keys have the same options.
        let [first, second] = key.options;
        hasher.finish() ^ (first ^ second.rotate_left(32)).wrapping_mul(SPREAD)
    }

    /// The slots that a hash may be in.
    fn window(&self, hash: u64) -> impl Iterator<Item = usize> + use<> {
        let mask = self.slots.len() - 1;
        // For some seeds the fast hash leaves a part of its bits nearly alike in similar texts.
        let first = (hash.wrapping_mul(SPREAD) >> 48) as usize;
        (0..WINDOW).map(move |i| (first + i) & mask)
    }

    /// The place and the tag of a text at its address. Options take part, so that one text under two options has two.
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

    /// Gives a pattern a slot, if there is one for it and memory for its local.
    fn admit(&mut self, store: &Store, key: &Key<'_>, handle: Handle) -> Handle {
        let hash = self.hash(key);
        let Some(at) = self.slot_for(store, hash) else {
            return handle;
        };
        // What this evicts may be the very pattern; then it is not attached below.
        let Ok(charge) = store.pool().reserve(Account::Index, WAY_BYTES) else {
            return handle;
        };
        let hold = match handle.into_hold() {
            Ok(hold) => hold,
            Err(handle) => return handle,
        };
        charge.keep();
        self.clear(at);
        let (way, local) = Way::new(hold);
        self.slots[at] = Slot {
            hash,
            way: Some(way),
        };
        self.hint(key, at);
        Handle::local(local)
    }

    fn slot_for(&mut self, store: &Store, hash: u64) -> Option<usize> {
        loop {
            let free = |slot: &Slot| slot.way.as_ref().is_none_or(|way| !way.is_current());
            // One of the same hash is one that was evicted and came back.
            let mut window = self.window(hash);
            if let Some(at) =
                window.find(|&at| free(&self.slots[at]) || self.slots[at].hash == hash)
            {
                return Some(at);
            }
            self.crowded = self.crowded.wrapping_add(1);
            let is_small = self.crowded as usize > self.slots.len() / GROW_PART;
            if is_small && self.grow(store) {
                continue;
            }
            // The count also picks one of the window, each in turn.
            return self.crowded.is_multiple_of(DISPLACE_EVERY).then(|| {
                let pick = (self.crowded / DISPLACE_EVERY) as usize % WINDOW;
                self.window(hash).nth(pick).expect("less than WINDOW")
            });
        }
    }

    /// Doubles the tables if that stays within the front's share.
    fn grow(&mut self, store: &Store) -> bool {
        let len = self.slots.len() * 2;
        let share = store.fronts.share(0);
        if len > SLOTS_MAX || Front::bytes(len) > share {
            return false;
        }
        let Ok(charge) = store.pool().reserve(Account::Index, len * SLOT_BYTES) else {
            return false;
        };
        charge.keep();
        let mut old = mem::replace(&mut self.slots, vec![Slot::default(); len].into());
        self.hints = hints(len);
        self.crowded = 0;
        for slot in &mut old {
            let mut window = self.window(slot.hash);
            match window.find(|&at| self.slots[at].way.is_none()) {
                Some(at) => self.slots[at] = mem::take(slot),
                None => slot.let_go(),
            }
        }
        drop(old);
        self.ledger.sub(Account::Index, len / 2 * SLOT_BYTES);
        true
    }

    fn clear(&mut self, at: usize) {
        mem::take(&mut self.slots[at]).let_go();
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        // A list without recursion: whoever drops one front takes it out first, and at the end of a thread
        // this takes out the rest.
        let mut next = self.next.take();
        while let Some(mut front) = next {
            next = front.next.take();
        }
        let slots = mem::take(&mut self.slots);
        let bytes = Front::FIXED_BYTES + slots.len() * SLOT_BYTES;
        for mut slot in slots {
            slot.let_go();
        }
        self.hints = Box::default();
        if let Some(home) = self.home.upgrade() {
            home.fronts.leave(&self.tally);
        }
        self.ledger.sub(Account::Index, bytes);
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use repool_arena::Pool;
    use repool_program::{Builder, Facts, Flags, Image, Op, Pc};
    use repool_text::LookSet;

    use super::*;
    use crate::cache::Cache;
    use crate::config::Config;
    use crate::store::LOCKS;

    fn failed(error: impl fmt::Debug) -> String {
        format!("{error:?}")
    }

    fn image(text: &str, pool: &Arc<Pool>) -> Result<Image, String> {
        let facts = Facts {
            flags: Flags::default(),
            looks: LookSet::default(),
            len_min: 0,
            len_max: 0,
            group_len: 1,
            states: 1,
            line_terminator: b'\n',
            prefix: None,
            required: None,
            required_before_max: 0,
            first: None,
        };
        let mut builder = Builder::default();
        builder.push(Op::Match).map_err(failed)?;
        let start = Pc::new(0).expect("the first");
        let sealed = builder.seal(&facts, start, text, 0, pool).map_err(failed)?;
        Ok(Image::new(sealed, None))
    }

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
        assert_eq!(locks(&cache, &texts), 0, "found in the front");
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
