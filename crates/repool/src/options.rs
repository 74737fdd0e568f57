//! Options of a pattern: how its text is read, and what it may cost.
//!
//! A cache's key is made from [`Options`]. The builders of `regex` hold the same settings together
//! with a pattern. The macro [`setters`] defines the setters once, for five types. Exercised by
//! `tests/parity/main.rs` and `tests/options.rs`.

use repool_syntax::{Dialect, Syntax};

/// The kind of haystack that a pattern is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    /// Valid UTF-8; no match splits a character.
    Str,
    /// Any bytes.
    Bytes,
}

/// How a pattern is read and what it may cost: the settings of [`RegexBuilder`](crate::RegexBuilder)
/// without a pattern.
///
/// Equal options and equal pattern text are one entry of a [`Cache`](crate::Cache).
///
/// # Example
///
/// ```
/// let mut options = repool::Options::new();
/// options.case_insensitive(true).multi_line(true);
/// let heading = repool::compile_with(r"^title:", &options)?;
/// assert!(heading.is_match("draft\nTitle: Moby-Dick"));
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Options {
    pub(crate) syntax: Syntax,
    pub(crate) dfa_bytes_max: usize,
}

/// The default of `dfa_size_limit`, in bytes: that of `regex`.
const DFA_BYTES_MAX: usize = 2 << 20;

impl Default for Options {
    fn default() -> Options {
        Options {
            syntax: Syntax::default(),
            dfa_bytes_max: DFA_BYTES_MAX,
        }
    }
}

impl Options {
    /// The options of [`Regex::new`](crate::Regex::new): Unicode on, everything else off, limits at
    /// their defaults.
    ///
    /// # Example
    ///
    /// ```
    /// assert_eq!(repool::Options::new(), repool::Options::default());
    /// ```
    #[must_use]
    pub fn new() -> Options {
        Options::default()
    }

    /// The parser's settings for a haystack of this kind.
    pub(crate) fn syntax(&self, target: Target) -> Syntax {
        Syntax {
            utf8: target == Target::Str,
            ..self.syntax.clone()
        }
    }

    /// The options as words of a cache's key: everything that can change the result of a compile.
    ///
    /// ```text
    /// word 0: nest limit:32 | line terminator:8 | flags:16      word 1: size limit
    /// ```
    ///
    /// The limit on a DFA changes no result, so the key leaves it out.
    pub(crate) fn key(&self, target: Target) -> [u64; 2] {
        let s = &self.syntax;
        let flags = [
            s.dialect == Dialect::Python,
            target == Target::Bytes,
            s.case_insensitive,
            s.multi_line,
            s.dot_matches_new_line,
            s.crlf,
            s.swap_greed,
            s.ignore_whitespace,
            s.unicode,
            s.octal,
        ];
        let flags = (flags.iter().rev()).fold(0, |word, &flag| word << 1 | u64::from(flag));
        let word = u64::from(s.limits.nest_max) << 24 | u64::from(s.line_terminator) << 16 | flags;
        [word, s.limits.program_bytes_max as u64]
    }

    /// The keys of [`Options::new`], for `&str` and for bytes.
    pub(crate) const USUAL_KEYS: [[u64; 2]; 2] = [
        [1_000 << 24 | (b'\n' as u64) << 16 | 1 << 8, 10 << 20],
        [
            1_000 << 24 | (b'\n' as u64) << 16 | 1 << 8 | 1 << 1,
            10 << 20,
        ],
    ];

    /// Tells whether a key is for byte haystacks.
    pub(crate) fn key_is_bytes(key: [u64; 2]) -> bool {
        key[0] >> 1 & 1 != 0
    }

    /// The limit on the compiled pattern, in bytes.
    pub(crate) fn size_max(&self) -> usize {
        self.syntax.limits.program_bytes_max
    }

    /// These options with another limit on the compiled pattern.
    pub(crate) fn with_size_max(&self, bytes: usize) -> Options {
        let mut options = self.clone();
        options.syntax.limits.program_bytes_max = bytes;
        options
    }

    /// These options.
    fn options_mut(&mut self) -> &mut Options {
        self
    }
}

