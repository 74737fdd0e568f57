//! The API over `&[u8]`: haystacks that need not be valid UTF-8.
//!
//! The types and methods are those of the crate root, with these differences:
//!
//! - haystacks and matches are `&[u8]`, and copies are `Vec<u8>`;
//! - any part of a pattern can switch Unicode off: `(?-u:.)` and `(?-u:\xFF)` match single bytes;
//! - an empty match can stand inside an encoded character, as in `regex`;
//! - while Unicode is on, a byte that is not part of a valid character matches no class and no `.`.
//!
//! # Example
//!
//! ```
//! let field = repool::bytes::compile(r"(?-u)(?<key>\w+)=(?<value>[^\x00]*)\x00")?;
//! let captures = field.captures(b"\xFFid=\xC3(\x00").unwrap();
//! assert_eq!(&captures["key"], b"id");
//! assert_eq!(&captures["value"], b"\xC3(");
//! # Ok::<(), repool::Error>(())
//! ```

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

pub use crate::cache::{compile_bytes as compile, compile_bytes_with as compile_with};
#[doc(hidden)]
pub use crate::captures::Locations;
pub use crate::captures::{CaptureLocations, CaptureNames};
pub use crate::inspect::inspect_bytes as inspect;
pub use crate::set::{SetMatches, SetMatchesIntoIter, SetMatchesIter};

/// [`regex!`](crate::regex!) for byte haystacks.
///
/// # Example
///
/// ```
/// assert!(repool::bytes::regex!(r"(?-u)\xFF").is_match(b"a\xFF"));
/// ```
#[doc(inline)]
pub use crate::__bytes_regex as regex;
