//! The record: what a cache keeps of one pattern.
//!
//! A record is generic over its links, as those lead to its store and to the threads that refer to it, which this file
//! need not know.
//!
//! Exercised by `tests/cache.rs` and `tests/operations.rs`.

use std::time::Duration;

use repool_arena::Account;
use repool_arena::slab::Slab;
use repool_program::{Image, Taken};

use crate::key::{Key, Keyed, Probe};
use crate::policy::queue::Queued;
use crate::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use crate::tuning::WARMTH_MAX;

/// Nanoseconds of one unit of a record's compile time.
const TICK_NANOS: u64 = 16;

/// The number that stands for no owner.
pub(crate) const NOBODY: u32 = 0;

/// Which queue a record is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Place {
    /// In no queue: only handles hold it.
    Loose,
    /// In the policy's queue.
    Cached,
    /// In the queue of records that handles hold: evicted, or never cached.
    Pinned,
}

/// One pattern, with its links `L`.
///
/// What a lookup without a lock reads and writes stands first, with the count before it on one cache line.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct RecordOf<L> {
    pub(crate) options: [u64; 2],
    /// Hits that no living thread reference counts.
    pub(super) hits: AtomicU32,
    /// The compile time in units of 16 ns: 68 seconds at most.
    compile_ticks: u32,
    /// A [`Place`]. Written under the lock of the record's shard.
    place: AtomicU8,
    /// Requests of late, 0 to [`WARMTH_MAX`]. Written under the shard's lock, and by threads without it: of two such writes one
    /// may be lost.
    pub(super) warmth: AtomicU8,
    /// The round of reports in which the policy last heard of a lookup without the shard's lock; its lowest bits.
    heard: AtomicU8,
    image: Image,
    hash: u64,
    pub(crate) links: L,
    /// Its slot in its queue. Written under the lock of the record's shard.
    slot: AtomicU32,
    /// The number of the owner that it is charged to while it is cached, and of the owner that inherits it. Written under the
    /// lock of the record's shard.
    owner: AtomicU32,
    heir: AtomicU32,
    /// When a change of its hits was last noticed, in ticks of the store, and its hits then.
    pub(super) seen_at: AtomicU32,
    pub(super) seen_hits: AtomicU32,
}

impl<L> RecordOf<L> {
    /// Bytes of one record in its slab. On [`Account::Index`] while it lives.
    pub(crate) const BYTES: usize = Slab::<RecordOf<L>>::SLOT_BYTES;
}

impl<L> RecordOf<L> {
    /// Makes a record of an image.
    pub(crate) fn new(
        image: Image,
        hash: u64,
        options: [u64; 2],
        compile_nanos: u64,
        links: L,
    ) -> RecordOf<L> {
        RecordOf {
            hash,
            options,
            image,
            compile_ticks: u32::try_from(compile_nanos / TICK_NANOS).unwrap_or(u32::MAX),
            hits: AtomicU32::new(0),
            links,
            warmth: AtomicU8::new(0),
            heard: AtomicU8::new(0),
            slot: AtomicU32::new(0),
            place: AtomicU8::new(Place::Loose as u8),
            owner: AtomicU32::new(NOBODY),
            heir: AtomicU32::new(NOBODY),
            seen_at: AtomicU32::new(0),
            seen_hits: AtomicU32::new(0),
        }
    }

    /// The image of a record that nothing else leads to.
    pub(crate) fn image_mut(&mut self) -> &mut Image {
        &mut self.image
    }

    #[inline]
    pub(crate) fn image(&self) -> &Image {
        &self.image
    }

    /// Tells whether this is the record of a key.
    #[inline]
    pub(crate) fn is_of(&self, key: &Key<'_>) -> bool {
        (self.options[0] ^ key.options[0]) | (self.options[1] ^ key.options[1]) == 0
            && self.image.text_bytes() == key.text.as_bytes()
    }

    /// Takes out the tables of the image, if it has any.
    pub(crate) fn take_tables(&mut self) -> Option<Taken> {
        self.image.take_tables()
    }

    /// Tells whether the policy did not yet hear of a lookup in this round of reports, and notes that it did.
    #[inline]
    pub(crate) fn is_unheard(&self, round: u32) -> bool {
        let is_unheard = self.heard.load(Ordering::Relaxed) != round as u8;
        if is_unheard {
            self.heard.store(round as u8, Ordering::Relaxed);
        }
        is_unheard
    }

