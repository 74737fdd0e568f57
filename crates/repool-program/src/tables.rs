//! Tables that an engine builds for a hot pattern and publishes once, beside the image.
//!
//! The image stays as it was sealed. An engine publishes a second run of words, in the same pool.
//! That run stands on [`Account::Tables`] while a cache holds the image, and is freed with the image.
//!
//! Publishing may fail. If the ledger's limit leaves no room for a large table, nothing is evicted for it,
//! and the engine goes on without.
//!
//! Exercised by the tests below and `tests/dfa.rs` of `repool-vm`.

use std::sync::OnceLock;

use repool_arena::{Account, BoxedSlice, Ledger, Sealed};

use crate::tuning::{ALL_TABLES_PART, EVICTING_TABLE_PART, SHORT_MEMORY_PART};

/// Tells whether another `bytes` of tables leave programs their part of the budget.
pub(crate) fn has_room(ledger: &Ledger, bytes: usize) -> bool {
    ledger.bytes(Account::Tables).saturating_add(bytes) <= ledger.limit() / ALL_TABLES_PART
}

/// Tells whether the budget is nearly used up.
pub(crate) fn is_short(ledger: &Ledger) -> bool {
    let limit = ledger.limit();
    ledger.total_bytes() > limit - limit / SHORT_MEMORY_PART
}

/// One image's published tables.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    /// A pattern that never gets hot pays one pointer.
    published: OnceLock<BoxedSlice<u64>>,
}

impl Tables {
    #[inline(always)]
    pub(crate) fn words(&self) -> Option<&[u64]> {
        self.published.get().map(|words| &**words)
    }

    /// Publishes words for the image in `image`, unless a thread did so before.
    #[cold]
    pub(crate) fn publish(&self, image: &Sealed, words: &[u64]) -> Option<&[u64]> {
        if self.published.get().is_none() {
            let (pool, ledger) = (image.pool(), image.ledger());
            let bytes = pool.run_bytes(BoxedSlice::<u64>::run_bytes(words.len()));
            let limit = ledger.limit();
            if !has_room(ledger, bytes) {
                return None;
            }
            if limit.saturating_sub(ledger.total_bytes()) < 2 * bytes {
                // Evicts cold programs for the table of a hot one, but only for a small table.
                if bytes > limit / EVICTING_TABLE_PART {
                    return None;
                }
                drop(pool.reserve(Account::Tables, 2 * bytes).ok()?);
            }
            let words = BoxedSlice::new_in(pool, Account::Tables, words).ok()?;
            // If another thread published first, its tables serve as well.
            let _ = self.published.set(words);
        }
        // The image may have changed its account in the meantime, and may do so again.
        loop {
            let account = image.account();
            self.set_account(account);
            if image.account() == account {
                break;
            }
        }
        self.words()
    }

    /// Takes the tables out. Dropping the result frees the memory.
    pub(crate) fn take(&mut self) -> Option<BoxedSlice<u64>> {
        self.published.take()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.published.get().map_or(0, BoxedSlice::reserved_bytes)
    }

