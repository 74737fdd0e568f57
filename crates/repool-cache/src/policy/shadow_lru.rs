//! Whether a plain LRU would have more hits, and for how long the shard is one.
//!
//! # Measurement
//!
//! For a sample of the keys, a shadow keeps the hashes that an LRU would hold: as many as the cache holds of the sample. For
//! each sampled request, record whether the shadow and the cache hit. The lead is the difference of their hits in one period.
//!
//! # Decision
//!
//! If the shadow leads, the shard becomes an LRU for `LRU_PERIODS` periods, or until the hits halve. Then the shard stops
//! being one, as the requests may have changed.
//!
//! While the shard is an LRU, it and the shadow hold the same keys of the sample, except for hits that thread caches have not
//! reported. Only the first period says nothing, as older records have to leave first. If the lead remains, shares or
//! handles keep the shard from evicting what an LRU would; it stops being one, each time for twice as long.
//!
//! # Why the shadow has no fixed size
//!
//! With a fixed size, one draw of hash keys in twenty misleads it where keys go to and fro: if 172 instead of 192 of 768
//! keys are in the sample, its 128 places have a tenth more hits than the 512 of the cache, even while that is an LRU.
//!
//! Exercised by `tests/hit_ratio.rs`.

use crate::tuning::{
    DISTRUST_PERIODS_MAX, LRU_PERIODS, SAMPLE_HELD, SAMPLE_HELD_MAX, SAMPLE_HELD_MIN,
    SHADOW_LEAD_MAX, SHADOW_LEAD_MIN, SHADOW_LEN_MAX, SHADOW_PERIOD,
};

#[derive(Debug)]
pub(crate) struct ShadowLru {
    /// Parts of hashes, the most recently requested first.
    shadow: [u16; SHADOW_LEN_MAX],
    len: u8,
    /// A hash is in the sample if half of its mixed bits are at most this.
    mixed_max: u32,
    /// Records of the sample in the cache.
    held: usize,
    is_lru: bool,
    /// Requests of this period, hits of the shadow, and its lead in hits.
    requests: u32,
    hits: u32,
    lead: i32,
    /// Hits and lead of the period that made the shard an LRU.
    hits_before: u32,
    lead_before: i32,
    /// Periods for which the shard stays an LRU.
    left: u32,
    /// Periods for which a lead is ignored, and how many it will be the next time.
    distrust: u32,
    next_distrust: u32,
}

