//! The classes of one program, while its table grows or in a whole table.
//!
//! Exercised by `tests/dfa.rs`.

use crate::engine::dfa::classes::Classes;
use crate::engine::dfa::layout;
use crate::engine::dfa::look_context::ContextBits;

/// The classes of one program, wherever they stand: what is seldom asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ClassSource<'a> {
    /// While its table grows.
    Classes(&'a Classes),
    /// In a whole table.
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
