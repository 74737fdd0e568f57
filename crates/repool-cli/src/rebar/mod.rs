//! Benchmarks as data, in the format of rebar, the regex barometer.
//!
//! ```text
//! DIR/definitions/**.toml ─► definition ─► Task: model, pattern, haystack, expected count
//! DIR/regexes, DIR/haystacks ────┘           └─► model: what one engine does with it
//! ```
//!
//! Each definition states the count that every engine must come to, so a run is a test as well.
//! Exercised on a small collection of its own by `tests/rebar.rs`.

mod definition;
mod haystack;
mod model;
mod pattern;
mod skip;

pub(crate) use definition::{Collection, Task};
pub(crate) use model::Model;
pub(crate) use skip::Skip;
