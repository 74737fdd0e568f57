//! What threads meet at: std's, or, with `--cfg shuttle`, that of a model checker which decides who runs next.
//!
//! Reference counts stay std's in either case: shuttle has none of its own. `tests/model.rs` is what uses it.

#[cfg(not(shuttle))]
pub(crate) use std::{
    sync::{Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard, atomic},
    thread_local,
};

#[cfg(shuttle)]
pub(crate) use shuttle::{
    sync::{Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard, atomic},
    thread_local,
};

/// What a thread-local holds that another one drops.
#[cfg(not(shuttle))]
pub(crate) use std::mem::ManuallyDrop as DroppedByOther;

/// The same, but it drops itself: in shuttle what was made first is gone when the destructors of others run.
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
