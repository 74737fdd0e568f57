//! The tuning numbers of a program and of what engines attach to it.
//!
//! Exercised by the tests of `tables.rs`, and by `tests/plans.rs` and `tests/dfa.rs` of `repool-vm`.

/// A set shares the row of its ASCII members with a set before it if that is among as many first rows.
pub(crate) const SHARED_ROWS_MAX: usize = 16;

/// What hot patterns earn takes at most one part in so many of the budget: the rest is for programs.
pub(crate) const ALL_TABLES_PART: usize = 8;

/// Something is evicted only for tables of one part in so many of the budget.
pub(crate) const EVICTING_TABLE_PART: usize = 64;

/// Memory is short if less than one part in so many of the budget is left.
pub(crate) const SHORT_MEMORY_PART: usize = 16;

/// The heat that is missing after the first refusal, before any counts again.
pub(crate) const HEAT_DEBT: i32 = 1 << 14;

/// The debt grows sixteenfold so many times: to 2^30.
pub(crate) const HEAT_REFUSALS_MAX: u8 = 4;
