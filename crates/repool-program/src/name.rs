//! Names of capture groups: slices of the pattern's own text.

/// One named group, in one word: `at:24 | len:20 | group:20`.
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
    /// The last byte of a pattern at which a name can start.
    pub const AT_MAX: u32 = (1 << 24) - 1;
    /// The longest name, in bytes.
    pub const LEN_MAX: u32 = (1 << 20) - 1;
    /// The last group that can have a name.
    pub const GROUP_MAX: u32 = (1 << 20) - 1;

    /// A name; `None` if a number does not fit its field.
    #[must_use]
    pub fn new(group: u32, span: std::ops::Range<usize>) -> Option<Name> {
        let at = u32::try_from(span.start).ok()?;
        let len = u32::try_from(span.len()).ok()?;
        let fits = group <= Name::GROUP_MAX && at <= Name::AT_MAX && len <= Name::LEN_MAX;
        fits.then_some(Name { group, at, len })
    }

    /// Encodes the name.
    #[must_use]
    pub const fn encode(self) -> u64 {
        debug_assert!(self.at <= Name::AT_MAX && self.group <= Name::GROUP_MAX);
        debug_assert!(self.len <= Name::LEN_MAX);
        (self.at as u64) << 40 | (self.len as u64) << 20 | self.group as u64
    }

    /// Decodes a name.
    #[must_use]
    pub const fn decode(word: u64) -> Name {
        Name {
            group: word as u32 & Name::GROUP_MAX,
            at: (word >> 40) as u32,
            len: (word >> 20) as u32 & Name::LEN_MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn roundtrips() {
        let most = Name::new(Name::GROUP_MAX, (1 << 24) - 1..(1 << 24) - 2 + (1 << 20));
        for name in [Name::new(1, 3..7), Name::new(0, 0..0), most] {
            let name = name.expect("fits");
            assert_eq!(Name::decode(name.encode()), name);
        }
        assert_eq!(Name::new(1, 0..1 << 20), None);
        assert_eq!(Name::new(1 << 20, 0..1), None);
        assert_eq!(Name::new(1, 1 << 24..1 << 24), None);
    }
}
