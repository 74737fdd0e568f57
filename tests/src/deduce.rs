//! The answers of the judge about one haystack, from as few searches as they need.
//!
//! The answers depend on a few searches: the groups of all matches decide `find_iter`, `split` and
//! `replacen`, and the first match behind an offset is the first behind every later offset up to
//! its start. Making every search took a third of the suite's time. `tests/differential.rs` makes
//! every search for some patterns, and so checks that the deduction is right.

use crate::answers::{Outcome, PIECES_MAX, REPLACED_MAX, Span, offsets};

/// The groups of one match; empty where there is none.
type Groups = Vec<Option<Span>>;

/// All answers, from the groups of all matches and a search from an offset.
///
/// `search` returns the first match behind the offset, with all of its groups if its second
/// argument is true, else with its span alone.
pub fn deduce(
    captures: Vec<Groups>,
    haystack: &[u8],
    search: impl FnMut(usize, bool) -> Groups,
) -> Outcome {
    let find: Vec<Span> = captures.iter().map(|groups| span(groups)).collect();
    let mut firsts = Firsts {
        captures: &captures,
        next: 0,
        asked: None,
        search,
    };
    let mut find_at = Vec::new();
    let mut captures_at = Vec::new();
    for (i, at) in offsets(haystack.len()).enumerate() {
        let whole = i % 5 == 0;
        let groups = firsts.behind(at, whole);
        find_at.push(groups.first().copied().flatten());
        if whole {
            captures_at.push((!groups.is_empty(), groups.to_vec()));
        }
    }
    Outcome {
        is_match: !find.is_empty(),
        count: find.len(),
        find_at,
        captures_at,
        split: [
            pieces(haystack, &find),
            pieces(haystack, &find[..find.len().min(PIECES_MAX - 1)]),
        ],
        replaced: replaced(haystack, &captures),
        shortest: find.first().map(|span| span.1),
        find,
        captures,
    }
}

/// The first match behind each of a row of offsets.
struct Firsts<'c, S> {
    captures: &'c [Groups],
    /// The first of all matches that does not start before the offset.
    next: usize,
    asked: Option<Asked>,
    search: S,
}

struct Asked {
    whole: bool,
    groups: Groups,
}

impl<S: FnMut(usize, bool) -> Groups> Firsts<'_, S> {
    /// The offset is not less than the one before.
    fn behind(&mut self, at: usize, whole: bool) -> &[Option<Span>] {
        while (self.captures.get(self.next)).is_some_and(|groups| span(groups).0 < at) {
            self.next += 1;
        }
        let next = self.captures.get(self.next);
        // The search for it started where the match before ends, or a byte behind that: `at` may be an
        // empty match that does not count.
        let from_before = match self.next.checked_sub(1) {
            Some(last) => at > span(&self.captures[last]).1,
            None => true,
        };
        if from_before || next.is_some_and(|groups| span(groups).0 == at) {
            return next.map_or(&[], |groups| groups);
        }
        let known = self.asked.as_ref().is_some_and(|asked| {
            asked.groups.is_empty() || (asked.whole || !whole) && span(&asked.groups).0 >= at
        });
        if !known {
            let groups = (self.search)(at, whole);
            self.asked = Some(Asked { whole, groups });
        }
        self.asked.as_ref().map_or(&[], |asked| &asked.groups)
    }
}

fn span(groups: &[Option<Span>]) -> Span {
    groups[0].expect("group 0 takes part")
}

/// What stands between the matches.
fn pieces(haystack: &[u8], find: &[Span]) -> Vec<Span> {
    let mut last = 0;
    let mut pieces = Vec::with_capacity(find.len() + 1);
    for &(start, end) in find {
        pieces.push((last, start));
        last = end;
    }
    pieces.push((last, haystack.len()));
    pieces
}

/// As the template of `replacen` says.
fn replaced(haystack: &[u8], captures: &[Groups]) -> Vec<u8> {
    let mut out = Vec::with_capacity(haystack.len() + 16);
    let mut last = 0;
    for groups in &captures[..captures.len().min(REPLACED_MAX)] {
        let (start, end) = span(groups);
        let text = |i: usize| {
            let group = groups.get(i).copied().flatten();
            group.map_or(&[][..], |(start, end)| &haystack[start..end])
        };
        out.extend_from_slice(&haystack[last..start]);
        for part in [b"<", text(0), b"|", text(1), text(2), b">"] {
            out.extend_from_slice(part);
        }
        last = end;
    }
    out.extend_from_slice(&haystack[last..]);
    out
}
