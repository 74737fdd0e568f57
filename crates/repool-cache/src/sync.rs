//! What threads meet at, and the order in which they take locks.
//!
//! A thread that holds a lock takes only locks of a higher rank, so that no two threads can wait for each other. Debug
//! builds assert that before each lock is taken; release builds contain nothing of it.
//!
//! | rank | lock | taken while it is held |
//! |---|---|---|
//! | [`rank::FLIGHTS`] | compiles under way and cached errors of one shard | the shard, to see whether a compile has finished, and to drop a handle |
//! | [`rank::SHARD`] | one shard: its queues, its counters | the owners, the references to a record |
//! | [`rank::OWNERS`] | the lists of owners; only read under a shard's lock | nothing |
//! | [`rank::NOTES`] | the hashes that one owner noted | the references to a record |
//! | [`rank::REFERENCES`] | the list of thread references to one record | the neighbours of each |
//! | [`rank::NEIGHBOURS`] | the place of one reference in that list | nothing |
//! | [`rank::REGISTRY`] | the thread caches of one cache | nothing |
//!
//! No lock is held while a pattern is compiled, an observer is called or an image is dropped. The locks of
//! `repool-arena` come after all of these.
//!
//! The locks are std's, or, with `--cfg shuttle`, those of a model checker which decides who runs next: `tests/model.rs`.
//! Reference counts stay std's in either case: shuttle has none of its own. No lock here is poisoned: nothing that panics
//! leaves behind what a lock guards half changed.
//!
//! Exercised by `tests/model.rs`; in debug builds each test of the crate checks the order of locks.

use std::ops::{Deref, DerefMut};
use std::sync::PoisonError;

#[cfg(shuttle)]
use shuttle::sync as implementation;
#[cfg(not(shuttle))]
use std::sync as implementation;

#[cfg(shuttle)]
pub(crate) use shuttle::{sync::atomic, thread_local};
#[cfg(not(shuttle))]
pub(crate) use std::{sync::atomic, thread_local};

/// The order of locks: see the table above.
pub(crate) mod rank {
    pub(crate) const FLIGHTS: u8 = 1;
    pub(crate) const SHARD: u8 = 2;
    pub(crate) const OWNERS: u8 = 3;
    pub(crate) const NOTES: u8 = 4;
    pub(crate) const REFERENCES: u8 = 5;
    pub(crate) const NEIGHBOURS: u8 = 6;
    pub(crate) const REGISTRY: u8 = 7;
}

/// A mutex that knows its place in the order of locks.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T, const RANK: u8>(implementation::Mutex<T>);

impl<T, const RANK: u8> Mutex<T, RANK> {
    pub(crate) fn new(value: T) -> Mutex<T, RANK> {
        Mutex(implementation::Mutex::new(value))
    }

    #[inline]
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        let held = Held::begin(RANK);
        MutexGuard {
            guard: self.0.lock().unwrap_or_else(PoisonError::into_inner),
            held,
        }
    }
}

pub(crate) struct MutexGuard<'a, T> {
    guard: implementation::MutexGuard<'a, T>,
    held: Held,
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

#[derive(Debug, Default)]
pub(crate) struct Condvar(implementation::Condvar);

impl Condvar {
    pub(crate) fn new() -> Condvar {
        Condvar(implementation::Condvar::new())
    }

    /// Waits for a notification. The lock counts as held meanwhile, as this thread takes no other.
    pub(crate) fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        let MutexGuard { guard, held } = guard;
        let guard = self.0.wait(guard).unwrap_or_else(PoisonError::into_inner);
        MutexGuard { guard, held }
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }
}

/// A lock of many readers that knows its place in the order of locks.
#[derive(Debug, Default)]
pub(crate) struct RwLock<T, const RANK: u8>(implementation::RwLock<T>);

