//! The cache of the process, and the functions that compile through it.
//!
//! Exercised by `tests/cache.rs`.

use std::sync::LazyLock;

use super::Cache;
use crate::{Error, Options, Regex, bytes};

/// The cache behind [`compile`], [`compile_with`] and the same for bytes.
static GLOBAL: LazyLock<Cache> = LazyLock::new(|| Cache::builder().build());

/// Returns the compiled pattern from the cache of the process, or compiles it: [`Cache::compile`]
/// of [`Cache::global`].
///
/// # Errors
///
/// If the text is not a pattern, or passes a limit.
///
/// # Example
///
/// ```
/// fn is_bot(agent: &str, rule: &str) -> Result<bool, repool::Error> {
///     Ok(repool::compile(rule)?.is_match(agent))
/// }
/// assert!(is_bot("examplebot/2.1", r"(?i)\w*bot\b")?);
/// # Ok::<(), repool::Error>(())
/// ```
#[inline]
pub fn compile(pattern: &str) -> Result<Regex, Error> {
    Cache::global().compile(pattern)
}

/// [`compile`] with settings other than the defaults.
///
/// # Errors
///
/// If the text is not a pattern under these settings, or passes one of their limits.
///
/// # Example
///
/// ```
/// let mut options = repool::Options::new();
/// options.ignore_whitespace(true);
/// let time = repool::compile_with(r"\d\d : \d\d  # hours and minutes", &options)?;
/// assert!(time.is_match("at 23:59"));
/// # Ok::<(), repool::Error>(())
/// ```
#[inline]
pub fn compile_with(pattern: &str, options: &Options) -> Result<Regex, Error> {
    Cache::global().compile_with(pattern, options)
}

/// Returns the compiled pattern for byte haystacks from the cache of the process, or compiles it:
/// [`Cache::compile_bytes`] of [`Cache::global`].
///
/// # Errors
///
/// If the text is not a pattern, or passes a limit.
///
/// # Example
///
/// ```
/// let magic = repool::bytes::compile(r"(?-u)^\x7FELF")?;
/// assert!(magic.is_match(b"\x7FELF\x02\x01"));
/// # Ok::<(), repool::Error>(())
/// ```
#[inline]
pub fn compile_bytes(pattern: &str) -> Result<bytes::Regex, Error> {
    Cache::global().compile_bytes(pattern)
}

/// [`compile`](bytes::compile) with settings other than the defaults.
///
/// # Errors
///
/// If the text is not a pattern under these settings, or passes one of their limits.
///
/// # Example
///
/// ```
/// let mut options = repool::Options::new();
/// options.unicode(false);
/// let high = repool::bytes::compile_with(r"[\x80-\xFF]", &options)?;
/// assert!(high.is_match(b"caf\xE9"));
/// # Ok::<(), repool::Error>(())
/// ```
#[inline]
pub fn compile_bytes_with(pattern: &str, options: &Options) -> Result<bytes::Regex, Error> {
    Cache::global().compile_bytes_with(pattern, options)
}

impl Cache {
    /// The cache of the process, with the default settings. [`Cache::resize`] gives it another
    /// budget.
    ///
    /// # Example
    ///
    /// ```
    /// repool::Cache::global().resize(16 << 20);
    /// assert_eq!(repool::Cache::global().max_bytes(), 16 << 20);
    /// ```
    #[must_use]
    pub fn global() -> &'static Cache {
        &GLOBAL
    }
}
