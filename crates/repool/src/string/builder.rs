//! The builders of `regex`: a pattern and its settings.

use super::{Regex, RegexSet};
use crate::options::setters;
use crate::{Error, Options};

/// Compiles a [`Regex`] with settings other than the defaults.
///
/// # Example
///
/// ```
/// let word = repool::RegexBuilder::new("straße")
///     .case_insensitive(true)
///     .build()?;
/// assert!(word.is_match("STRAẞE"));
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RegexBuilder {
    pattern: String,
    options: Options,
}

impl RegexBuilder {
    /// Starts with the default settings.
    ///
    /// # Example
    ///
    /// ```
    /// let re = repool::RegexBuilder::new("a+").build()?;
    /// assert!(re.is_match("baa"));
    /// # Ok::<(), repool::Error>(())
    /// ```
    #[must_use]
    pub fn new(pattern: &str) -> RegexBuilder {
        RegexBuilder {
            pattern: pattern.to_owned(),
            options: Options::new(),
        }
    }

    /// Compiles the pattern, without a cache.
    ///
    /// # Errors
    ///
    /// If the text is not a pattern under these settings, or passes one of their limits.
    ///
    /// # Example
    ///
    /// ```
    /// let deep = repool::RegexBuilder::new("((((a))))").nest_limit(2).build();
    /// assert!(deep.is_err());
    /// ```
    pub fn build(&self) -> Result<Regex, Error> {
        Regex::with_options(&self.pattern, &self.options)
    }

    fn options_mut(&mut self) -> &mut Options {
        &mut self.options
    }
}

setters!(
    RegexBuilder,
    "repool::RegexBuilder::new(",
    ")",
    ".build()",
    ""
);

/// Compiles a [`RegexSet`] with settings other than the defaults. They hold for every pattern.
///
/// # Example
///
/// ```
/// let set = repool::RegexSetBuilder::new(["get", "post"])
///     .case_insensitive(true)
///     .build()?;
/// assert!(set.is_match("POST /login"));
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RegexSetBuilder {
    patterns: Vec<String>,
    options: Options,
}

impl RegexSetBuilder {
    /// Starts with the default settings.
    ///
    /// # Example
    ///
    /// ```
    /// let set = repool::RegexSetBuilder::new(["a", "b"]).build()?;
    /// assert_eq!(set.len(), 2);
    /// # Ok::<(), repool::Error>(())
    /// ```
    pub fn new<I, S>(patterns: I) -> RegexSetBuilder
    where
        I: IntoIterator<Item = S>,
        S: AsRef<str>,
    {
        RegexSetBuilder {
            patterns: (patterns.into_iter())
                .map(|pattern| pattern.as_ref().to_owned())
                .collect(),
            options: Options::new(),
        }
    }

    /// Compiles the patterns, without a cache. The size limit is for all of them together.
    ///
    /// # Errors
    ///
    /// If one is not a pattern under these settings, or passes one of their limits.
    ///
    /// # Example
    ///
    /// ```
    /// assert!(repool::RegexSetBuilder::new(["a", "("]).build().is_err());
    /// ```
    pub fn build(&self) -> Result<RegexSet, Error> {
        RegexSet::with_options(&self.patterns, &self.options)
    }

    fn options_mut(&mut self) -> &mut Options {
        &mut self.options
    }
}

setters!(
    RegexSetBuilder,
    "repool::RegexSetBuilder::new([",
    "])",
    ".build()",
    ""
);
