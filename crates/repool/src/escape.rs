//! Text to a pattern that matches just that text.

/// Escapes every character of `pattern` that would mean something in a pattern.
///
/// The result matches the text as it is, wherever in a pattern it is put, also under
/// `ignore_whitespace`.
///
/// # Example
///
/// ```
/// let wanted = repool::escape("1+1=2?");
/// assert_eq!(wanted, r"1\+1=2\?");
/// assert!(repool::Regex::new(&wanted)?.is_match("1+1=2?"));
/// # Ok::<(), repool::Error>(())
/// ```
#[must_use]
pub fn escape(pattern: &str) -> String {
    regex_syntax::escape(pattern)
}
