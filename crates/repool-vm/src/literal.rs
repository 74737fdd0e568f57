//! The whole pattern is one literal: substring search.
//!
//! For programs with [`Flags::LITERAL`]; their prefix is the pattern. A folded literal that offers no
//! byte to look for is left to the other engines.
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

use repool_program::Flags;

use crate::Slot;
use crate::needle::end_of;
use crate::prefilter::Skip;
use crate::search::Search;

/// Searches for the literal, if the program is one.
#[inline]
pub(crate) fn search(search: &Search<'_, '_>, skip: &Skip, slots: &mut [Slot]) -> Option<bool> {
    let program = search.program;
    if !program.flags().contains(Flags::LITERAL) {
        return None;
    }
    let needle = program.prefix()?;
    let end_of = |start| Some((start, end_of(program, needle, search.hay, start)?));
    let span = match skip {
        _ if search.anchored => end_of(search.start),
        Skip::Needle(finder) => finder
            .find(program, search.hay, search.start)
            .and_then(end_of),
        Skip::Masks(masks) => {
            let mut at = search.start;
            loop {
                let Some(start) = masks.find(search.hay, at) else {
                    break None;
                };
                if let Some(span) = end_of(start) {
                    break Some(span);
                }
                at = start + 1;
            }
        }
        _ => return None,
    };
    let Some((start, end)) = span else {
        return Some(false);
    };
    crate::input::write_span(slots, start, end);
    Some(true)
}
