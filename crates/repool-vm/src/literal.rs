//! The whole pattern is one literal: substring search.
//!
//! For programs with [`Flags::LITERAL`]; their prefix is the pattern. A folded literal that offers no
//! byte to look for is left to the other engines.
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

use repool_program::Flags;

use crate::Slot;
use crate::prefilter::Skip;
use crate::search::Search;

/// Searches for the literal, if the program is one.
#[inline]
pub(crate) fn search(search: &Search<'_, '_>, skip: &Skip, slots: &mut [Slot]) -> Option<bool> {
    let program = search.program;
    if !program.flags().contains(Flags::LITERAL) {
        return None;
    }
    let Skip::Needle(finder) = skip else {
        return None;
    };
    let found = if search.anchored {
        Some(search.start)
    } else {
        finder.find(program, search.hay, search.start)
    };
    let span = found.and_then(|start| Some((start, finder.end(program, search.hay, start)?)));
    let Some((start, end)) = span else {
        return Some(false);
    };
    crate::input::write_span(slots, start, end);
    Some(true)
}
