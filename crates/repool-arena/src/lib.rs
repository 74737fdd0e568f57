//! Memory that comes straight from the system by pages, and the ledger of bytes.
//!
//! ```text
//!            Pool::seal                        drop
//! words ─────────────────▶ Sealed ──────────────────▶ slack of its page, for the next run
//!         a hole of a page   │                           │ the page is empty, and not needed of late
//!         that is charged    │                           ▼
//!                            │                         back to the system, then off the ledger
//!                            └ its bytes are on an account of the Ledger, moved as its owner says
//!
//! map.rs ── extent.rs 1 MiB ── block.rs 16 KiB ── a run of granules of 16 bytes
//! ```
//!
//! The [`Ledger`] counts pages, and what the allocator was asked for beside them. A page is charged *before* it is touched and
//! relieved *after* the system took it back: the ledger never says less than is resident. With a limit set it also
//! bounds: [`Pool::seal`] first takes what is charged already, then gives free pages back, then asks its [`Reclaim`] (a
//! cache) to evict something, and only then gives up.
//!
//! # In the allocator
//!
//! The tables of extents: a bit for each granule and 32 bytes for each block that is made, one per cent of its
//! pages, on [`Account::Overhead`]. Everything else that a pool holds is pages.
//!
//! # After `fork`
//!
//! Maps are private: what a child writes, evicts or gives back is its own, and the parent sees nothing of it. A child of a
//! process with one thread may use everything. In a child of a process with more, locks that other threads held at the
//! moment of the fork stay locked for ever, as those of the allocator may: such a child may read what it holds
//! ([`Sealed::words`] takes no lock), and `exec` or `_exit`. `tests/fork.rs` checks both.

mod bits;
mod block;
mod boxed;
mod demand;
mod extent;
mod give_back;
mod heap;
mod holes;
mod ledger;
mod map;
mod pool;
pub mod scratch;
mod sealed;
pub mod slab;
mod stock;
mod words;

pub use boxed::{Boxed, BoxedAny, BoxedSlice};
pub use ledger::{Account, Charge, Ledger, OverLimit};
pub use map::{Map, faults, page_bytes};
pub use pool::{Compaction, OutOfMemory, Pool, Reclaim, Room};
pub use sealed::Sealed;
pub use stock::Stock;
pub use words::Words;
