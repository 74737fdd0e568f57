//! The allocator fails once, at the first call, the second, and so on: while patterns are compiled, cached, found and
//! evicted, and errors remembered.
//!
//! What is asked for in large pieces or without bound has a fallible path: the pattern is not compiled, or not cached,
//! and everything goes on. Small boxes of fixed size are asked for as all of Rust's standard library does it, so for
//! these a failure is the end of the process by Rust's own `handle_alloc_error`: never an unwinding, never a use of
//! memory that is not there. This program runs itself once for each call that may fail, and tells which it was.

#![expect(
    unsafe_code,
    reason = "a global allocator that fails is an unsafe trait"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::process::{Command, ExitCode};

use repool::Cache;

thread_local! {
    /// The calls of this thread until one fails; none fails at zero.
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

/// The most bytes that one request may be for that ends the process if there is no memory: here, where all patterns
/// are of ordinary length. What the parser needs grows with the text.
const SMALL_BYTES: usize = 16 << 10;

const FAIL_AT: &str = "REPOOL_FAIL_AT";

/// Of many sizes, and two that do not compile.
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
    let some = (0..12).map(|i| {
        let (text, hay) = PATTERNS[i % 3];
        (format!("(?:rule {i}|{text})"), hay)
    });
    let fixed = PATTERNS.iter().map(|&(text, hay)| (text.to_owned(), hay));
    fixed.clone().chain(some).chain(fixed).collect()
}

/// Compiles, finds, evicts and remembers, with one call of the allocator failing; then everything must be as if
/// nothing had happened.
///
/// Gives the number of calls.
fn run(fail_at: usize) -> usize {
    let texts = texts();
    let cache = Cache::builder().max_bytes(12 << 10).build();
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
