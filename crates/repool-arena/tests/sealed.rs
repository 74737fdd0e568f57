//! Images stay what they were while others are freed and moved around them, whichever thread drops them.
//!
//! Worth most under AddressSanitizer (`RUSTFLAGS="-Zsanitizer=address --cfg repool_sanitize"`) or Miri: a run that is
//! freed while its image is alive is then an error even if the bytes happen to be right.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;

use repool_arena::{Account, Ledger, Pool, Sealed};

const ROUNDS: u64 = if cfg!(miri) { 20 } else { 3000 };

fn image(seed: u64) -> Vec<u64> {
    let len = 12 + seed % 700;
    (0..len).map(|i| seed << 32 | i).collect()
}

#[test]
fn images_outlive_their_neighbours() {
    let pool = Pool::new(Arc::new(Ledger::default()));
    let (send, receive) = mpsc::channel::<(u64, Arc<Sealed>)>();
    let receive = Mutex::new(receive);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Ok((seed, sealed)) = receive.lock().unwrap().recv() else {
                        break;
                    };
                    assert_eq!(sealed.words(), image(seed));
                }
            });
        }
        for round in 0..ROUNDS {
            let sealed = Arc::new(pool.seal(&image(round)).unwrap());
            for _ in 0..3 {
                send.send((round, Arc::clone(&sealed))).unwrap();
            }
            assert_eq!(sealed.words(), image(round));
        }
        drop(send);
    });
    pool.trim();
    assert_eq!(pool.free_bytes(), 0);
}

#[test]
fn an_image_that_moves_stays_what_it_was() {
    let pool = Pool::new(Arc::new(Ledger::default()));
    let seeds = if cfg!(miri) { 60 } else { 700 };
    let mut sealed: Vec<_> = (0..seeds)
        .map(|seed| Some(pool.seal(&image(seed)).unwrap()))
        .collect();
    for sealed in sealed.iter_mut().skip(seeds as usize / 5) {
        assert!(!sealed.as_ref().is_some_and(Sealed::is_draining));
        if !sealed.as_ref().unwrap().words().len().is_multiple_of(4) {
            *sealed = None;
        }
    }
    let programs = pool.ledger().bytes(Account::Programs);
    pool.trim();
    let total = pool.ledger().total_bytes();
    let compaction = pool.begin_compaction().unwrap();
    assert!(pool.begin_compaction().is_none(), "one at a time");
    let mut moved = 0;
    for (seed, sealed) in sealed.iter_mut().enumerate() {
        let Some(sealed) = sealed else { continue };
        let address = sealed.words().as_ptr();
        let is_draining = sealed.is_draining();
        let has_moved = sealed.relocate();
        assert_eq!(sealed.words().as_ptr() != address, has_moved);
        assert!(is_draining || !has_moved);
        assert!(!has_moved || !sealed.is_draining());
        moved += usize::from(has_moved);
        assert_eq!(sealed.words(), image(seed as u64));
        assert_eq!(pool.ledger().total_bytes(), total);
    }
    assert!(moved > 0);
    drop(compaction);
    pool.validate();
    assert_eq!(pool.ledger().bytes(Account::Programs), programs);
    assert!(pool.ledger().total_bytes() < total, "pages went back");
    for (seed, sealed) in sealed.into_iter().enumerate() {
        let Some(mut sealed) = sealed else { continue };
        assert_eq!(sealed.words(), image(seed as u64));
        assert!(!sealed.is_draining() && !sealed.relocate());
    }
    pool.trim();
    assert_eq!(
        pool.ledger().total_bytes(),
        pool.ledger().bytes(Account::Overhead)
    );
}

#[test]
fn an_image_keeps_its_pool() {
    let pool = Pool::new(Arc::new(Ledger::default()));
    let sealed = pool.seal(&image(5)).unwrap();
    drop(pool);
    assert_eq!(sealed.words(), image(5));
}

#[test]
fn an_empty_image_is_an_image() {
    let pool = Pool::new(Arc::new(Ledger::default()));
    let sealed = pool.seal(&[]).unwrap();
    assert!(sealed.words().is_empty());
}
