//! Placeholder until the pages are merged.

use crate::store::Store;

impl Store {
    /// Gives free memory back to the system.
    pub(crate) fn give_back(&self) {
        self.records().trim();
        self.pool().trim();
    }
}
