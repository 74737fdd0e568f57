//! Owners: what each is guaranteed, what each may have, whose a shared pattern is, what a release leaves.

#[path = "../../repool-arena/tests/counting/mod.rs"]
mod counting;
mod support;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use counting::{calls, held};
use repool_cache::{Cache, Config, Handle, Mode, Owner, OwnerStats, Refusal};
use support::{Error, Numbers, image, key, on_threads};

fn cache_of(max_bytes: usize, mode: Mode) -> Cache<Error> {
    Cache::new(Config {
        max_bytes,
        mode,
        ..Config::default()
    })
}

fn ask(cache: &Cache<Error>, owner: &Owner, text: &str) -> Result<Handle, Refusal<Error>> {
    cache.get_or_compile_for(owner, key(text), |pool| image(text, 20, pool))
}

/// Requests `count` patterns whose names start with `name`.
fn fill(cache: &Cache<Error>, owner: &Owner, name: &str, count: usize) {
    for i in 0..count {
        ask(cache, owner, &format!("{name} {i}")).unwrap();
    }
}

fn of(cache: &Cache<Error>, owner: &Owner) -> OwnerStats {
    cache.owner_stats(owner)
}

#[test]
fn a_flood_leaves_others_their_share() {
    for mode in [Mode::Soft, Mode::Strict] {
        let cache = cache_of(256 << 10, mode);
        let (calm, loud) = (cache.owner("calm"), cache.owner("loud"));
        cache.set_share(&calm, 64 << 10);
        fill(&cache, &calm, "calm", 60);
        let before = of(&cache, &calm);
        assert!(before.bytes <= 64 << 10 && before.entries == 60);
        fill(&cache, &loud, "loud", 5_000);
        for i in 0..1_000 {
            // Of nobody in particular.
            support::ask(&cache, &format!("p{i}"), 20).unwrap();
        }
        let after = of(&cache, &calm);
        assert_eq!((after.entries, after.evictions), (60, 0));
        assert!(of(&cache, &loud).evictions > 4_000);
        cache.validate();
        let misses = cache.stats().misses;
        fill(&cache, &calm, "calm", 60);
        assert_eq!(cache.stats().misses, misses);
        assert_eq!(of(&cache, &calm).hits, 60);
        assert!(cache.peak_bytes() <= 256 << 10);
    }
}

#[test]
fn what_an_owner_has_above_its_share_is_lent() {
    let cache = cache_of(256 << 10, Mode::Soft);
    let (first, second) = (cache.owner("first"), cache.owner("second"));
    cache.set_share(&first, 32 << 10);
    cache.set_share(&second, 96 << 10);
    fill(&cache, &first, "first", 1_000);
    assert!(of(&cache, &first).bytes > 128 << 10, "nobody else asks");
    fill(&cache, &second, "second", 1_000);
    let (first, second) = (of(&cache, &first), of(&cache, &second));
    assert!(first.bytes >= 32 << 10, "{first:?}");
    assert!(second.bytes + 2_000 >= 96 << 10, "{second:?}");
    cache.validate();
}

#[test]
fn a_maximum_holds_at_every_moment() {
    const MAX_BYTES: usize = 24 << 10;
    let cache = cache_of(1 << 20, Mode::Soft);
    let (small, other) = (cache.owner("small"), cache.owner("other"));
    cache.set_max_bytes(&small, MAX_BYTES);
    fill(&cache, &other, "other", 200);
    let mut held = Vec::new();
    for i in 0..500 {
        held.push(ask(&cache, &small, &format!("small {i}")).unwrap());
        assert!(of(&cache, &small).bytes <= MAX_BYTES);
        held.truncate(3);
    }
    let stats = cache.stats();
    assert_eq!(
        (stats.evictions_capacity, of(&cache, &other).entries),
        (0, 200)
    );
    assert!(stats.evictions_quota > 400);
    assert!(of(&cache, &small).bytes > MAX_BYTES / 2);
    cache.validate();
    // What is requested all the time stays, although the thread cache answers.
    for i in 0..500 {
        ask(&cache, &small, "often").unwrap();
        ask(&cache, &small, &format!("once {i}")).unwrap();
    }
    assert_eq!(of(&cache, &small).misses, 500 + 1 + 500);

    cache.set_max_bytes(&small, 2_000);
    assert!((1..=2_000).contains(&of(&cache, &small).bytes));
    cache.set_max_bytes(&small, 0);
    assert_eq!(of(&cache, &small).bytes, 0);
    assert!(!ask(&cache, &small, "none").unwrap().is_cached());
    cache.validate();
}

