//! The two caches that the workload runs through, and the searches with a pattern from them.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use lru::LruCache;

/// Gives a compiled pattern for a pattern's text.
pub(super) trait Store: Sync {
    /// What comes out.
    type Regex: Search;

    /// The compiled pattern, from memory or newly compiled.
    fn get(&self, pattern: &str) -> Result<Self::Regex, String>;
}

/// Searches a line as a log pipeline does.
pub(super) trait Search {
    /// Finds all matches in the line, with their groups if the pattern has any, and folds the spans
    /// into one number; 0 if there is no match.
    fn digest(&self, line: &str) -> u64;
}

/// Folds one more span into a digest of 64 bits.
fn fold(digest: u64, start: usize, end: usize) -> u64 {
    let mixed = (digest ^ (start as u64) << 32 ^ end as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ mixed >> 29) | 1
}

// The same words for two types that no trait joins.
macro_rules! search {
    ($regex:ty) => {
        impl Search for $regex {
            fn digest(&self, line: &str) -> u64 {
                if self.captures_len() == 1 {
                    let spans = self.find_iter(line);
                    return spans.fold(0, |digest, m| fold(digest, m.start(), m.end()));
                }
                let mut digest = 0;
                for captures in self.captures_iter(line) {
                    for group in captures.iter() {
                        let (start, end) =
                            group.map_or((line.len() + 1, 0), |m| (m.start(), m.end()));
                        digest = fold(digest, start, end);
                    }
                }
                digest
            }
        }
    };
}
search!(repool::Regex);
search!(regex::Regex);

impl Store for repool::Cache {
    type Regex = repool::Regex;

    fn get(&self, pattern: &str) -> Result<repool::Regex, String> {
        self.compile(pattern).map_err(|error| error.to_string())
    }
}

/// What services write today: `Mutex<LruCache<String, Regex>>`.
#[derive(Debug)]
pub(super) struct RegexLru {
    entries: Mutex<LruCache<String, regex::Regex>>,
    misses: AtomicU64,
}

impl RegexLru {
    /// A cache of at most `capacity` entries.
    pub(super) fn new(capacity: NonZeroUsize) -> RegexLru {
        RegexLru {
            entries: Mutex::new(LruCache::new(capacity)),
            misses: AtomicU64::new(0),
        }
    }

    /// The number of misses.
    pub(super) fn misses(&self) -> u64 {
        self.misses.load(Relaxed)
    }

    /// The number of entries it holds.
    pub(super) fn len(&self) -> usize {
        self.entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }
}

impl Store for RegexLru {
    type Regex = regex::Regex;

    fn get(&self, pattern: &str) -> Result<regex::Regex, String> {
        let lock = || self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(regex) = lock().get(pattern) {
            return Ok(regex.clone());
        }
        self.misses.fetch_add(1, Relaxed);
        // Compiled without the lock: a compile takes far longer than a lookup of another thread may wait.
        let regex = regex::Regex::new(pattern).map_err(|error| error.to_string())?;
        // The evicted entry is dropped after the lock is released.
        let _evicted = lock().push(pattern.to_owned(), regex.clone());
        Ok(regex)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_tell_spans_apart() {
        let digest = |pattern: &str, line: &str| regex::Regex::new(pattern).unwrap().digest(line);
        assert_eq!(digest("a", "bcd"), 0);
        assert_ne!(digest("a", "abab"), 0);
        assert_ne!(digest("a", "abab"), digest("a", "abba"));
        assert_ne!(digest("(a)|(b)", "a"), digest("(b)|(a)", "a"));
        assert_ne!(digest("", ""), 0);
    }

    #[test]
    fn contenders_have_the_same_digests() {
        for pattern in ["a", "(a)|(b)", "", r"(\w+)@(\w+)?", r"\p{Cyrillic}+"] {
            for line in ["", "abab", "joe@ example@org", "привет, мир"] {
                let (ours, theirs) = (repool::Regex::new(pattern), regex::Regex::new(pattern));
                assert_eq!(
                    ours.unwrap().digest(line),
                    theirs.unwrap().digest(line),
                    "{pattern} {line}"
                );
            }
        }
    }

    #[test]
    fn the_lru_keeps_its_capacity() {
        let store = RegexLru::new(NonZeroUsize::new(2).unwrap());
        for pattern in ["a", "b", "a", "c"] {
            assert!(store.get(pattern).is_ok());
        }
        assert_eq!(store.len(), 2);
        assert_eq!(store.misses(), 3);
        assert!(store.get("(").is_err());
    }
}
