//! The time of a hit by the number of patterns, beside `quick_cache` and a `HashMap`.
//!
//! The peers run as their users run them: default hashers, an `Arc` as the value, which the caller can keep.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;

use repool::Cache;

use crate::asks::Law;
use crate::cell::{Cell, Run};
use crate::contest::{Length, LookUp, times};
use crate::patterns::of_45_bytes;
use crate::report::Row;

/// What a hit may take of the time of `quick_cache`. The medians of two runs of one program differ by as much.
pub const OF_QUICK_CACHE: f64 = 1.05;

/// Budget for each pattern in bytes, more than it takes.
const OF_PATTERN: usize = 4 << 10;

/// The smallest budget in bytes: that of a cache by default.
const BUDGET_MIN: usize = 8 << 20;

/// A cell for each number of patterns and each law.
#[must_use]
pub fn cells(run: &Run) -> Vec<Cell> {
    let long: &[usize] = &[1, 256, 1_000, 2_000, 4_096, 32_768, 200_000, 1_000_000];
    let short: &[usize] = &[1, 256, 4_096, 32_768];
    let mut cells = Vec::new();
    for &patterns in run.pick(long, short) {
        for law in Law::ALL {
            let name = format!("hits/{patterns}/{}", law.name());
            let of_cell = name.clone();
            cells.push(Cell::of_times(name, move |run| {
                rows(&of_cell, patterns, law, run)
            }));
        }
    }
    cells
}

/// A value of the peers, about as large as the handle's target in a service's map.
#[derive(Debug)]
pub struct Value([u64; 8]);

/// A cache with patterns of 45 bytes, and `quick_cache` with the same keys.
#[derive(Debug)]
pub struct Peers {
    /// The texts of the patterns.
    pub texts: Vec<String>,
    /// Our cache.
    pub cache: Cache,
    quick: quick_cache::sync::Cache<String, Arc<Value>>,
}

impl Peers {
    /// All hold `len` patterns.
    ///
    /// # Panics
    ///
    /// If a pattern does not compile or stay.
    #[must_use]
    pub fn new(len: usize) -> Peers {
        let texts: Vec<String> = (0..len).map(of_45_bytes).collect();
        let cache = filled(&texts);
        // With twice the room none is evicted.
        let quick = quick_cache::sync::Cache::new((2 * len).max(512));
        for (number, text) in texts.iter().enumerate() {
            quick.insert(text.clone(), Arc::new(Value([number as u64; 8])));
        }
        Peers {
            texts,
            cache,
            quick,
        }
    }

    /// A hit of our cache.
    pub fn of_cache(&self, text: &str) {
        drop(black_box(
            self.cache.compile(text).expect("a valid pattern"),
        ));
    }

    /// A hit of `quick_cache`.
    pub fn of_quick(&self, text: &str) {
        drop(black_box(self.quick.get(text).expect("it stays")));
    }

    /// # Panics
    ///
    /// If a look-up was no hit.
    pub fn check(&self) {
        assert_eq!(self.cache.stats().misses, self.texts.len() as u64);
    }
}

/// A cache that holds a pattern for each text.
///
/// # Panics
///
/// If a pattern does not compile or stay.
#[must_use]
pub fn filled(texts: &[String]) -> Cache {
    let budget = BUDGET_MIN.max(texts.len() * OF_PATTERN);
    let cache = Cache::builder().max_bytes(budget).build();
    for text in texts {
        cache.compile(text).expect("a valid pattern");
    }
    assert_eq!(cache.stats().entries, texts.len(), "all stay");
    cache
}

/// The rows of one and of two threads.
fn rows(name: &str, patterns: usize, law: Law, run: &Run) -> Vec<Row> {
    let peers = Peers::new(patterns);
    let values = peers.texts.iter().enumerate();
    let map: HashMap<String, Arc<Value>> = values
        .map(|(number, text)| (text.clone(), Arc::new(Value([number as u64; 8]))))
        .collect();
    let of_cache: LookUp<'_> = &|text| peers.of_cache(text);
    let of_quick: LookUp<'_> = &|text| peers.of_quick(text);
    let of_map: LookUp<'_> = &|text| drop(black_box(map.get(text).expect("it stays").clone()));
    let contest = |threads, contestants: &[LookUp<'_>]| {
        let length = Length::of(run, threads);
        let asks = length.draw(patterns, law, contestants.len());
        times(length, &peers.texts, &asks, contestants)
    };
    let one = contest(1, &[of_cache, of_quick, of_map]);
    let two = contest(2, &[of_cache, of_quick]);
    peers.check();
    let each = map.values().map(|value| value.0[0] as usize).sum::<usize>();
    assert_eq!(
        each,
        patterns * (patterns - 1) / 2,
        "the map holds every number"
    );
    let row = |threads: &str, times: &[f64]| {
        Row::new(&format!("{name}, {threads}"), "ns", times[0]).at_most(times[1] * OF_QUICK_CACHE)
    };
    vec![
        row("1 thread", &one).note(format!("quick_cache {:.1}, HashMap {:.1}", one[1], one[2])),
        row("2 threads", &two).note(format!("quick_cache {:.1}", two[1])),
    ]
}