#[test]
fn threads_keep_a_maximum_and_a_share() {
    // A soft budget is exceeded only for what handles hold, and the four that there are fit into it.
    for mode in [Mode::Soft, Mode::Strict] {
        let peak = peak_on_threads(mode);
        assert!(peak <= 192 << 10, "{mode:?}: {peak} bytes");
    }
}

fn peak_on_threads(mode: Mode) -> usize {
    // The maximum is there from the start: an owner is released and comes back under the eyes of the watcher.
    let cache: Cache<Error> = Cache::new(Config {
        max_bytes: 192 << 10,
        owner_bytes_max: 32 << 10,
        mode,
        ..Config::default()
    });
    let seeds = AtomicU64::new(0);
    let names = ["one", "two", "three", "four"];
    let calm = cache.owner("calm");
    cache.set_max_bytes(&calm, usize::MAX);
    cache.set_share(&calm, 48 << 10);
    fill(&cache, &calm, "calm", 40);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let (cache, done) = (&cache, &done);
        let watcher = scope.spawn(move || {
            while !done.load(Ordering::Relaxed) {
                for owner in cache.owners() {
                    assert!(owner.bytes <= owner.max_bytes, "{owner:?}");
                    assert!(owner.name != "calm" || owner.entries == 40);
                }
            }
        });
        on_threads(4, || {
            let mut numbers = Numbers(seeds.fetch_add(1, Ordering::Relaxed) + 1);
            for _ in 0..3_000 {
                let name = names[numbers.below(4) as usize];
                let owner = cache.owner(name);
                let pattern = numbers.below(400);
                // Some patterns are of one owner, some of all.
                let text = match pattern {
                    0..100 => format!("all {pattern}"),
                    _ => format!("{name} {pattern}"),
                };
                let found = ask(cache, &owner, &text);
                assert!(found.is_ok() || mode == Mode::Strict);
                drop(found);
                if numbers.below(200) == 0 {
                    cache.release(&owner);
                }
            }
        });
        done.store(true, Ordering::Relaxed);
        watcher.join().unwrap();
    });
    cache.validate();
    cache.peak_bytes()
}

#[test]
fn a_pattern_of_two_is_held_once_and_charged_to_the_first() {
    let cache = cache_of(1 << 20, Mode::Soft);
    let (first, second) = (cache.owner("first"), cache.owner("second"));
    let handle = ask(&cache, &first, "shared").unwrap();
    assert!(ask(&cache, &second, "shared").unwrap().ptr_eq(&handle));
    assert_eq!(
        (of(&cache, &first).misses, of(&cache, &first).entries),
        (1, 1)
    );
    assert_eq!(
        (of(&cache, &second).hits, of(&cache, &second).entries),
        (1, 0)
    );
    // The second inherits it.
    ask(&cache, &first, "own").unwrap();
    cache.release(&first);
    cache.validate();
    assert!(handle.is_cached());
    assert_eq!((of(&cache, &second).entries, cache.stats().entries), (1, 1));
    cache.release(&second);
    assert!(!handle.is_cached());
    assert_eq!(cache.stats().evictions_release, 2);
    cache.validate();
}

#[test]
fn what_is_nobodys_goes_to_the_first_owner_that_asks() {
    let cache = cache_of(1 << 20, Mode::Soft);
    support::ask(&cache, "p", 20).unwrap();
    support::ask(&cache, "p", 20).unwrap();
    let owner = cache.owner("owner");
    ask(&cache, &owner, "p").unwrap();
    assert_eq!(of(&cache, &owner).entries, 1);
    cache.validate();
    cache.purge();
    assert_eq!(
        (of(&cache, &owner).entries, of(&cache, &owner).bytes),
        (0, 0)
    );
    cache.validate();
}

#[test]
fn release_frees_everything_of_an_owner() {
    let cache = cache_of(4 << 20, Mode::Soft);
    // As many as there will be: the lists of pages and of tables, some bytes for each, stay.
    let warm = cache.owner("warm");
    fill(&cache, &warm, "p", 301);
    cache.release(&warm);
    drop(warm);
    cache.trim();
    let (before, allocated) = (cache.total_bytes(), held());
    for round in 0..3 {
        let owner = cache.owner("tenant-7");
        fill(&cache, &owner, "p", 300);
        assert_eq!(of(&cache, &owner).misses, 300, "round {round}");
        cache.release(&owner);
        assert_eq!(of(&cache, &owner).entries, 0);
        assert_eq!(cache.stats().entries, 0);
        // A handle to an owner that was released is one to nobody.
        ask(&cache, &owner, "late").unwrap();
        assert_eq!(of(&cache, &owner).entries, 0);
        assert!(cache.owners().is_empty());
        cache.purge();
        cache.validate();
    }
    cache.trim();
    assert_eq!(cache.total_bytes(), before);
    assert_eq!(held(), allocated);
}

