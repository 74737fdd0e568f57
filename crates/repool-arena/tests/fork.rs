//! What a child of `fork` may do with what its parent sealed.
#![cfg(all(unix, not(miri)))]
#![allow(
    unsafe_code,
    reason = "fork, and the end of a child, are calls of the system"
)]

use std::sync::Arc;

use repool_arena::{Account, Ledger, Pool, Sealed};

fn words(len: usize) -> Vec<u64> {
    (0..len as u64).collect()
}

/// Runs a child that ends well if `check` holds, and waits for it.
fn in_child(check: impl FnOnce() -> bool) {
    // SAFETY: the child calls `check` and `_exit` alone. What `check` may do is what this file tests.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "a child");
    if child == 0 {
        let code = i32::from(!check());
        // SAFETY: ends the child without the parent's destructors.
        unsafe { libc::_exit(code) };
    }
    let mut status = 0;
    // SAFETY: waits for the child that was just made, and writes its status.
    let waited = unsafe { libc::waitpid(child, &mut status, 0) };
    assert_eq!((waited, status), (child, 0));
}

fn hold(pool: &Arc<Pool>) -> Vec<Sealed> {
    (0..200)
        .map(|len| pool.seal(&words(len)).expect("memory"))
        .collect()
}

fn is_whole(held: &[Sealed]) -> bool {
    held.iter().all(|sealed| {
        let mut expected = 0..sealed.words().len() as u64;
        sealed
            .words()
            .iter()
            .all(|&word| expected.next() == Some(word))
    })
}

#[test]
fn a_child_reads_and_what_it_frees_is_its_own() {
    let pool = Pool::new(Arc::new(Ledger::default()));
    let mut held = hold(&pool);
    // While another thread holds the pool's lock time and again, a child reads without it.
    std::thread::scope(|scope| {
        let other = Arc::clone(&pool);
        let busy = scope.spawn(move || {
            for _ in 0..20_000 {
                drop(other.seal(&[1; 50]));
            }
        });
        for _ in 0..5 {
            in_child(|| is_whole(&held));
        }
        busy.join().expect("no panic");
    });
    // No other thread uses the pool now, so its lock is free: a child may do everything.
    in_child(|| {
        let bytes = pool.ledger().total_bytes();
        held.truncate(20);
        pool.trim();
        let less = pool.ledger().total_bytes() < bytes;
        let more = pool.seal(&words(900));
        less && is_whole(&held) && more.is_ok_and(|more| is_whole(&[more]))
    });
    assert_eq!(held.len(), 200);
    assert!(is_whole(&held), "what the child gave back is here still");
    assert!(pool.ledger().bytes(Account::Programs) > 0);
    pool.validate();
}
