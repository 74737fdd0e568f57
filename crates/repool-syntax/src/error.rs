//! What is wrong with a pattern, where, and how it is printed.
//!
//! The parser reports a [`Fault`], which is a few words, so errors cost the fast path nothing. The cold
//! path makes the message. If `regex-syntax` refuses the pattern too, the message has its words, which
//! users of the `regex` crate know. Our own limits, and everything else, print in the same shape.
//!
//! Exercised by `tests/acceptance.rs` and `tests/depth.rs`.

use std::fmt::Write;
use std::ops::Range;

use crate::tuning::{AUTHORITY_BYTES_MAX, EXCERPT_MAX};
use crate::{Dialect, Limits, Syntax};

/// Why a pattern was refused. It prints as the reason, the pattern, and a caret under the place.
///
/// # Example
///
/// ```
/// let mut ir = repool_syntax::Ir::new();
/// let error = repool_syntax::parse("a(b", &Default::default(), &mut ir).unwrap_err();
/// assert_eq!(error.span(), Some(1..2));
/// assert!(error.to_string().contains("unclosed group"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Repr>);

#[derive(Clone, PartialEq, Eq)]
struct Repr {
    message: String,
    span: Option<Range<usize>>,
    size_limit: Option<usize>,
}

const _: () = assert!(size_of::<Error>() == size_of::<usize>());

impl Error {
    /// The place in the pattern, in bytes, if the error has one.
    #[must_use]
    pub fn span(&self) -> Option<Range<usize>> {
        self.0.span.clone()
    }

    /// The limit on the bytes of a compiled program, if the program certainly passes it. Nothing else is
    /// wrong with the pattern then.
    #[must_use]
    pub fn size_limit(&self) -> Option<usize> {
        self.0.size_limit
    }

    /// The error for a fault that the parser found in `pattern`.
    #[cold]
    pub(crate) fn new(fault: Fault, pattern: &str, syntax: &Syntax) -> Error {
        if let Some(repr) = authority(&fault, pattern, syntax) {
            return Error(Box::new(repr));
        }
        let span =
            pattern.floor_boundary(fault.at as usize)..pattern.floor_boundary(fault.end as usize);
        let message = render(pattern, &span, &fault.kind.describe(&syntax.limits));
        Error(Box::new(Repr {
            message,
            span: Some(span),
            size_limit: (fault.kind == Kind::TooLarge).then_some(syntax.limits.program_bytes_max),
        }))
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}

/// What the parser found wrong, and where, in bytes of the pattern.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    kind: Kind,
    at: u32,
    end: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    PatternTooLong,
    NestTooDeep,
    TooManyGroups,
    TooLarge,
    DialectUnsupported,
    GroupUnclosed,
    GroupUnopened,
    GroupNameInvalid,
    GroupNameDuplicate,
    LookAround,
    Backreference,
    FlagInvalid,
    RepetitionMissing,
    RepetitionUnclosed,
    RepetitionInvalid,
    ClassUnclosed,
    ClassRangeInvalid,
    ClassEscapeInvalid,
    EscapeUnfinished,
    EscapeUnknown,
    HexInvalid,
    WordBoundaryInvalid,
    PropertyUnknown,
    UnicodeNeeded,
    InvalidUtf8,
    LineTerminatorInvalid,
}

macro_rules! faults {
    ($($name:ident => $kind:ident,)*) => {
        impl Fault {
            $(
                #[cold]
                pub(crate) fn $name(span: Range<usize>) -> Fault {
                    Fault { kind: Kind::$kind, at: span.start as u32, end: span.end as u32 }
                }
            )*
        }
    };
}

faults! {
    nest_too_deep => NestTooDeep,
    too_many_groups => TooManyGroups,
    too_large => TooLarge,
    group_unclosed => GroupUnclosed,
    group_unopened => GroupUnopened,
    group_name_invalid => GroupNameInvalid,
    group_name_duplicate => GroupNameDuplicate,
    look_around => LookAround,
    backreference => Backreference,
    flag_invalid => FlagInvalid,
    repetition_missing => RepetitionMissing,
    repetition_unclosed => RepetitionUnclosed,
    repetition_invalid => RepetitionInvalid,
    class_unclosed => ClassUnclosed,
    class_range_invalid => ClassRangeInvalid,
    class_escape_invalid => ClassEscapeInvalid,
    escape_unfinished => EscapeUnfinished,
    escape_unknown => EscapeUnknown,
    hex_invalid => HexInvalid,
    word_boundary_invalid => WordBoundaryInvalid,
    property_unknown => PropertyUnknown,
    unicode_needed => UnicodeNeeded,
    invalid_utf8 => InvalidUtf8,
    line_terminator_invalid => LineTerminatorInvalid,
}

impl Fault {
    #[cold]
    pub(crate) fn pattern_too_long() -> Fault {
        Fault {
            kind: Kind::PatternTooLong,
            at: 0,
            end: 0,
        }
    }

    #[cold]
    pub(crate) fn dialect_unsupported() -> Fault {
        Fault {
            kind: Kind::DialectUnsupported,
            at: 0,
            end: 0,
        }
    }
}

