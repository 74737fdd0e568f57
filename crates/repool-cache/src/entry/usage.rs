//! How often a record was asked for: by its own count and those of threads.

use crate::entry::thread_ref::Record;
use crate::sync::atomic::Ordering;

impl Record {
    /// Tells whether it was asked for of late.
    pub(crate) fn is_warm(&self) -> bool {
        self.warmth.load(Ordering::Relaxed) > 0 || self.has_recent_hits()
    }

    /// For how many ticks it was not asked for, as far as can be told: hits since this was last asked count as
    /// hits at `tick`.
    pub(crate) fn idle_ticks(&self, tick: u32) -> u32 {
        // What is counted beyond 32 bits still differs from one time to the next.
        let hits = self.hits() as u32;
        if self.seen_hits.swap(hits, Ordering::Relaxed) != hits {
            self.seen_at.store(tick, Ordering::Relaxed);
        }
        tick.wrapping_sub(self.seen_at.load(Ordering::Relaxed))
    }

    /// Counts what was asked for on fronts of late in, and gives how often it was asked for: 0 to [`WARMTH_MAX`].
    pub(crate) fn note_thread_hits(&self) -> u8 {
        self.warm_by(self.take_recent_hits())
    }

    /// Takes one request back. False if there was none of late.
    pub(crate) fn cool(&self) -> bool {
        let warmth = self.note_thread_hits();
        self.warmth
            .store(warmth.saturating_sub(1), Ordering::Relaxed);
        warmth > 0
    }

    pub(crate) fn hits(&self) -> u64 {
        u64::from(self.hits.load(Ordering::Relaxed)) + self.thread_hits()
    }

    /// The hits on fronts since this was last asked: what the policy could not see.
    pub(crate) fn take_recent_hits(&self) -> u32 {
        let mut recent = 0_u32;
        self.links
            .for_each(|thread_ref| recent = recent.saturating_add(thread_ref.take_recent_hits()));
        recent
    }

    /// Tells whether there were hits on fronts that [`Record::take_recent_hits`] did not give yet.
    pub(crate) fn has_recent_hits(&self) -> bool {
        let mut has = false;
        self.links.for_each(|thread_ref| {
            let seen = thread_ref.seen.load(Ordering::Relaxed);
            has |= thread_ref.hits.load(Ordering::Relaxed) as u32 != seen;
        });
        has
    }

    /// The hits on fronts that are not in the record's own count yet.
    pub(crate) fn thread_hits(&self) -> u64 {
        let mut hits = 0;
        self.links
            .for_each(|thread_ref| hits += thread_ref.hits.load(Ordering::Relaxed));
        hits
    }
}
