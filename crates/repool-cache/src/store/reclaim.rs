//! Makes room when the ledger is full.

use repool_arena::{Account, Reclaim, Room};

use crate::cause::Cause;
use crate::config::Mode;
use crate::entry::record::NOBODY;
use crate::observer::Pressure;
use crate::owners::Reach;
use crate::store::Store;
use crate::thread_state::{asking, replace_refused};

impl Store {
    /// Frees one record for the sake of an owner, or of none. Returns whether there was one.
    fn evict_for(&self, asker: u32) -> bool {
        let reaches = [Reach::Shares(asker), Reach::Own(asker)];
        // Nobody has records of its own.
        let reaches = &reaches[..if asker == NOBODY { 1 } else { 2 }];
        self.drop_tables_in_turn() || self.evict_one(Cause::Capacity, reaches)
    }

    /// Lets a program exceed the budget, and reports that unless the pool can give pages back instead.
    pub(crate) fn exceed(&self, bytes: usize) -> Room {
        if self.notifier.has_observer() && self.pool().free_bytes() == 0 {
            let ledger = self.ledger();
            self.notifier.pressed(|| Pressure::of(ledger, bytes, false));
        }
        Room::Exceed
    }
}

impl Reclaim for Store {
    fn reclaim(&self, account: Account, bytes: usize) -> Room {
        if matches!(account, Account::Tables | Account::Errors) && self.ledger().is_over_limit() {
            // Handles exceed the budget. Getting back within it would evict far more than these bytes, and the cache works
            // without either.
            return Room::Refuse;
        }
        if account == Account::Tables {
            // Callers keep tables within their part of the budget. A hot pattern is requested more often than the pattern
            // that is evicted for its table.
            let room = self.evict_one(Cause::Capacity, &[Reach::Shares(NOBODY)]);
            return if room { Room::Made } else { Room::Refuse };
        }
        let soft = self.config().mode == Mode::Soft;
        let is_program = account == Account::Programs;
        if is_program && self.exceeds_alone(bytes) {
            return self.exceed(bytes);
        }
        let possible = bytes <= self.ledger().limit();
        let was_over_limit = self.ledger().is_over_limit();
        if possible && (self.evict_for(asking()) || self.records().trim() > 0) {
            return Room::Made;
        }
        if soft && (is_program || !was_over_limit && self.ledger().is_over_limit()) {
            // Notes of what handles hold may exceed the budget, too.
            let room = self.exceed(bytes);
            return if is_program { room } else { Room::Refuse };
        }
        if !soft {
            replace_refused(bytes);
        }
        Room::Refuse
    }
}