    /// Notes that it was used at `tick`.
    pub(crate) fn see(&self, tick: u32) {
        self.seen_at.store(tick, Ordering::Relaxed);
    }

    pub(crate) fn place(&self) -> Place {
        match self.place.load(Ordering::Acquire) {
            0 => Place::Loose,
            1 => Place::Cached,
            _ => Place::Pinned,
        }
    }

    /// Sets the place, and moves the image's bytes to the account of that place.
    pub(crate) fn set_place(&self, place: Place) {
        self.place.store(place as u8, Ordering::Release);
        self.image().set_account(match place {
            Place::Cached => Account::Programs,
            Place::Loose | Place::Pinned => Account::Pinned,
        });
    }

    /// Notes that the record is in no queue. Its bytes stay on their account for now.
    pub(crate) fn leave(&self) {
        self.place.store(Place::Loose as u8, Ordering::Release);
    }

    /// Adds hits; saturates.
    pub(crate) fn add_hits(&self, more: u64) {
        let more = u32::try_from(more).unwrap_or(u32::MAX);
        if more > 0 {
            let add = |hits: u32| Some(hits.saturating_add(more));
            // The closure always gives a number, so this always succeeds.
            let _ = self
                .hits
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
        }
    }

    /// Counts a hit of the shared index. Of two threads that count at once, one count may be lost: nothing depends on it, and
    /// a locked addition would take a fifth of the hit.
    #[inline]
    pub(crate) fn count_shared_hit(&self) {
        let hits = self.hits.load(Ordering::Relaxed);
        self.hits.store(hits.saturating_add(1), Ordering::Relaxed);
        if self.warmth.load(Ordering::Relaxed) < WARMTH_MAX {
            self.warm();
        }
    }

    /// The number of the owner it is charged to.
    #[inline]
    pub(crate) fn owner(&self) -> u32 {
        self.owner.load(Ordering::Relaxed)
    }

    /// Sets the owner, and no heir.
    pub(crate) fn set_owner(&self, number: u32) {
        self.owner.store(number, Ordering::Relaxed);
        self.heir.store(NOBODY, Ordering::Relaxed);
    }

    /// The number of the owner that inherits it.
    pub(crate) fn heir(&self) -> u32 {
        self.heir.load(Ordering::Relaxed)
    }

    pub(crate) fn set_heir(&self, number: u32) {
        self.heir.store(number, Ordering::Relaxed);
    }

    /// The bytes that its owner is charged.
    pub(crate) fn cost(&self) -> usize {
        self.weight() + RecordOf::<L>::BYTES
    }

    /// The bytes that the policy counts: the program without tables, which never change.
    pub(crate) fn weight(&self) -> usize {
        self.image().arena_bytes() + self.image().delegate_bytes()
    }

    /// Counts one request for the policy.
    pub(crate) fn warm(&self) {
        self.warm_by(1);
    }

    /// Counts requests for the policy and returns the warmth.
    pub(crate) fn warm_by(&self, requests: u32) -> u8 {
        let more = requests.min(WARMTH_MAX.into()) as u8;
        let warmth = (self.warmth.load(Ordering::Relaxed) + more).min(WARMTH_MAX);
        self.warmth.store(warmth, Ordering::Relaxed);
        warmth
    }

    /// Returns the requests of late, without those that thread caches have not reported.
    pub(crate) fn warmth(&self) -> u8 {
        self.warmth.load(Ordering::Relaxed)
    }

    pub(crate) fn compile_nanos(&self) -> u64 {
        u64::from(self.compile_ticks) * TICK_NANOS
    }

    pub(crate) fn compile_time(&self) -> Duration {
        Duration::from_nanos(self.compile_nanos())
    }
}

impl<L> Queued for RecordOf<L> {
    fn slot(&self) -> &AtomicU32 {
        &self.slot
    }
}

impl<L> Keyed for RecordOf<L> {
    fn hash(&self) -> u64 {
        self.hash
    }

    fn probe(&self) -> Probe<'_> {
        Probe {
            hash: self.hash,
            options: self.options,
            text: self.image().text_bytes(),
        }
    }
}
#[cfg(test)]
mod tests_size {
    #[test]
    fn size() {
        eprintln!(
            "RECORD {} image {} links {}",
            crate::entry::thread_ref::RECORD_BYTES,
            size_of::<repool_program::Image>(),
            size_of::<crate::entry::thread_ref::Links>()
        );
    }
}
