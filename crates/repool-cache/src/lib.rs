//! Cache of compiled patterns, bounded in bytes.
//!
//! ```text
//! get_or_compile(key, compile)
//!    ▼
//! ThreadCache of this thread                          hit: no lock, no write to shared memory
//!    │ no slot there: the text's address, or its hash, keyed per cache
//!    ▼
//! Index of a shard, records in a slab                 hit: no lock, one count that threads share
//!    │ miss
//!    ▼
//! Store: shards of (policy queue + pinned queue)      hit: one short lock; then also in the thread cache
//!    │ miss
//!    ▼
//! SingleFlight: compiles under way, recent errors     one compile per key; other threads wait
//!    │ first
//!    ▼
//! compile(pool), no lock held ── Pool::seal ── Ledger: full? ── Store::reclaim evicts whole arenas
//!    │
//!    ▼
//! Store::admit ── Handle: valid for as long as it is held, evicted or not
//! ```
//!
//! # What the budget bounds
//!
//! The budget bounds pages from the system, the unused part of each included, and what is in the allocator: programs,
//! tables, records, indexes, queues, cached errors and the cache itself. Bytes are charged before they are requested or
//! touched, so the bound holds at every instant and on any number of threads. `tests/budget.rs` samples it during floods,
//! `tests/bytes.rs` compares it with a counting allocator, and `tests/resident.rs` with what the system calls resident.
//!
//! What stays in the process' allocator, for each pattern: some 60 bytes of a queue (a node of `lru`, its buckets, a slot),
//! and 9 bytes of ghosts. A thread adds some 350 bytes for each pattern that has a slot in its cache, a few hundred at most.
//!
//! # Where to find what
//!
//! | file or folder | what it does |
//! |---|---|
//! | `cache.rs` | the public type; calls everything below |
//! | `thread_cache/` | what each thread finds without a lock |
//! | `single_flight/` | one compile per key; cached errors |
//! | `store/` | shards; how records come in, are found and leave |
//! | `policy/` | which record leaves next |
//! | `entry/` | one pattern: record, thread references, handle |
//! | `owners.rs` | shares and maxima of owners |
//! | `sync.rs` | the order of locks |
//! | `thread_state.rs` | all thread-locals |
//! | `tuning.rs` | every chosen number |

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
