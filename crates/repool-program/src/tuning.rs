//! The tuning numbers of a program and of what engines attach to it.
//!
//! The first part decides heuristics. Each says its unit, its reason, its benchmark, and the effect of
//! doubling it. The second part bounds memory.
//!
//! Exercised by the tests of `tables.rs`, and by `tests/plans.rs` and `tests/dfa.rs` of `repool-vm`.

/// The rows of the set section, from the first on, that a set compares with its own to share one.
///
/// Most programs have fewer rows. Benchmark: `examples/corpora.rs` of `repool-compiler`. Doubled, no image
/// of the corpora becomes smaller.
pub(crate) const SHARED_ROWS_MAX: usize = 16;

/// The part of the budget, as a divisor, up to which a table may evict cold programs.
///
/// A 64th costs a few programs at most. No benchmark chose it; `large_tables_evict_nothing` holds it.
/// Doubled, only tables of half the bytes evict programs.
pub(crate) const EVICTING_TABLE_PART: usize = 64;

/// The part of the budget, as a divisor, that is left when memory counts as short.
///
/// Engines then build less, since what they build evicts programs. No benchmark chose it. Doubled, engines
/// go on building until a 32nd of the budget is left.
pub(crate) const SHORT_MEMORY_PART: usize = 16;

/// The heat that an image lacks after its first refusal for want of memory, in the unit of the heat.
///
/// It is sixteen times the heat that earns tables. No benchmark chose it. Doubled, the next attempt in a
/// full cache waits for twice as many searches.
pub(crate) const HEAT_DEBT: i32 = 1 << 14;

/// The number of refusals after which the missing heat stops growing.
///
/// Each refusal multiplies it by sixteen, to 2^30 at most, which an `i32` still holds. The number cannot be
/// doubled.
pub(crate) const HEAT_REFUSALS_MAX: u8 = 4;

// The number below bounds memory.

/// The part of the budget, as a divisor, that tables and attached values take at most.
///
/// The rest is for programs.
pub(crate) const ALL_TABLES_PART: usize = 8;
