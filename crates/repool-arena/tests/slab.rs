//! The slab against a model, its accounts, its pages, and readers without a lock.
//!
//! Exercises `slab.rs` and `bits.rs`.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use repool_arena::slab::{Shared, Slab};
use repool_arena::{Account, Ledger, Pool};

/// A value of 100 bytes that says whether it is intact, and counts those that live.
struct Value<'a> {
    id: u64,
    copies: [u64; 11],
    live: &'a AtomicUsize,
}

impl<'a> Value<'a> {
    fn new(id: u64, live: &'a AtomicUsize) -> Value<'a> {
        live.fetch_add(1, Ordering::Relaxed);
        Value {
            id,
            copies: [id; 11],
            live,
        }
    }

    fn check(&self) -> u64 {
        assert!(self.copies.iter().all(|&copy| copy == self.id), "intact");
        self.id
    }
}

impl Drop for Value<'_> {
    fn drop(&mut self) {
        self.check();
        self.copies = [u64::MAX; 11];
        self.live.fetch_sub(1, Ordering::Relaxed);
    }
}

fn pool(limit: usize) -> Arc<Pool> {
    Pool::new(Arc::new(Ledger::with_limit(limit)))
}

/// A small generator (Knuth's MMIX), so that a run can be repeated.
fn next(state: &mut u64) -> usize {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize
}

#[test]
fn values_are_found_by_number_and_freed_with_the_last_reference() {
    let live = AtomicUsize::new(0);
    let pool = pool(usize::MAX);
    let empty = pool.ledger().total_bytes();
    {
        let slab = Slab::new(&pool);
        let (mut model, mut seed) = (HashMap::new(), 1);
        for id in 0..40_000_u64 {
            match next(&mut seed) % 5 {
                0..2 => {
                    let unique = slab.insert(Value::new(id, &live)).ok().expect("no limit");
                    let number = unique.number();
                    assert!(slab.get(number).is_none(), "nobody sees it yet");
                    model.insert(number, unique.share());
                }
                2 if !model.is_empty() => {
                    let number = *model
                        .keys()
                        .nth(next(&mut seed) % model.len().min(8))
                        .unwrap();
                    drop(model.remove(&number));
                    assert!(slab.get(number).is_none());
                }
                3 if !model.is_empty() => {
                    let number = *model
                        .keys()
                        .nth(next(&mut seed) % model.len().min(8))
                        .unwrap();
                    let unique = Shared::try_unique(model.remove(&number).unwrap());
                    let moved = unique.ok().expect("one reference").moved_down();
                    let id = moved.check();
                    assert!(moved.number() <= number);
                    let number = moved.number();
                    assert!(model.insert(number, moved.share()).is_none());
                    assert_eq!(slab.get(number).unwrap().check(), id);
                }
                _ => {
                    for (&number, value) in model.iter().take(4) {
                        let found = slab.get(number).expect("it lives");
                        assert!(Shared::ptr_eq(&found, value));
                        assert_eq!(Shared::strong_count(&found), 2);
                        assert_eq!(Shared::number(&found), number);
                        found.check();
                    }
                }
            }
            if id % 4096 == 0 {
                slab.validate();
            }
        }
        assert_eq!(live.load(Ordering::Relaxed), model.len());
        assert_eq!(slab.len(), model.len());
        let ledger = pool.ledger();
        assert_eq!(
            ledger.bytes(Account::Index),
            model.len() * Slab::<Value<'_>>::SLOT_BYTES
        );
        drop(model);
        assert!(slab.is_empty() && ledger.bytes(Account::Index) == 0);
        slab.trim();
        assert_eq!(ledger.bytes(Account::Slack), 0);
        slab.validate();
        // Numbers of every kind lead nowhere.
        assert!((0..100_000).all(|number| slab.get(number * 41_017).is_none()));
    }
    assert_eq!(pool.ledger().total_bytes(), empty);
}

#[test]
fn a_value_that_is_held_elsewhere_is_not_unique() {
    let live = AtomicUsize::new(0);
    let slab = Slab::new(&pool(usize::MAX));
    let mut first = slab.insert(Value::new(7, &live)).ok().unwrap().share();
    let second = first.clone();
    assert!(Shared::with_unique(&mut first, |_| ()).is_none());
    let first = Shared::try_unique(first).err().expect("two references");
    drop(second);
    let mut first = first;
    let number = Shared::number(&first);
    let changed = Shared::with_unique(&mut first, |value| {
        assert!(slab.get(number).is_none(), "no reader comes in meanwhile");
        value.id = 8;
        value.copies = [8; 11];
    });
    assert!(changed.is_some());
    assert_eq!(slab.get(number).unwrap().check(), 8);
    drop(first);
    assert_eq!(live.load(Ordering::Relaxed), 0);
}

