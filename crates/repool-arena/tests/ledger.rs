//! The ledger says what the allocator says, byte by byte.

mod counting;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use counting::{calls, held};
use repool_arena::{Account, Ledger, OutOfMemory, Pool, Reclaim, Room, Sealed};

fn words(len: usize) -> Vec<u64> {
    (0..len as u64).collect()
}

#[test]
fn the_allocator_is_asked_for_what_was_foretold() {
    let images: Vec<_> = (0..3000).step_by(7).map(words).collect();
    let before = held();
    let pool = Pool::new(Arc::new(Ledger::default()));
    let agree = |what: &str| {
        assert_eq!(
            held() - before,
            pool.ledger().total_bytes() as isize,
            "{what}"
        );
    };
    agree("empty");
    for image in &images {
        let sealed = pool.seal(image).unwrap();
        agree("sealed");
        assert_eq!(sealed.words(), image);
        assert_eq!(
            pool.ledger().bytes(Account::Programs),
            sealed.reserved_bytes()
        );
        drop(sealed);
        agree("dropped");
    }
    pool.trim();
    agree("trimmed");
    drop(pool);
    assert_eq!(held(), before);
}

#[test]
fn small_images_are_small() {
    let pool = Pool::new(Arc::new(Ledger::default()));
    for (len, reserved) in [
        (12, 240),
        (24, 240),
        (25, 496),
        (56, 496),
        (57, 1008),
        (120, 1008),
        (248, 2032),
        (504, 4080),
        (505, 8176),
        (1017, 12272),
    ] {
        let sealed = pool.seal(&words(len)).unwrap();
        assert_eq!(sealed.reserved_bytes(), reserved, "{len} words");
    }
}

#[test]
fn a_spare_arena_costs_no_call_of_the_allocator() {
    let pool = Pool::new(Arc::new(Ledger::default()));
    let image = words(50);
    drop(pool.seal(&image));
    let before = calls();
    for _ in 0..10_000 {
        drop(pool.seal(&image).unwrap());
    }
    assert_eq!(calls(), before);
}

#[test]
fn spares_follow_need_and_trim_frees_them() {
    let pool = Pool::new(Arc::new(Ledger::default()));
    let image = words(20);
    let spike: Vec<Sealed> = (0..200).map(|_| pool.seal(&image).unwrap()).collect();
    drop(spike);
    assert_eq!(pool.spare_len(), 200);
    for _ in 0..2000 {
        drop(pool.seal(&image).unwrap());
    }
    assert!(pool.spare_len() <= 2, "{}", pool.spare_len());
    assert!(pool.trim() > 0);
    assert_eq!(pool.spare_len(), 0);
    assert_eq!(pool.ledger().bytes(Account::Spare), 0);
    repool_arena::release_free_memory();
}

#[test]
fn large_arenas_are_not_kept() {
    let pool = Pool::new(Arc::new(Ledger::default()));
    let before = pool.ledger().total_bytes();
    drop(pool.seal(&words(5000)).unwrap());
    assert_eq!(pool.ledger().total_bytes(), before);
}

#[test]
fn a_limit_refuses_and_leaves_nothing() {
    let pool = Pool::new(Arc::new(Ledger::with_limit(3500)));
    let before = pool.ledger().total_bytes();
    assert_eq!(pool.seal(&words(500)).unwrap_err(), OutOfMemory);
    assert_eq!(pool.ledger().total_bytes(), before);
    // A spare of another size makes room.
    drop(pool.seal(&words(100)).unwrap());
    drop(pool.seal(&words(200)).unwrap());
    assert_eq!(pool.spare_len(), 1);
    assert!(pool.ledger().peak_bytes() <= 3500);
}

/// Refuses after a number of calls.
struct Stubborn(AtomicUsize);

impl Reclaim for Stubborn {
    fn reclaim(&self, _: Account, _: usize) -> Room {
        match self.0.fetch_add(1, Ordering::Relaxed) {
            0..3 => Room::Made,
            3 => Room::Exceed,
            _ => Room::Refuse,
        }
    }
}

#[test]
fn a_reclaimer_is_asked_until_it_says_no() {
    let stubborn = Arc::new(Stubborn(AtomicUsize::new(0)));
    let weak: std::sync::Weak<Stubborn> = Arc::downgrade(&stubborn);
    let pool = Pool::with_reclaim(Arc::new(Ledger::with_limit(0)), weak, None);
    let sealed = pool.seal(&words(20)).unwrap();
    assert_eq!(stubborn.0.load(Ordering::Relaxed), 4);
    assert!(pool.ledger().is_over_limit());
    drop(sealed);
    assert_eq!(pool.spare_len(), 0, "no spares past the limit");
    assert!(pool.reserve(Account::Index, 1).is_err());
    drop(stubborn);
    assert!(pool.seal(&words(20)).is_err());
}

#[test]
fn moving_an_arena_moves_its_bytes() {
    let pool = Pool::new(Arc::new(Ledger::default()));
    let sealed = pool.seal(&words(20)).unwrap();
    sealed.set_account(Account::Pinned);
    sealed.set_account(Account::Pinned);
    assert_eq!(sealed.account(), Account::Pinned);
    assert_eq!(pool.ledger().bytes(Account::Programs), 0);
    assert_eq!(pool.ledger().bytes(Account::Pinned), 240);
    drop(sealed);
    assert_eq!(pool.ledger().bytes(Account::Pinned), 0);
}

#[test]
fn the_last_spare_is_freed_before_a_request_is_refused() {
    let pool = Pool::new(Arc::new(Ledger::with_limit(64 << 10)));
    drop(pool.seal(&words(20)).unwrap());
    // A spare of 240 bytes is less than the part of a full budget that may be spares.
    assert_eq!(
        (pool.spare_len(), pool.ledger().bytes(Account::Spare)),
        (1, 240)
    );
    let left = (64 << 10) - pool.ledger().total_bytes();
    let charge = pool.reserve(Account::Index, left).unwrap();
    assert_eq!(pool.spare_len(), 1);
    let last = pool.reserve(Account::Index, 240).unwrap();
    assert_eq!((pool.spare_len(), last.bytes()), (0, 240));
    assert_eq!(pool.reserve(Account::Index, 1).unwrap_err(), OutOfMemory);
    drop((charge, last));
}

#[test]
fn trimming_tells_what_it_freed() {
    let pool = Pool::new(Arc::new(Ledger::default()));
    assert_eq!(pool.trim(), 0);
    let before = pool.ledger().total_bytes();
    for len in [20, 50, 100] {
        drop(pool.seal(&words(len)).unwrap());
    }
    let kept = pool.ledger().total_bytes() - before;
    assert!(
        kept > pool.ledger().bytes(Account::Spare),
        "and the lists of them"
    );
    assert_eq!(pool.trim(), kept);
    assert_eq!(pool.ledger().total_bytes(), before);
}
