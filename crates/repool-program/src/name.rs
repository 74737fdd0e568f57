//! Names of capture groups: slices of the pattern's own text.

/// One named group, in one word: `at:24 | len:16 | group:24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// The group's index.
    pub group: u32,
    /// Where the name starts in the pattern, in bytes.
    pub at: u32,
    /// The length of the name, in bytes.
    pub len: u32,
}

impl Name {
    /// The most groups, and bytes of a pattern, that a name can speak of.
    pub const INDEX_MAX: u32 = (1 << 24) - 1;
    /// The longest name, in bytes.
    pub const LEN_MAX: u32 = (1 << 16) - 1;

    /// Encodes the name.
    #[must_use]
    pub const fn encode(self) -> u64 {
        debug_assert!(self.at <= Name::INDEX_MAX && self.group <= Name::INDEX_MAX);
        debug_assert!(self.len <= Name::LEN_MAX);
        (self.at as u64) << 40 | (self.len as u64) << 24 | self.group as u64
    }

    /// Decodes a name.
    #[must_use]
    pub const fn decode(word: u64) -> Name {
        Name {
            group: word as u32 & Name::INDEX_MAX,
            at: (word >> 40) as u32,
            len: (word >> 24) as u32 & Name::LEN_MAX,
        }
    }
}
