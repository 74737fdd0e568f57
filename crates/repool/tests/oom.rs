//! Each allocator call of a run fails in turn: a run compiles, caches, finds and evicts patterns,
//! and remembers errors.
//!
//! Large and unbounded requests have a fallible path: the pattern is not compiled or not cached,
//! and the program goes on. Small boxes of fixed size are allocated as in Rust's standard library.
//! Their failure ends the process by `handle_alloc_error`, without unwinding and without a use of
//! missing memory.
//!
//! This program runs itself once for each call that can fail, and reports how the run ended.

#![expect(
    unsafe_code,
    reason = "a global allocator that fails is an unsafe trait"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::process::{Command, ExitCode};

use repool::Cache;

thread_local! {
    /// The number of calls of this thread until one fails. At zero no call fails.
    static LEFT: Cell<usize> = const { Cell::new(0) };
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

struct Failing;

/// Tells whether this call is the one that fails.
fn fails() -> bool {
    let count = |calls: &Cell<usize>| calls.set(calls.get() + 1);
    let _ = CALLS.try_with(count);
    let fails = |left: &Cell<usize>| {
        let now = left.get();
        left.set(now.saturating_sub(1));
        now == 1
    };
    LEFT.try_with(fails).unwrap_or(false)
}

// SAFETY: every call goes to `System` with the arguments it came with, or gives null, which an allocator may do.
unsafe impl GlobalAlloc for Failing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if fails() {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from `System`, with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if fails() {
            return std::ptr::null_mut();
        }
        // SAFETY: `pointer` came from `System`, with this layout; the caller keeps the rest of the contract.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Failing = Failing;

/// The largest request, in bytes, whose failure may end the process. It holds for the patterns
/// here, which have ordinary lengths: the parser's memory grows with the text.
const SMALL_BYTES: usize = 16 << 10;

const FAIL_AT: &str = "REPOOL_FAIL_AT";

/// Patterns of many sizes, and two that do not compile.
const PATTERNS: &[(&str, &str)] = &[
    ("a+b", "xaab"),
    (r"(?<year>\d{4})-(\d\d)", "on 2026-11"),
    (r"(?i)\b(select|union)\b", "1 UNION 2"),
    ("(", ""),
    (r"[\p{Greek}--\p{Lu}]{2,40}x", "αβx"),
    ("x{3,1000}", "xxxx"),
    ("one|two|three|four|five|six|seven|eight|nine|ten", "a nine"),
    ("a{2,1}", ""),
    (
        r"^/users/(\d+)/(posts|files)/([a-z0-9-]+)$",
        "/users/7/posts/a-b",
    ),
];

fn texts() -> Vec<(String, &'static str)> {
    // More than the smallest budget holds.
    let some = (0..80).map(|i| {
        let (text, hay) = PATTERNS[i % 3];
        (format!("(?:rule {i}|{text})"), hay)
    });
    let fixed = PATTERNS.iter().map(|&(text, hay)| (text.to_owned(), hay));
    fixed.clone().chain(some).chain(fixed).collect()
}

/// Compiles, finds, evicts and remembers while one call of the allocator fails. After that the
/// cache must work and its accounts must agree.
///
/// Returns the number of calls.
fn run(fail_at: usize) -> usize {
    let texts = texts();
    let cache = Cache::builder().max_bytes(32 << 10).build();
    LEFT.set(fail_at);
    let before = CALLS.get();
    for (text, _) in texts.iter().chain(texts.iter().take(12)) {
        let _ = cache.compile(text);
    }
    cache.purge();
    LEFT.set(0);
    let calls = CALLS.get() - before;

    let stats = cache.stats();
    assert!(stats.evictions_capacity > 0 || fail_at > 0, "{stats:?}");
    let lookups = texts.len() as u64 + 12;
    assert_eq!(stats.hits + stats.misses, lookups, "{stats:?}");
    assert_eq!(stats.program_bytes + stats.pinned_bytes, 0, "{stats:?}");
    assert!(stats.peak_bytes <= stats.max_bytes, "{stats:?}");
    for (text, hay) in &texts {
        match cache.compile(text) {
            Ok(regex) => assert!(regex.is_match(hay), "{text}"),
            Err(error) => assert!(hay.is_empty(), "{text}: {error}"),
        }
    }
    cache.purge();
    cache.trim();
    let stats = cache.stats();
    assert_eq!(stats.total_bytes(), stats.overhead_bytes, "{stats:?}");
    calls
}

fn main() -> ExitCode {
    if let Ok(at) = std::env::var(FAIL_AT) {
        run(at.parse().expect("a number"));
        return ExitCode::SUCCESS;
    }
    let calls = run(0);
    let program = std::env::current_exe().expect("this program");
    let (mut survived, mut ended, mut largest) = (0, 0, 0);
    for at in 1..=calls {
        let output = Command::new(&program)
            .env(FAIL_AT, at.to_string())
            .env("RUST_BACKTRACE", "0")
            .output()
            .expect("a process");
        let errors = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            survived += 1;
            continue;
        }
        let bytes = errors
            .lines()
            .find_map(|line| line.strip_prefix("memory allocation of "))
            .and_then(|rest| rest.split(' ').next()?.parse::<usize>().ok());
        let Some(bytes) = bytes else {
            panic!("call {at}: {:?}\n{errors}", output.status);
        };
        ended += 1;
        largest = largest.max(bytes);
    }
    println!(
        "{calls} calls: {survived} failures survived, {ended} ended by Rust, {largest} bytes at most"
    );
    assert!(survived > 0 && largest <= SMALL_BYTES);
    ExitCode::SUCCESS
}
