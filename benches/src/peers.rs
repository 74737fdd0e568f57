//! The peers, as their users run them.

/// Compiles with PCRE2 for its interpreter, Unicode on.
///
/// # Errors
///
/// If PCRE2 does not know the syntax.
pub fn pcre2(pattern: &str) -> Result<pcre2::bytes::Regex, pcre2::Error> {
    pcre2_builder(true).build(pattern)
}

/// Compiles with PCRE2 and its JIT, Unicode on.
///
/// # Errors
///
/// If PCRE2 does not know the syntax.
pub fn pcre2_jit(pattern: &str) -> Result<pcre2::bytes::Regex, pcre2::Error> {
    pcre2_builder(true).jit_if_available(true).build(pattern)
}

/// PCRE2's options that stand for `regex`'s flag `u`.
#[must_use]
pub fn pcre2_builder(unicode: bool) -> pcre2::bytes::RegexBuilder {
    let mut builder = pcre2::bytes::RegexBuilder::new();
    builder.utf(unicode).ucp(unicode);
    builder
}
