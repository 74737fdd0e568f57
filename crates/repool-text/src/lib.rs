//! What text is: characters and where they end, sets of them, folds, assertions.
//!
//! The parser, the compiler and the engines must agree on these, so each stands here once: how a haystack
//! is cut into code points ([`decode`], [`decode_last`]), what a set contains ([`Set`]), which characters a
//! case-insensitive literal matches ([`canonical`], [`orbit`]), and where an assertion holds
//! ([`Look::holds`]). The Unicode data comes from `regex-syntax`. Each property becomes a two-stage table
//! once per process. Every pattern shares it, and [`table_bytes`] counts it.

mod fold;
mod frequency;
mod look;
mod property;
mod set;
mod table;
mod tuning;
mod utf8;

pub use fold::{Fold, canonical, orbit, orbits_in};
pub use frequency::{BYTE_COUNT_TOTAL, byte_count};
pub use look::{LOOKS, Look, LookSet};
pub use property::{Property, PropertyError, is_word, property, property_class, table_bytes};
pub use set::{SET_PROPERTIES_MAX, Set, pack_range, unpack_range};
pub use utf8::{Decoded, decode, decode_last, is_boundary};
