//! The ledger counts every page that is charged, and what the allocator was asked for beside them.

mod counting;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use counting::{calls, held};
use repool_arena::{Account, Ledger, OutOfMemory, Pool, Reclaim, Room, Sealed, faults, page_bytes};

fn words(len: usize) -> Vec<u64> {
    (0..len as u64).collect()
}

fn pool() -> Arc<Pool> {
    Pool::new(Arc::new(Ledger::default()))
}

/// Bytes that an account holds.
fn on(pool: &Pool, account: Account) -> usize {
    pool.ledger().bytes(account)
}

/// Bytes of pages that are charged.
fn paged(pool: &Pool) -> usize {
    pool.ledger().total_bytes() - on(pool, Account::Overhead)
}

#[test]
fn overhead_is_what_the_allocator_was_asked_for_and_the_rest_is_pages() {
    let images: Vec<_> = (0..3000).step_by(7).map(words).collect();
    let mut sealed = Vec::with_capacity(images.len());
    let before = held();
    let pool = pool();
    let agree = |what: &str| {
        // With the sanitizer's configuration each run is an allocation, too.
        if cfg!(not(any(miri, repool_sanitize))) {
            assert_eq!(
                held() - before,
                on(&pool, Account::Overhead) as isize,
                "{what}"
            );
        }
        assert_eq!(paged(&pool) % page_bytes(), 0, "{what}");
        pool.validate();
    };
    agree("empty");
    let empty = pool.ledger().total_bytes();
    for image in &images {
        let run = pool.seal(image).unwrap();
        agree("sealed");
        assert_eq!(run.words(), image);
        sealed.push(run);
        let bytes: usize = sealed.iter().map(Sealed::reserved_bytes).sum();
        assert_eq!(on(&pool, Account::Programs), bytes);
    }
    sealed.clear();
    agree("dropped");
    pool.trim();
    agree("trimmed");
    assert_eq!(pool.ledger().total_bytes(), empty);
    drop(pool);
    assert_eq!(held(), before);
}

#[test]
fn an_empty_pool_maps_nothing() {
    let maps = faults::MAPS.calls();
    drop(pool());
    // Other tests may map meanwhile.
    assert!(faults::MAPS.calls() >= maps);
    let pool = pool();
    assert_eq!((paged(&pool), pool.free_bytes()), (0, 0));
    assert_eq!(pool.trim(), 0);
}

#[test]
fn runs_take_granules_up_to_4_kib_and_pages_above() {
    let pool = pool();
    let granule = pool.run_bytes(1);
    assert_eq!(granule, (page_bytes() / 1024).max(16));
    for len in [0, 1, 2, 3, 24, 25, 511, 512, 513, 1024, 1025, 70_000] {
        let sealed = pool.seal(&words(len)).unwrap();
        let unit = if len <= 512 { granule } else { page_bytes() };
        let expected = (8 * len).max(1).next_multiple_of(unit);
        assert_eq!(sealed.reserved_bytes(), expected, "{len} words");
        assert_eq!(pool.run_bytes(8 * len), expected);
        assert_eq!(on(&pool, Account::Programs), expected);
    }
    assert!(size_of::<Sealed>() <= 32);
}

#[test]
fn an_eviction_and_a_compile_call_neither_the_system_nor_the_allocator() {
    if cfg!(any(miri, repool_sanitize)) {
        return; // Each run is an allocation of its own there.
    }
    let pool = pool();
    let mut sealed: Vec<_> = (20..60)
        .map(|len| pool.seal(&words(len)).unwrap())
        .collect();
    let image = words(60);
    let (before, total) = (calls(), pool.ledger().total_bytes());
    for at in 0..10_000 {
        let at = at % sealed.len();
        let place = &mut sealed[at];
        // Frees one after it has taken the other.
        *place = pool.seal(&image[..20 + at]).unwrap();
    }
    assert_eq!(calls(), before);
    let grown = pool.ledger().total_bytes() - total;
    assert!(grown <= page_bytes(), "{grown}");
}

