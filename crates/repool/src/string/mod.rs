//! The API over `&str`.

mod builder;
mod captures;
mod matches;
mod regex;
mod replace;
mod set;
mod split;

pub use builder::{RegexBuilder, RegexSetBuilder};
pub use captures::{CaptureMatches, Captures, SubCaptureMatches};
pub use matches::{Match, Matches};
pub use regex::Regex;
pub use replace::{NoExpand, Replacer, ReplacerRef};
pub use set::RegexSet;
pub use split::{Split, SplitN};
