//! Patterns that `regex-automata` runs.
//!
//! A pattern may match a part of an encoded code point and also name code points above ASCII by a set. Such
//! a pattern steps over neither bytes nor code points. Its image has facts, names and text but no code, and
//! carries a meta engine configured as the `regex` crate configures its own.
//!
//! Exercised by `tests/delegate.rs`.

use regex_automata::{PatternID, meta, util::syntax};
use repool_program::{Facts, Flags, UNBOUNDED};
use repool_syntax::Syntax;
use repool_text::LookSet;

use crate::Error;

/// The deepest nesting that `regex-automata` gets. Its compiler is recursive, and this is its default
/// limit.
const NEST_MAX: u32 = 250;

/// Builds the engine and the facts of its image.
pub(crate) fn build(text: &str, options: &Syntax) -> Result<(Box<meta::Regex>, Facts), Error> {
    let config = syntax::Config::new()
        .case_insensitive(options.case_insensitive)
        .multi_line(options.multi_line)
        .dot_matches_new_line(options.dot_matches_new_line)
        .crlf(options.crlf)
        .swap_greed(options.swap_greed)
        .ignore_whitespace(options.ignore_whitespace)
        .unicode(options.unicode)
        .octal(options.octal)
        .line_terminator(options.line_terminator)
        .nest_limit(options.limits.nest_max.min(NEST_MAX))
        .utf8(options.utf8);
    let hir = syntax::parse_with(text, &config).map_err(|e| Error::refused(e.to_string()))?;
    let limit = options.limits.program_bytes_max;
    let regex = meta::Builder::new()
        .configure(
            meta::Config::new()
                .nfa_size_limit(Some(limit))
                .utf8_empty(options.utf8)
                .line_terminator(options.line_terminator),
        )
        .build_from_hir(&hir)
        .map_err(|e| match e.size_limit() {
            Some(limit) => Error::too_big(limit),
            None => Error::refused(e.to_string()),
        })?;

    let properties = hir.properties();
    let length = |len: Option<usize>| len.and_then(|n| u32::try_from(n).ok());
    let looks_at = |set: regex_syntax::hir::LookSet, look| set.contains(look);
    let anchored_start = looks_at(properties.look_set_prefix(), regex_syntax::hir::Look::Start);
    let anchored_end = looks_at(properties.look_set_suffix(), regex_syntax::hir::Look::End);
    let facts = Facts {
        flags: Flags::DELEGATED
            .with(Flags::UTF8.when(options.utf8))
            .with(Flags::ANCHORED_START.when(anchored_start))
            .with(Flags::ANCHORED_END.when(anchored_end)),
        looks: LookSet::default(),
        len_min: length(properties.minimum_len()).unwrap_or(0),
        len_max: length(properties.maximum_len()).unwrap_or(UNBOUNDED),
        group_len: regex.group_info().group_len(PatternID::ZERO) as u32,
        states: 0,
        line_terminator: options.line_terminator,
        prefix: None,
        required: None,
        required_before_max: 0,
        first: None,
    };
    Ok((Box::new(regex), facts))
}
