//! Whether a plain LRU would do better, and for how long.
//!
//! A shadow remembers which hashes an LRU would hold, of a sample: as many as it has room for, of so many times more in the
//! cache. What is asked for of the sample is a hit of the shadow or not, and a hit of the cache or not. Whoever
//! has more hits over a period leads. If the shadow does, the shard becomes an LRU, for [`STAY`] periods, or until there
//! are half as many hits; then the other way gets its chance again, as what is asked for may have changed.
//!
//! A sample may mislead: a loop a little larger than the cache may fit into the shadow. Then the lead is as large while
//! the shard is an LRU, and it stops being one at once, each time for twice as long.
//!
//! Simulated on 60 streams with 64, 200, 512 and 1,024 entries (2026-11): without this, 24 are more than 1.5 points below
//! LRU with 512; with it none is, and one with 1,024, where a sample misled. A
//! shadow of 64 leaves up to three there.

/// How many hashes the shadow holds.
const SHADOW: usize = 128;
/// So many requests are a period.
const PERIOD: u32 = 512;
/// The least lead that counts: one of a hundred requests.
const LEAD_MIN: i32 = 5;
/// A lead that need not wait for the end of the period.
const LEAD_MAX: i32 = 64;
/// So many periods a shard is an LRU before the other way is tried again.
const STAY: u32 = 64;
/// The most periods after which a shadow that misled is trusted again.
const DISTRUST_MAX: u32 = 64;

#[derive(Debug)]
pub(crate) struct Duel {
    /// Parts of hashes, the last asked for first.
    shadow: [u16; SHADOW],
    len: u8,
    is_lru: bool,
    /// Requests in this period, hits of the shadow, and by how many it leads.
    requests: u32,
    hits: u32,
    lead: i32,
    /// What made the shard an LRU.
    hits_before: u32,
    lead_before: i32,
    /// Periods until the other way is tried again.
    left: u32,
    /// Periods until the shadow is trusted again, and how many it will be next time.
    distrust: u32,
    next_distrust: u32,
}

impl Duel {
    pub(crate) fn new() -> Duel {
        Duel {
            shadow: [0; SHADOW],
            len: 0,
            is_lru: false,
            requests: 0,
            hits: 0,
            lead: 0,
            hits_before: 0,
            lead_before: 0,
            left: 0,
            distrust: 0,
            next_distrust: 1,
        }
    }

    /// Tells whether a LRU is better now.
    pub(crate) fn is_lru(&self) -> bool {
        self.is_lru
    }

    /// Notes a request: whether it was a hit, in a queue of so many records.
    pub(crate) fn note(&mut self, hash: u64, is_hit: bool, len: usize) {
        // Hash tables and shards have their own bits of the hash: mixed, none of those is a bit of the sample.
        let mixed = hash.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(32);
        let part = u64::from(mixed as u32) * len as u64;
        if part >> 32 >= SHADOW as u64 {
            return;
        }
        let is_shadow_hit = self.ask_shadow((mixed >> 48) as u16, len.clamp(1, SHADOW));
        self.hits += u32::from(is_shadow_hit);
        self.lead += i32::from(is_shadow_hit) - i32::from(is_hit);
        self.requests += 1;
        if self.requests == PERIOD || self.lead >= LEAD_MAX {
            self.judge();
            (self.requests, self.hits, self.lead) = (0, 0, 0);
        }
    }

    /// Moves a part of a hash to the front of the shadow, and tells whether it was there.
    fn ask_shadow(&mut self, part: u16, len_max: usize) -> bool {
        let len = usize::from(self.len).min(len_max);
        let known = self.shadow[..len].iter().position(|&other| other == part);
        let end = known.map_or(len_max.min(len + 1), |at| at + 1);
        self.shadow[..end].rotate_right(1);
        if let Some(first) = self.shadow.first_mut() {
            *first = part;
        }
        self.len = end.max(len) as u8;
        known.is_some()
    }

    fn judge(&mut self) {
        if !self.is_lru {
            if self.distrust > 0 {
                self.distrust -= 1;
            } else if self.lead > LEAD_MIN {
                self.is_lru = true;
                self.hits_before = self.hits * PERIOD / self.requests;
                self.lead_before = self.lead;
                self.left = STAY;
            }
            return;
        }
        self.left -= 1;
        if self.lead >= self.lead_before {
            self.is_lru = false;
            self.next_distrust = (self.next_distrust * 2).min(DISTRUST_MAX);
            self.distrust = self.next_distrust;
        } else if self.left == 0 || self.hits * 2 < self.hits_before {
            self.is_lru = false;
        } else if self.lead <= self.lead_before / 2 {
            self.next_distrust = 1;
        }
    }
}

const _: () = assert!(SHADOW <= u8::MAX as usize);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shadow_is_an_lru() {
        let mut duel = Duel::new();
        assert!((1..=4).all(|part| !duel.ask_shadow(part, 3)));
        // 1 had to go.
        assert_eq!(duel.shadow[..3], [4, 3, 2]);
        assert!(duel.ask_shadow(2, 3) && !duel.ask_shadow(1, 3));
        assert_eq!(duel.shadow[..3], [1, 2, 4]);
        assert!(duel.ask_shadow(2, 2) && !duel.ask_shadow(4, 2), "smaller");
        assert_eq!(duel.shadow[..2], [4, 2]);
    }

    #[test]
    fn a_lead_makes_an_lru_and_a_larger_one_ends_it() {
        let mut duel = Duel::new();
        let period = |duel: &mut Duel, is_hit| (0..PERIOD).for_each(|_| duel.note(1, is_hit, 1));
        period(&mut duel, true);
        assert!(!duel.is_lru());
        (0..=LEAD_MAX).for_each(|_| duel.note(1, false, 1));
        assert!(duel.is_lru());
        for _ in 1..STAY {
            period(&mut duel, true);
            assert!(duel.is_lru());
        }
        period(&mut duel, true);
        assert!(!duel.is_lru(), "tried again");
        (0..LEAD_MAX).for_each(|_| duel.note(1, false, 1));
        assert!(duel.is_lru());
        // No better as an LRU: the sample misleads.
        (0..2 * LEAD_MAX).for_each(|_| duel.note(1, false, 1));
        assert!(!duel.is_lru());
    }
}
