//! The peers, as their users run them.

/// Compiles with PCRE2's interpreter, Unicode on: what a service without a JIT pays.
///
/// # Errors
///
/// If PCRE2 does not know the syntax.
pub fn pcre2(pattern: &str) -> Result<pcre2::bytes::Regex, pcre2::Error> {
    pcre2::bytes::RegexBuilder::new()
        .utf(true)
        .ucp(true)
        .build(pattern)
}

/// The same with its JIT.
///
/// # Errors
///
/// If PCRE2 does not know the syntax.
pub fn pcre2_jit(pattern: &str) -> Result<pcre2::bytes::Regex, pcre2::Error> {
    pcre2::bytes::RegexBuilder::new()
        .utf(true)
        .ucp(true)
        .jit_if_available(true)
        .build(pattern)
}
