//! How much an image is searched. Engines compare it with the cost of what they could build.
//!
//! Searches write the heat only until the engine has built what it wanted. After that, threads that share a
//! hot pattern write no shared cache line.
//!
//! If memory was short, the heat drops far below zero, and each refusal multiplies the distance by sixteen.
//! So a full cache does not build the same thing again and again without room to keep it.
//!
//! Exercised by `tests/plans.rs` and `tests/dfa.rs` of `repool-vm`, and by `tests/alloc.rs` of `repool`.

use crate::tuning::{HEAT_DEBT, HEAT_REFUSALS_MAX};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, Ordering};

/// The heat of one image.
#[derive(Debug, Default)]
pub(crate) struct Heat {
    /// Negative after a refusal.
    heat: AtomicI32,
    refusals: AtomicU8,
    /// Whether an engine found that this image can have no tables.
    is_without_tables: AtomicBool,
}

const _: () = assert!(size_of::<Heat>() == 8, "part of every cached pattern");

impl Heat {
    /// Adds to the heat and returns the sum, or 0 while it is negative. If two threads add at once, one
    /// addition may be lost.
    #[inline]
    pub(crate) fn warm(&self, heat: u32) -> u32 {
        let heat = i32::try_from(heat).unwrap_or(i32::MAX);
        let heat = self.heat.load(Ordering::Relaxed).saturating_add(heat);
        self.heat.store(heat, Ordering::Relaxed);
        u32::try_from(heat).unwrap_or(0)
    }

    /// Delays the next attempt, since memory was short for this one.
    pub(crate) fn cool(&self) {
        let refusals = self.refusals.load(Ordering::Relaxed);
        self.heat
            .store(-(HEAT_DEBT << (4 * refusals)), Ordering::Relaxed);
        let refusals = (refusals + 1).min(HEAT_REFUSALS_MAX);
        self.refusals.store(refusals, Ordering::Relaxed);
    }

    /// Records that this image can have no tables.
    pub(crate) fn refuse_tables(&self) {
        self.is_without_tables.store(true, Ordering::Relaxed);
    }

    #[inline(always)]
    pub(crate) fn are_tables_refused(&self) -> bool {
        self.is_without_tables.load(Ordering::Relaxed)
    }
}
