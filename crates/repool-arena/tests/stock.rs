//! Spares that pools share: each ledger says what its pool holds, the stock's what all keep, the allocator the sum.

mod counting;

use std::sync::Arc;

use counting::{calls, held};
use repool_arena::{Account, Ledger, Pool, Sealed, Stock};

fn words(len: usize) -> Vec<u64> {
    (0..len as u64).collect()
}

fn pools(stock: &Arc<Stock>) -> [Arc<Pool>; 2] {
    [(); 2].map(|()| Pool::with_stock(Arc::new(Ledger::default()), stock))
}

#[test]
fn all_ledgers_together_are_the_allocator() {
    let images: Vec<_> = (1..700).step_by(9).map(words).collect();
    let mut sealed: Vec<Sealed> = Vec::with_capacity(40);
    let before = held();
    let stock = Stock::new(20 << 10);
    let pools = pools(&stock);
    let agree = || {
        let ledgers = pools.iter().map(|pool| pool.ledger().total_bytes());
        let sum = ledgers.sum::<usize>() + stock.ledger().total_bytes();
        assert_eq!(held() - before, sum as isize);
        assert!(stock.ledger().peak_bytes() <= 20 << 10);
        for pool in &pools {
            assert_eq!(pool.ledger().bytes(Account::Spare), 0, "the stock's");
        }
    };
    agree();
    for round in 0..200 {
        let image = &images[round * 7 % images.len()];
        sealed.push(pools[round % 2].seal(image).unwrap());
        agree();
        if sealed.len() == 40 {
            sealed.truncate(round % 30);
        }
        agree();
    }
    sealed.clear();
    agree();
    assert!(stock.spare_len() > 2);
    // The end of a pool leaves the stock as it is; trimming a pool, too.
    let [first, second] = &pools;
    assert_eq!(first.trim() + second.trim(), 0);
    let kept = stock.ledger().bytes(Account::Spare);
    assert!(stock.trim() >= kept);
    agree();
    assert_eq!(stock.ledger().bytes(Account::Spare), 0);
    drop((pools, stock));
    assert_eq!(held(), before);
}

#[test]
fn what_one_pool_gives_back_serves_another() {
    let stock = Stock::new(64 << 10);
    let [a, b] = pools(&stock);
    let image = words(20);
    // The list of the stock is made with the first spare.
    drop(a.seal(&image).unwrap());
    drop(b.seal(&image).unwrap());
    let before = calls();
    for _ in 0..100 {
        drop(a.seal(&image).unwrap());
        let sealed = b.seal(&image).unwrap();
        assert_eq!(stock.spare_len(), 0);
        assert_eq!(b.ledger().bytes(Account::Programs), sealed.reserved_bytes());
    }
    assert_eq!(calls(), before, "no call of the allocator");
}

#[test]
fn the_ceiling_holds_whoever_races() {
    let stock = Stock::new(8 << 10);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let stock = &stock;
            scope.spawn(move || {
                let pool = Pool::with_stock(Arc::new(Ledger::default()), stock);
                let empty = pool.ledger().total_bytes();
                for round in 0..2_000 {
                    let sealed: Vec<_> = (1..=5)
                        .map(|n| pool.seal(&words(n * (thread + 9))).unwrap())
                        .collect();
                    let bytes: usize = sealed.iter().map(Sealed::reserved_bytes).sum();
                    assert_eq!(pool.ledger().total_bytes(), empty + bytes);
                    if round == 1_000 {
                        stock.trim();
                    }
                }
            });
        }
    });
    assert!(stock.ledger().peak_bytes() <= 8 << 10);
    stock.trim();
    let ledger = stock.ledger();
    assert_eq!(ledger.total_bytes(), ledger.bytes(Account::Overhead));
    assert_eq!(stock.spare_len(), 0);
}

#[test]
fn without_a_ceiling_worth_it_nothing_is_kept() {
    let stock = Stock::new(0);
    let [a, _] = pools(&stock);
    drop(a.seal(&words(20)).unwrap());
    assert_eq!((stock.spare_len(), stock.trim()), (0, 0));
}

#[test]
fn a_stock_keeps_as_much_as_its_maximum_says() {
    for (max_bytes, kept) in [(256 << 10, 40), (20 << 10, 4)] {
        let stock = Stock::new(max_bytes);
        let [pool, _] = pools(&stock);
        let spike: Vec<Sealed> = (0..40).map(|_| pool.seal(&words(500)).unwrap()).collect();
        assert!(spike.iter().all(|sealed| sealed.reserved_bytes() == 4080));
        drop(spike);
        assert_eq!(stock.spare_len(), kept, "of 40 in {max_bytes} bytes");
    }
}
