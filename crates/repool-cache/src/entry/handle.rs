//! The handle to a compiled pattern.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use repool_arena::Account;
use repool_program::Image;

use crate::entry::parked::Perch;
use crate::entry::record::Place;
use crate::entry::thread_ref::{Hold, Links, Local, RECORD_BYTES, Record, WAY_BYTES};
use crate::thread_state::this_thread;

/// A compiled pattern, held.
///
/// Valid for as long as it lives, whatever becomes of the cache: evicting, purging or dropping that takes
/// nothing from a handle. A clone is the same pattern in the same memory. Two words wide.
#[derive(Clone)]
pub struct Handle(Way);

/// How a handle holds its record.
#[derive(Clone)]
enum Way {
    /// With a count that all threads share: who compiled it, who waited for that, who found no place in a
    /// front.
    Shared(Hold),
    /// With the count of the thread that found it.
    Local(Lent),
}

/// A handle's hold on a local.
#[derive(Clone, Debug)]
pub(crate) struct Lent(
    /// None only inside `drop`.
    Option<Arc<Local>>,
);

impl Lent {
    #[inline]
    pub(crate) fn new(local: Arc<Local>) -> Lent {
        Lent(Some(local))
    }
}

impl Deref for Lent {
    type Target = Local;

    #[inline]
    fn deref(&self) -> &Local {
        self.0.as_ref().expect("lent until it is dropped")
    }
}

impl Drop for Lent {
    #[inline]
    fn drop(&mut self) {
        if self
            .0
            .as_ref()
            .is_some_and(|l| l.perch().is_free(this_thread()))
            && let Some(local) = self.0.take()
        {
            Perch::park(local, Local::perch);
        }
    }
}

impl Handle {
    pub(crate) fn new(record: Arc<Record>) -> Handle {
        Handle::shared(Hold::new(record))
    }

    pub(crate) fn shared(hold: Hold) -> Handle {
        Handle(Way::Shared(hold))
    }

    #[inline]
    pub(crate) fn local(local: Arc<Local>) -> Handle {
        Handle(Way::Local(Lent::new(local)))
    }

    /// A handle to a pattern that no cache knows of. Its bytes stay on the ledger of the pool that it was
    /// compiled into: [`repool_arena::Pool::global`] is there for that.
    #[must_use]
    pub fn uncached(image: Image) -> Handle {
        image.ledger().add(Account::Index, RECORD_BYTES);
        Handle::new(Arc::new(Record::new(image, 0, [0; 2], 0, Links::default())))
    }

    /// What it holds its record with, unless that is a local.
    pub(crate) fn into_hold(self) -> Result<Hold, Handle> {
        match self.0 {
            Way::Shared(hold) => Ok(hold),
            Way::Local(_) => Err(self),
        }
    }

    #[inline]
    pub(crate) fn record(&self) -> &Arc<Record> {
        match &self.0 {
            Way::Shared(hold) => hold,
            Way::Local(local) => local.record(),
        }
    }

    /// Tells whether both are the same compiled pattern in the same memory.
    #[must_use]
    pub fn ptr_eq(&self, other: &Handle) -> bool {
        Arc::ptr_eq(self.record(), other.record())
    }

    /// Tells whether a cache holds the pattern at this moment: it was not evicted, nor too large.
    #[must_use]
    pub fn is_cached(&self) -> bool {
        self.record().place() == Place::Cached
    }

    /// The time it took to compile the pattern; zero for [`Handle::uncached`].
    #[must_use]
    pub fn compile_time(&self) -> Duration {
        self.record().compile_time()
    }

    /// The bytes on the heap that the handle takes beside those of its [`Image`]: shared by all clones.
    #[must_use]
    pub fn overhead_bytes(&self) -> usize {
        match &self.0 {
            Way::Shared(_) => RECORD_BYTES,
            Way::Local(_) => RECORD_BYTES + WAY_BYTES,
        }
    }
}

impl Deref for Handle {
    type Target = Image;

    #[inline]
    fn deref(&self) -> &Image {
        self.record().image()
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("pattern", &self.program().text())
            .field("bytes", &self.memory_bytes())
            .field("is_cached", &self.is_cached())
            .finish()
    }
}
