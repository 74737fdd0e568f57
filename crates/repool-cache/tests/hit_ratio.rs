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

/// The most that this cache may be below LRU, in points.
const BELOW_LRU_MAX: f64 = 1.5;

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
    let mut streams = steady();
    streams.extend(changing());
    streams.extend(recurring());
    streams
}

/// What is asked for stays the same, or comes round.
fn steady() -> Vec<(&'static str, Vec<u64>)> {
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
        ("loop of 768", each(&mut |i| i % 768)),
        ("loop of 2,048", each(&mut |i| i % 2048)),
        (
            "loop of 600 and Zipf 0.9",
            each(&mut |i| {
                if random.unit() < 0.5 {
                    10_000 + i / 2 % 600
                } else {
                    wide.pick(random)
                }
            }),
        ),
        (
            "Zipf 0.9 and scans of 512",
            each(&mut |i| {
                if i / 512 % 10 == 9 {
                    ONCE + i
                } else {
                    wide.pick(random)
                }
            }),
        ),
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

/// What is asked for is replaced, or moves on.
fn changing() -> Vec<(&'static str, Vec<u64>)> {
    let mut random = Random(88_172_645_463_325_252);
    let random = &mut random;
    let (wide, set) = (Zipf::new(5000, 0.9), Zipf::new(400, 0.7));
    let large = Zipf::new(768, 0.8);
    let mut streams = Vec::new();
    let mut add = |name, make: &mut dyn FnMut(u64) -> u64| {
        streams.push((name, (0..REQUESTS as u64).map(make).collect()));
    };
    let mut sets = |name, period| add(name, &mut |i| i / period * 1000 + set.pick(random));
    sets("another set each 1,000", 1000);
    sets("another set each 5,000", 5000);
    sets("another set each 20,000", 20_000);
    add("another, of 768, each 5,000", &mut |i| {
        i / 5000 * 1000 + large.pick(random)
    });
    let mut window = |name, every, len: u64| {
        add(name, &mut |i| i / every + random.next() % len);
    };
    window("512 that move on each 2", 2, 512);
    window("512 that move on each 5", 5, 512);
    window("512 that move on each 10", 10, 512);
    window("512 that move on each 20", 20, 512);
    window("512 that move on each 50", 50, 512);
    window("512 that move on each 200", 200, 512);
    window("256 that move on each 2", 2, 256);
    window("256 that move on each 10", 10, 256);
    window("1,024 that move on each 10", 10, 1024);
    add("recent ones of 768, each 10", &mut |i| {
        10_000 + i / 10 - large.pick(random)
    });
    add("Zipf 0.9, drift each 100", &mut |i| {
        (wide.pick(random) + i / 100 * 7) % 5000
    });
    add("Zipf 0.9, drift each 1,000", &mut |i| {
        (wide.pick(random) + i / 1000 * 7) % 5000
    });
    add("Zipf 0.9, then a window", &mut |i| {
        if i / 50_000 % 2 == 0 {
            wide.pick(random)
        } else {
            10_000 + i / 10 + random.next() % 512
        }
    });
    add("loop of 600, then sets", &mut |i| {
        if i / 50_000 % 2 == 0 {
            i % 600
        } else {
            i / 5000 * 1000 + set.pick(random)
        }
    });
    streams
}

/// What is asked for depends on what was.
fn recurring() -> Vec<(&'static str, Vec<u64>)> {
    let mut random = Random(88_172_645_463_325_252);
    let random = &mut random;
    let steep = Zipf::new(3000, 1.0);
    let mut streams = Vec::new();
    let mut add = |name, make: &mut dyn FnMut(u64) -> u64| {
        streams.push((name, (0..REQUESTS as u64).map(make).collect()));
    };
    let mut waiting = VecDeque::new();
    add("Zipf 1.0, 15 % asked again", &mut |i| {
        if random.unit() >= 0.3 {
            return steep.pick(random);
        }
        waiting.pop_front().unwrap_or_else(|| {
            waiting.push_back(ONCE + i);
            ONCE + i
        })
    });
    let mut waiting = VecDeque::new();
    add("pairs, 128 others between", &mut |i| {
        if waiting.len() > 128 && random.unit() < 0.5 {
            return waiting.pop_front().expect("longer than that");
        }
        waiting.push_back(ONCE + i);
        ONCE + i
    });
    let mut stacked = |name, mean: f64, new: f64| {
        let mut stack: Vec<u64> = (0..2048).collect();
        add(name, &mut |i| {
            let depth = (-(1.0 - random.unit()).ln() * mean) as usize;
            let key = if random.unit() < new {
                ONCE + i
            } else {
                stack.remove(stack.len() - 1 - depth.min(stack.len() - 1))
            };
            stack.push(key);
            key
        });
    };
    stacked("depth 150 in a stack, 2 % new", 150.0, 0.02);
    stacked("depth 512 in a stack, 5 % new", 512.0, 0.05);
    stacked("depth 50 in a stack, 10 % new", 50.0, 0.1);
    add("to and fro over 768", &mut |i| {
        let at = i % 1536;
        at.min(1535 - at)
    });
    streams
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
    let mut max_bytes = 256 << 10;
    for _ in 0..3 {
        let cache = cache_of(max_bytes);
        // Twice each, so that the thread cache takes its share of the budget.
        (0..10_000).for_each(|i| look_up(&cache, i / 2));
        max_bytes = max_bytes * ENTRIES / cache.stats().entries;
    }
    max_bytes
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

/// The hit ratio that is to be reached whatever LRU has.
fn reach(name: &str) -> f64 {
    match name {
        "Zipf 0.9 of 5,000" => 62.5,
        "Zipf 1.0 of 3,000, 30 % once" => 53.0,
        "loop of 600" => 68.0,
        _ => 0.0,
    }
}

#[test]
fn hit_ratios_beside_others() {
    let max_bytes = budget();
    println!(
        "{:<30} {:>7} {:>8} {:>8} {:>8} {:>8}",
        "hits, %", "entries", "LRU", "CPython", "repool", "optimal"
    );
    for (name, stream) in streams() {
        let (ours, entries) = repool(&stream, max_bytes);
        let (lru, cpython) = (lru(&stream, entries), cpython(&stream, entries));
        println!(
            "{name:<30} {entries:>7} {lru:>8.1} {cpython:>8.1} {ours:>8.1} {:>8.1}",
            optimal(&stream, entries)
        );
        let least = (lru - BELOW_LRU_MAX).max(reach(name));
        assert!(ours >= least, "{name}: {ours} is less than {least}");
    }
}