impl<T, const RANK: u8> RwLock<T, RANK> {
    pub(crate) fn read(&self) -> ReadGuard<'_, T> {
        let held = Held::begin(RANK);
        ReadGuard {
            guard: self.0.read().unwrap_or_else(PoisonError::into_inner),
            _held: held,
        }
    }

    pub(crate) fn write(&self) -> WriteGuard<'_, T> {
        let held = Held::begin(RANK);
        WriteGuard {
            guard: self.0.write().unwrap_or_else(PoisonError::into_inner),
            _held: held,
        }
    }

    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) struct ReadGuard<'a, T> {
    guard: implementation::RwLockReadGuard<'a, T>,
    _held: Held,
}

impl<T> Deref for ReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

pub(crate) struct WriteGuard<'a, T> {
    guard: implementation::RwLockWriteGuard<'a, T>,
    _held: Held,
}

impl<T> Deref for WriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for WriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

/// A lock that this thread holds or is about to wait for. Nothing in release builds.
#[derive(Debug)]
struct Held {
    #[cfg(debug_assertions)]
    rank: u8,
}

// Not in `thread_state.rs`, which is made of locks itself; and no part of a release build.
#[cfg(debug_assertions)]
thread_local! {
    /// A bit for each rank that this thread holds.
    static RANKS: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

#[cfg(debug_assertions)]
impl Held {
    /// # Panics
    ///
    /// If this thread holds a lock of this rank or of a higher one.
    fn begin(rank: u8) -> Held {
        // A thread that ends may take locks after its thread-locals are gone: then nothing is asserted.
        let _ = RANKS.try_with(|ranks| {
            let highest = ranks.get().checked_ilog2().unwrap_or(0);
            assert!(
                highest < u32::from(rank),
                "a lock of rank {rank} is taken while one of rank {highest} is held"
            );
            ranks.set(ranks.get() | 1 << rank);
        });
        Held { rank }
    }
}

#[cfg(debug_assertions)]
impl Drop for Held {
    fn drop(&mut self) {
        let _ = RANKS.try_with(|ranks| ranks.set(ranks.get() & !(1 << self.rank)));
    }
}

#[cfg(not(debug_assertions))]
impl Held {
    #[inline]
    fn begin(_: u8) -> Held {
        Held {}
    }
}

/// The value of a thread-local that another thread-local drops.
#[cfg(not(shuttle))]
pub(crate) use std::mem::ManuallyDrop as DroppedByOther;

/// The value of a thread-local that another one drops; here it also drops itself, as shuttle runs the destructors in the
/// order in which thread-locals were made, and this one is made first.
#[cfg(shuttle)]
pub(crate) struct DroppedByOther<T>(T);

#[cfg(shuttle)]
impl<T> DroppedByOther<T> {
    pub(crate) const fn new(value: T) -> DroppedByOther<T> {
        DroppedByOther(value)
    }
}

#[cfg(shuttle)]
impl<T> std::ops::Deref for DroppedByOther<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

#[cfg(shuttle)]
impl<T> std::ops::DerefMut for DroppedByOther<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

/// On a cache line of its own, and the neighbour that hardware fetches with it.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Padded<T>(pub(crate) T);

#[cfg(all(test, not(shuttle), debug_assertions))]
mod tests {
    use super::*;

    #[test]
    fn locks_are_taken_in_their_order() {
        let low: Mutex<u8, { rank::SHARD }> = Mutex::new(1);
        let high: RwLock<u8, { rank::OWNERS }> = RwLock::default();
        for _ in 0..2 {
            let shard = low.lock();
            drop(high.write());
            assert_eq!(*shard + *high.read(), 1);
        }
        // One after the other is no order.
        drop(high.read());
        drop(low.lock());
    }

    #[test]
    #[should_panic(expected = "a lock of rank 2 is taken while one of rank 3 is held")]
    fn a_lock_of_a_lower_rank_is_noticed() {
        let low: Mutex<(), { rank::SHARD }> = Mutex::default();
        let high: RwLock<(), { rank::OWNERS }> = RwLock::default();
        let _list = high.read();
        drop(low.lock());
    }

    #[test]
    #[should_panic(expected = "a lock of rank 2 is taken while one of rank 2 is held")]
    fn a_second_lock_of_a_rank_is_noticed() {
        let shards: [Mutex<(), { rank::SHARD }>; 2] = Default::default();
        let _first = shards[0].lock();
        drop(shards[1].lock());
    }
}
