//! What a table is asked, what it answers, and which tables may be used.
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
    /// No match starts before this position; the rest is for another engine.
    From(usize),
    /// The same, and the match ends at the second.
    Until(usize, usize),
}

/// What a table is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Whether there is a match.
    Match,
    /// Where it is.
    Span,
    /// Where it ends; the start that is told may be too early.
    End,
}

/// Which tables may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tier {
    /// Those that are worth it.
    Any,
    /// A whole table, built now if need be.
    Whole,
    /// A lazy table, made now if need be.
    Lazy,
}
