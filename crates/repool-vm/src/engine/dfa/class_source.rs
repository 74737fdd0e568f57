//! The classes of one program, while its table grows or in a whole table.
//!
//! Exercised by `tests/dfa.rs`.

use crate::engine::dfa::classes::Classes;
use crate::engine::dfa::layout;
use crate::engine::dfa::look_context::Kinds;

/// The classes of one program, wherever they stand: what is seldom asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source<'a> {
    /// While its table grows.
    Classes(&'a Classes),
    /// In a whole table.
    Words(&'a [u64]),
}

impl<'a> Source<'a> {
    pub(crate) fn kinds(self) -> &'a [u8] {
        match self {
            Source::Classes(classes) => &classes.kinds,
            Source::Words(words) => layout::kinds(words),
        }
    }

    pub(crate) fn around(self) -> Kinds {
        match self {
            Source::Classes(classes) => classes.around,
            Source::Words(words) => layout::around(words),
        }
    }

    pub(crate) fn predicates(self) -> &'a [u32] {
        match self {
            Source::Classes(classes) => &classes.predicates,
            Source::Words(words) => layout::predicates(words),
        }
    }

    pub(crate) fn signatures(self) -> &'a [u8] {
        match self {
            Source::Classes(classes) => &classes.signatures,
            Source::Words(words) => layout::signatures(words),
        }
    }

    pub(crate) fn singles(self) -> &'a [u64] {
        match self {
            Source::Classes(classes) => &classes.singles,
            Source::Words(words) => layout::singles(words),
        }
    }

    pub(crate) fn invalid(self) -> u8 {
        match self {
            Source::Classes(classes) => classes.invalid,
            Source::Words(words) => layout::invalid(words),
        }
    }
}
