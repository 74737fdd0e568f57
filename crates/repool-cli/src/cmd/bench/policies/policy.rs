//! The policies: which patterns a cache keeps.
//!
//! repool's is the real cache. The others are simulated: they add up the bytes of the same programs. Their keys and
//! lists are not counted, in their favour.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::num::NonZeroUsize;

use lru::LruCache;

use super::streams::Stream;

/// A cache that is asked for patterns.
pub(super) trait Policy {
    /// Asks for the patterns in order. Returns the number of hits.
    fn run(&mut self, keys: &[u32]) -> u64;
    /// The bytes it holds now.
    fn bytes(&self) -> usize;
}

/// Asks for each and counts the hits.
fn count(keys: &[u32], mut ask: impl FnMut(u32) -> bool) -> u64 {
    keys.iter().filter(|&&key| ask(key)).count() as u64
}

/// repool's cache.
pub(super) struct Repool<'a> {
    cache: repool::Cache,
    stream: &'a Stream,
}

impl Repool<'_> {
    /// A cache with a budget of `max_bytes`.
    pub(super) fn new(stream: &Stream, max_bytes: usize) -> Repool<'_> {
        Repool {
            cache: repool::Cache::builder().max_bytes(max_bytes).build(),
            stream,
        }
    }

    /// What the cache itself counted.
    pub(super) fn stats(&self) -> repool::Stats {
        self.cache.stats()
    }
}

impl Policy for Repool<'_> {
    fn run(&mut self, keys: &[u32]) -> u64 {
        let before = self.cache.stats().hits;
        for &key in keys {
            let pattern = &self.stream.patterns[key as usize];
            let regex = self.cache.compile(pattern);
            drop(regex.expect("the stream was made of what compiles"));
        }
        self.cache.stats().hits - before
    }

    fn bytes(&self) -> usize {
        self.cache.stats().total_bytes()
    }
}

/// Evicts the entry that was not used for the longest time.
pub(super) struct Lru<'a> {
    sizes: &'a [usize],
    entries: LruCache<u32, ()>,
    bytes: usize,
}

impl Lru<'_> {
    /// A cache of at most `entries` entries.
    pub(super) fn new(stream: &Stream, entries: NonZeroUsize) -> Lru<'_> {
        Lru {
            sizes: &stream.sizes,
            entries: LruCache::new(entries),
            bytes: 0,
        }
    }

    /// Moves a pattern to the front. Returns whether it was there, and the pattern that it evicted.
    fn touch(&mut self, key: u32) -> (bool, Option<u32>) {
        match self.entries.push(key, ()) {
            Some((old, ())) if old == key => (true, None),
            out => (false, out.map(|(key, ())| key)),
        }
    }
}

impl Policy for Lru<'_> {
    fn run(&mut self, keys: &[u32]) -> u64 {
        count(keys, |key| {
            let (hit, out) = self.touch(key);
            if !hit {
                self.bytes += self.sizes[key as usize];
                self.bytes -= out.map_or(0, |key| self.sizes[key as usize]);
            }
            hit
        })
    }

    fn bytes(&self) -> usize {
        self.bytes
    }
}

/// The cache of `re` in CPython 3.12 and later: a first dictionary of half as many entries, evicted in insertion order,
/// then an LRU that sees only the misses of the first.
pub(super) struct Cpython<'a> {
    first: VecDeque<u32>,
    in_first: HashSet<u32>,
    first_max: usize,
    second: Lru<'a>,
    bytes: usize,
}

impl Cpython<'_> {
    /// A cache of at most `entries` entries in the LRU.
    pub(super) fn new(stream: &Stream, entries: NonZeroUsize) -> Cpython<'_> {
        Cpython {
            first: VecDeque::new(),
            in_first: HashSet::new(),
            first_max: (entries.get() / 2).max(1),
            second: Lru::new(stream, entries),
            bytes: 0,
        }
    }

    fn size(&self, key: u32) -> usize {
        self.second.sizes[key as usize]
    }

    /// Asks for a pattern. Returns true if it was there.
    fn ask(&mut self, key: u32) -> bool {
        if self.in_first.contains(&key) {
            return true;
        }
        let (hit, out) = self.second.touch(key);
        if !hit {
            self.bytes += self.size(key);
        }
        // Both dictionaries hold the same object. Its bytes are free when neither holds it.
        if let Some(out) = out
            && !self.in_first.contains(&out)
        {
            self.bytes -= self.size(out);
        }
        if self.first.len() == self.first_max
            && let Some(out) = self.first.pop_front()
        {
            self.in_first.remove(&out);
            if !self.second.entries.contains(&out) {
                self.bytes -= self.size(out);
            }
        }
        self.first.push_back(key);
        self.in_first.insert(key);
        hit
    }
}

impl Policy for Cpython<'_> {
    fn run(&mut self, keys: &[u32]) -> u64 {
        count(keys, |key| self.ask(key))
    }

    fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Knows the future and keeps the patterns that come again soonest (Belady 1966). No policy with as many entries hits