#[test]
fn the_ledger_knows_owners() {
    // What the thread allocates once.
    drop(image("tenant 99", 20, repool_arena::Pool::global()));
    let before = held();
    let cache = cache_of(1 << 20, Mode::Soft);
    for i in 0..100 {
        let owner = cache.owner(&format!("tenant {i}"));
        ask(&cache, &owner, &format!("p{i}")).unwrap();
        let stats = cache.stats();
        let in_allocator = stats.total_bytes() - cache.paged_bytes();
        if cfg!(not(repool_sanitize)) {
            assert_eq!(held() - before, in_allocator as isize, "{stats:?}");
        }
    }
    assert_eq!(cache.owners().len(), 100);
    for i in 0..100 {
        cache.release(&cache.owner(&format!("tenant {i}")));
    }
    cache.validate();
    cache.trim();
    let stats = cache.stats();
    assert_eq!(stats.total_bytes(), stats.overhead_bytes);
    drop((cache, stats));
    assert_eq!(held(), before);
}

#[test]
fn shares_beyond_the_budget_are_scaled() {
    let cache = cache_of(400 << 10, Mode::Soft);
    let owners: Vec<Owner> = (0..4).map(|i| cache.owner(&format!("{i}"))).collect();
    assert!(owners.iter().all(|o| of(&cache, o).share_bytes == 25 << 10));
    for owner in &owners {
        cache.set_share(owner, 300 << 10);
    }
    assert!(owners.iter().all(|o| of(&cache, o).share_bytes == 75 << 10));
    for (i, owner) in owners.iter().enumerate() {
        fill(&cache, owner, &format!("owner {i}"), 1_000);
    }
    for owner in &owners {
        let stats = of(&cache, owner);
        assert!(stats.bytes + 2_000 > 75 << 10, "{stats:?}");
    }
    cache.resize(40 << 10);
    assert!(cache.total_bytes() <= 40 << 10);
    cache.validate();
}

#[test]
fn an_owner_of_another_cache_is_nobody_here() {
    let (here, there) = (cache_of(1 << 20, Mode::Soft), cache_of(1 << 20, Mode::Soft));
    let stranger = there.owner("stranger");
    ask(&here, &stranger, "p").unwrap();
    assert_eq!(of(&here, &stranger).entries, 0);
    here.release(&stranger);
    assert_eq!(here.stats().entries, 1);
    here.validate();
    there.validate();
}

#[test]
fn a_budget_without_room_for_an_owner_does_without() {
    let cache = cache_of(0, Mode::Strict);
    let owner = cache.owner("tenant");
    assert!(ask(&cache, &owner, "p").is_err());
    cache.set_share(&owner, 1 << 20);
    cache.release(&owner);
    assert_eq!(of(&cache, &owner), OwnerStats::default());
    assert!(cache.owners().is_empty());
}

#[test]
fn a_hit_of_an_owner_allocates_nothing() {
    let cache = cache_of(1 << 20, Mode::Soft);
    let (first, second) = (cache.owner("first"), cache.owner("second"));
    for owner in [&first, &second, &first, &second] {
        ask(&cache, owner, "p").unwrap();
    }
    let before = calls();
    for owner in [&first, &second].into_iter().cycle().take(1_000) {
        ask(&cache, owner, "p").unwrap();
    }
    assert_eq!(calls(), before);
}

#[test]
fn a_request_for_nobody_is_nobodys_whoever_was_asked_for_before() {
    let cache = cache_of(1 << 20, Mode::Soft);
    let owner = cache.owner("owner");
    ask(&cache, &owner, "own").unwrap();
    let fail = |_: &_| Err("unclosed".to_owned());
    cache
        .get_or_compile_for(&owner, key("("), fail)
        .unwrap_err();
    let panic = |_: &_| panic!("on purpose");
    let asked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        cache.get_or_compile_for(&owner, key("panic"), panic)
    }));
    assert!(asked.is_err());
    support::ask(&cache, "plain", 20).unwrap();
    assert_eq!((of(&cache, &owner).entries, cache.stats().entries), (1, 2));
    cache.validate();
}

