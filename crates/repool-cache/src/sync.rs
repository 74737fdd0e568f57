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
