//! Any text is a pattern or an error that prints, in both dialects, and `regex` agrees which.
#![no_main]

use libfuzzer_sys::fuzz_target;
use repool_fuzz::Case;
use repool_syntax::{Dialect, Ir, parse};

fuzz_target!(|data: &[u8]| {
    let Some(mut case) = Case::read(data) else {
        return;
    };
    let mut ir = Ir::new();
    let ours = parse(case.pattern, &case.syntax, &mut ir);
    if let Err(error) = &ours {
        assert!(!error.to_string().is_empty());
    }
    if let Some(judge) = judge(&case)
        && ours.is_ok() != judge
    {
        panic!("{:?}: {ours:?}, regex accepts: {judge}", case.pattern);
    }
    case.syntax.dialect = Dialect::Python;
    let _ = parse(case.pattern, &case.syntax, &mut ir).map_err(|error| error.to_string());
});

/// Whether `regex` accepts the pattern; `None` if a limit of its own decides.
fn judge(case: &Case<'_>) -> Option<bool> {
    let syntax = &case.syntax;
    let refusal = if syntax.utf8 {
        let mut builder = regex::RegexBuilder::new(case.pattern);
        builder
            .case_insensitive(syntax.case_insensitive)
            .ignore_whitespace(syntax.ignore_whitespace)
            .dot_matches_new_line(syntax.dot_matches_new_line)
            .unicode(syntax.unicode)
            .octal(syntax.octal)
            .crlf(syntax.crlf)
            .line_terminator(syntax.line_terminator);
        builder.build().err()
    } else {
        let mut builder = regex::bytes::RegexBuilder::new(case.pattern);
        builder
            .case_insensitive(syntax.case_insensitive)
            .ignore_whitespace(syntax.ignore_whitespace)
            .dot_matches_new_line(syntax.dot_matches_new_line)
            .unicode(syntax.unicode)
            .octal(syntax.octal)
            .crlf(syntax.crlf)
            .line_terminator(syntax.line_terminator);
        builder.build().err()
    };
    match refusal {
        None => Some(true),
        Some(regex::Error::Syntax(_)) => Some(false),
        Some(_) => None,
    }
}
