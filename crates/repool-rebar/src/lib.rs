//! Benchmarks in the format of rebar, the regex barometer, and the engines that run them.
//!
//! ```text
//! DIR/definitions/**.toml ─► definition ─► Task: model, pattern, settings, haystack, expected counts
//! DIR/regexes, DIR/haystacks ────┘           └─► model: what an engine does with it ─► searcher
//!                                                contender: repool and `regex` as searchers ──┘
//! ```
//!
//! A definition states the count that every engine must reach, so a run is also a test. The command `repool` and
//! the benchmark `rebar` share this crate, because only the benchmark may depend on engines in C.
//! Exercised by `tests/rebar.rs` of `repool-cli`.

mod contender;
mod definition;
mod haystack;
mod model;
mod pattern;
mod searcher;
mod settings;
mod skip;

pub use contender::{Compiled, Contender};
pub use definition::{Collection, Task};
pub use model::Model;
pub use searcher::{Counted, Searcher, count_groups};
pub use settings::Settings;
pub use skip::Skip;