#[test]
fn free_pages_follow_need_and_trim_gives_them_back() {
    let pool = pool();
    let spike: Vec<Sealed> = (0..200).map(|_| pool.seal(&words(300)).unwrap()).collect();
    let pages = paged(&pool) / page_bytes();
    drop(spike);
    assert_eq!(pool.free_bytes(), pages * page_bytes());
    assert_eq!(on(&pool, Account::Slack), pages * page_bytes());
    for _ in 0..2_000 {
        drop(pool.seal(&words(20)).unwrap());
    }
    if cfg!(all(target_os = "linux", not(miri))) {
        assert!(pool.free_bytes() <= 2 * page_bytes());
    }
    assert!(pool.trim() > 0);
    assert_eq!((pool.free_bytes(), paged(&pool)), (0, 0));
}

#[test]
fn large_runs_leave_nothing() {
    let pool = pool();
    drop(pool.seal(&words(50_000)).unwrap());
    assert_eq!(paged(&pool), 0);
}

#[test]
fn a_limit_refuses_and_leaves_nothing() {
    // Room for the pool itself, the table of one extent, and two pages.
    let limit = 2 * page_bytes() + 2_500;
    let pool = Pool::new(Arc::new(Ledger::with_limit(limit)));
    let before = pool.ledger().total_bytes();
    let large = words(3 * page_bytes() / 8);
    assert_eq!(pool.seal(&large).unwrap_err(), OutOfMemory);
    assert_eq!(pool.trim() + before, pool.ledger().peak_bytes().max(before));
    assert_eq!(pool.ledger().total_bytes(), before);
    // Free pages make room for what needs others.
    let small = pool.seal(&words(100)).unwrap();
    drop(small);
    let pages = words(page_bytes() / 8 + 1);
    drop(pool.seal(&pages).unwrap());
    drop(pool.seal(&words(200)).unwrap());
    assert!(pool.ledger().peak_bytes() <= limit);
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
    if cfg!(all(target_os = "linux", not(miri))) {
        assert_eq!(pool.free_bytes(), 0, "no free pages past the limit");
    }
    assert!(pool.reserve(Account::Index, 1).is_err());
    drop(stubborn);
    assert!(pool.seal(&words(20)).is_err());
}

#[test]
fn moving_a_run_between_accounts_moves_its_bytes() {
    let pool = pool();
    let sealed = pool.seal(&words(20)).unwrap();
    let bytes = sealed.reserved_bytes();
    sealed.set_account(Account::Pinned);
    sealed.set_account(Account::Pinned);
    assert_eq!(sealed.account(), Account::Pinned);
    assert_eq!(on(&pool, Account::Programs), 0);
    assert_eq!(on(&pool, Account::Pinned), bytes);
    drop(sealed);
    assert_eq!(on(&pool, Account::Pinned), 0);
    let tables = pool.seal_on(Account::Tables, &words(20)).unwrap();
    assert_eq!(on(&pool, Account::Tables), bytes);
    drop(tables);
    assert_eq!(on(&pool, Account::Tables), 0);
}

#[test]
#[cfg(all(target_os = "linux", not(miri)))]
fn the_last_free_page_is_given_back_before_a_request_is_refused() {
    let limit = 16 * page_bytes();
    let pool = Pool::new(Arc::new(Ledger::with_limit(limit)));
    drop(pool.seal(&words(20)).unwrap());
    assert_eq!(pool.free_bytes(), page_bytes());
    let left = limit - pool.ledger().total_bytes();
    let charge = pool.reserve(Account::Index, left).unwrap();
    assert_eq!(pool.free_bytes(), page_bytes());
    let last = pool.reserve(Account::Index, page_bytes()).unwrap();
    assert_eq!((pool.free_bytes(), last.bytes()), (0, page_bytes()));
    let left = limit - pool.ledger().total_bytes();
    let refused = pool.reserve(Account::Index, left + 1);
    assert_eq!(refused.unwrap_err(), OutOfMemory);
    drop((charge, last));
}

#[test]
fn trimming_tells_what_it_gave_back() {
    let pool = pool();
    assert_eq!(pool.trim(), 0);
    let before = pool.ledger().total_bytes();
    for len in [20, 600, 100, 3_000] {
        drop(pool.seal(&words(len)).unwrap());
    }
    let kept = pool.ledger().total_bytes() - before;
    assert!(kept > pool.free_bytes(), "and the tables of extents");
    assert_eq!(pool.trim(), kept);
    assert_eq!(pool.ledger().total_bytes(), before);
}