#[test]
fn an_owner_below_its_share_evicts_its_own_before_those_of_another_below_its_share() {
    let cache = cache_of(256 << 10, Mode::Soft);
    let (calm, loud) = (cache.owner("calm"), cache.owner("loud"));
    for owner in [&calm, &loud] {
        cache.set_share(owner, 64 << 10);
    }
    fill(&cache, &calm, "calm", 60);
    assert!(of(&cache, &calm).bytes <= 64 << 10);
    // Handles of nobody in particular leave less than both shares.
    let mut held = Vec::new();
    while cache.total_bytes() < 200 << 10 {
        held.push(support::ask(&cache, &format!("held {}", held.len()), 20).unwrap());
    }
    fill(&cache, &loud, "loud", 500);
    let (calm, loud) = (of(&cache, &calm), of(&cache, &loud));
    assert!(
        loud.bytes < loud.share_bytes && loud.entries < 150,
        "{loud:?}"
    );
    assert_eq!(loud.entries as u64 + loud.evictions, 500, "all were cached");
    assert_eq!((calm.entries, calm.evictions), (60, 0));
    cache.validate();
}

#[test]
fn what_is_held_and_stays_is_still_charged() {
    // In a budget that handles fill, held patterns cannot move aside: there is no room to note them, unless the last page
    // leaves enough.
    let mut stayed = 0;
    for less in 0..20 {
        let max_bytes = (48 << 10) - 512 * less;
        let cache = cache_of(max_bytes, Mode::Strict);
        let owner = cache.owner("owner");
        cache.set_share(&owner, 0);
        let mut held = Vec::new();
        while let Ok(handle) = ask(&cache, &owner, &format!("p{}", held.len())) {
            held.push(handle);
        }
        let stats = of(&cache, &owner);
        assert_eq!(stats.entries, cache.stats().entries);
        stayed += usize::from(stats.entries > 0);
        cache.validate();
    }
    assert!(stayed >= 10, "{stayed}");
}

#[test]
fn a_cache_that_goes_before_its_owners_leaves_no_index() {
    let cache = cache_of(1 << 20, Mode::Soft);
    let pool = std::sync::Arc::clone(cache.pool());
    for i in 0..10 {
        fill(&cache, &cache.owner(&format!("tenant {i}")), "p", 20);
    }
    let last = cache.owner("last");
    drop(cache);
    assert!(
        pool.ledger().bytes(repool_arena::Account::Index) > 0,
        "{last:?}"
    );
    drop(last);
    assert_eq!(pool.ledger().bytes(repool_arena::Account::Index), 0);
}

#[test]
fn an_owner_over_its_maximum_evicts_nothing_that_became_anothers() {
    let cache: Cache<Error> = Cache::new(Config {
        shards: Some(1),
        ..Config::default()
    });
    let (first, second) = (cache.owner("first"), cache.owner("second"));
    fill(&cache, &first, "p", 20);
    // One goes, and the next ones to go are noted.
    cache.set_max_bytes(&first, of(&cache, &first).bytes - 1);
    assert_eq!(of(&cache, &first).evictions, 1);
    cache.purge();
    fill(&cache, &second, "p", 20);
    fill(&cache, &first, "q", 40);
    assert!(of(&cache, &first).evictions > 20);
    assert_eq!(
        (of(&cache, &second).entries, of(&cache, &second).evictions),
        (20, 0)
    );
    cache.validate();
}

#[test]
fn whoever_asks_after_the_heir_is_released_is_the_heir() {
    let cache = cache_of(1 << 20, Mode::Soft);
    let [first, heir, next] = ["first", "heir", "next"].map(|name| cache.owner(name));
    let handle = ask(&cache, &first, "shared").unwrap();
    ask(&cache, &heir, "shared").unwrap();
    cache.release(&heir);
    ask(&cache, &next, "shared").unwrap();
    cache.release(&first);
    assert!(handle.is_cached());
    assert_eq!(of(&cache, &next).entries, 1);
    cache.validate();
}

#[test]
fn patterns_that_no_budget_of_an_owner_takes_are_found_within_the_budget_of_the_cache() {
    const MAX_BYTES: usize = 1 << 20;
    let cache = cache_of(MAX_BYTES, Mode::Soft);
    for i in 0..2_000 {
        support::ask(&cache, &format!("p{i}"), 20).unwrap();
    }
    assert!(cache.stats().evictions_capacity > 0, "it is full");
    let owner = cache.owner("none");
    cache.set_max_bytes(&owner, 0);
    let mut held = Vec::new();
    for i in 0..700 {
        held.push(ask(&cache, &owner, &format!("held {i}")).unwrap());
        assert!(!held[i].is_cached());
        assert!(cache.total_bytes() <= MAX_BYTES, "after {i}");
    }
    for (i, handle) in held.iter().enumerate() {
        assert!(
            ask(&cache, &owner, &format!("held {i}"))
                .unwrap()
                .ptr_eq(handle)
        );
    }
    assert!(cache.stats().entries > 100);
    assert!(cache.peak_bytes() <= MAX_BYTES);
    cache.validate();
}
