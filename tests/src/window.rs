//! What `regex` does not let its users ask: anchored searches, and searches that end early.
//!
//! `regex-automata` answers, whose engines are those of `regex`.

use regex_automata::meta::{Builder, Config, Regex};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Span};
use repool_vm::{Input, Slot};

use crate::lab::Groups;
use crate::setting::Setting;

/// A pattern as `regex` compiles it, open to every kind of search.
#[derive(Debug)]
pub struct Window(Regex);

impl Window {
    /// Compiles.
    ///
    /// # Errors
    ///
    /// The message, if the pattern is refused.
    pub fn new(pattern: &str, setting: &Setting) -> Result<Window, String> {
        Window::with(Config::new(), pattern, setting)
    }

    /// Compiles for the slowest of its engines alone, the PikeVM: where that and `regex` differ, `regex` contradicts
    /// itself.
    ///
    /// # Errors
    ///
    /// The message, if the pattern is refused.
    pub fn careful(pattern: &str, setting: &Setting) -> Result<Window, String> {
        let config = Config::new()
            .auto_prefilter(false)
            .hybrid(false)
            .dfa(false)
            .onepass(false)
            .backtrack(false);
        Window::with(config, pattern, setting)
    }

    fn with(config: Config, pattern: &str, setting: &Setting) -> Result<Window, String> {
        let config = config
            .utf8_empty(setting.text)
            .line_terminator(setting.line_terminator);
        let syntax = syntax::Config::new()
            .utf8(setting.text)
            .unicode(setting.unicode)
            .case_insensitive(setting.case_insensitive)
            .multi_line(setting.multi_line)
            .dot_matches_new_line(setting.dot_matches_new_line)
            .crlf(setting.crlf)
            .swap_greed(setting.swap_greed)
            .ignore_whitespace(setting.ignore_whitespace)
            .octal(setting.octal)
            .line_terminator(setting.line_terminator);
        Builder::new()
            .configure(config)
            .syntax(syntax)
            .build(pattern)
            .map(Window)
            .map_err(|error| error.to_string())
    }

    /// The groups of every match.
    #[must_use]
    pub fn captures(&self, haystack: &[u8]) -> Vec<Vec<Option<(usize, usize)>>> {
        let found = self.0.captures_iter(haystack);
        let spans = found.map(|c| c.iter().map(|g| g.map(|g| (g.start, g.end))).collect());
        spans.collect()
    }

    /// The leftmost match that starts at `at` or later.
    #[must_use]
    pub fn find_at(&self, haystack: &[u8], at: usize) -> Option<(usize, usize)> {
        let input = regex_automata::Input::new(haystack).range(at..);
        self.0
            .search(&input)
            .map(|found| (found.start(), found.end()))
    }

    /// Searches.
    #[must_use]
    pub fn search(&self, input: &Input<'_>) -> Groups {
        let anchored = if input.anchored {
            Anchored::Yes
        } else {
            Anchored::No
        };
        let span = Span {
            start: input.start,
            end: input.end,
        };
        let theirs = regex_automata::Input::new(input.haystack)
            .span(span)
            .anchored(anchored);
        let mut captures = self.0.create_captures();
        self.0.search_captures(&theirs, &mut captures);
        // Its search for one byte looks at the start of an empty part all the same.
        let inside = captures
            .get_match()
            .is_some_and(|found| found.end() <= input.end);
        inside.then(|| {
            let spans = captures.iter().flat_map(|group| match group {
                Some(group) => [Slot::at(group.start), Slot::at(group.end)],
                None => [Slot::NONE; 2],
            });
            spans.collect()
        })
    }
}
