//! What a benchmark asks of a compiled pattern, whatever engine compiled it.

/// A count, or why the search failed. Engines that backtrack without a bound fail if they backtrack too often.
pub type Counted = Result<u64, String>;

/// A compiled pattern that a benchmark runs.
pub trait Searcher {
    /// Tells whether there is a match.
    ///
    /// # Errors
    ///
    /// If the engine gave up.
    fn is_match(&self, haystack: &[u8]) -> Result<bool, String>;

    /// Counts the matches.
    ///
    /// # Errors
    ///
    /// If the engine gave up.
    fn count(&self, haystack: &[u8]) -> Counted;

    /// Adds up the lengths of the matches, in bytes.
    ///
    /// # Errors
    ///
    /// If the engine gave up.
    fn count_spans(&self, haystack: &[u8]) -> Counted;

    /// Counts the groups that took part in the matches, the whole match among them.
    ///
    /// One set of locations serves all haystacks, as in a program that reads many lines.
    ///
    /// # Errors
    ///
    /// If the engine gave up.
    fn count_captures<'h>(&self, haystacks: impl Iterator<Item = &'h [u8]>) -> Counted;
}

/// Adds up the groups of all matches in all haystacks.
///
/// `read` searches from a position and returns the match's start, its end and the number of groups that took part.
///
/// # Errors
///
/// The first error of `read`.
pub fn count_groups<'h>(
    haystacks: impl Iterator<Item = &'h [u8]>,
    mut read: impl FnMut(&'h [u8], usize) -> Result<Option<(usize, usize, usize)>, String>,
) -> Counted {
    let mut count = 0;
    for haystack in haystacks {
        let (mut at, mut last_end) = (0, None);
        while at <= haystack.len() {
            let Some((start, end, groups)) = read(haystack, at)? else {
                break;
            };
            // As in every iterator of matches: none that is empty right behind another.
            if start == end && Some(end) == last_end {
                at = end + 1;
                continue;
            }
            count += groups as u64;
            at = end;
            last_end = Some(end);
        }
    }
    Ok(count)
}
