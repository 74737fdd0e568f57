//! The options of one pattern, drawn at random and understood by every adapter.

use repool_syntax::Syntax;

use crate::rng::Rng;

/// The options of a builder, and the interface they are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The interface: text (`&str`) or bytes.
    pub text: bool,
    /// `RegexBuilder::unicode`.
    pub unicode: bool,
    /// `RegexBuilder::case_insensitive`.
    pub case_insensitive: bool,
    /// `RegexBuilder::multi_line`.
    pub multi_line: bool,
    /// `RegexBuilder::dot_matches_new_line`.
    pub dot_matches_new_line: bool,
    /// `RegexBuilder::crlf`.
    pub crlf: bool,
    /// `RegexBuilder::swap_greed`.
    pub swap_greed: bool,
    /// `RegexBuilder::ignore_whitespace`.
    pub ignore_whitespace: bool,
    /// `RegexBuilder::octal`.
    pub octal: bool,
    /// `RegexBuilder::line_terminator`.
    pub line_terminator: u8,
}

impl Setting {
    /// The defaults of a builder for text, or for bytes.
    #[must_use]
    pub const fn new(text: bool) -> Setting {
        Setting {
            text,
            unicode: true,
            case_insensitive: false,
            multi_line: false,
            dot_matches_new_line: false,
            crlf: false,
            swap_greed: false,
            ignore_whitespace: false,
            octal: false,
            line_terminator: b'\n',
        }
    }

    /// Mostly the defaults.
    pub fn random(rng: &mut Rng, text: bool) -> Setting {
        let unicode = !rng.chance(if text { 5 } else { 30 });
        if rng.chance(60) {
            return Setting {
                unicode,
                ..Setting::new(text)
            };
        }
        Setting {
            text,
            unicode,
            case_insensitive: rng.chance(25),
            multi_line: rng.chance(25),
            dot_matches_new_line: rng.chance(20),
            crlf: rng.chance(10),
            swap_greed: rng.chance(10),
            ignore_whitespace: rng.chance(5),
            octal: rng.chance(5),
            line_terminator: match rng.below(10) {
                0 => b'a',
                1 => b'\0',
                2 if !text => 0xFF,
                _ => b'\n',
            },
        }
    }

    /// The same options for the parser.
    #[must_use]
    pub fn syntax(&self) -> Syntax {
        Syntax {
            case_insensitive: self.case_insensitive,
            multi_line: self.multi_line,
            dot_matches_new_line: self.dot_matches_new_line,
            crlf: self.crlf,
            swap_greed: self.swap_greed,
            ignore_whitespace: self.ignore_whitespace,
            unicode: self.unicode,
            octal: self.octal,
            line_terminator: self.line_terminator,
            utf8: self.text,
            ..Syntax::default()
        }
    }
}
