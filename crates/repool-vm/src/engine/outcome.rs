//! How a search ends that may end without an answer.

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ran {
    /// With a match; the slots are written.
    Match,
    /// There is no match.
    NoMatch,
    /// Without an answer: another engine has to search from this position. No match starts before.
    GaveUp(usize),
}
