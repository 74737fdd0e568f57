//! Streams of patterns that are asked for: generated ones of known kinds, or one from a file.
//!
//! Generated streams are the same for the same seed. Their patterns are the embedded ones, each with its key as one more
//! branch, so that their sizes are those of real patterns.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use crate::fault::Fault;
use crate::report::count;
use crate::workload::{Catalogue, Random, Zipf};

/// Patterns in the order in which they are asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Stream {
    pub(super) name: String,
    /// All that are asked for, once each.
    pub(super) patterns: Vec<String>,
    /// The requests: indices of `patterns`.
    pub(super) keys: Vec<u32>,
    /// The bytes of each pattern's program.
    pub(super) sizes: Vec<usize>,
}

impl Stream {
    /// Compiles the patterns for their bytes. The error is that of the first invalid pattern, with its number.
    fn new(name: &str, patterns: Vec<String>, keys: Vec<u32>) -> Result<Stream, (usize, String)> {
        let mut sizes = Vec::with_capacity(patterns.len());
        for (at, pattern) in patterns.iter().enumerate() {
            let regex = repool::Regex::new(pattern).map_err(|error| (at, error.to_string()))?;
            sizes.push(regex.memory_usage());
        }
        Ok(Stream {
            name: name.to_owned(),
            patterns,
            keys,
            sizes,
        })
    }

    /// Reads a file with the pattern of one request a line.
    pub(super) fn read(path: &Path) -> Result<Stream, Fault> {
        let text = fs::read_to_string(path).map_err(|error| Fault::at(path.display(), error))?;
        let mut seen: HashMap<&str, u32> = HashMap::new();
        let mut patterns = Vec::new();
        let mut lines = Vec::new();
        let mut keys = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let key = *seen.entry(line).or_insert_with(|| {
                patterns.push(line.to_owned());
                lines.push(at + 1);
                patterns.len() as u32 - 1
            });
            keys.push(key);
        }
        if keys.is_empty() {
            return Err(Fault::at(path.display(), "no patterns"));
        }
        let name = path.file_name().unwrap_or(path.as_os_str());
        Stream::new(&name.to_string_lossy(), patterns, keys)
            .map_err(|(at, error)| Fault::at(format!("{}:{}", path.display(), lines[at]), error))
    }
}

/// The generated streams, for caches of `entries` entries.
pub(super) fn generated(requests: usize, entries: usize, seed: u64) -> Vec<Stream> {
    let mut random = Random::new(seed);
    let random = &mut random;
    let many = entries * 5000 / 512;
    let wide = Zipf::new(many, 0.9);
    let set = Zipf::new(entries * 4 / 5, 0.7);
    let (looped, sets) = ((entries * 600 / 512) as u64, requests.div_ceil(6) as u64);
    vec![
        Maker::default().make(
            &format!("Zipf 0.9 of {} patterns", count(many as u64)),
            requests,
            |_| Key::any(wide.draw(random) as u64),
        ),
        Maker::default().make("the same, 30 % asked for once", requests, |at| {
            if random.chance(30) {
                Key::any(ONCE + at)
            } else {
                Key::any(wide.draw(random) as u64)
            }
        }),
        Maker::default().make(
            &format!("a loop of {looped} patterns for {entries} places"),
            requests,
            |at| Key::any(at % looped),
        ),
        Maker::default().make(
            &format!("sets of {}, small and large by turns", entries * 4 / 5),
            requests,
            |at| {
                let turn = at / sets;
                let number = turn * ONCE + set.draw(random) as u64;
                let size = if turn % 2 == 0 {
                    Size::Small
                } else {
                    Size::Large
                };
                Key { number, size }
            },
        ),
    ]
}

/// Keys from here on come once: a range no other key reaches.
const ONCE: u64 = 1 << 32;

/// The embedded pattern that a key is added to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    Any,
    /// One of the smaller half.
    Small,
    /// One with some dozens of literals behind it, as in a rule that lists names.
    Large,
}

#[derive(Clone, Copy, Debug)]
struct Key {
    number: u64,
    size: Size,
}

impl Key {
    const fn any(number: u64) -> Key {
        Key {
            number,
            size: Size::Any,
        }
    }
}

/// Turns keys into patterns.
struct Maker {
    /// The embedded patterns, the smallest program first.
    bases: Vec<&'static str>,
    seen: HashMap<u64, u32>,
    patterns: Vec<String>,
}

impl Default for Maker {
    fn default() -> Maker {
        let bytes = |pattern: &&str| repool::Regex::new(pattern).map_or(0, |r| r.memory_usage());
        let mut bases = Catalogue::embedded().patterns;
        bases.sort_by_cached_key(bytes);
        Maker {
            bases,
            seen: HashMap::new(),
            patterns: Vec::new(),
        }
    }
}

impl Maker {
    fn make(mut self, name: &str, requests: usize, mut draw: impl FnMut(u64) -> Key) -> Stream {
        let keys = (0..requests as u64).map(|at| self.key(draw(at))).collect();
        Stream::new(name, self.patterns, keys).expect("an embedded pattern with a branch is one")
    }

    fn key(&mut self, key: Key) -> u32 {
        let next = self.patterns.len() as u32;
        let index = *self.seen.entry(key.number).or_insert(next);
        if index == next {
            let (bases, literals) = match key.size {
                Size::Any => (&self.bases[..], 1),
                Size::Small => (&self.bases[..self.bases.len() / 2], 1),
                Size::Large => (&self.bases[..], 50),
            };
            // The choice must not depend on how often the key comes.
            let mut random = Random::new(key.number);
            let at = random.below(bases.len() as u64) as usize;
            let mut pattern = format!("(?:{})|key={:010}", bases[at], key.number);
            for _ in 1..literals {
                pattern += &format!("|{:08x}", random.below(1 << 32));
            }
            self.patterns.push(pattern);
        }
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_streams() {
        let (one, other) = (generated(2000, 64, 1), generated(2000, 64, 1));
        for (one, other) in one.iter().zip(&other) {
            assert_eq!(one.keys, other.keys);
            assert_eq!(one.patterns, other.patterns);
            assert_eq!(one.keys.len(), 2000);
            assert!(one.keys.iter().all(|&key| (key as usize) < one.sizes.len()));
        }
        assert_ne!(generated(2000, 64, 2)[0].keys, one[0].keys);
    }

    #[test]
    fn streams_are_of_their_kind() {
        let streams = generated(6000, 64, 1);
        assert_eq!(streams[2].patterns.len(), 75);
        assert!(streams[1].patterns.len() > streams[0].patterns.len() + 1500);
        let sets = &streams[3];
        let mean = |keys: &[u32]| {
            let sizes = keys.iter().map(|&key| sets.sizes[key as usize]);
            sizes.sum::<usize>() / keys.len()
        };
        assert!(mean(&sets.keys[1000..2000]) > 2 * mean(&sets.keys[..1000]));
    }
}
