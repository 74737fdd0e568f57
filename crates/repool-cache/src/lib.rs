//! Pattern to shared program, bounded in bytes.
//!
//! ```text
//! get_or_compile(key, compile)
//!    ▼
//! front of this thread                                hit: no lock, nothing written that is shared
//!    │ miss: hash, keyed per cache
//!    ▼
//! Store: shards of (policy queue + pinned queue)      hit: one short lock; the front has it next time
//!    │ miss
//!    ▼
//! Desk: who compiles this now, what failed lately     one compile per key; the others wait
//!    │ first
//!    ▼
//! compile(pool), no lock held ── Pool::seal ── Ledger: full? ── Store::reclaim evicts whole arenas
//!    │
//!    ▼
//! Store::admit ── Handle: valid for as long as it is held, evicted or not
//! ```
//!
//! What is bounded is what the allocator was asked for: programs, the index about them, cached errors, arenas
//! kept spare, the cache itself. Bytes are reserved before they are allocated, so the bound holds at
//! every instant and on any number of threads; `tests/budget.rs` samples it during floods, and
//! `tests/bytes.rs` holds it against a counting allocator.

mod cache;
mod cause;
mod config;
mod entries;
mod entry;
mod key;
mod notifier;
mod observer;
mod owners;
mod policy;
mod single_flight;
mod stats;
mod store;
mod sync;
#[cfg(test)]
mod test_support;
mod thread_cache;
mod thread_state;
mod tuning;

pub use cache::{Cache, Refusal};
pub use cause::Cause;
pub use config::{Config, Mode};
pub use entries::{Entries, Entry};
pub use entry::handle::Handle;
pub use key::Key;
pub use observer::{Compilation, Eviction, Observer, Pressure};
pub use owners::{Owner, OwnerStats};
pub use stats::Stats;
