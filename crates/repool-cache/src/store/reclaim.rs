//! Makes room when the ledger is full.

use repool_arena::{Account, Reclaim, Room, page_bytes};

use crate::cause::Cause;
use crate::config::Mode;
use crate::entry::record::NOBODY;
use crate::observer::Pressure;
use crate::owners::Reach;
use crate::store::Store;
use crate::sync::atomic::Ordering;
use crate::thread_state::{asking, replace_refused};
use crate::tuning::{COMPACT_LIMIT_PART, COMPACT_WALK_PART};

impl Store {
    /// Frees one record for the sake of an owner, or of none. Returns whether there was one.
    fn evict_for(&self, asker: u32) -> bool {
        let reaches = [Reach::Shares(asker), Reach::Own(asker)];
        // Nobody has records of its own.
        let reaches = &reaches[..if asker == NOBODY { 1 } else { 2 }];
        self.drop_tables_in_turn() || self.evict_one(Cause::Capacity, reaches)
    }

    /// Moves programs together for the sake of whole pages, if that frees enough of them and a walk through all records is
    /// due. Returns whether pages went back.
    ///
    /// What needs whole pages would else evict until the holes that evictions leave happen to be whole pages.
    fn compact_for(&self, bytes: usize) -> bool {
        let ledger = self.ledger();
        let wanted = bytes + ledger.limit() / COMPACT_LIMIT_PART;
        if bytes < page_bytes() || ledger.bytes(Account::Slack) < wanted {
            return false;
        }
        let evicted = self.evicted_since_compact.load(Ordering::Relaxed);
        if evicted < self.records().len() / COMPACT_WALK_PART {
            return false;
        }
        self.evicted_since_compact.store(0, Ordering::Relaxed);
        self.compact()
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
        if possible && self.compact_for(bytes) {
            return Room::Made;
        }
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
