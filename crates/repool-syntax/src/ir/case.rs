//! Which other forms the characters of a literal have under its fold.
//!
//! Exercised by `tests/snapshots.rs`.

use repool_text::Fold;

/// Which other forms the characters of a literal have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Case {
    /// No character has another form.
    #[default]
    None,
    /// All other forms are ASCII.
    Ascii,
    /// Some other form is above ASCII.
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
