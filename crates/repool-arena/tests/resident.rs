//! What the ledger says is what the system holds. One test, as it reads the resident memory of the process.
#![cfg(all(target_os = "linux", not(miri), not(repool_sanitize)))]

use std::sync::Arc;

use repool_arena::{Ledger, Pool, Sealed, page_bytes};

/// Bytes of the process that are resident.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages = statm.split(' ').nth(1).expect("the second field");
    pages.parse::<usize>().expect("a number") * page_bytes()
}

/// What the process may take beside, in bytes: pages of the kernel's choice.
const BESIDE: usize = 512 << 10;
/// The most runs at a time, and the bytes of the list of them.
const RUNS: usize = 50_000;
const LIST: usize = RUNS * size_of::<Sealed>();

#[test]
fn pages_that_are_charged_are_resident_and_others_are_not() {
    let words: Vec<u64> = (0..100_000).collect();
    let pool = Pool::new(Arc::new(Ledger::with_limit(64 << 20)));
    let mut seed = 1_u64;
    let mut below = |end: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        ((seed >> 33) % end) as usize
    };
    let mut sealed: Vec<Sealed> = Vec::with_capacity(RUNS);
    resident();
    let before = resident();
    let agree = |what: &str| {
        let total = pool.ledger().total_bytes();
        let beyond = (resident() - before).abs_diff(total + LIST);
        assert!(
            beyond <= BESIDE + total / 50,
            "{what}: {beyond} beyond {total}"
        );
    };
    // Full to the limit, then churn.
    for round in 0..200_000 {
        let len = if round % 100 == 0 {
            below(4_000)
        } else {
            10 + below(100)
        };
        while let Ok(run) = pool.seal(&words[..len]).map_err(|_| ()) {
            sealed.push(run);
            if sealed.len() >= RUNS {
                break;
            }
        }
        let at = below(sealed.len() as u64);
        sealed.swap_remove(at);
        if round % 20_000 == 0 {
            agree("churn");
            pool.validate();
        }
    }
    agree("full");
    // One in a hundred is left: most pages have one.
    let mut number = 0;
    sealed.retain(|_| {
        number += 1;
        number % 100 == 0
    });
    pool.trim();
    agree("sparse");
    let sparse = pool.ledger().total_bytes();
    let compaction = pool.begin_compaction().expect("sparse blocks");
    let moved = sealed
        .iter_mut()
        .filter_map(|run| run.relocate().then_some(()))
        .count();
    drop(compaction);
    agree("moved");
    assert!(
        moved > 0 && pool.ledger().total_bytes() < sparse / 2,
        "{moved} moved"
    );
    sealed.clear();
    pool.trim();
    agree("empty");
    drop(sealed);
    assert!(resident().saturating_sub(before) <= BESIDE);
}
