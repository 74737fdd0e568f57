//! Where the texts of many patterns were last found: an address and a length lead to the number of a record.
//!
//! A service asks for a pattern with the same text at the same address again and again. Then this thread need not hash the
//! text. A hint only selects a record; the comparison of the whole key decides.
//!
//! The table lies in pages of its own and doubles while notes displace each other, up to this thread's share of the budget.
//!
//! Exercised by the tests below and `tests/thread_cache.rs`; measured by `benches/pages`.

use std::sync::Arc;

use repool_arena::{Account, Charge, Pool, Words, page_bytes};

use crate::key::Key;
use crate::sync::atomic::Ordering;

/// An odd number without a pattern: a multiplication by it carries every bit to the top (Knuth).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// Places of two hints each, the one that was noted last first.
///
/// A hint is a tag and the number of a record plus one; zero is none. The tag also selects the place.
#[derive(Default)]
pub(super) struct Far {
    table: Option<(Words, Charge)>,
    /// Notes since the table last grew.
    noted: usize,
}

impl Far {
    /// The bytes of its pages.
    pub(super) fn bytes(&self) -> usize {
        self.table.as_ref().map_or(0, |(words, _)| words.bytes())
    }

    /// The number of the record that the text at this address may be of.
    #[inline]
    pub(super) fn get(&self, key: &Key<'_>) -> Option<u32> {
        let (words, _) = self.table.as_ref()?;
        let tag = tag_of(key);
        let first = place(words, tag);
        let mut hint = words.get(first)?.load(Ordering::Relaxed);
        if (hint >> 32) as u32 != tag {
            hint = words.get(first + 1)?.load(Ordering::Relaxed);
        }
        // No number is the greatest one, so a hint that is zero finds nothing.
        ((hint >> 32) as u32 == tag).then_some((hint as u32).wrapping_sub(1))
    }

    /// Notes the record of a text. Grows to at most `bytes_max` bytes if notes displace each other.
    pub(super) fn note(&mut self, key: &Key<'_>, number: u32, bytes_max: usize, pool: &Arc<Pool>) {
        self.noted += 1;
        // At most half full, so that few notes displace each other.
        if self.noted > self.bytes() / (2 * size_of::<u64>()) {
            self.grow(bytes_max, pool);
        }
        if let Some((words, _)) = &self.table {
            let tag = tag_of(key);
            put(
                words,
                u64::from(tag) << 32 | u64::from(number.wrapping_add(1)),
            );
        }
    }

    #[cold]
    fn grow(&mut self, bytes_max: usize, pool: &Arc<Pool>) {
        self.noted = 0;
        let bytes = (self.bytes() * 2).max(page_bytes());
        if bytes > bytes_max {
            return;
        }
        let Ok(charge) = pool.reserve(Account::Index, bytes) else {
            return;
        };
        let Some(words) = Words::new(bytes / size_of::<u64>()) else {
            return;
        };
        if let Some((old, _)) = &self.table {
            // The older of a pair first, so that the order of both stays.
            for hint in old.iter().rev() {
                let hint = hint.load(Ordering::Relaxed);
                if hint != 0 {
                    put(&words, hint);
                }
            }
        }
        // The old pages go back before their charge does.
        pool.ledger().add_words(bytes);
        pool.ledger().sub_words(self.bytes());
        self.table = Some((words, charge));
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        if let Some((words, charge)) = self.table.take() {
            charge.ledger().sub_words(words.bytes());
        }
    }
}

/// Both come from the address and the length; options take part, so that one text under two options has two hints.
#[inline]
fn tag_of(key: &Key<'_>) -> u32 {
    let mixed = key.text.as_ptr().addr() as u64
        ^ key.options[0]
        ^ key.options[1].rotate_left(32)
        ^ (key.text.len() as u64) << 20;
    (mixed.wrapping_mul(SPREAD) >> 32) as u32
}

/// The first slot of a pair.
#[inline]
fn place(words: &Words, tag: u32) -> usize {
    // The highest bits of the product are the best mixed.
    (tag.rotate_left(16) as usize * 2) & (words.len() - 1)
}

fn put(words: &Words, hint: u64) {
    let at = place(words, (hint >> 32) as u32);
    let first = words[at].load(Ordering::Relaxed);
    if first >> 32 != hint >> 32 {
        words[at + 1].store(first, Ordering::Relaxed);
    }
    words[at].store(hint, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_where_they_were() {
        let pool = Pool::new(Arc::default());
        let texts: Vec<String> = (0..20_000).map(|n| format!("pattern {n}")).collect();
        let key = |n: usize| Key {
            text: &texts[n],
            options: [1, 2],
        };
        let mut far = Far::default();
        assert_eq!(far.get(&key(0)), None);
        let empty = pool.ledger().total_bytes();
        for _ in 0..4 {
            for n in 0..texts.len() {
                far.note(&key(n), n as u32, 1 << 20, &pool);
                assert_eq!(far.get(&key(n)), Some(n as u32));
            }
        }
        let found = |far: &Far| {
            (0..texts.len())
                .filter(|&n| far.get(&key(n)) == Some(n as u32))
                .count()
        };
        assert!(found(&far) > texts.len() * 9 / 10, "{}", found(&far));
        assert_eq!(pool.ledger().total_bytes(), empty + far.bytes());
        assert!(far.bytes() <= 1 << 20);
        // Under other options it is another pattern.
        let other = Key {
            text: &texts[7],
            options: [1, 3],
        };
        assert_ne!(far.get(&other), Some(7));
        drop(far);
        assert_eq!(pool.ledger().total_bytes(), empty);
    }

    #[test]
    fn a_table_stays_within_its_bound() {
        let pool = Pool::new(Arc::default());
        let texts: Vec<String> = (0..20_000).map(|n| n.to_string()).collect();
        let mut far = Far::default();
        for (n, text) in texts.iter().enumerate() {
            let key = Key {
                text,
                options: [0; 2],
            };
            far.note(&key, n as u32, 4 * page_bytes(), &pool);
        }
        assert_eq!(far.bytes(), 4 * page_bytes());
    }
}