    /// Moves the tables' bytes to the account that goes with the image's account.
    pub(crate) fn set_account(&self, image: Account) {
        let Some(published) = self.published.get() else {
            return;
        };
        published.set_account(match image {
            Account::Programs => Account::Tables,
            other => other,
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use repool_arena::{Charge, Pool, page_bytes};

    use super::*;

    /// A pool whose ledger has the limit, and an image in it.
    fn image(limit: usize) -> (Arc<Pool>, Sealed) {
        let pool = Pool::new(Arc::new(Ledger::with_limit(limit)));
        let image = pool.seal(&[7; 40]).expect("room for it");
        (pool, image)
    }

    /// The bytes that [`Tables::publish`] needs.
    fn bytes_of(pool: &Pool, words: &[u64]) -> usize {
        pool.run_bytes(BoxedSlice::<u64>::run_bytes(words.len()))
    }

    /// Charges the ledger until exactly `left` bytes are left. The account is not that of tables.
    fn fill(pool: &Pool, left: usize) -> Charge {
        let ledger = pool.ledger();
        let bytes = ledger.limit() - ledger.total_bytes() - left;
        Charge::try_new(ledger, Account::Index, bytes).expect("room for it")
    }

    #[test]
    fn tables_take_an_eighth_of_the_budget_at_most() {
        let ledger = Ledger::with_limit(8_000);
        assert!(has_room(&ledger, 1_000) && !has_room(&ledger, 1_001));
        ledger.add(Account::Tables, 400);
        assert!(has_room(&ledger, 600) && !has_room(&ledger, 601));
        // Only bytes on their own account count.
        ledger.add(Account::Programs, 7_000);
        assert!(has_room(&ledger, 600) && !has_room(&ledger, 601));
        assert!(!has_room(&ledger, usize::MAX));
    }

    #[test]
    fn memory_is_short_when_less_than_a_sixteenth_is_left() {
        let ledger = Ledger::with_limit(1_600);
        ledger.add(Account::Programs, 1_500);
        assert!(!is_short(&ledger));
        ledger.add(Account::Index, 1);
        assert!(is_short(&ledger));
    }

    #[test]
    fn the_first_to_publish_decides() {
        let (pool, image) = image(1 << 20);
        let tables = Tables::default();
        assert_eq!((tables.words(), tables.bytes()), (None, 0));
        let before = pool.ledger().total_bytes();
        assert_eq!(tables.publish(&image, &[1, 2, 3]), Some(&[1, 2, 3][..]));
        assert_eq!(tables.publish(&image, &[4]), Some(&[1, 2, 3][..]));
        assert_eq!(tables.words(), Some(&[1, 2, 3][..]));
        // The ledger counts every byte.
        assert_eq!(pool.ledger().bytes(Account::Tables), tables.bytes());
        assert_eq!(tables.bytes(), bytes_of(&pool, &[1, 2, 3]));
        // The words lie in a page that is charged already.
        assert_eq!(pool.ledger().total_bytes(), before);
    }

    #[test]
    fn tables_that_are_taken_are_off_the_ledger() {
        let (pool, image) = image(1 << 20);
        let before = pool.ledger().total_bytes();
        let mut tables = Tables::default();
        assert!(tables.take().is_none());
        tables.publish(&image, &[1; 100]).expect("room for them");
        let taken = tables.take().expect("they were published");
        assert_eq!((tables.words(), tables.bytes()), (None, 0));
        assert!(pool.ledger().bytes(Account::Tables) > 0);
        drop(taken);
        pool.trim();
        assert_eq!(pool.ledger().bytes(Account::Tables), 0);
        assert_eq!(pool.ledger().total_bytes(), before);
        assert_eq!(tables.publish(&image, &[2]), Some(&[2][..]));
    }

    #[test]
    fn tables_past_their_part_are_refused() {
        let words = [3; 100];
        let limit = 1 << 20;
        let (pool, image) = image(limit);
        let others = limit / ALL_TABLES_PART - bytes_of(&pool, &words);
        pool.ledger().add(Account::Tables, others + 1);
        let tables = Tables::default();
        assert_eq!(tables.publish(&image, &words), None);
        assert_eq!((tables.words(), tables.bytes()), (None, 0));
        pool.ledger().sub(Account::Tables, 1);
        assert_eq!(tables.publish(&image, &words), Some(&words[..]));
    }

    #[test]
    fn large_tables_evict_nothing() {
        // The most pages of a 64th of the budget, and one word more.
        let limit = 256 * page_bytes();
        let pages = limit / EVICTING_TABLE_PART / page_bytes();
        let fits = (pages * page_bytes() - BoxedSlice::<u64>::run_bytes(0)) / 8;
        for (words_len, evicts) in [(fits, true), (fits + 1, false)] {
            let words = vec![5; words_len];
            // There is room, to the byte, so nothing has to be evicted for either size.
            let (pool, image) = image(limit);
            let bytes = bytes_of(&pool, &words);
            let full = fill(&pool, 2 * bytes);
            assert!(Tables::default().publish(&image, &words).is_some());
            drop(full);
            // With one byte less, the pool has to make room. It is asked for small tables only.
            let asked = Arc::new(Asked::default());
            let (pool, image) = reclaiming(limit, &asked);
            let full = fill(&pool, 2 * bytes - 1);
            let published = Tables::default().publish(&image, &words).is_some();
            assert_eq!(published, evicts, "{words_len} words");
            let expected = if evicts { vec![2 * bytes] } else { vec![] };
            assert_eq!(*asked.0.lock().expect("no panic"), expected);
            drop(full);
        }
    }

    /// Grants every request past the limit, and records its bytes.
    #[derive(Debug, Default)]
    struct Asked(std::sync::Mutex<Vec<usize>>);

    impl repool_arena::Reclaim for Asked {
        fn reclaim(&self, _: Account, bytes: usize) -> repool_arena::Room {
            self.0.lock().expect("no panic").push(bytes);
            repool_arena::Room::Exceed
        }
    }

    fn reclaiming(limit: usize, asked: &Arc<Asked>) -> (Arc<Pool>, Sealed) {
        let reclaim: Arc<dyn repool_arena::Reclaim> = asked.clone();
        let ledger = Arc::new(Ledger::with_limit(limit));
        let pool = Pool::with_reclaim(ledger, Arc::downgrade(&reclaim), None);
        let image = pool.seal(&[7; 40]).expect("room for it");
        (pool, image)
    }

    #[test]
    fn tables_follow_their_image() {
        let (pool, image) = image(1 << 20);
        let tables = Tables::default();
        image.set_account(Account::Pinned);
        let pinned = pool.ledger().bytes(Account::Pinned);
        tables.publish(&image, &[1, 2, 3]).expect("room for them");
        let on = |account| pool.ledger().bytes(account);
        // Tables of an image that no cache holds stand on the image's account.
        assert_eq!(on(Account::Tables), 0);
        assert_eq!(on(Account::Pinned), pinned + tables.bytes());
        tables.set_account(Account::Programs);
        assert_eq!(on(Account::Tables), tables.bytes());
        assert_eq!(on(Account::Pinned), pinned);
        tables.set_account(Account::Pinned);
        assert_eq!(on(Account::Tables), 0);
        assert_eq!(on(Account::Pinned), pinned + tables.bytes());
        // Without tables there is nothing to move.
        Tables::default().set_account(Account::Pinned);
    }
}
