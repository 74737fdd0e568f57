//! The answers of one regex about one haystack, and the first in which two of them differ.

/// A span, in bytes.
pub type Span = (usize, usize);

/// The answers of one regex about one haystack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// `is_match`.
    pub is_match: bool,
    /// `find_iter`.
    pub find: Vec<Span>,
    /// How many that counts.
    pub count: usize,
    /// `captures_iter`.
    pub captures: Vec<Vec<Option<Span>>>,
    /// `find_at`, at every offset of a short haystack.
    pub find_at: Vec<Option<Span>>,
    /// `captures_at` and `is_match_at`, at some offsets.
    pub captures_at: Vec<(bool, Vec<Option<Span>>)>,
    /// `split` and `splitn`.
    pub split: [Vec<Span>; 2],
    /// `replacen`.
    pub replaced: Vec<u8>,
    /// `shortest_match`.
    pub shortest: Option<usize>,
}

/// What a regex says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// `as_str`.
    pub text: String,
    /// `captures_len`.
    pub captures_len: usize,
    /// `static_captures_len`.
    pub static_captures_len: Option<usize>,
    /// `capture_names`.
    pub names: Vec<Option<String>>,
}

/// Haystacks up to this length are searched from every offset.
const EVERY_OFFSET_MAX: usize = 24;

/// How many pieces `splitn` is asked for.
pub(crate) const PIECES_MAX: usize = 3;

/// How many matches `replacen` replaces.
pub(crate) const REPLACED_MAX: usize = 3;

impl Outcome {
    /// The first answer that differs from that of `expected`, in words.
    #[must_use]
    pub fn difference(&self, expected: &Outcome) -> Option<String> {
        macro_rules! compare {
            ($($field:ident),*) => {$(
                if self.$field != expected.$field {
                    let (got, expected) = (&self.$field, &expected.$field);
                    return Some(format!(
                        "{}: got {got:?}, expected {expected:?}", stringify!($field)
                    ));
                }
            )*};
        }
        compare!(
            captures,
            find,
            count,
            is_match,
            find_at,
            captures_at,
            split,
            replaced
        );
        // Which end is the first to be certain is the engine's own business; that there is one, and not
        // behind the end of the leftmost match, is not.
        let end_max = expected.find.first().map(|span| span.1);
        if self.shortest.is_some() != expected.shortest.is_some() || self.shortest > end_max {
            return Some(format!(
                "shortest_match: got {:?}, expected at most {end_max:?}",
                self.shortest
            ));
        }
        None
    }
}

/// The offsets that `find_at` is asked about; `captures_at` at every fifth of them.
pub(crate) fn offsets(len: usize) -> impl Iterator<Item = usize> {
    let step = if len <= EVERY_OFFSET_MAX { 1 } else { len / 6 };
    (0..=len).step_by(step)
}
