//! The cache under a model checker: every order in which threads can meet is one that it may choose.
//!
//! ```console
//! RUSTFLAGS="--cfg shuttle" cargo test -p repool-cache --test model --target-dir target/shuttle
//! ```
//!
//! Shuttle (Amazon) runs a test with all its threads on one, and picks at each lock, wait and atomic who goes on:
//! half of the schedules at random, half as *a randomized scheduler with probabilistic guarantees of finding
//! bugs* does (Burckhardt and others, ASPLOS 2010, here for bugs of depth 3). `REPOOL_SCHEDULES` sets their number
//! for each test: 2,000 by default, 200,000 for the long form. A failure prints its schedule, to be run
//! again with `shuttle::replay`. Arenas and the ledger are std's: what they do is one step here, and
//! `repool-arena` has tests of its own.
#![cfg(shuttle)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use repool_arena::Pool;
use repool_cache::{Cache, Config, Handle, Key, Mode, Refusal};
use repool_program::{Builder, Facts, Flags, Image, Op, Pc, Room};
use repool_text::LookSet;
use shuttle::sync::Barrier;
use shuttle::sync::atomic::{AtomicUsize, Ordering};
use shuttle::thread;

type Error = String;

fn check(test: fn()) {
    let schedules = std::env::var("REPOOL_SCHEDULES");
    let schedules = schedules.map_or(2_000, |n| n.parse().expect("a number"));
    shuttle::check_random(test, schedules / 2);
    shuttle::check_pct(test, schedules / 2, 3);
}

fn image(text: &str, code_len: usize, pool: &Arc<Pool>) -> Result<Image, Error> {
    let facts = Facts {
        flags: Flags::default(),
        looks: LookSet::default(),
        len_min: 0,
        len_max: 0,
        group_len: 1,
        states: 1,
        line_terminator: b'\n',
        prefix: None,
        required: None,
        required_before_max: 0,
        first: None,
    };
    let arena = bumpalo::Bump::new();
    let mut builder = Builder::new_in(&arena, Room::default());
    for _ in 0..code_len {
        builder.push(Op::Match).map_err(|e| format!("{e:?}"))?;
    }
    let start = Pc::new(0).expect("the first");
    let sealed = builder.seal(&facts, start, text, 0, pool);
    Ok(Image::new(sealed.map_err(|e| format!("{e:?}"))?, None))
}

fn key(text: &str) -> Key<'_> {
    Key {
        text,
        options: [1, 2],
    }
}

/// Asks for a pattern, and for nothing to be given instead.
fn try_ask(cache: &Cache<Error>, text: &str) -> Result<Handle, Refusal<Error>> {
    let handle = cache.get_or_compile(key(text), |pool| {
        thread::yield_now();
        // Some 300 bytes for each letter: five patterns with long names fill the smallest budget.
        image(text, 1 + text.len() * 40, pool)
    })?;
    assert_eq!(handle.program().text(), text);
    Ok(handle)
}

fn ask(cache: &Cache<Error>, text: &str) -> Handle {
    try_ask(cache, text).expect("room")
}

/// A budget that has room for thread caches: the checker's locks and atomics take a hundred bytes each.
const ROOMY: usize = 1 << 20;

fn cache(max_bytes: usize, shards: usize, mode: Mode) -> Arc<Cache<Error>> {
    Arc::new(Cache::with_error_heap(
        Config {
            max_bytes,
            shards: Some(shards),
            mode,
            ..Config::default()
        },
        String::capacity,
    ))
}

/// Runs each of some parts on a thread of its own, to the end.
fn together(parts: Vec<Box<dyn FnOnce() + Send>>) {
    let threads: Vec<_> = parts.into_iter().map(|part| thread::spawn(part)).collect();
    threads
        .into_iter()
        .for_each(|t| t.join().expect("no panic"));
}

fn part(cache: &Arc<Cache<Error>>, run: fn(&Cache<Error>)) -> Box<dyn FnOnce() + Send> {
    let cache = Arc::clone(cache);
    Box::new(move || run(&cache))
}

/// What holds whenever nobody uses the cache: it agrees with itself, and nothing is left behind.
fn at_rest(cache: &Cache<Error>, lookups: u64) {
    cache.validate();
    let stats = cache.stats();
    assert_eq!(stats.hits + stats.misses, lookups, "{stats:?}");
    assert_eq!(stats.pinned_bytes, 0, "{stats:?}");
    assert!(stats.total_bytes() <= stats.max_bytes, "{stats:?}");
    cache.purge();
    cache.trim();
    let stats = cache.stats();
    assert_eq!(stats.total_bytes(), stats.overhead_bytes, "{stats:?}");
}

