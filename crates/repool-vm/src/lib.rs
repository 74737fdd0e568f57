//! Program and haystack to match.
//!
//! Nine engines find the same matches: the leftmost, and of those that start there the one that the
//! pattern prefers, with the spans of all groups, exactly as the `regex` crate. They differ in what
//! they need and what they cost:
//!
//! ```text
//! Literal      substring search                    the pattern is one literal
//! OnePass      one thread, captures at once        known start, one-pass program
//! Backtrack    ways in order, none gone twice      states × live part of the haystack <= 256 Kbit
//! Fused        the same, in larger steps           groups of hot programs that count only classes
//! BitParallel  a set of states in one word         <= 63 positions; tells where to look
//! Pike         all threads in lock-step            always
//! Dfa          a table, for spans                  hot, and small enough to be built whole
//! LazyDfa      a table, built as it is used        hot, and too large for that
//! Delegate     regex-automata's meta engine        patterns that have no program
//! ```
//!
//! How a pattern is searched is chosen once, when its plan is made: its [`StrategyKind`] (`strategy/`). A strategy
//! looks for candidates many bytes at a time and has each verified, by a published table alone where the haystack is short
//! (`strategy/short.rs`), else by the engines (`core.rs`).
//!
//! Every engine takes time linear in the haystack, whatever the program, none recurses, and none
//! allocates once its part of the [`Scratch`] has grown. A program is run as it is: `verify` of
//! `repool-program` has looked at every index in it.

mod analysis;
mod backoff;
mod cache;
mod core;
mod describe;
mod engine;
pub mod forced;
mod heap;
mod heat;
mod input;
mod iteration;
mod literal_index;
mod nfa;
mod prefilter;
mod region;
mod search;
mod searcher;
mod set;
mod simd;
mod source;
mod strategy;
#[cfg(test)]
mod testing;
mod tuning;

pub use cache::Scratch;
pub use describe::{Answers, Description, Line, describe, needle_text};
pub use engine::kind::Engine;
pub use input::{Input, Slot};
pub use iteration::Iteration;
pub use literal_index::build::{IndexBuilder, Literal};
pub use literal_index::index::Index;
pub use literal_index::screen::Screen;
pub use searcher::{Lend, captures, find, is_match, next};
pub use set::search::search_set;
pub use strategy::StrategyKind;
pub use strategy::class_block::Ahead;
pub use strategy::plan::strategy_of;