#[test]
fn a_limit_holds_and_the_value_comes_back() {
    let live = AtomicUsize::new(0);
    let pool = pool(64 << 10);
    let slab = Slab::new(&pool);
    let mut held = Vec::new();
    let refused = loop {
        match slab.insert(Value::new(held.len() as u64, &live)) {
            Ok(unique) => held.push(unique.share()),
            Err(value) => break value,
        }
    };
    assert_eq!(refused.check(), held.len() as u64);
    drop(refused);
    assert!(held.len() > 400, "{}", held.len());
    assert!(pool.ledger().peak_bytes() <= 64 << 10);
    let beyond = slab.insert_beyond_limit(Value::new(1, &live));
    held.push(beyond.ok().expect("the system has memory").share());
    assert!(pool.ledger().total_bytes() > 64 << 10);
    drop(held.pop());
    slab.trim();
    assert!(pool.ledger().total_bytes() <= 64 << 10);
    // A slot that is free serves again without a page.
    drop(held.pop());
    assert!(slab.insert(Value::new(2, &live)).is_ok());
}

#[test]
fn pages_go_back_and_come_again() {
    let live = AtomicUsize::new(0);
    let pool = pool(usize::MAX);
    let slab = Slab::new(&pool);
    let mut held: Vec<_> = (0..20_000)
        .map(|id| slab.insert(Value::new(id, &live)).ok().unwrap().share())
        .collect();
    let full = pool.ledger().total_bytes();
    let mut at = 0;
    held.retain(|_| {
        at += 1;
        at % 100 == 0
    });
    // The rest moves down, one by one; the pages above go back.
    let held: Vec<_> = held
        .into_iter()
        .map(|value| Shared::try_unique(value).ok().unwrap().moved_down().share())
        .collect();
    slab.trim();
    slab.validate();
    let bytes = held.len() * Slab::<Value<'_>>::SLOT_BYTES;
    let ledger = pool.ledger();
    assert!(
        ledger.bytes(Account::Slack) < bytes / 4 + 8192,
        "{ledger:?} of {full}"
    );
    for _ in 0..2 {
        let more: Vec<_> = (0..5_000)
            .map(|id| slab.insert(Value::new(id, &live)).ok().unwrap().share())
            .collect();
        assert!(held.iter().chain(&more).all(|value| value.check() < 20_000));
        drop(more);
        slab.trim();
    }
}

#[test]
fn readers_see_whole_values_or_none_while_others_come_and_go() {
    let live = AtomicUsize::new(0);
    let slab = Slab::<Value<'_>>::new(&pool(usize::MAX));
    let stop = AtomicBool::new(false);
    let found: usize = std::thread::scope(|scope| {
        let (slab, stop, live) = (&slab, &stop, &live);
        let readers: Vec<_> = (0..2)
            .map(|reader| {
                scope.spawn(move || {
                    let (mut seed, mut found) = (reader, 0);
                    while !stop.load(Ordering::Relaxed) {
                        let number = (next(&mut seed) % 1024) as u32;
                        if let Some(value) = slab.get(number) {
                            value.check();
                            found += 1;
                        }
                    }
                    found
                })
            })
            .collect();
        let (mut held, mut seed) = (Vec::new(), 9);
        for id in 0..if cfg!(miri) { 500 } else { 60_000_u64 } {
            if held.len() < 100 || next(&mut seed).is_multiple_of(2) {
                held.push(slab.insert(Value::new(id, live)).ok().unwrap().share());
            }
            if held.len() > 150 {
                let at = next(&mut seed) % held.len();
                let mut value = held.swap_remove(at);
                Shared::with_unique(&mut value, |value| {
                    value.id += 1;
                    value.copies = [value.id; 11];
                });
                match Shared::try_unique(value) {
                    Ok(unique) if id % 3 == 0 => held.push(unique.moved_down().share()),
                    other => drop(other),
                }
            }
            if id % 1000 == 0 {
                let rest = held.split_off(held.len() / 4);
                drop(rest);
                slab.trim();
            }
        }
        stop.store(true, Ordering::Relaxed);
        readers.into_iter().map(|r| r.join().unwrap()).sum()
    });
    assert!(found > 0 || cfg!(miri));
    assert_eq!(live.load(Ordering::Relaxed), 0);
    slab.validate();
}