#[test]
fn one_compiles_for_all_who_ask() {
    check(|| {
        let cache = cache(ROOMY, 1, Mode::Soft);
        let compiles = Arc::new(AtomicUsize::new(0));
        let askers: Vec<_> = (0..3)
            .map(|_| {
                let (cache, compiles) = (Arc::clone(&cache), Arc::clone(&compiles));
                thread::spawn(move || {
                    let handle = cache.get_or_compile(key("a+"), |pool| {
                        compiles.fetch_add(1, Ordering::SeqCst);
                        image("a+", 5, pool)
                    });
                    handle.expect("room")
                })
            })
            .collect();
        let handles: Vec<_> = askers
            .into_iter()
            .map(|a| a.join().expect("no panic"))
            .collect();
        assert_eq!(compiles.load(Ordering::SeqCst), 1);
        assert!(handles.iter().all(|handle| handle.ptr_eq(&handles[0])));
        drop(handles);
        at_rest(&cache, 3);
    });
}

#[test]
fn one_fails_for_all_who_ask() {
    check(|| {
        let cache = cache(ROOMY, 1, Mode::Soft);
        let compiles = Arc::new(AtomicUsize::new(0));
        let askers: Vec<_> = (0..3)
            .map(|_| {
                let (cache, compiles) = (Arc::clone(&cache), Arc::clone(&compiles));
                thread::spawn(move || {
                    let refusal = cache.get_or_compile(key("("), |_| {
                        compiles.fetch_add(1, Ordering::SeqCst);
                        Err("unclosed group".to_owned())
                    });
                    let refusal = refusal.expect_err("a bad pattern");
                    assert_eq!(refusal, Refusal::Compile("unclosed group".to_owned()));
                })
            })
            .collect();
        askers.into_iter().for_each(|a| a.join().expect("no panic"));
        assert_eq!(compiles.load(Ordering::SeqCst), 1);
        at_rest(&cache, 3);
    });
}

#[test]
fn who_waits_for_a_panic_compiles() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if info.payload_as_str() != Some("on purpose") {
            hook(info);
        }
    }));
    check(|| {
        let cache = cache(ROOMY, 1, Mode::Soft);
        let compiles = Arc::new(AtomicUsize::new(0));
        let askers: Vec<_> = (0..3)
            .map(|_| {
                let (cache, compiles) = (Arc::clone(&cache), Arc::clone(&compiles));
                thread::spawn(move || {
                    let ask = || {
                        cache.get_or_compile(key("a+"), |pool| {
                            let image = image("a+", 5, pool);
                            if compiles.fetch_add(1, Ordering::SeqCst) == 0 {
                                panic!("on purpose");
                            }
                            image
                        })
                    };
                    catch_unwind(AssertUnwindSafe(ask)).is_ok_and(|handle| handle.is_ok())
                })
            })
            .collect();
        let served = askers
            .into_iter()
            .filter_map(|a| a.join().ok().filter(|&ok| ok));
        assert_eq!(served.count(), 2, "all but the one that panicked");
        assert_eq!(compiles.load(Ordering::SeqCst), 2);
        at_rest(&cache, 3);
    });
}

#[test]
fn hits_race_with_evictions() {
    check(|| {
        let cache = cache(6 << 10, 1, Mode::Soft);
        let hot = |cache: &Cache<Error>| {
            for _ in 0..4 {
                drop(ask(cache, "hot"));
            }
        };
        let flood = |cache: &Cache<Error>| {
            for text in ["cold-1", "cold-2", "cold-3", "cold-4", "cold-5", "cold-6"] {
                drop(ask(cache, text));
            }
        };
        together(vec![
            part(&cache, hot),
            part(&cache, hot),
            part(&cache, flood),
        ]);
        assert!(cache.stats().evictions_capacity > 0, "{:?}", cache.stats());
        at_rest(&cache, 14);
    });
}

#[test]
fn hits_race_with_purge_and_trim() {
    check(|| {
        let cache = cache(ROOMY, 2, Mode::Soft);
        let hits = |cache: &Cache<Error>| {
            for text in ["a", "b", "a", "b"] {
                drop(ask(cache, text));
            }
        };
        let purge = |cache: &Cache<Error>| {
            cache.purge();
            cache.trim();
            cache.resize(16 << 10);
        };
        together(vec![
            part(&cache, hits),
            part(&cache, hits),
            part(&cache, purge),
        ]);
        at_rest(&cache, 8);
    });
}

