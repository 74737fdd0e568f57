//! Bump arenas, their pool, and the ledger of bytes.
//!
//! One sealed image is one arena is one `bumpalo` chunk is one allocation:
//!
//! ```text
//!            Pool::seal                    drop
//! words ─────────────────▶ Sealed ─────────────────▶ Pool ── spare, for the next seal
//!         charged first       │                        └──── or free, at once
//!                             └ on an account of the Ledger, moved as its owner says
//! ```
//!
//! The [`Ledger`] counts what the allocator was asked for, chunk headers included, and is charged
//! *before* memory is asked for and relieved *after* it is given back: it never says less than is held.
//! With a limit set it also bounds: [`Pool::seal`] first takes a spare arena, then frees spare ones of
//! other sizes, then asks its [`Reclaim`] (a cache) to evict something, and only then gives up.
//!
//! `tests/ledger.rs` holds the ledger against a counting allocator, byte by byte.

mod class;
mod ledger;
mod map;
mod pool;
mod runway;
pub mod scratch;
mod sealed;
mod shelf;
mod shelves;
mod stock;
mod system;

pub use class::class_sizes;
pub use ledger::{Account, Charge, Ledger, OverLimit};
pub use map::{Map, faults, page_bytes};
pub use pool::{OutOfMemory, Pool, Reclaim, Room};
pub use runway::Runway;
pub use sealed::{Sealed, Vacated};
pub use stock::Stock;
pub use system::release_free_memory;
