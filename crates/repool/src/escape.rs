//! Escaping: from text to a pattern that matches this text only.

/// Escapes every character of `pattern` that has a meaning in patterns.
///
/// The result matches `pattern` literally. It can stand anywhere in a pattern, also under
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
