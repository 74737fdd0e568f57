//! The record: what a cache keeps of one pattern.
//!
//! A record is generic over its links, as those lead to its store and to the threads that refer to it, which this file
//! need not know.
//!
//! Exercised by `tests/cache.rs` and `tests/operations.rs`.

use std::sync::Arc;
use std::time::Duration;

use repool_arena::Account;
use repool_program::{Image, Taken};

use crate::key::{Keyed, Probe};
use crate::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use crate::tuning::WARMTH_MAX;

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
#[derive(Debug)]
pub(crate) struct RecordOf<L> {
    /// `None` only in a spare record, whose content is never read.
    image: Option<Image>,
    pub(crate) options: [u64; 2],
    hash: u64,
    compile_nanos: u64,
    /// Hits that no living thread reference counts.
    pub(super) hits: AtomicU32,
    pub(crate) links: L,
    /// Requests of late, 0 to [`WARMTH_MAX`]. Written under the shard's lock, and by a thread cache that drops its reference:
    /// of two such writes one may be lost.
    pub(super) warmth: AtomicU8,
    /// A [`Place`]. Written under the lock of the record's shard.
    place: AtomicU8,
    /// The number of the owner that it is charged to while it is cached, and of the owner that inherits it. Written under the
    /// lock of the record's shard.
    owner: AtomicU32,
    heir: AtomicU32,
    /// When a change of its hits was last noticed, in ticks of the store, and its hits then.
    pub(super) seen_at: AtomicU32,
    pub(super) seen_hits: AtomicU32,
}

impl<L> RecordOf<L> {
    /// Bytes of one record with the counts of its `Arc`. On [`Account::Index`] while it lives.
    pub(crate) const BYTES: usize = size_of::<RecordOf<L>>() + 2 * size_of::<usize>();
}

impl<L: Default> RecordOf<L> {
    /// Makes a record of an image. The caller has charged [`RecordOf::BYTES`] to the image's ledger.
    pub(crate) fn new(
        image: Image,
        hash: u64,
        options: [u64; 2],
        compile_nanos: u64,
        links: L,
    ) -> RecordOf<L> {
        let mut record = RecordOf::spare();
        record.image = Some(image);
        record.options = options;
        record.hash = hash;
        record.compile_nanos = compile_nanos;
        record.links = links;
        record
    }

    /// A record without an image.
    fn spare() -> RecordOf<L> {
        RecordOf {
            warmth: AtomicU8::new(0),
            image: None,
            options: [0; 2],
            hash: 0,
            compile_nanos: 0,
            hits: AtomicU32::new(0),
            links: L::default(),
            place: AtomicU8::new(Place::Loose as u8),
            owner: AtomicU32::new(NOBODY),
            heir: AtomicU32::new(NOBODY),
            seen_at: AtomicU32::new(0),
            seen_hits: AtomicU32::new(0),
        }
    }

    /// Puts the record behind an `Arc`: that of a spare record, if there is one.
    pub(crate) fn share(self, spare: Option<Arc<RecordOf<L>>>) -> Arc<RecordOf<L>> {
        if let Some(mut spare) = spare
            && let Some(free) = Arc::get_mut(&mut spare)
        {
            *free = self;
            return spare;
        }
        Arc::new(self)
    }
}

impl<L> RecordOf<L> {
    #[inline]
    pub(crate) fn image(&self) -> &Image {
        self.image.as_ref().expect("nobody sees a spare record")
    }

    /// Takes out the tables of the image, if it has any.
    pub(crate) fn take_tables(&mut self) -> Option<Taken> {
        self.image.as_mut()?.take_tables()
    }

    /// Moves the image, if a compaction wants that. Returns whether it did.
    pub(crate) fn relocate(&mut self) -> bool {
        self.image.as_mut().is_some_and(Image::relocate)
    }

    /// Frees the image. The caller takes over the charge of [`RecordOf::BYTES`].
    pub(crate) fn vacate(&mut self) {
        self.image = None;
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
        self.compile_nanos
    }

    pub(crate) fn compile_time(&self) -> Duration {
        Duration::from_nanos(self.compile_nanos)
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

impl<L> Drop for RecordOf<L> {
    fn drop(&mut self) {
        if let Some(image) = &self.image {
            image.ledger().sub(Account::Index, RecordOf::<L>::BYTES);
        }
    }
}
