//! The compiled patterns of a set, and the index of literals that their matches contain.
//!
//! Each pattern is a program of its own in an arena of its own. The index is one more arena. One
//! scan of the haystack with the index tells which patterns can match (`repool_vm::search_set`), so
//! the cost of a search does not grow with the number of patterns. Exercised by `tests/set.rs`.

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use repool_arena::{Account, Charge, Pool, Sealed};
use repool_vm::{Index, IndexBuilder, Screen};

use crate::core::{Core, assert_in_reach, with_scratch};
use crate::options::Target;
use crate::{Error, Options, compile};

/// The patterns of a set. Clones of a set share it behind an `Arc`.
pub(crate) struct Set {
    cores: Box<[Core]>,
    patterns: Box<[String]>,
    /// None if the set has no patterns.
    index: Option<Sealed>,
    /// A faster scan for sets with few literals.
    screen: Option<Box<Screen>>,
    /// The ledger's charge for the fields above that are not arenas.
    charge: Option<Charge>,
}

// A set never changes after it is made, so a panic elsewhere leaves it as it was.
impl UnwindSafe for Set {}
impl RefUnwindSafe for Set {}

impl Set {
    /// The set of no patterns.
    pub(crate) fn empty() -> Arc<Set> {
        Arc::new(Set {
            cores: Box::default(),
            patterns: Box::default(),
            index: None,
            screen: None,
            charge: None,
        })
    }

    /// Compiles the patterns. The options' size limit bounds their sum.
    pub(crate) fn new(
        patterns: &[String],
        options: &Options,
        target: Target,
    ) -> Result<Arc<Set>, Error> {
        if patterns.is_empty() {
            return Ok(Set::empty());
        }
        let limit = options.size_max();
        let too_big = Error::CompiledTooBig(limit);
        let mut left = limit;
        let mut cores = Vec::with_capacity(patterns.len());
        let mut index = IndexBuilder::default();
        for pattern in patterns {
            let options = options.with_size_max(left);
            let image = match compile::member(pattern, &options, target, &mut index) {
                Err(Error::CompiledTooBig(_)) => return Err(too_big),
                image => image?,
            };
            let core = Core::from_image(image);
            left = left.saturating_sub(core.memory_bytes());
            cores.push(core);
        }
        let words = index.build();
        if size_of_val::<[u64]>(&words) > left {
            return Err(too_big);
        }
        let pool = Pool::global();
        let index = pool.seal(&words).map_err(|_| Error::OutOfMemory)?;
        let screen = Screen::new(&Index::open(index.words()));
        let mut set = Set {
            cores: cores.into(),
            patterns: patterns.into(),
            index: Some(index),
            screen: screen.map(Box::new),
            charge: None,
        };
        let charge = Charge::new(pool.ledger(), Account::Index, set.own_bytes());
        set.charge = Some(charge);
        Ok(Arc::new(set))
    }

    /// The bytes outside arenas.
    fn own_bytes(&self) -> usize {
        let texts: usize = self.patterns.iter().map(String::capacity).sum();
        // The `Arc` stores two counts in front of the value.
        2 * size_of::<usize>()
            + size_of::<Set>()
            + size_of_val::<[Core]>(&self.cores)
            + size_of_val::<[String]>(&self.patterns)
            + self.screen.as_deref().map_or(0, size_of_val)
            + texts
    }

    /// The bytes it holds.
    pub(crate) fn memory_bytes(&self) -> usize {
        let cores: usize = self.cores.iter().map(Core::memory_bytes).sum();
        let index = self.index.as_ref().map_or(0, Sealed::reserved_bytes);
        cores + index + self.own_bytes()
    }

    /// The patterns as text.
    #[inline]
    pub(crate) fn patterns(&self) -> &[String] {
        &self.patterns
    }

    /// Tells whether any of them matches at `start` or later.
    #[inline]
    pub(crate) fn is_match(&self, haystack: &[u8], start: usize) -> bool {
        self.search(haystack, start, None)
    }

    /// Sets the bit of each pattern that matches at `start` or later. Tells whether any does.
    #[inline]
    pub(crate) fn matches(&self, haystack: &[u8], start: usize, matched: &mut [u64]) -> bool {
        self.search(haystack, start, Some(matched))
    }

    fn search(&self, haystack: &[u8], start: usize, mut matched: Option<&mut [u64]>) -> bool {
        if start > haystack.len() {
            assert_in_reach(start, haystack.len());
            return false;
        }
        let Some(index) = &self.index else {
            return false;
        };
        let index = Index::open(index.words()).screened(self.screen.as_deref());
        let program = |i: usize| self.cores[i].program();
        with_scratch(&mut |scratch| {
            let matched = matched.as_deref_mut();
            repool_vm::search_set(&index, program, haystack, start, scratch, matched)
        })
    }
}
