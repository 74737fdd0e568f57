//! Where the classes of a program are read: in its lazy table, or in the words of its whole table.
//!
//! Exercised by `tests/dfa.rs`.

use crate::engine::dfa::classes::Classes;
use crate::engine::dfa::layout;
use crate::engine::dfa::look_context::ContextBits;

/// The part of a program's classes that only slow paths read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ClassSource<'a> {
    /// Those of a lazy table.
    Classes(&'a Classes),
    /// The words of a whole table.
    Words(&'a [u64]),
}

impl<'a> ClassSource<'a> {
    pub(crate) fn contexts(self) -> &'a [u8] {
        match self {
            ClassSource::Classes(classes) => &classes.contexts,
            ClassSource::Words(words) => layout::contexts(words),
        }
    }

    pub(crate) fn context_bits(self) -> ContextBits {
        match self {
            ClassSource::Classes(classes) => classes.context_bits,
            ClassSource::Words(words) => layout::context_bits(words),
        }
    }

    pub(crate) fn predicates(self) -> &'a [u32] {
        match self {
            ClassSource::Classes(classes) => &classes.predicates,
            ClassSource::Words(words) => layout::predicates(words),
        }
    }

    pub(crate) fn signatures(self) -> &'a [u8] {
        match self {
            ClassSource::Classes(classes) => &classes.signatures,
            ClassSource::Words(words) => layout::signatures(words),
        }
    }

    pub(crate) fn singles(self) -> &'a [u64] {
        match self {
            ClassSource::Classes(classes) => &classes.singles,
            ClassSource::Words(words) => layout::singles(words),
        }
    }

    pub(crate) fn invalid(self) -> u8 {
        match self {
            ClassSource::Classes(classes) => classes.invalid,
            ClassSource::Words(words) => layout::invalid(words),
        }
    }
}
