//! What an eviction returns, and whether it may exceed the budget.

use repool_arena::slab::Unique;

use crate::cause::Cause;
use crate::entry::handle::Handle;
use crate::entry::thread_ref::{Detached, Record, RecordRef};

/// Whether the index of pinned records may grow beyond the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Excess {
    Allowed,
    Forbidden,
}

impl Excess {
    /// Tells whether a record that cannot be pinned leaves all the same.
    pub(crate) fn is_final(self, cause: Cause) -> bool {
        match cause {
            Cause::Capacity | Cause::Pressure => false,
            // If it stayed, nothing would evict it after its handles are dropped, and the budget would not hold.
            Cause::Resize => self == Excess::Allowed,
            _ => true,
        }
    }
}

/// What an eviction returns, for `Store::settle`.
pub(crate) enum Evicted {
    /// There is nothing to evict.
    None,
    /// Nothing was found so far; there are more records to examine.
    Later,
    /// A record that nothing else holds.
    Free(Unique<Record>, Cause),
    /// Handles hold the record. The first field is a pinned record whose handles were found gone meanwhile.
    Pinned(Option<RecordRef>, Detached, Option<HeldEviction>),
}

/// An eviction of a held record that the observer has to be called for.
pub(crate) struct HeldEviction {
    pub(super) record: Handle,
    pub(super) cause: Cause,
}
