//! Shared pieces of the suites: the reference matcher, generators, adapters and reports.
//!
//! Three judges, each for what it is good at: the data suite of `regex` (hand-written expectations), the
//! [`mod@reference`] matcher (every small case, exhaustively), and the `regex` crate itself (large generated
//! cases). Every suite compares spans and captures, never only whether something matched: the known bugs
//! of this kind did not show in a boolean.

mod answers;
pub mod conform;
pub mod deduce;
pub mod differ;
pub mod generate;
pub mod lab;
pub mod minimise;
pub mod outcome;
pub mod patterns;
pub mod reference;
pub mod rng;
pub mod sample;
pub mod setting;
pub mod shape;
pub mod suite;
pub mod window;
