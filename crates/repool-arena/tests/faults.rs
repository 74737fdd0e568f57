//! The system refuses a map, or to take pages back. One test, as failures count calls of the whole process.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use repool_arena::{Account, Ledger, OutOfMemory, Pool, Reclaim, Room, Sealed, faults, page_bytes};

fn words(len: usize) -> Vec<u64> {
    (0..len as u64).collect()
}

/// Evicts the oldest.
#[derive(Default)]
struct Oldest(Mutex<Vec<Sealed>>);

impl Oldest {
    fn held(&self) -> std::sync::MutexGuard<'_, Vec<Sealed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reclaim for Oldest {
    fn reclaim(&self, _: Account, _: usize) -> Room {
        let mut held = self.held();
        if held.is_empty() {
            return Room::Refuse;
        }
        let oldest = held.remove(0);
        drop(held);
        drop(oldest);
        Room::Made
    }
}

fn check(pool: &Pool, held: &[Sealed]) {
    pool.validate();
    for sealed in held {
        assert_eq!(sealed.words(), words(sealed.words().len()));
    }
    let bytes: usize = held.iter().map(Sealed::reserved_bytes).sum();
    assert_eq!(pool.ledger().bytes(Account::Programs), bytes);
}

/// Lengths in words, of runs of each kind.
const LENS: [usize; 6] = [20, 300, 60, 700, 500, 9_000];

fn without_a_reclaimer(k: usize) {
    let pool = Pool::new(Arc::new(Ledger::default()));
    let empty = pool.ledger().total_bytes();
    faults::MAPS.arm(k, 1);
    let mut held = Vec::new();
    let mut refused = 0;
    for round in 0..60 {
        match pool.seal(&words(LENS[round % LENS.len()])) {
            Ok(sealed) => held.push(sealed),
            Err(OutOfMemory) => refused += 1,
        }
        check(&pool, &held);
    }
    faults::MAPS.disarm();
    assert!(refused <= 1);
    drop(held);
    pool.trim();
    assert_eq!(pool.ledger().total_bytes(), empty, "map {k}");
}

fn with_a_reclaimer(k: usize, count: usize) {
    let oldest = Arc::new(Oldest::default());
    let weak: Weak<Oldest> = Arc::downgrade(&oldest);
    let ledger = Arc::new(Ledger::with_limit(32 * page_bytes()));
    let pool = Pool::with_reclaim(ledger, weak, None);
    let empty = pool.ledger().total_bytes();
    faults::MAPS.arm(k, count);
    let mut served = 0;
    for round in 0..200 {
        if let Ok(sealed) = pool.seal(&words(LENS[round % 5])) {
            oldest.held().push(sealed);
            served += 1;
        }
        check(&pool, &oldest.held());
    }
    faults::MAPS.disarm();
    // Once there is a page, what is evicted makes room in it.
    assert!(k == 0 || served > 100, "{served} served after map {k}");
    oldest.held().clear();
    pool.trim();
    assert_eq!(pool.ledger().total_bytes(), empty);
}

fn with_refused_discards(k: usize, count: usize) {
    let oldest = Arc::new(Oldest::default());
    let weak: Weak<Oldest> = Arc::downgrade(&oldest);
    let ledger = Arc::new(Ledger::with_limit(32 * page_bytes()));
    let pool = Pool::with_reclaim(ledger, weak, None);
    let empty = pool.ledger().total_bytes();
    faults::DISCARDS.arm(k, count);
    for round in 0..300 {
        if let Ok(sealed) = pool.seal(&words(LENS[round % 5])) {
            oldest.held().push(sealed);
        }
        if round % 20 == 0 {
            let charge = pool.reserve(Account::Index, page_bytes());
            drop(charge);
        }
        check(&pool, &oldest.held());
        assert!(!pool.ledger().is_over_limit());
    }
    let half = oldest.held().len() / 2;
    oldest.held().truncate(half);
    let before = pool.ledger().total_bytes();
    let freed = pool.trim();
    // What was refused stays charged.
    assert_eq!(pool.ledger().total_bytes(), before - freed);
    check(&pool, &oldest.held());
    faults::DISCARDS.disarm();
    oldest.held().clear();
    pool.trim();
    assert_eq!(pool.ledger().total_bytes(), empty);
}

#[test]
fn nothing_is_lost_when_the_system_refuses() {
    let most = if cfg!(miri) { 2 } else { 20 };
    for k in 0..most {
        without_a_reclaimer(k);
        with_a_reclaimer(k, 1);
        with_a_reclaimer(k, usize::MAX);
        with_refused_discards(k, 1);
        with_refused_discards(k, usize::MAX);
    }
}
