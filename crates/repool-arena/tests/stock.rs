//! Free extents that pools share: each ledger says what its pool holds, the stock's what all keep.

mod counting;

use std::sync::Arc;

use counting::held;
use repool_arena::{Account, Ledger, Pool, Sealed, Stock, page_bytes};

fn words(len: usize) -> Vec<u64> {
    (0..len as u64).collect()
}

fn pools(stock: &Arc<Stock>) -> [Arc<Pool>; 2] {
    [(); 2].map(|()| Pool::with_stock(Arc::new(Ledger::default()), stock))
}

fn spare(stock: &Stock) -> usize {
    stock.ledger().bytes(Account::Spare)
}

#[test]
fn all_ledgers_together_are_the_allocator_and_pages() {
    if cfg!(any(miri, repool_sanitize)) {
        return; // Each run is an allocation of its own there.
    }
    let images: Vec<_> = (1..700).step_by(9).map(words).collect();
    let mut sealed: Vec<Sealed> = Vec::with_capacity(40);
    let before = held();
    let max_bytes = 20 * page_bytes();
    let stock = Stock::new(max_bytes);
    let pools = pools(&stock);
    let agree = || {
        let ledgers = pools.iter().map(|pool| &**pool.ledger());
        let sum = ledgers
            .chain([stock.ledger()])
            .map(|ledger| ledger.bytes(Account::Overhead));
        assert_eq!(held() - before, sum.sum::<usize>() as isize);
        assert!(stock.ledger().peak_bytes() <= max_bytes);
        pools.iter().for_each(|pool| pool.validate());
    };
    agree();
    for round in 0..400 {
        let image = &images[round * 7 % images.len()];
        sealed.push(pools[round / 40 % 2].seal(image).unwrap());
        agree();
        if sealed.len() == 40 {
            sealed.truncate(round / 40);
            pools.iter().for_each(|pool| {
                pool.trim();
            });
        }
        agree();
    }
    sealed.clear();
    let [first, second] = &pools;
    assert!(first.trim() + second.trim() > 0);
    agree();
    assert!(spare(&stock) > 0);
    for pool in &pools {
        assert_eq!(
            pool.ledger().total_bytes(),
            pool.ledger().bytes(Account::Overhead)
        );
    }
    let kept = spare(&stock);
    assert!(stock.trim() > kept, "with the tables");
    agree();
    assert_eq!(spare(&stock), 0);
    drop((pools, stock));
    assert_eq!(held(), before);
}

#[test]
fn what_one_pool_gives_back_serves_another() {
    let stock = Stock::new(1 << 20);
    let [a, b] = pools(&stock);
    let image = words(20);
    for _ in 0..100 {
        drop(a.seal(&image).unwrap());
        a.trim();
        assert_eq!(spare(&stock), page_bytes());
        let sealed = b.seal(&image).unwrap();
        assert_eq!(sealed.words(), image);
        // The page is not charged anew.
        assert_eq!(spare(&stock), 0);
        let ledger = b.ledger();
        let bytes = ledger.bytes(Account::Programs) + ledger.bytes(Account::Slack);
        assert_eq!(bytes, page_bytes());
        drop(sealed);
        b.trim();
    }
}

#[test]
fn a_block_that_is_all_resident_is_taken_as_it_is() {
    let stock = Stock::new(1 << 20);
    let [a, b] = pools(&stock);
    let fill = |pool: &Arc<Pool>| -> Vec<Sealed> {
        let many = 16 * page_bytes() / 4096;
        (0..many).map(|_| pool.seal(&words(500)).unwrap()).collect()
    };
    drop(fill(&a));
    a.trim();
    let kept = spare(&stock);
    let sealed = fill(&b);
    let ledger = b.ledger();
    let pages = ledger.total_bytes() - ledger.bytes(Account::Overhead);
    assert!(pages <= kept, "{pages} of {kept}");
    b.validate();
    drop(sealed);
}

#[test]
fn the_ceiling_holds_whoever_races() {
    let max_bytes = 6 * page_bytes();
    let stock = Stock::new(max_bytes);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let stock = &stock;
            scope.spawn(move || {
                let pool = Pool::with_stock(Arc::new(Ledger::default()), stock);
                for round in 0..if cfg!(miri) { 3 } else { 500 } {
                    let sealed: Vec<_> = (1..=5)
                        .map(|n| pool.seal(&words(n * (thread + 9) * 10)).unwrap())
                        .collect();
                    let bytes: usize = sealed.iter().map(Sealed::reserved_bytes).sum();
                    assert_eq!(pool.ledger().bytes(Account::Programs), bytes);
                    drop(sealed);
                    pool.trim();
                    if round == 250 {
                        stock.trim();
                    }
                }
            });
        }
    });
    assert!(stock.ledger().peak_bytes() <= max_bytes);
    stock.trim();
    let ledger = stock.ledger();
    assert_eq!(ledger.total_bytes(), ledger.bytes(Account::Overhead));
}

#[test]
fn without_a_ceiling_worth_it_nothing_is_kept() {
    let stock = Stock::new(0);
    let [a, _] = pools(&stock);
    drop(a.seal(&words(20)).unwrap());
    a.trim();
    assert_eq!((spare(&stock), stock.trim()), (0, 0));
}

#[test]
#[cfg(all(target_os = "linux", not(miri)))]
fn a_stock_keeps_as_much_as_its_maximum_says() {
    for max_pages in [40, 3] {
        let stock = Stock::new((max_pages + 1) * page_bytes());
        let [pool, _] = pools(&stock);
        let spike: Vec<Sealed> = (0..12).map(|_| pool.seal(&words(500)).unwrap()).collect();
        let pages = pool.ledger().total_bytes() / page_bytes();
        drop(spike);
        pool.trim();
        let kept = spare(&stock) / page_bytes();
        assert_eq!(kept, pages.min(max_pages), "of {pages}");
    }
}
