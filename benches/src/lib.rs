//! Shared pieces of the benchmarks: what is compiled and searched, and how two things are compared.
//!
//! Most benchmarks do two things. They measure single cases with criterion, for their distribution and history. And they
//! print a summary that times repool and its peers in turn in one run, so that the ratios hold on a machine whose speed
//! drifts. Every result is checked: a peer that finds something else is a failure, not a row.
//!
//! With `--test` everything runs once, on a few cases. `REPOOL_CORPORA` names a folder with arrays of
//! real patterns as JSON (`uap.json`, `gitleaks.json`, `pystd.json`); without it the summaries cover
//! the embedded patterns alone and say so.

pub mod alloc;
pub mod corpus;
pub mod measure;
pub mod peers;
