//! Everything the published interface says about one pattern and one haystack, for either crate.

pub use crate::answers::{About, Outcome, Span};
use crate::answers::{PIECES_MAX, REPLACED_MAX, offsets};
use crate::deduce::deduce;
use crate::setting::Setting;

/// What `replacen` replaces a match by.
const TEMPLATE: &str = "<$0|${1}$2>";

macro_rules! subject {
    ($module:ident, $regex:ty, $builder:ty, $haystack:ty, $doc:literal) => {
        #[doc = $doc]
        pub mod $module {
            use super::{About, Outcome, Setting, Span, deduce, offsets};
            use super::{PIECES_MAX, REPLACED_MAX, TEMPLATE};

            /// Compiles.
            ///
            /// # Errors
            ///
            /// The message, if the pattern is refused.
            pub fn build(pattern: &str, setting: &Setting) -> Result<$regex, String> {
                <$builder>::new(pattern)
                    .unicode(setting.unicode)
                    .case_insensitive(setting.case_insensitive)
                    .multi_line(setting.multi_line)
                    .dot_matches_new_line(setting.dot_matches_new_line)
                    .crlf(setting.crlf)
                    .swap_greed(setting.swap_greed)
                    .ignore_whitespace(setting.ignore_whitespace)
                    .octal(setting.octal)
                    .line_terminator(setting.line_terminator)
                    .build()
                    .map_err(|error| error.to_string())
            }

            /// Asks about the regex itself.
            #[must_use]
            pub fn about(regex: &$regex) -> About {
                About {
                    text: regex.as_str().to_owned(),
                    captures_len: regex.captures_len(),
                    static_captures_len: regex.static_captures_len(),
                    names: regex
                        .capture_names()
                        .map(|name| name.map(str::to_owned))
                        .collect(),
                }
            }

            /// Asks everything.
            #[must_use]
            pub fn outcome(regex: &$regex, haystack: &$haystack) -> Outcome {
                let piece = |piece: &$haystack| {
                    let start = piece.as_ptr() as usize - haystack.as_ptr() as usize;
                    (start, start + piece.len())
                };
                Outcome {
                    is_match: regex.is_match(haystack),
                    find: regex
                        .find_iter(haystack)
                        .map(|m| (m.start(), m.end()))
                        .collect(),
                    count: regex.find_iter(haystack).count(),
                    captures: captures(regex, haystack),
                    find_at: offsets(haystack.len())
                        .map(|at| regex.find_at(haystack, at))
                        .map(|m| m.map(|m| (m.start(), m.end())))
                        .collect(),
                    captures_at: offsets(haystack.len())
                        .step_by(5)
                        .map(|at| (regex.is_match_at(haystack, at), groups(regex, haystack, at)))
                        .collect(),
                    split: [
                        regex.split(haystack).map(piece).collect(),
                        regex.splitn(haystack, PIECES_MAX).map(piece).collect(),
                    ],
                    replaced: replaced(regex, haystack),
                    shortest: regex.shortest_match(haystack),
                }
            }

            /// The same, from as few searches as tell it: for the judge, and never for who is judged.
            #[must_use]
            pub fn deduced(regex: &$regex, haystack: &$haystack) -> Outcome {
                deduce(captures(regex, haystack), haystack.as_ref(), |at, whole| {
                    if whole {
                        return groups(regex, haystack, at);
                    }
                    let found = regex.find_at(haystack, at);
                    found.map_or_else(Vec::new, |m| vec![Some((m.start(), m.end()))])
                })
            }

            fn captures(regex: &$regex, haystack: &$haystack) -> Vec<Vec<Option<Span>>> {
                regex
                    .captures_iter(haystack)
                    .map(|captures| {
                        let groups = captures.iter();
                        groups.map(|m| m.map(|m| (m.start(), m.end()))).collect()
                    })
                    .collect()
            }

            /// The groups of the first match behind `at`; empty if there is none.
            fn groups(regex: &$regex, haystack: &$haystack, at: usize) -> Vec<Option<Span>> {
                let mut locations = regex.capture_locations();
                match regex.captures_read_at(&mut locations, haystack, at) {
                    Some(_) => (0..locations.len()).map(|i| locations.get(i)).collect(),
                    None => Vec::new(),
                }
            }

            fn replaced(regex: &$regex, haystack: &$haystack) -> Vec<u8> {
                let template = AsRef::<$haystack>::as_ref(TEMPLATE);
                let replaced = regex.replacen(haystack, REPLACED_MAX, template);
                AsRef::<[u8]>::as_ref(replaced.as_ref()).to_vec()
            }
        }
    };
}

subject!(
    regex_text,
    regex::Regex,
    regex::RegexBuilder,
    str,
    "`regex` on text."
);
subject!(
    regex_bytes,
    regex::bytes::Regex,
    regex::bytes::RegexBuilder,
    [u8],
    "`regex` on bytes."
);
subject!(
    repool_text,
    repool::Regex,
    repool::RegexBuilder,
    str,
    "`repool` on text."
);
subject!(
    repool_bytes,
    repool::bytes::Regex,
    repool::bytes::RegexBuilder,
    [u8],
    "`repool` on bytes."
);
