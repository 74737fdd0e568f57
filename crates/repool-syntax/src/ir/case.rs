//! How far the case of a literal reaches.
//!
//! Exercised by `tests/snapshots.rs`.

use repool_text::Fold;

/// How far the case of the characters in a literal reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Case {
    /// None has case, or case matters.
    #[default]
    None,
    /// All orbits are ASCII.
    Ascii,
    /// Some orbit has a member above ASCII.
    Unicode,
}

impl Case {
    pub(super) fn fold(self) -> Fold {
        match self {
            Case::None => Fold::None,
            Case::Ascii => Fold::Ascii,
            Case::Unicode => Fold::Unicode,
        }
    }
}
