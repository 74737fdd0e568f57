//! Memory of searches: one per thread, shared by all patterns.

/// What the engines write while they search.
#[derive(Debug, Default)]
pub struct Scratch {}