/// Defines the settings on a type that has `options_mut`.
///
/// The strings are parts of the examples: the text before the pattern, the text between the pattern
/// and the setting, the text after the setting, and the text that turns a string literal into the
/// type's haystack.
macro_rules! setters {
    ($type:ident, $open:literal, $middle:literal, $close:literal, $as_haystack:literal) => {
        impl $type {
            setters! {
                @one [$open, $middle, $close, $as_haystack]
                /// Letters match either case, as under `(?i)`.
                case_insensitive(yes: bool) |o| o.syntax.case_insensitive = yes;
                ["ok", true, "", "OK"]
            }
            setters! {
                @one [$open, $middle, $close, $as_haystack]
                /// `^` and `$` match at the start and end of every line, as under `(?m)`.
                multi_line(yes: bool) |o| o.syntax.multi_line = yes;
                ["^b$", true, "", "a\\nb\\nc"]
            }
            setters! {
                @one [$open, $middle, $close, $as_haystack]
                /// `.` matches the line terminator too, as under `(?s)`.
                dot_matches_new_line(yes: bool) |o| o.syntax.dot_matches_new_line = yes;
                ["a.b", true, "", "a\\nb"]
            }
            setters! {
                @one [$open, $middle, $close, $as_haystack]
                /// `\r\n` ends a line as one terminator, and so do `\r` and `\n` alone, as under `(?R)`.
                ///
                /// Takes effect in `^` and `$` when they match at lines, and in `.`.
                crlf(yes: bool) |o| o.syntax.crlf = yes;
                ["(?m)^b$", true, "", "a\\r\\nb\\r\\n"]
            }
            setters! {
                @one [$open, $middle, $close, $as_haystack]
                /// Sets the byte that ends a line for `^`, `$` and `.`; `\n` unless set.
                ///
                /// A terminator above ASCII is for byte haystacks: where it could split a character, compiling is an
                /// error.
                line_terminator(byte: u8) |o| o.syntax.line_terminator = byte;
                ["(?m)^b$", b'\0', "", "a\\0b\\0"]
            }
            setters! {
                @one [$open, $middle, $close, $as_haystack]
                /// Swaps greedy and lazy: `a*` prefers the shortest match and `a*?` the longest, as
                /// under `(?U)`.
                ///
                /// The option changes the extent of a match, never whether there is one.
                swap_greed(yes: bool) |o| o.syntax.swap_greed = yes;
                ["^a+$", true, "", "aa"]
            }
            setters! {
                @one [$open, $middle, $close, $as_haystack]
                /// White space in the pattern is ignored and `#` starts a comment, as under `(?x)`.
                ignore_whitespace(yes: bool) |o| o.syntax.ignore_whitespace = yes;
                ["a b  # two letters", true, "", "ab"]
            }
            setters! {
                @one [$open, $middle, $close, $as_haystack]
                /// Classes, case and word boundaries know all of Unicode, as under `(?u)`. On unless set.
                ///
                /// Without it `\w`, `\d`, `\s` and `\b` are ASCII, and for byte haystacks `.` is one byte.
                unicode(yes: bool) |o| o.syntax.unicode = yes;
                [r"\w", false, "!", "é"]
            }
            setters! {
                @one [$open, $middle, $close, $as_haystack]
                /// `\141` is the character with that octal number. Off unless set: then `\1` is an
                /// error, since back-references are not supported.
                octal(yes: bool) |o| o.syntax.octal = yes;
                [r"\141", true, "", "a"]
            }
            setters! {
                @one [$open, $middle, $close, $as_haystack]
                /// Sets the most bytes the compiled pattern may take; 10 MiB unless set. More is
                /// [`Error::CompiledTooBig`](crate::Error::CompiledTooBig).
                ///
                /// A pattern needs far fewer bytes here than in `regex`. So a pattern that `regex`
                /// refuses can compile here.
                size_limit(bytes: usize) |o| o.syntax.limits.program_bytes_max = bytes;
                [r"\w{100}", 1 << 16, "!", "short"]
            }
            setters! {
                @one [$open, $middle, $close, $as_haystack]
                /// Accepts the bound that `regex` puts on the tables of its lazy DFA.
                ///
                /// Programs that move over from `regex` can keep the call. No result depends on it.
                dfa_size_limit(bytes: usize) |o| o.dfa_bytes_max = bytes;
                ["a", 1 << 20, "", "a"]
            }
            setters! {
                @one [$open, $middle, $close, $as_haystack]
                /// Sets how deep groups, classes and repetitions may nest; 1,000 unless set. Deeper is
                /// [`Error::Syntax`](crate::Error::Syntax).
                nest_limit(limit: u32) |o| o.syntax.limits.nest_max = limit;
                ["((a))", 3, "", "a"]
            }
        }
    };
    (
        @one [$open:literal, $middle:literal, $close:literal, $as_haystack:literal]
        $(#[$doc:meta])*
        $name:ident($argument:ident: $ty:ty) |$options:ident| $set:expr;
        [$pattern:literal, $value:expr, $not:literal, $haystack:literal]
    ) => {
        $(#[$doc])*
        ///
        /// # Example
        ///
        /// ```
        #[doc = concat!(
            "let re = ", $open, stringify!($pattern), $middle,
            ".", stringify!($name), "(", stringify!($value), ")", $close, "?;",
        )]
        #[doc = concat!("assert!(", $not, "re.is_match(\"", $haystack, "\"", $as_haystack, "));")]
        /// # Ok::<(), repool::Error>(())
        /// ```
        pub fn $name(&mut self, $argument: $ty) -> &mut Self {
            let $options = self.options_mut();
            $set;
            self
        }
    };
}
pub(crate) use setters;

setters!(
    Options,
    "repool::compile_with(",
    ", repool::Options::new()",
    ")",
    ""
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_keys_are_those_of_the_usual_options() {
        let keys = [Target::Str, Target::Bytes].map(|target| Options::new().key(target));
        assert_eq!(Options::USUAL_KEYS, keys);
    }
}
