//! What a table may be asked, what it answers, and the tiers of tables.
//!
//! Exercised by `tests/dfa.rs`.

/// What a search found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// No match.
    Nothing,
    /// A match; its span was not asked for.
    Something,
    /// The span of the match.
    Span(usize, usize),
    /// Another engine has to search from this position; no match starts before.
    From(usize),
    /// There is a match that ends at the second position; another engine has to find its start, at the first or
    /// later.
    Until(usize, usize),
}

/// What a table is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Whether there is a match.
    Match,
    /// Where it is.
    Span,
    /// Where it ends. The start in the answer may be too early.
    End,
}

/// Which tables may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tier {
    /// Any, if it is worth it.
    Any,
    /// The whole table, built now if need be.
    Whole,
    /// A lazy table, made now if need be.
    Lazy,
}
