//! The key of a cached pattern, and its hash.
//!
//! The hash of the text is SipHash-1-3 (Aumasson, Bernstein: SipHash, a fast short-input PRF, INDOCRYPT 2012) with random
//! keys for each cache. Patterns come from configuration and from users, and no choice of patterns may put many entries into
//! one place. foldhash is 10 ns faster on 45 bytes, but does not claim to resist somebody who watches a long-running program.
//! The options are mixed in afterwards, as most keys have the same ones and nobody chooses them freely.
//!
//! Exercised by the tests below and `tests/cache.rs`.

use std::hash::{BuildHasher, RandomState};

use siphasher::sip::SipHasher13;

/// Hashes texts under keys of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TextHasher(SipHasher13);

impl TextHasher {
    pub(crate) fn new() -> TextHasher {
        let random = RandomState::new();
        let keys = [0_u64, 1].map(|n| random.hash_one(n));
        TextHasher(SipHasher13::new_with_keys(keys[0], keys[1]))
    }
}

/// Everything that changes what a pattern compiles to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key<'a> {
    /// The pattern.
    pub text: &'a str,
    /// Dialect, options, limits: everything else that the compiler depends on.
    pub options: [u64; 2],
}

/// A key and its hash.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe<'a> {
    pub(crate) hash: u64,
    pub(crate) options: [u64; 2],
    pub(crate) text: &'a [u8],
}

impl<'a> Probe<'a> {
    #[inline]
    pub(crate) fn new(key: Key<'a>, hasher: &TextHasher) -> Probe<'a> {
        let [first, second] = key.options;
        // A multiplication by an odd number without a pattern carries every bit to the top (Knuth).
        let options = (first ^ second.rotate_left(32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Probe {
            hash: hasher.0.hash(key.text.as_bytes()) ^ options,
            options: key.options,
            text: key.text.as_bytes(),
        }
    }

    pub(crate) fn matches(&self, other: &Probe<'_>) -> bool {
        self.hash == other.hash && self.options == other.options && self.text == other.text
    }
}

/// Something with a key: a request, or what is kept.
///
/// Neither method may panic or lock, as a queue calls them in the middle of its work.
pub(crate) trait Keyed {
    fn hash(&self) -> u64;
    fn probe(&self) -> Probe<'_>;
}

impl Keyed for Probe<'_> {
    fn hash(&self) -> u64 {
        self.hash
    }

    fn probe(&self) -> Probe<'_> {
        *self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The most texts that share the lowest 16 bits of their hash.
    fn crowd(texts: impl Iterator<Item = String>) -> usize {
        let hasher = TextHasher::new();
        let mut counts = vec![0; 1 << 16];
        for text in texts {
            let options = [0; 2];
            let key = Key {
                text: &text,
                options,
            };
            counts[Probe::new(key, &hasher).hash as usize & 0xFFFF] += 1;
        }
        counts.into_iter().max().unwrap_or(0)
    }

    #[test]
    fn patterns_made_to_collide_do_not() {
        const BLOCKS: u32 = 17;
        // "Aa" and "BB" are the same to Java's hash and to every other polynomial of 31, so all of these are.
        let polynomial = |text: &str| {
            let mix = |hash: u32, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte));
            text.bytes().fold(0, mix)
        };
        let collider = |n: usize| -> String {
            let block = |bit| if n >> bit & 1 == 0 { "Aa" } else { "BB" };
            (0..BLOCKS).map(block).collect()
        };
        assert!((0..100).all(|n| polynomial(&collider(n * 1000)) == polynomial(&collider(0))));
        let ordinary = crowd((0..100_000).map(|n| format!("/api/v1/users/{n:06}/(\\d+)")));
        let colliding = crowd((0..100_000).map(collider));
        // 1.5 in the mean; 20 in one place have a probability of one in a billion.
        assert!(colliding < 20 && ordinary < 20, "{colliding}, {ordinary}");
    }

    #[test]
    fn a_text_under_other_options_has_another_hash() {
        let hasher = TextHasher::new();
        let hash = |options| Probe::new(Key { text: "a", options }, &hasher).hash;
        let mut seen = std::collections::HashSet::new();
        for options in 0..64_u64 {
            assert!(seen.insert(hash([options, 0])));
            assert!(seen.insert(hash([1 << 40, options + 1])));
        }
    }
}