impl ShadowLru {
    pub(crate) fn new() -> ShadowLru {
        ShadowLru {
            shadow: [0; SHADOW_LEN_MAX],
            len: 0,
            mixed_max: u32::MAX,
            held: 0,
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

    /// Tells whether the shard is an LRU now.
    pub(crate) fn is_lru(&self) -> bool {
        self.is_lru
    }

    /// Counts a record that enters a queue.
    pub(crate) fn enter(&mut self, hash: u64) {
        self.held += usize::from(self.is_of_sample(hash));
    }

    /// Counts a record that leaves a queue.
    pub(crate) fn leave(&mut self, hash: u64) {
        self.held -= usize::from(self.is_of_sample(hash));
    }

    fn is_of_sample(&self, hash: u64) -> bool {
        mix(hash) as u32 <= self.mixed_max
    }

    /// Draws another sample if the cache holds too much or too little of this one. `hashes` are those of all records.
    ///
    /// While the cache grows or shrinks, this happens about as often as a table doubles.
    pub(crate) fn fit(&mut self, hashes: impl Iterator<Item = u64>) {
        let is_small = self.held < SAMPLE_HELD_MIN && self.mixed_max < u32::MAX;
        if self.held <= SAMPLE_HELD_MAX && !is_small {
            return;
        }
        let max = u64::from(self.mixed_max) * SAMPLE_HELD as u64 / self.held.max(1) as u64;
        self.mixed_max = u32::try_from(max).unwrap_or(u32::MAX);
        self.held = hashes.filter(|&hash| self.is_of_sample(hash)).count();
        self.len = 0;
    }

    /// Records a request and whether it hit; called after a newcomer was added.
    pub(crate) fn note(&mut self, hash: u64, is_hit: bool) {
        if !self.is_of_sample(hash) {
            return;
        }
        let is_shadow_hit =
            self.touch((mix(hash) >> 48) as u16, self.held.clamp(1, SHADOW_LEN_MAX));
        self.hits += u32::from(is_shadow_hit);
        self.lead += i32::from(is_shadow_hit) - i32::from(is_hit);
        self.requests += 1;
        if self.requests == SHADOW_PERIOD || !self.is_lru && self.lead >= SHADOW_LEAD_MAX {
            self.decide();
            (self.requests, self.hits, self.lead) = (0, 0, 0);
        }
    }

    /// Moves a part of a hash to the front of the shadow. Returns whether it was there.
    fn touch(&mut self, part: u16, len_max: usize) -> bool {
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

    /// Checks the number of records of the sample. `hashes` are those of all records.
    pub(crate) fn validate(&self, hashes: impl Iterator<Item = u64>) {
        let held = hashes.filter(|&hash| self.is_of_sample(hash)).count();
        assert_eq!(self.held, held, "records of the sample");
    }

    fn decide(&mut self) {
        if !self.is_lru {
            if self.distrust > 0 {
                self.distrust -= 1;
            } else if self.lead > SHADOW_LEAD_MIN {
                self.is_lru = true;
                self.hits_before = self.hits * SHADOW_PERIOD / self.requests;
                self.lead_before = self.lead;
                self.left = LRU_PERIODS;
            }
            return;
        }
        self.left -= 1;
        if self.left == LRU_PERIODS - 1 {
            // Records from before have to leave first.
        } else if self.lead >= self.lead_before {
            self.is_lru = false;
            self.next_distrust = (self.next_distrust * 2).min(DISTRUST_PERIODS_MAX);
            self.distrust = self.next_distrust;
        } else if self.left == 0 || self.hits * 2 < self.hits_before {
            self.is_lru = false;
        } else if self.lead <= self.lead_before / 2 {
            self.next_distrust = 1;
        }
    }
}

/// Mixes a hash. The lower half decides whether it is in the sample; the topmost bits are what the shadow keeps.
///
/// Hash tables and shards use bits of the hash itself. After mixing, the sample depends on none of them alone.
fn mix(hash: u64) -> u64 {
    hash.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(32)
}

const _: () = assert!(SHADOW_LEN_MAX <= u8::MAX as usize);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shadow_is_an_lru() {
        let mut shadow_lru = ShadowLru::new();
        assert!((1..=4).all(|part| !shadow_lru.touch(part, 3)));
        // 1 had to go.
        assert_eq!(shadow_lru.shadow[..3], [4, 3, 2]);
        assert!(shadow_lru.touch(2, 3) && !shadow_lru.touch(1, 3));
        assert_eq!(shadow_lru.shadow[..3], [1, 2, 4]);
        assert!(shadow_lru.touch(2, 2) && !shadow_lru.touch(4, 2), "smaller");
        assert_eq!(shadow_lru.shadow[..2], [4, 2]);
    }

    #[test]
    fn a_lead_makes_an_lru_and_a_larger_one_ends_it() {
        let mut shadow_lru = ShadowLru::new();
        let period = |shadow_lru: &mut ShadowLru, is_hit| {
            (0..SHADOW_PERIOD).for_each(|_| shadow_lru.note(1, is_hit));
        };
        period(&mut shadow_lru, true);
        assert!(!shadow_lru.is_lru());
        (0..=SHADOW_LEAD_MAX).for_each(|_| shadow_lru.note(1, false));
        assert!(shadow_lru.is_lru());
        for _ in 1..LRU_PERIODS {
            period(&mut shadow_lru, true);
            assert!(shadow_lru.is_lru());
        }
        period(&mut shadow_lru, true);
        assert!(!shadow_lru.is_lru(), "tried again");
        (0..SHADOW_LEAD_MAX).for_each(|_| shadow_lru.note(1, false));
        assert!(shadow_lru.is_lru());
        // No better as an LRU, once that had its time.
        period(&mut shadow_lru, false);
        assert!(shadow_lru.is_lru());
        period(&mut shadow_lru, false);
        assert!(!shadow_lru.is_lru());
    }

    #[test]
    fn the_sample_keeps_its_size_as_the_cache_grows_and_shrinks() {
        let mut shadow_lru = ShadowLru::new();
        let hash = |n: u64| n.wrapping_mul(0xD6E8_FEB8_6659_FD93);
        for len in 1..=10_000 {
            shadow_lru.enter(hash(len));
            shadow_lru.fit((1..=len).map(hash));
            assert!(shadow_lru.held <= SHADOW_LEN_MAX + SHADOW_LEN_MAX / 4);
            assert!(shadow_lru.held >= SHADOW_LEN_MAX / 2 || shadow_lru.held as u64 == len);
        }
        for len in (0..10_000).rev() {
            shadow_lru.leave(hash(len + 1));
            shadow_lru.fit((1..=len).map(hash));
            assert!(shadow_lru.held >= SHADOW_LEN_MAX / 2 || shadow_lru.held as u64 == len);
            shadow_lru.validate((1..=len).map(hash));
        }
    }
}
