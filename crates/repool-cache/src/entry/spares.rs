//! Evicted records without their images, kept for the next patterns.
//!
//! A cache at its budget evicts about one pattern for each that it adds. The new one takes the record of the old one, so
//! that neither calls the allocator. `tests/bytes.rs` counts the calls.

use std::sync::Arc;

use crate::entry::thread_ref::Record;
use crate::sync::{Mutex, MutexGuard, rank};
use crate::tuning::{SPARE_RECORD_BUDGET_BYTES, SPARE_RECORDS_MAX};

/// Records without images. Nothing else holds them.
#[derive(Debug)]
pub(crate) struct Spares(Mutex<Kept, { rank::SPARES }>);

#[derive(Debug)]
struct Kept {
    /// The first `len` are `Some`.
    records: [Option<Arc<Record>>; SPARE_RECORDS_MAX],
    len: usize,
}

impl Spares {
    pub(crate) fn new() -> Spares {
        Spares(Mutex::new(Kept {
            records: [const { None }; SPARE_RECORDS_MAX],
            len: 0,
        }))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock()
    }

    /// Keeps a record, or returns it as an error if a budget of `max_bytes` has enough of them.
    pub(crate) fn put(&self, record: Arc<Record>, max_bytes: usize) -> Result<(), Arc<Record>> {
        let mut kept = self.kept();
        let len = kept.len;
        if len >= (max_bytes / SPARE_RECORD_BUDGET_BYTES).clamp(1, SPARE_RECORDS_MAX) {
            return Err(record);
        }
        kept.records[len] = Some(record);
        kept.len += 1;
        Ok(())
    }

    /// Takes a record out, if there is one.
    pub(crate) fn take(&self) -> Option<Arc<Record>> {
        let mut kept = self.kept();
        kept.len = kept.len.checked_sub(1)?;
        let len = kept.len;
        kept.records[len].take()
    }

    pub(crate) fn len(&self) -> usize {
        self.kept().len
    }
}
