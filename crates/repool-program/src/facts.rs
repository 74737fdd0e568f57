//! What is known of a program before it runs.
//!
//! Exercised by `tests/verify.rs`.

use repool_text::{Fold, Look, LookSet};

use crate::{LITERAL_BYTES_MAX, Pc};

/// The assertions that look at characters above ASCII. A program with one is not [`Flags::ASCII`].
pub const UNICODE_LOOKS: LookSet = LookSet(0)
    .with(Look::WordUnicode)
    .with(Look::NotWordUnicode)
    .with(Look::WordStartUnicode)
    .with(Look::WordEndUnicode)
    .with(Look::WordStartHalfUnicode)
    .with(Look::WordEndHalfUnicode);

/// Yes-or-no facts of a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u32);

impl Flags {
    /// Every match starts at the start of the haystack.
    pub const ANCHORED_START: Flags = Flags(1);
    /// Every match ends at the end of the haystack.
    pub const ANCHORED_END: Flags = Flags(1 << 1);
    /// At each position at most one thread can go on, so one pass of one thread finds the captures.
    pub const ONE_PASS: Flags = Flags(1 << 2);
    /// The program steps over bytes, not code points. Its sets are sets of bytes.
    pub const BYTES: Flags = Flags(1 << 3);
    /// Haystacks are valid UTF-8, and no match splits a code point, not even an empty one.
    pub const UTF8: Flags = Flags(1 << 4);
    /// The whole pattern is one literal, the [`Facts::prefix`], without groups or assertions.
    pub const LITERAL: Flags = Flags(1 << 5);
    /// No set, character or assertion looks above ASCII. Stepping over bytes then finds what stepping over
    /// code points finds, since no byte above ASCII matches.
    pub const ASCII: Flags = Flags(1 << 6);
    /// `regex-automata` runs the pattern. The program has no code.
    pub const DELEGATED: Flags = Flags(1 << 7);

    /// The flags of both.
    #[must_use]
    pub const fn with(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }

    /// The flag if `condition` holds, else no flag.
    #[must_use]
    pub const fn when(self, condition: bool) -> Flags {
        if condition { self } else { Flags(0) }
    }

    /// Tells whether all of `other` are set.
    #[inline(always)]
    #[must_use]
    pub const fn contains(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Bytes of a literal inside the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needle {
    /// The word of the code whose first byte is the needle's first byte.
    pub word: u32,
    /// The number of bytes; never 0.
    pub len: u32,
    /// Which characters count as equal. A folded needle is in canonical form.
    pub fold: Fold,
}

impl Needle {
    /// The number of bits of an encoded needle.
    pub const BITS: u8 = 39;

    /// Encodes an optional needle: `word:24 | fold:2 | len:13`. A length of 0 means no needle.
    ///
    /// # Panics
    ///
    /// If the needle is longer than a literal instruction can be, or its word past the last possible one.
    #[must_use]
    pub const fn encode(needle: Option<Needle>) -> u64 {
        match needle {
            None => 0,
            Some(n) => {
                assert!(
                    n.len as usize <= LITERAL_BYTES_MAX,
                    "a needle is in one literal"
                );
                assert!(
                    n.word as usize <= Pc::MAX.index(),
                    "a needle is in the code"
                );
                (n.word as u64) << 15 | (n.fold as u64) << 13 | n.len as u64
            }
        }
    }

    /// Decodes an optional needle.
    #[inline(always)]
    #[must_use]
    pub const fn decode(word: u64) -> Option<Needle> {
        let len = word as u32 & ((1 << 13) - 1);
        if len == 0 {
            return None;
        }
        let fold = match word >> 13 & 3 {
            0 => Fold::None,
            1 => Fold::Ascii,
            _ => Fold::Unicode,
        };
        Some(Needle {
            word: (word >> 15) as u32 & Pc::MAX.index() as u32,
            len,
            fold,
        })
    }
}

const _: () = assert!(LITERAL_BYTES_MAX < 1 << 13);

/// The facts of a program, as its header stores them.
/// The header stores bounds in 16 bits. It stores a larger `len_min` as 65,535, and a `len_max` or
/// `required_before_max` from 65,535 on as [`crate::UNBOUNDED`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Yes-or-no facts.
    pub flags: Flags,
    /// Every assertion in the program.
    pub looks: LookSet,
    /// The fewest bytes a match has.
    pub len_min: u32,
    /// The most bytes a match has, or [`crate::UNBOUNDED`].
    pub len_max: u32,
    /// The number of groups, the whole match among them: at least 1.
    pub group_len: u32,
    /// The number of states that a thread can be in between two instructions: the words of code, and the
    /// virtual copies of every counter.
    pub states: u32,
    /// The line terminator of `^`, `$` and `.`.
    pub line_terminator: u8,
    /// Every match starts with these bytes.
    pub prefix: Option<Needle>,
    /// Every match contains these bytes. Of the literals that every match contains, the compiler takes the
    /// rarest.
    pub required: Option<Needle>,
    /// The most bytes of a match in front of `required`, or [`crate::UNBOUNDED`].
    pub required_before_max: u32,
    /// A set of bytes in the set section. Every match is non-empty and starts with one of them.
    pub first: Option<crate::SetId>,
}
