//! How often a record was requested: its own counts and those of thread references together.

use crate::entry::thread_ref::Record;
use crate::sync::atomic::Ordering;

impl Record {
    /// Tells whether it was requested of late.
    pub(crate) fn is_warm(&self) -> bool {
        self.warmth.load(Ordering::Relaxed) > 0 || self.has_recent_hits()
    }

    /// Returns for how many ticks it was not requested. Hits since the previous call count as hits at `tick`.
    pub(crate) fn idle_ticks(&self, tick: u32) -> u32 {
        // The lowest 32 bits suffice to see a change.
        let hits = self.hits() as u32;
        if self.seen_hits.swap(hits, Ordering::Relaxed) != hits {
            self.seen_at.store(tick, Ordering::Relaxed);
        }
        tick.wrapping_sub(self.seen_at.load(Ordering::Relaxed))
    }

    /// Adds the hits of thread caches to the warmth, and returns it: 0 to `WARMTH_MAX`.
    pub(crate) fn note_thread_hits(&self) -> u8 {
        self.warm_by(self.take_recent_hits())
    }

    /// Takes one request off the warmth. Returns false if there was none.
    pub(crate) fn cool(&self) -> bool {
        let warmth = self.note_thread_hits();
        self.warmth
            .store(warmth.saturating_sub(1), Ordering::Relaxed);
        warmth > 0
    }

    pub(crate) fn hits(&self) -> u64 {
        u64::from(self.hits.load(Ordering::Relaxed)) + self.thread_hits()
    }

    /// Returns the hits of thread caches since the previous call, which the policy has not seen.
    pub(crate) fn take_recent_hits(&self) -> u32 {
        let mut recent = 0_u32;
        self.links
            .for_each(|thread_ref| recent = recent.saturating_add(thread_ref.take_recent_hits()));
        recent
    }

    /// Tells whether the next [`Record::take_recent_hits`] returns more than 0.
    pub(crate) fn has_recent_hits(&self) -> bool {
        let mut has = false;
        self.links.for_each(|thread_ref| {
            let seen = thread_ref.seen.load(Ordering::Relaxed);
            has |= thread_ref.hits.load(Ordering::Relaxed) as u32 != seen;
        });
        has
    }

    /// Returns the hits that living thread references count.
    pub(crate) fn thread_hits(&self) -> u64 {
        let mut hits = 0;
        self.links
            .for_each(|thread_ref| hits += thread_ref.hits.load(Ordering::Relaxed));
        hits
    }
}
