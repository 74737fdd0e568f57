#![allow(unsafe_code, missing_docs)]
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
struct Counting;
static LIVE: AtomicUsize = AtomicUsize::new(0);
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, l: Layout) -> *mut u8 {
        LIVE.fetch_add(l.size(), Relaxed);
        unsafe { System.alloc(l) }
    }
    unsafe fn dealloc(&self, p: *mut u8, l: Layout) {
        LIVE.fetch_sub(l.size(), Relaxed);
        unsafe { System.dealloc(p, l) }
    }
}
#[global_allocator]
static A: Counting = Counting;

fn main() {
    let file = std::env::args().nth(1).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let patterns: Vec<String> = serde_json::from_str(&text).unwrap();
    let cache = repool::Cache::builder().max_bytes(64 << 20).build();
    let line = "2026-11-28 15:53:42 GET /api/v1/users/1234?token=abcDEF0123456789 HTTP/1.1 200 Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 key_id = \"AKIA1234567890ABCDEF\" foo@example.com\n";
    let hay = line.repeat(8);
    // (allocator bytes, table bytes) that go when the pattern goes
    let held = |pattern: &str, searches: usize| -> Option<(i64, i64, i64)> {
        cache.purge();
        let re = cache.compile(pattern).ok()?;
        for _ in 0..searches {
            let _ = re.is_match(&hay);
            let _ = re.find(line);
            let _ = re.captures(line);
        }
        drop(re);
        let tables = cache.stats().table_bytes as i64;
        let total = cache.stats().total_bytes() as i64;
        let full = LIVE.load(Relaxed) as i64;
        cache.purge();
        Some((full - LIVE.load(Relaxed) as i64, tables, total))
    };
    for pass in 0..2 {
        let (mut alloc, mut table, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        for p in &patterns {
            let Some(cold) = held(p, 1) else { continue };
            let Some(hot) = held(p, 400) else { continue };
            if hot.1 == 0 {
                continue;
            }
            alloc.push(hot.0 - cold.0);
            table.push(hot.1 - cold.1);
            kept.push(hot.0);
        }
        if pass == 0 {
            continue;
        }
        let show = |name: &str, v: &mut Vec<i64>| {
            v.sort();
            let n = v.len();
            println!(
                "{file} {name}: n {n} mean {} p50 {} p99 {} max {}",
                v.iter().sum::<i64>() / n as i64,
                v[n / 2],
                v[n * 99 / 100],
                v[n - 1]
            );
        };
        show("allocator, hot minus cold", &mut alloc);
        show("allocator, hot", &mut kept);
        show("tables", &mut table);
    }
}
