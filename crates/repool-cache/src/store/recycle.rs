//! Spare records: those of evicted patterns serve the next ones.

use std::sync::Arc;

use repool_arena::{Account, OutOfMemory};

use crate::config::Mode;
use crate::entry::thread_ref::{RECORD_BYTES, Record};
use crate::store::Store;
use crate::sync::atomic::Ordering;

impl Store {
    /// Tells whether a program of this size exceeds a soft budget because it is too large to be cached. Nothing is evicted for
    /// such a program.
    pub(crate) fn exceeds_alone(&self, bytes: usize) -> bool {
        self.config().mode == Mode::Soft && !self.is_small(bytes)
    }

    /// Tells whether a program of this size, with its record, may be cached.
    pub(crate) fn is_small(&self, program_bytes: usize) -> bool {
        let bytes = program_bytes.saturating_add(RECORD_BYTES);
        bytes <= self.entry_bytes_max.load(Ordering::Relaxed)
    }

    /// Frees the image of a record that nothing else holds, and keeps the record as a spare.
    pub(crate) fn recycle(&self, mut record: Arc<Record>) {
        let Some(free) = Arc::get_mut(&mut record) else {
            return;
        };
        free.vacate();
        self.ledger()
            .transfer(Account::Index, Account::Spare, RECORD_BYTES);
        let max_bytes = self.ledger().limit();
        let kept = if self.ledger().is_over_limit() {
            Err(record)
        } else {
            self.spares.0.put(record, max_bytes)
        };
        if let Err(record) = kept {
            drop(record);
            self.ledger().sub(Account::Spare, RECORD_BYTES);
        }
    }

    /// Returns a spare record for a program of `program_bytes`, or reserves the bytes of a new one. Either way
    /// `RECORD_BYTES` are on [`Account::Index`].
    pub(crate) fn take_spare(
        &self,
        program_bytes: usize,
    ) -> Result<Option<Arc<Record>>, OutOfMemory> {
        let spare = self.spares.0.take();
        if spare.is_some() {
            self.ledger()
                .transfer(Account::Spare, Account::Index, RECORD_BYTES);
        } else if self.exceeds_alone(program_bytes) {
            self.ledger().add(Account::Index, RECORD_BYTES);
        } else {
            self.pool().reserve(Account::Index, RECORD_BYTES)?.keep();
        }
        Ok(spare)
    }

    /// Frees the spare records and returns their bytes.
    pub(crate) fn free_spares(&self) -> usize {
        let mut freed = 0;
        while let Some(spare) = self.spares.0.take() {
            drop(spare);
            self.ledger().sub(Account::Spare, RECORD_BYTES);
            freed += RECORD_BYTES;
        }
        freed
    }
}
