//! Images stay what they were while others are recycled around them, whichever thread drops them.
//!
//! Worth most under AddressSanitizer (`RUSTFLAGS=-Zsanitizer=address cargo +nightly test`) or Miri: an arena
//! that is reset or freed while its image is alive is then an error even if the bytes happen to be right.

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
    assert_eq!(pool.spare_len(), 0);
}

#[test]
fn an_image_that_moves_stays_what_it_was() {
    let pool = Pool::new(Arc::new(Ledger::default()));
    for seed in 0..700 {
        let mut sealed = pool.seal(&image(seed)).unwrap();
        let (bytes, address) = (pool.ledger().total_bytes(), sealed.words().as_ptr());
        let vacated = sealed.relocate();
        assert_eq!(sealed.words(), image(seed));
        // What is larger than the largest size that is kept as a spare stays where it is.
        let is_small = sealed.reserved_bytes() < 4096;
        assert_eq!(vacated.is_some(), is_small);
        assert_eq!(sealed.words().as_ptr() != address, is_small);
        drop(vacated);
        assert_eq!(sealed.words(), image(seed));
        assert_eq!(pool.ledger().total_bytes(), bytes);
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
