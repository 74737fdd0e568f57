//! How much an image is searched with, by which engines decide what is worth its making.
//!
//! It is written only until there is what it is for, so that threads which share a hot pattern share no line that
//! anyone writes. Each time that there was no room, the next try is sixteen times as far away: in a full cache
//! nothing is made over and over that cannot be kept.
//! Exercised by `tests/plans.rs` and `tests/dfa.rs` of `repool-vm`, and by `tests/alloc.rs` of `repool`.

use crate::tuning::{HEAT_DEBT, HEAT_REFUSALS_MAX};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, Ordering};

/// The heat of one image.
#[derive(Debug, Default)]
pub(crate) struct Heat {
    /// Less than nothing after a refusal.
    heat: AtomicI32,
    refusals: AtomicU8,
    /// Whether no tables can be had for the image.
    is_without_tables: AtomicBool,
}

const _: () = assert!(size_of::<Heat>() == 8, "part of every cached pattern");

impl Heat {
    /// Adds to the heat, and tells how much there is. Threads that add at a time may lose some.
    #[inline]
    pub(crate) fn warm(&self, heat: u32) -> u32 {
        let heat = i32::try_from(heat).unwrap_or(i32::MAX);
        let heat = self.heat.load(Ordering::Relaxed).saturating_add(heat);
        self.heat.store(heat, Ordering::Relaxed);
        u32::try_from(heat).unwrap_or(0)
    }

    /// Puts off the next try, as there was no room.
    pub(crate) fn cool(&self) {
        let refusals = self.refusals.load(Ordering::Relaxed);
        self.heat
            .store(-(HEAT_DEBT << (4 * refusals)), Ordering::Relaxed);
        let refusals = (refusals + 1).min(HEAT_REFUSALS_MAX);
        self.refusals.store(refusals, Ordering::Relaxed);
    }

    /// Remembers that no tables can be had for this image.
    pub(crate) fn refuse_tables(&self) {
        self.is_without_tables.store(true, Ordering::Relaxed);
    }

    #[inline(always)]
    pub(crate) fn are_tables_refused(&self) -> bool {
        self.is_without_tables.load(Ordering::Relaxed)
    }
}
