//! How a pattern is read.

/// Largest compiled pattern, in bytes, for engines that have such a limit. The default refuses some of rebar's
/// patterns. rebar itself allows this much.
pub(crate) const SIZE_MAX: usize = 100 << 20;

/// How a pattern is read: the flags of the syntax, by their meaning.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The flag `i`.
    pub ignore_case: bool,
    /// The flag `m`.
    pub multi_line: bool,
    /// The flag `s`.
    pub dot_all: bool,
    /// The flag `x`.
    pub verbose: bool,
    /// The flag `U`.
    pub swap_greed: bool,
    /// The flag `u`, on unless it is switched off.
    pub unicode: bool,
}

impl Default for Settings {
    /// Unicode, and nothing else.
    fn default() -> Settings {
        Settings {
            ignore_case: false,
            multi_line: false,
            dot_all: false,
            verbose: false,
            swap_greed: false,
            unicode: true,
        }
    }
}

impl Settings {
    /// Returns the same settings for repool's cache.
    #[must_use]
    pub fn options(&self) -> repool::Options {
        let mut options = repool::Options::new();
        options
            .case_insensitive(self.ignore_case)
            .multi_line(self.multi_line)
            .dot_matches_new_line(self.dot_all)
            .ignore_whitespace(self.verbose)
            .swap_greed(self.swap_greed)
            .unicode(self.unicode)
            .size_limit(SIZE_MAX);
        options
    }
}
