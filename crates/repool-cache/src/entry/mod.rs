//! One pattern: its record, the references of threads to it, and the handle that users hold.

pub(crate) mod handle;
pub(crate) mod parked;
pub(crate) mod record;
pub(crate) mod thread_ref;
pub(crate) mod usage;
