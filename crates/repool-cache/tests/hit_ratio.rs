//! Hit ratios on recorded kinds of streams, beside what others do with as many entries.
//!
//! Streams are generated, the same every time. Prints a table (`--nocapture`): plain LRU, the two
//! dictionaries of CPython 3.12 (FIFO of 256 before an LRU), this cache, and the best that is possible
//! with the future known (Belady's). The others get as many entries as this cache held in its bytes.

mod support;

use std::collections::{BTreeSet, HashMap, VecDeque};

use repool_cache::{Cache, Config};
use support::{Error, ask};

const REQUESTS: usize = 200_000;
const ENTRIES: usize = 512;

/// Xorshift (Marsaglia 2003).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Ranks from 0, the probability of rank r in proportion to (r + 1)^-exponent.
struct Zipf(Vec<f64>);

impl Zipf {
    fn new(len: usize, exponent: f64) -> Zipf {
        let mut sum = 0.0;
        let sums: Vec<f64> = (1..=len)
            .map(|rank| {
                sum += (rank as f64).powf(-exponent);
                sum
            })
            .collect();
        Zipf(sums.iter().map(|s| s / sum).collect())
    }

    fn pick(&self, random: &mut Random) -> u64 {
        let at = random.unit();
        self.0.partition_point(|&sum| sum < at) as u64
    }
}

/// Keys that come once: a range no other stream uses.
const ONCE: u64 = 1 << 32;

fn streams() -> Vec<(&'static str, Vec<u64>)> {
    let mut random = Random(88_172_645_463_325_252);
    let random = &mut random;
    let (wide, steep) = (Zipf::new(5000, 0.9), Zipf::new(3000, 1.0));
    let (hot, set, few) = (Zipf::new(600, 0.9), Zipf::new(400, 0.7), Zipf::new(20, 0.3));
    let each = |make: &mut dyn FnMut(u64) -> u64| (0..REQUESTS as u64).map(make).collect();
    vec![
        ("Zipf 0.9 of 5,000", each(&mut |_| wide.pick(random))),
        (
            "Zipf 1.0 of 3,000, 30 % once",
            each(&mut |i| {
                if random.unit() < 0.3 {
                    ONCE + i
                } else {
                    steep.pick(random)
                }
            }),
        ),
        ("loop of 600", each(&mut |i| i % 600)),
        ("loop of 513", each(&mut |i| i % 513)),
        ("loop of 2,048", each(&mut |i| i % 2048)),
        (
            "hot 600 and sweeps of 1,500",
            each(&mut |i| {
                if i / 1500 % 4 == 3 {
                    10_000 + i % 1500
                } else {
                    hot.pick(random)
                }
            }),
        ),
        (
            "another set each 30,000",
            each(&mut |i| i / 30_000 * 1000 + set.pick(random)),
        ),
        (
            "bursts of 400 tenants",
            each(&mut |i| {
                let tenant = (i / 60).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
                tenant % 400 * 100 + few.pick(random)
            }),
        ),
    ]
}

fn percent(hits: usize) -> f64 {
    hits as f64 * 100.0 / REQUESTS as f64
}

/// A map from key to the time of its last use, and the uses in order.
#[derive(Default)]
struct Lru {
    last: HashMap<u64, usize>,
    uses: VecDeque<(u64, usize)>,
}

impl Lru {
    fn touch(&mut self, key: u64, now: usize, entries: usize) -> bool {
        let hit = self.last.insert(key, now).is_some();
        self.uses.push_back((key, now));
        while self.last.len() > entries {
            let (key, then) = self.uses.pop_front().expect("every key was used");
            if self.last.get(&key) == Some(&then) {
                self.last.remove(&key);
            }
        }
        hit
    }
}

fn lru(stream: &[u64], entries: usize) -> f64 {
    let mut cache = Lru::default();
    percent(
        stream
            .iter()
            .enumerate()
            .filter(|&(now, &key)| cache.touch(key, now, entries))
            .count(),
    )
}

/// A FIFO of half the entries in front of the LRU; a hit in it does not touch the LRU.
fn cpython(stream: &[u64], entries: usize) -> f64 {
    let (mut front, mut cache) = (VecDeque::new(), Lru::default());
    let mut hits = 0;
    for (now, &key) in stream.iter().enumerate() {
        if front.contains(&key) {
            hits += 1;
            continue;
        }
        hits += usize::from(cache.touch(key, now, entries));
        front.push_back(key);
        if front.len() > entries / 2 {
            front.pop_front();
        }
    }
    percent(hits)
}

/// Keeps what comes again soonest.
fn optimal(stream: &[u64], entries: usize) -> f64 {
    let mut next = vec![usize::MAX; stream.len()];
    let mut last = HashMap::new();
    for (now, &key) in stream.iter().enumerate().rev() {
        next[now] = last.insert(key, now).unwrap_or(usize::MAX);
    }
    let (mut kept, mut order) = (HashMap::new(), BTreeSet::new());
    let mut hits = 0;
    for (now, &key) in stream.iter().enumerate() {
        if let Some(due) = kept.remove(&key) {
            hits += 1;
            order.remove(&(due, key));
        } else if kept.len() >= entries {
            let latest: (usize, u64) = *order.last().expect("as many as are kept");
            if latest.0 <= next[now] {
                continue;
            }
            order.remove(&latest);
            kept.remove(&latest.1);
        }
        kept.insert(key, next[now]);
        order.insert((next[now], key));
    }
    percent(hits)
}

fn look_up(cache: &Cache<Error>, key: u64) {
    ask(cache, &format!("pattern {key:012}"), 30).expect("images do not fail");
}

fn cache_of(max_bytes: usize) -> Cache<Error> {
    Cache::new(Config {
        max_bytes,
        shards: Some(1),
        ..Config::default()
    })
}

/// The budget that holds about [`ENTRIES`] entries under steady eviction.
fn budget() -> usize {
    const PROBE: usize = 256 << 10;
    let cache = cache_of(PROBE);
    // Twice each, so that the thread's front takes its share.
    (0..10_000).for_each(|i| look_up(&cache, i / 2));
    PROBE * ENTRIES / cache.stats().entries
}

/// The hit ratio of this cache, and how many entries it held at the end.
fn repool(stream: &[u64], max_bytes: usize) -> (f64, usize) {
    let cache = cache_of(max_bytes);
    stream.iter().for_each(|&key| look_up(&cache, key));
    let stats = cache.stats();
    assert_eq!(stats.hits + stats.misses, REQUESTS as u64);
    cache.validate();
    (percent(stats.hits as usize), stats.entries)
}

#[test]
fn hit_ratios_beside_others() {
    let max_bytes = budget();
    println!(
        "{:<30} {:>7} {:>8} {:>8} {:>8} {:>8}",
        "hits, %", "entries", "LRU", "CPython", "repool", "optimal"
    );
    let mut ratios = HashMap::new();
    for (name, stream) in streams() {
        let (ours, entries) = repool(&stream, max_bytes);
        let (lru, cpython) = (lru(&stream, entries), cpython(&stream, entries));
        println!(
            "{name:<30} {entries:>7} {lru:>8.1} {cpython:>8.1} {ours:>8.1} {:>8.1}",
            optimal(&stream, entries)
        );
        assert!(ours >= lru - 1.5, "{name}: never much worse than LRU");
        ratios.insert(name, ours);
    }
    assert!(ratios["Zipf 0.9 of 5,000"] >= 61.0);
    assert!(ratios["Zipf 1.0 of 3,000, 30 % once"] >= 52.0);
    assert!(ratios["loop of 600"] >= 60.0);
}