#[test]
fn patterns_move_while_they_are_asked_for() {
    check(|| {
        let cache = cache(64 << 10, 1, Mode::Soft);
        let hits = |cache: &Cache<Error>| {
            drop(ask(cache, "a"));
            let held = ask(cache, "b");
            let clone = held.clone();
            drop(held);
            assert!(ask(cache, "b").ptr_eq(&clone), "what is held does not move");
            assert_eq!(clone.program().text(), "b");
            drop(ask(cache, "a"));
        };
        let trim = |cache: &Cache<Error>| {
            cache.trim();
            cache.trim();
        };
        together(vec![
            part(&cache, hits),
            part(&cache, hits),
            part(&cache, trim),
        ]);
        assert_eq!(cache.stats().misses, 2, "none is lost on the way");
        at_rest(&cache, 8);
    });
}

#[test]
fn patterns_move_while_others_evict_them() {
    check(|| {
        let cache = cache(6 << 10, 1, Mode::Soft);
        let flood = |cache: &Cache<Error>| {
            for text in ["cold-1", "hot", "cold-2", "cold-3", "hot"] {
                drop(ask(cache, text));
            }
        };
        let trim = |cache: &Cache<Error>| {
            cache.trim();
            drop(ask(cache, "hot"));
            cache.trim();
        };
        together(vec![
            part(&cache, flood),
            part(&cache, flood),
            part(&cache, trim),
        ]);
        at_rest(&cache, 11);
    });
}

#[test]
fn the_index_finds_a_record_while_it_is_evicted() {
    check(|| {
        let cache = cache(ROOMY, 1, Mode::Soft);
        drop(ask(&cache, "a"));
        drop(ask(&cache, "b"));
        // A thread has a thread cache after the first pattern that the shards find, and finds the next in the index, where
        // the other takes both out at that moment.
        let reader = |cache: &Cache<Error>| {
            drop(ask(cache, "a"));
            let held = ask(cache, "b");
            let again = ask(cache, "b");
            assert!(again.ptr_eq(&held), "what is held is found");
            drop(held);
            assert_eq!(again.program().text(), "b");
        };
        let evict = |cache: &Cache<Error>| {
            cache.purge_idle(std::time::Duration::ZERO);
            cache.purge();
        };
        together(vec![
            part(&cache, reader),
            part(&cache, reader),
            part(&cache, evict),
        ]);
        at_rest(&cache, 8);
    });
}

#[test]
fn the_index_finds_a_record_while_it_moves() {
    check(|| {
        let cache = cache(ROOMY, 1, Mode::Soft);
        // Two leaves of records. Only those in the second are left, and move to the first, under other numbers.
        let texts: Vec<String> = (0..12).map(|i| format!("p{i}")).collect();
        let held: Vec<_> = texts[10..].iter().map(|text| text.as_str()).collect();
        texts.iter().for_each(|text| drop(ask(&cache, text)));
        let kept: Vec<_> = held.iter().map(|text| ask(&cache, text)).collect();
        cache.purge_idle(std::time::Duration::ZERO);
        assert_eq!(cache.stats().entries, 2);
        drop(kept);
        let reader = |cache: &Cache<Error>| {
            drop(ask(cache, "p10"));
            let held = ask(cache, "p11");
            assert!(ask(cache, "p11").ptr_eq(&held), "what is held stays");
            assert_eq!(held.program().text(), "p11");
        };
        let mover = |cache: &Cache<Error>| {
            cache.trim();
            cache.trim();
        };
        together(vec![
            part(&cache, reader),
            part(&cache, reader),
            part(&cache, mover),
        ]);
        assert_eq!(cache.stats().misses, 12, "none is lost on the way");
        at_rest(&cache, 20);
    });
}

#[test]
fn a_held_pattern_is_found_again_whatever_evicts_it() {
    check(|| {
        let cache = cache(ROOMY, 1, Mode::Soft);
        let holder = |cache: &Cache<Error>| {
            let held = ask(cache, "held");
            for _ in 0..2 {
                assert!(ask(cache, "held").ptr_eq(&held), "never compiled twice");
            }
            let clone = held.clone();
            drop(held);
            assert!(ask(cache, "held").ptr_eq(&clone));
        };
        let purge = |cache: &Cache<Error>| {
            cache.purge();
            cache.purge();
        };
        together(vec![
            part(&cache, holder),
            part(&cache, holder),
            part(&cache, purge),
        ]);
        at_rest(&cache, 8);
    });
}

#[test]
fn a_weak_cache_has_what_is_held_and_nothing_else() {
    check(|| {
        let cache = cache(0, 1, Mode::Weak);
        let holder = |cache: &Cache<Error>| {
            let held = ask(cache, "a");
            assert!(ask(cache, "a").ptr_eq(&held), "never compiled twice");
            drop((held.clone(), held));
            drop(ask(cache, "b"));
        };
        together(vec![
            part(&cache, holder),
            part(&cache, holder),
            part(&cache, |cache| cache.purge()),
        ]);
        assert_eq!(cache.stats().pinned_entries, 0);
        at_rest(&cache, 6);
    });
}

