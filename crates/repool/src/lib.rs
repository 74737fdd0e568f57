//! Regular expressions, compiled once and kept in pooled memory.
#![forbid(unsafe_code)]

pub mod bytes;
mod cache;
mod captures;
mod compile;
mod core;
mod error;
mod escape;
mod inspect;
mod iter;
mod options;
mod set;
mod splice;
mod stats;
mod string;
mod template;
mod text;

pub use cache::{Cache, CacheBuilder, Entries, Entry, Mode, compile, compile_with};
#[doc(hidden)]
pub use captures::Locations;
pub use captures::{CaptureLocations, CaptureNames};
pub use error::Error;
pub use escape::escape;
pub use inspect::{Engines, Inspection, inspect};
pub use options::Options;
pub use set::{SetMatches, SetMatchesIntoIter, SetMatchesIter};
pub use stats::Stats;
pub use string::{
    CaptureMatches, Captures, Match, Matches, NoExpand, Regex, RegexBuilder, RegexSet,
    RegexSetBuilder, Replacer, ReplacerRef, Split, SplitN, SubCaptureMatches,
};

/// Compiles a pattern once and gives the same [`Regex`] every time the place is reached.
///
/// For patterns that stand in the program: the compiled pattern lives as long as the process and needs
/// no cache. There is a [`bytes::regex!`] too.
///
/// # Panics
///
/// If the text is not a pattern, the first time.
///
/// # Example
///
/// ```
/// fn is_release(tag: &str) -> bool {
///     repool::regex!(r"^v\d+\.\d+\.\d+$").is_match(tag)
/// }
/// assert!(is_release("v0.1.0"));
/// ```
#[macro_export]
macro_rules! regex {
    ($re:literal) => {{
        static REGEX: ::std::sync::LazyLock<$crate::Regex> = ::std::sync::LazyLock::new(|| {
            $crate::Regex::new($re).expect("the literal is a valid pattern")
        });
        let re: &'static $crate::Regex = &REGEX;
        re
    }};
}

/// [`regex!`] for byte haystacks; exported as `bytes::regex`.
#[doc(hidden)]
#[macro_export]
macro_rules! __bytes_regex {
    ($re:literal) => {{
        static REGEX: ::std::sync::LazyLock<$crate::bytes::Regex> =
            ::std::sync::LazyLock::new(|| {
                $crate::bytes::Regex::new($re).expect("the literal is a valid pattern")
            });
        let re: &'static $crate::bytes::Regex = &REGEX;
        re
    }};
}