impl Kind {
    /// Whether the fault is one of our own limits, and not a fault of the language.
    fn is_ours(self) -> bool {
        matches!(
            self,
            Kind::PatternTooLong
                | Kind::NestTooDeep
                | Kind::TooManyGroups
                | Kind::TooLarge
                | Kind::DialectUnsupported
        )
    }

    fn describe(self, limits: &Limits) -> String {
        let text = match self {
            Kind::PatternTooLong => {
                return format!(
                    "pattern is too long, limit is {} bytes",
                    limits.pattern_bytes_max
                );
            }
            Kind::NestTooDeep => {
                return format!("nesting is too deep, limit is {}", limits.nest_max);
            }
            Kind::TooManyGroups => {
                return format!("too many capture groups, limit is {}", limits.groups_max);
            }
            Kind::TooLarge => {
                return format!(
                    "pattern is too large to compile, limit is {} bytes",
                    limits.program_bytes_max
                );
            }
            Kind::DialectUnsupported => "this dialect cannot be parsed",
            Kind::GroupUnclosed => "group is never closed",
            Kind::GroupUnopened => "parenthesis closes no group",
            Kind::GroupNameInvalid => "group name is malformed",
            Kind::GroupNameDuplicate => "group name is taken by another group",
            Kind::LookAround => "look-around is not part of this dialect",
            Kind::Backreference => "back-references are not part of this dialect",
            Kind::FlagInvalid => "flags are malformed",
            Kind::RepetitionMissing => "nothing to repeat",
            Kind::RepetitionUnclosed => "counted repetition is never closed",
            Kind::RepetitionInvalid => "repetition count is malformed",
            Kind::ClassUnclosed => "character class is never closed",
            Kind::ClassRangeInvalid => "character range is malformed",
            Kind::ClassEscapeInvalid => "escape cannot stand in a character class",
            Kind::EscapeUnfinished => "escape ends with the pattern",
            Kind::EscapeUnknown => "escape has no meaning",
            Kind::HexInvalid => "hexadecimal escape is malformed",
            Kind::WordBoundaryInvalid => "word boundary is malformed",
            Kind::PropertyUnknown => "no Unicode property has this name",
            Kind::UnicodeNeeded => "needs Unicode mode",
            Kind::InvalidUtf8 => "can match invalid UTF-8",
            Kind::LineTerminatorInvalid => "line terminator must be ASCII in Unicode mode",
        };
        text.to_owned()
    }
}

/// The message of `regex-syntax`, if it refuses the pattern too.
fn authority(fault: &Fault, pattern: &str, syntax: &Syntax) -> Option<Repr> {
    if fault.kind.is_ours()
        || syntax.dialect != Dialect::Rust
        || pattern.len() > AUTHORITY_BYTES_MAX
    {
        return None;
    }
    let error = regex_syntax::ParserBuilder::new()
        .nest_limit(u32::MAX)
        .octal(syntax.octal)
        .utf8(syntax.utf8)
        .ignore_whitespace(syntax.ignore_whitespace)
        .case_insensitive(syntax.case_insensitive)
        .multi_line(syntax.multi_line)
        .dot_matches_new_line(syntax.dot_matches_new_line)
        .crlf(syntax.crlf)
        .line_terminator(syntax.line_terminator)
        .swap_greed(syntax.swap_greed)
        .unicode(syntax.unicode)
        .build()
        .parse(pattern)
        .err()?;
    let span = match &error {
        regex_syntax::Error::Parse(e) => Some(e.span()),
        regex_syntax::Error::Translate(e) => Some(e.span()),
        _ => None,
    };
    Some(Repr {
        message: error.to_string(),
        span: span.map(|s| s.start.offset..s.end.offset),
        size_limit: None,
    })
}

/// The line of the pattern in which the span starts, with carets under the span.
fn render(pattern: &str, span: &Range<usize>, description: &str) -> String {
    let mut start = pattern[..span.start].rfind('\n').map_or(0, |i| i + 1);
    let line_end = pattern[span.start..]
        .find('\n')
        .map_or(pattern.len(), |i| span.start + i);
    // A long line is cut to the part around the span.
    start = start.max(pattern.floor_boundary(span.start.saturating_sub(EXCERPT_MAX / 2)));
    let end = line_end.min(pattern.floor_boundary(start + EXCERPT_MAX));
    let mut message = format!("regex parse error:\n    {}\n    ", &pattern[start..end]);
    let before = pattern[start..span.start].chars().count();
    let marked = pattern[span.start..span.end.clamp(span.start, end)]
        .chars()
        .count();
    let (blanks, carets) = (" ".repeat(before), "^".repeat(marked.max(1)));
    let _ = write!(message, "{blanks}{carets}\nerror: {description}");
    message
}

trait FloorBoundary {
    /// The last start of a character at or before `at`, or the end of the text.
    fn floor_boundary(&self, at: usize) -> usize;
}

impl FloorBoundary for str {
    fn floor_boundary(&self, at: usize) -> usize {
        let at = at.min(self.len());
        (0..=at)
            .rev()
            .find(|&i| self.is_char_boundary(i))
            .unwrap_or(0)
    }
}