/// more often.
pub(super) struct Optimal<'a> {
    sizes: &'a [usize],
    entries: usize,
    /// For each request, when its pattern comes again.
    next: Vec<usize>,
    now: usize,
    /// The next request of each kept pattern, by pattern and by time.
    kept: HashMap<u32, usize>,
    order: BTreeSet<(usize, u32)>,
    bytes: usize,
}

impl Optimal<'_> {
    /// A cache of at most `entries` entries.
    pub(super) fn new(stream: &Stream, entries: NonZeroUsize) -> Optimal<'_> {
        let mut next = vec![usize::MAX; stream.keys.len()];
        let mut last = HashMap::new();
        for (now, &key) in stream.keys.iter().enumerate().rev() {
            next[now] = last.insert(key, now).unwrap_or(usize::MAX);
        }
        Optimal {
            sizes: &stream.sizes,
            entries: entries.get(),
            next,
            now: 0,
            kept: HashMap::new(),
            order: BTreeSet::new(),
            bytes: 0,
        }
    }

    /// Asks for a pattern. Returns true if it was there.
    fn ask(&mut self, key: u32) -> bool {
        let due = self.next[self.now];
        self.now += 1;
        let kept = self.kept.remove(&key);
        if let Some(due) = kept {
            self.order.remove(&(due, key));
        } else {
            if self.kept.len() >= self.entries
                && let Some(&(latest, out)) = self.order.last()
            {
                if latest <= due {
                    return false;
                }
                self.order.remove(&(latest, out));
                self.kept.remove(&out);
                self.bytes -= self.sizes[out as usize];
            }
            self.bytes += self.sizes[key as usize];
        }
        self.kept.insert(key, due);
        self.order.insert((due, key));
        kept.is_some()
    }
}

impl Policy for Optimal<'_> {
    fn run(&mut self, keys: &[u32]) -> u64 {
        count(keys, |key| self.ask(key))
    }

    fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(keys: &[u32]) -> Stream {
        Stream {
            name: String::new(),
            patterns: (0..10).map(|key| format!("pattern {key}")).collect(),
            keys: keys.to_vec(),
            sizes: (0..10).map(|key| 100 + key).collect(),
        }
    }

    /// The requests that hit, and the bytes at the end.
    fn run(policy: &mut dyn Policy, keys: &[u32]) -> (Vec<bool>, usize) {
        let hits = keys.chunks(1).map(|key| policy.run(key) == 1).collect();
        (hits, policy.bytes())
    }

    const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();

    #[test]
    fn lru_drops_the_least_recently_used() {
        let keys = [1, 2, 1, 3, 1, 2];
        let stream = stream(&keys);
        let (hits, bytes) = run(&mut Lru::new(&stream, TWO), &keys);
        assert_eq!(hits, [false, false, true, false, true, false]);
        assert_eq!(bytes, 101 + 102);
    }

    #[test]
    fn cpython_does_not_tell_its_lru_of_first_hits() {
        // The second 1 hits the first dictionary, so 1 is the oldest of the LRU when 3 comes.
        let keys = [2, 1, 1, 3, 2, 1, 1];
        let stream = stream(&keys);
        let (hits, bytes) = run(&mut Cpython::new(&stream, TWO), &keys);
        assert_eq!(hits, [false, false, true, false, false, false, true]);
        assert_eq!(bytes, 102 + 101);
    }

    #[test]
    fn cpython_counts_what_one_dictionary_alone_holds() {
        let keys = [1, 2, 3, 4, 5, 6, 7, 8];
        let stream = stream(&keys);
        let four = NonZeroUsize::new(4).unwrap();
        let mut cpython = Cpython::new(&stream, four);
        assert_eq!(run(&mut cpython, &keys).1, 105 + 106 + 107 + 108);
        // 5 leaves the LRU for 1, and is in no dictionary then.
        assert_eq!(cpython.run(&[1]), 0);
        assert_eq!(cpython.bytes(), 106 + 107 + 108 + 101);
    }

    #[test]
    fn optimal_keeps_what_comes_soonest() {
        let keys = [1, 2, 3, 1, 2, 1];
        let stream = stream(&keys);
        let (hits, bytes) = run(&mut Optimal::new(&stream, TWO), &keys);
        assert_eq!(hits, [false, false, false, true, true, true]);
        assert_eq!(bytes, 101 + 102);
    }

    #[test]
    fn repool_is_asked_itself() {
        let keys = [1, 2, 1, 3, 1, 2];
        let stream = stream(&keys);
        let mut repool = Repool::new(&stream, 1 << 20);
        let (hits, bytes) = run(&mut repool, &keys);
        assert_eq!(hits, [false, false, true, false, true, true]);
        assert!(bytes > 0 && bytes <= 1 << 20);
        assert_eq!(repool.stats().entries, 3);
    }
}
