//! How a search of an engine that may give up ended.

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ran {
    /// With a match; the slots are written.
    Match,
    /// There is no match.
    NoMatch,
    /// No match starts before this position; from there on the window is too small.
    GaveUp(usize),
}
