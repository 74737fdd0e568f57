//! Memory of records that went, for those that come.

use std::sync::Arc;

use repool_arena::{Account, OutOfMemory};

use crate::config::Mode;
use crate::entry::thread_ref::{RECORD_BYTES, Record};
use crate::store::Store;
use crate::sync::atomic::Ordering;

impl Store {
    /// Tells whether a program of so many bytes is one that a soft budget lets exceed it, as it is too large to be
    /// cached: nothing may be evicted for its sake, since that would serve nobody.
    pub(crate) fn exceeds_alone(&self, bytes: usize) -> bool {
        self.config().mode == Mode::Soft && !self.is_small(bytes)
    }

    /// Tells whether a program of so many bytes, with its record, is no more than one pattern may take.
    pub(crate) fn is_small(&self, program_bytes: usize) -> bool {
        let bytes = program_bytes.saturating_add(RECORD_BYTES);
        bytes <= self.entry_bytes_max.load(Ordering::Relaxed)
    }

    /// Frees what a record holds, if nothing else holds the record, and keeps the rest of it for the next.
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

    /// A spare record for a program of so many bytes, or none and the bytes of one: either way on [`Account::Index`].
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

    /// Frees the spare records and gives the number of their bytes.
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