#[test]
fn the_last_handles_go_while_their_pattern_is_evicted() {
    check(|| {
        let cache = cache(5 << 10, 1, Mode::Soft);
        let handle = ask(&cache, "shared");
        let handles: Vec<_> = (0..2).map(|_| handle.clone()).collect();
        drop(handle);
        let mut parts: Vec<Box<dyn FnOnce() + Send>> = Vec::new();
        for handle in handles {
            parts.push(Box::new(move || drop(handle)));
        }
        parts.push(part(&cache, |cache| cache.purge()));
        parts.push(part(&cache, |cache| {
            for text in ["cold-1", "cold-2", "cold-3"] {
                drop(ask(cache, text));
            }
        }));
        together(parts);
        at_rest(&cache, 4);
    });
}

#[test]
fn an_idle_thread_pins_nothing_in_any_order() {
    check(|| {
        let cache = cache(ROOMY, 1, Mode::Soft);
        let (idle, end) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let other = {
            let (cache, idle, end) = (Arc::clone(&cache), Arc::clone(&idle), Arc::clone(&end));
            thread::spawn(move || {
                for _ in 0..3 {
                    // The second request gets a slot in the thread cache, and the dropped handle is parked there.
                    drop(ask(&cache, "hot"));
                }
                idle.wait();
                end.wait();
            })
        };
        for _ in 0..3 {
            cache.purge();
        }
        idle.wait();
        cache.purge();
        let stats = cache.stats();
        assert_eq!((stats.pinned_entries, stats.pinned_bytes), (0, 0));
        assert_eq!((stats.entries, stats.program_bytes), (0, 0));
        end.wait();
        other.join().expect("no panic");
        at_rest(&cache, 3);
    });
}

#[test]
fn a_strict_budget_holds_in_every_order() {
    check(|| {
        let cache = cache(5 << 10, 1, Mode::Strict);
        let holder = |cache: &Cache<Error>| {
            let held: Vec<_> = ["held-1", "held-2", "held-3"]
                .iter()
                .filter_map(|text| try_ask(cache, text).ok())
                .collect();
            assert!(cache.total_bytes() <= cache.max_bytes());
            drop(held);
        };
        together(vec![part(&cache, holder), part(&cache, holder)]);
        assert!(cache.peak_bytes() <= cache.max_bytes());
        at_rest(&cache, 6);
    });
}

#[test]
fn handles_outlive_the_cache_in_every_order() {
    check(|| {
        let pool;
        {
            let cache = cache(ROOMY, 1, Mode::Soft);
            pool = Arc::clone(cache.pool());
            let handle = ask(&cache, "a");
            let clone = handle.clone();
            let other = Arc::clone(&cache);
            let threads = [
                thread::spawn(move || drop(clone)),
                thread::spawn(move || drop(ask(&other, "a"))),
            ];
            drop(cache);
            assert_eq!(handle.program().text(), "a");
            threads
                .into_iter()
                .for_each(|t| t.join().expect("no panic"));
            assert_eq!(handle.program().text(), "a");
        }
        pool.trim();
        assert_eq!(pool.ledger().bytes(repool_arena::Account::Pinned), 0);
        assert_eq!(pool.ledger().bytes(repool_arena::Account::Programs), 0);
    });
}

#[test]
fn the_last_handle_of_a_pinned_pattern_frees_it_in_every_order() {
    check(|| {
        let cache = cache(ROOMY, 1, Mode::Soft);
        let handle = ask(&cache, "held");
        let other = handle.clone();
        cache.purge();
        together(vec![
            Box::new(move || drop(handle)),
            Box::new(move || drop(other)),
        ]);
        // Without a sweep, as statistics would make one.
        let ledger = cache.pool().ledger();
        assert_eq!(ledger.bytes(repool_arena::Account::Pinned), 0);
        at_rest(&cache, 1);
    });
}

#[test]
fn what_another_purges_while_it_is_held_is_taken_in_again_in_every_order() {
    check(|| {
        let cache = cache(ROOMY, 1, Mode::Soft);
        let (asked, purged) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let holder = {
            let (cache, asked, purged) =
                (Arc::clone(&cache), Arc::clone(&asked), Arc::clone(&purged));
            thread::spawn(move || {
                let held: Vec<_> = (0..3).map(|_| ask(&cache, "held")).collect();
                asked.wait();
                drop(ask(&cache, "held"));
                purged.wait();
                assert!(ask(&cache, "held").ptr_eq(&held[0]), "found again");
                assert!(held[0].is_cached(), "and cached again");
            })
        };
        asked.wait();
        cache.purge();
        purged.wait();
        holder.join().expect("no panic");
        at_rest(&cache, 5);
    });
}
