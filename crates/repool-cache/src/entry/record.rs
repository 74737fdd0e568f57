//! What a cache keeps of one pattern.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use repool_arena::{Account, Vacated};
use repool_program::{Image, Taken};

use crate::key::{Keyed, Probe};
use crate::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use crate::tuning::WARMTH_MAX;

/// The number of no owner.
pub(crate) const NOBODY: u32 = 0;

/// The memory of a record that moved, on no account of the ledger. To be dropped outside the lock.
#[derive(Debug)]
pub(crate) struct Outgrown<L> {
    _arena: Option<Vacated>,
    _record: Arc<RecordOf<L>>,
}

/// Where a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Place {
    /// In no queue: only handles hold it.
    Loose,
    /// In the policy's queue.
    Cached,
    /// In the queue of records that were evicted, or never cached, but are held by handles.
    Pinned,
}

/// A record, and what it is linked to.
#[derive(Debug)]
pub(crate) struct RecordOf<L> {
    /// None only in a spare, which nobody can look into.
    image: Option<Image>,
    pub(crate) options: [u64; 2],
    hash: u64,
    compile_nanos: u64,
    /// Hits that were not counted by a way, or by one that is gone.
    pub(super) hits: AtomicU32,
    pub(crate) links: L,
    /// How often it was asked for of late, 0 to [`WARMTH_MAX`]. Written under the shard's lock, and by a front that
    /// gives up its way to the record: one of two such writes may be lost.
    pub(super) warmth: AtomicU8,
    /// A [`Place`]. Written under the lock of the record's shard.
    place: AtomicU8,
    /// The owner it is charged to while it is cached, and the one to whom it goes when that is released; see
    /// `owners.rs`. Written under the lock of the record's shard.
    owner: AtomicU32,
    heir: AtomicU32,
    /// When it was seen to have been used, in the store's ticks, and its hits then.
    pub(super) seen_at: AtomicU32,
    pub(super) seen_hits: AtomicU32,
}

impl<L> RecordOf<L> {
    /// The bytes of one record behind its `Arc`, on [`Account::Index`] for as long as it lives.
    pub(crate) const BYTES: usize = size_of::<RecordOf<L>>() + 2 * size_of::<usize>();
}

impl<L: Default> RecordOf<L> {
    /// A record of an image. [`RecordOf::BYTES`] must be on the image's ledger already.
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

    /// A record of nothing.
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

    /// Shares the record: in the memory of a spare, if there is one.
    pub(crate) fn share(self, spare: Option<Arc<RecordOf<L>>>) -> Arc<RecordOf<L>> {
        if let Some(mut spare) = spare
            && let Some(free) = Arc::get_mut(&mut spare)
        {
            *free = self;
            return spare;
        }
        Arc::new(self)
    }

    /// Moves a record that nothing else holds into other memory, and its program, and gives the memory they were in. All
    /// that is known of it stays as it is, and so does the ledger.
    pub(crate) fn relocate(record: &mut Arc<RecordOf<L>>) -> Option<Outgrown<L>> {
        let here = Arc::get_mut(record)?;
        let arena = here.image.as_mut()?.relocate();
        let moved = mem::replace(here, RecordOf::spare());
        let spare = mem::replace(record, Arc::new(moved));
        Some(Outgrown {
            _arena: arena,
            _record: spare,
        })
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

    /// Frees the image. [`RecordOf::BYTES`] stay charged, and are up to the caller from now on.
    pub(crate) fn vacate(&mut self) {
        self.image = None;
    }

    /// Notes that it was used now, in the store's ticks.
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

    /// Moves the record, and its image's bytes to the account that goes with the place.
    pub(crate) fn set_place(&self, place: Place) {
        self.place.store(place as u8, Ordering::Release);
        self.image().set_account(match place {
            Place::Cached => Account::Programs,
            Place::Loose | Place::Pinned => Account::Pinned,
        });
    }

    /// Notes that the record is in no queue; its bytes stay where they are for now.
    pub(crate) fn leave(&self) {
        self.place.store(Place::Loose as u8, Ordering::Release);
    }

    /// Counts hits. Stays at the maximum.
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

    /// Sets whose it is. Nobody is the heir then.
    pub(crate) fn set_owner(&self, number: u32) {
        self.owner.store(number, Ordering::Relaxed);
        self.heir.store(NOBODY, Ordering::Relaxed);
    }

    /// The number of the owner to whom it goes next.
    pub(crate) fn heir(&self) -> u32 {
        self.heir.load(Ordering::Relaxed)
    }

    pub(crate) fn set_heir(&self, number: u32) {
        self.heir.store(number, Ordering::Relaxed);
    }

    /// What its owner is charged, in bytes.
    pub(crate) fn cost(&self) -> usize {
        self.weight() + RecordOf::<L>::BYTES
    }

    /// What the policy weighs: the bytes of the program, without tables, so that it never changes.
    pub(crate) fn weight(&self) -> usize {
        self.image().arena_bytes() + self.image().delegate_bytes()
    }

    /// Notes for the policy that the record was asked for.
    pub(crate) fn warm(&self) {
        self.warm_by(1);
    }

    /// The same for so many requests; gives how often it was asked for.
    pub(crate) fn warm_by(&self, requests: u32) -> u8 {
        let more = requests.min(WARMTH_MAX.into()) as u8;
        let warmth = (self.warmth.load(Ordering::Relaxed) + more).min(WARMTH_MAX);
        self.warmth.store(warmth, Ordering::Relaxed);
        warmth
    }

    /// How often it was asked for of late, as far as the policy knows.
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
