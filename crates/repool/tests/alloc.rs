//! Searches and hits allocate nothing.
//!
//! There is one test, since it counts the calls of the whole process.

#![expect(
    unsafe_code,
    reason = "a global allocator that counts is an unsafe trait"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};

use repool::{Regex, bytes};

static CALLS: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: every call goes to `System` with the arguments it came with.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from `alloc` above, so from `System`, with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The allocator calls of a run at steady state. The runs before it grow the thread's memory and
/// make the pattern hot, so that it has tables.
fn calls(mut run: impl FnMut()) -> usize {
    (0..256).for_each(|_| run());
    let before = CALLS.load(Ordering::Relaxed);
    run();
    CALLS.load(Ordering::Relaxed) - before
}

#[test]
fn searches_and_hits_allocate_nothing() {
    let patterns = [
        "needle",
        r"(\w+)=(?<value>\d+)",
        r"^(\d{4})-(\d\d)$",
        r"(a|ab)(c|bcd)*",
        r"(?i)straße|\bx{2,70}\b",
        "",
    ];
    let hay = "a needle in key=42 2026-11 abcd STRASSE xxx é";
    for pattern in patterns {
        let re = Regex::new(pattern).unwrap();
        let mut at = re.capture_locations();
        assert_eq!(
            calls(|| {
                black_box(re.is_match(hay));
            }),
            0,
            "{pattern:?} is_match"
        );
        assert_eq!(
            calls(|| {
                black_box(re.find(hay));
            }),
            0,
            "{pattern:?} find"
        );
        assert_eq!(
            calls(|| {
                black_box(re.find_iter(hay).count());
            }),
            0,
            "{pattern:?} find_iter"
        );
        assert_eq!(
            calls(|| {
                black_box(re.captures_iter(hay).count());
            }),
            0,
            "{pattern:?} count"
        );
        assert_eq!(
            calls(|| {
                black_box(re.shortest_match(hay));
            }),
            0,
            "{pattern:?} shortest_match"
        );
        assert_eq!(
            calls(|| {
                black_box(re.captures_read(&mut at, hay));
            }),
            0,
            "{pattern:?} captures_read"
        );
        assert_eq!(
            calls(|| {
                black_box(re.split(hay).count());
            }),
            0,
            "{pattern:?} split"
        );
        assert!(
            calls(|| drop(re.captures(hay))) <= 1,
            "{pattern:?} captures"
        );
        let re = bytes::Regex::new(pattern).unwrap();
        assert_eq!(
            calls(|| {
                black_box(re.find_iter(hay.as_bytes()).count());
            }),
            0,
            "{pattern:?} bytes"
        );
    }
    let absent = Regex::new(r"(absent)(?<too>\d)").unwrap();
    let nothing: [&dyn Fn(); 4] = [
        &|| assert!(absent.captures(hay).is_none()),
        &|| assert_eq!(absent.captures_iter(hay).count(), 0),
        &|| assert_eq!(absent.replace_all(hay, "$0$0"), hay),
        &|| assert_eq!(absent.replace_all(hay, "x"), hay),
    ];
    for run in nothing {
        assert_eq!(calls(run), 0, "there is no match");
    }
    let cache = repool::Cache::builder().build();
    // The first hit of a thread makes its reference to the pattern. Later hits use that.
    drop(cache.compile(r"(\w+)=(\d+)").unwrap());
    assert_eq!(calls(|| drop(cache.compile(r"(\w+)=(\d+)").unwrap())), 0);
    in_a_full_cache();
}

/// Where the budget has no room for a plan or a table, the search does not make it again and again.
fn in_a_full_cache() {
    // An eighth of this budget is too small for any plan or table.
    let cache = repool::Cache::builder().max_bytes(4 << 10).build();
    let long = "2026-11 request refused after 17 ms, and nothing else; ".repeat(1_000);
    for pattern in [
        "(?i)refused|timed out",
        r"\b\d+ m?s\b",
        r"[a-m]+,|\d{2,4}-\d\d",
    ] {
        let re = cache.compile(pattern).unwrap();
        let made = calls(|| assert!(re.find_iter(&long).count() >= 1_000));
        assert_eq!(made, 0, "{pattern:?}");
    }
    // More patterns than a thread keeps learned state for, in a cache with room for their
    // plans and none for tables.
    let cache = repool::Cache::builder().max_bytes(8 << 20).build();
    let many: Vec<Regex> = (0..200)
        .map(|i| cache.compile(&format!(r"(?i)(refused|timed out){i}|\b\d\d-{i}\b")))
        .collect::<Result<_, _>>()
        .unwrap();
    let search = || {
        for re in &many {
            assert!(!re.is_match(&long[..100]));
        }
    };
    (0..64).for_each(|_| search());
    let plans = cache.stats().table_bytes;
    cache.resize(8 * plans + 1_000);
    let made = calls(search);
    assert_eq!((made, cache.stats().table_bytes), (0, plans));
}
