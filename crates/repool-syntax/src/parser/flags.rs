//! The flags in force at a place in a pattern.

use crate::Syntax;

/// A set of flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flags(u8);

impl Flags {
    pub(super) const CASE_INSENSITIVE: Flags = Flags(1);
    pub(super) const MULTI_LINE: Flags = Flags(1 << 1);
    pub(super) const DOT_MATCHES_NEW_LINE: Flags = Flags(1 << 2);
    pub(super) const SWAP_GREED: Flags = Flags(1 << 3);
    pub(super) const UNICODE: Flags = Flags(1 << 4);
    pub(super) const CRLF: Flags = Flags(1 << 5);
    pub(super) const IGNORE_WHITESPACE: Flags = Flags(1 << 6);

    /// The flags in force at the start of the pattern.
    pub(super) fn new(syntax: &Syntax) -> Flags {
        [
            (syntax.case_insensitive, Flags::CASE_INSENSITIVE),
            (syntax.multi_line, Flags::MULTI_LINE),
            (syntax.dot_matches_new_line, Flags::DOT_MATCHES_NEW_LINE),
            (syntax.swap_greed, Flags::SWAP_GREED),
            (syntax.unicode, Flags::UNICODE),
            (syntax.crlf, Flags::CRLF),
            (syntax.ignore_whitespace, Flags::IGNORE_WHITESPACE),
        ]
        .into_iter()
        .filter(|(on, _)| *on)
        .fold(Flags::default(), |flags, (_, flag)| flags.with(flag, true))
    }

    /// Tells whether all of `flags` are set.
    #[inline(always)]
    pub(super) const fn has(self, flags: Flags) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// The same with `flags` set or cleared.
    pub(super) const fn with(self, flags: Flags, on: bool) -> Flags {
        if on {
            Flags(self.0 | flags.0)
        } else {
            Flags(self.0 & !flags.0)
        }
    }
}
