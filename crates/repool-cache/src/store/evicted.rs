//! What an eviction gives back, and how far it may go.

use std::sync::Arc;

use crate::cause::Cause;
use crate::entry::handle::Handle;
use crate::entry::thread_ref::{Detached, Record};

/// Whether held records may take more than the budget for an index of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Excess {
    Allowed,
    Forbidden,
}

impl Excess {
    /// Tells whether the record leaves even if it could not be found again while it is held.
    pub(crate) fn is_final(self, cause: Cause) -> bool {
        match cause {
            Cause::Capacity | Cause::Pressure => false,
            // If it stayed, nothing would evict it when its handles are gone, and the budget not hold.
            Cause::Resize => self == Excess::Allowed,
            _ => true,
        }
    }
}

/// What an eviction gives back, for [`Store::settle`].
pub(crate) enum Evicted {
    /// Nothing was there to evict.
    None,
    /// Nothing was found so far, but more is there to look at.
    Later,
    /// A record that nobody else holds.
    Free(Arc<Record>, Cause),
    /// Handles hold the record. Another may have been found that none does any more.
    Pinned(Option<Arc<Record>>, Detached, Option<HeldEviction>),
}

/// An eviction of a held record that somebody is to be told of.
pub(crate) struct HeldEviction {
    pub(super) record: Handle,
    pub(super) cause: Cause,
}
