//! The whole pattern is one literal: substring search.
//!
//! For programs with [`Flags::LITERAL`]; their prefix is the pattern. A folded literal that offers no
//! byte to look for is left to the other engines.
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

use repool_program::{Flags, Program};

use crate::input::Input;
use crate::input::Slot;
use crate::prefilter::Skip;
use crate::prefilter::needle::end_of;
use crate::search::Search;

/// Searches for the literal, if the program is one.
#[inline]
pub(crate) fn search(search: &Search<'_, '_>, skip: &Skip, slots: &mut [Slot]) -> Option<bool> {
    let program = search.program;
    if !program.flags().contains(Flags::LITERAL) {
        return None;
    }
    let span = if search.anchored {
        let end = end_of(program, program.prefix()?, search.hay, search.start);
        end.map(|end| (search.start, end))
    } else {
        first(program, skip, search.hay, search.start)?
    };
    Some(span.is_some_and(|(start, end)| found_at(slots, start, end)))
}

/// The span of the literal, where it stands first at `at` or behind, without the outer part if what it starts with
/// is not looked for.
#[inline]
pub(crate) fn first(
    program: &Program<'_>,
    skip: &Skip,
    hay: &[u8],
    mut at: usize,
) -> Option<Option<(usize, usize)>> {
    match skip {
        Skip::Needle(finder) => {
            let found = finder.find(program, hay, at).and_then(|start| {
                // Of a match as long as the needle the end needs no look.
                let end = match finder.is_exact() {
                    true => Some(start + finder.needle().len as usize),
                    false => end_of(program, finder.needle(), hay, start),
                };
                end.map(|end| (start, end))
            });
            Some(found)
        }
        Skip::Masks { masks, .. } => {
            let needle = program.prefix()?;
            while let Some(start) = masks.find(hay, at) {
                if let Some(end) = end_of(program, needle, hay, start) {
                    return Some(Some((start, end)));
                }
                at = start + 1;
            }
            Some(None)
        }
        _ => None,
    }
}

/// Searches for the next match of an iteration, if every match is as long as the needle: where that stands all
/// spans may start and end, so nothing has to be prepared.
#[inline(always)]
pub(crate) fn next(
    program: &Program<'_>,
    input: &Input<'_>,
    skip: &Skip,
    slots: &mut [Slot],
) -> Option<bool> {
    let Skip::Needle(finder) = skip else {
        return None;
    };
    let flags = program.flags();
    let is_bound = flags.contains(Flags::ANCHORED_START) || flags.contains(Flags::ANCHORED_END);
    if !flags.contains(Flags::LITERAL) || is_bound || input.anchored || !finder.is_exact() {
        return None;
    }
    let hay = (input.haystack.get(..input.end)).filter(|hay| input.start <= hay.len())?;
    let Some(start) = finder.find(program, hay, input.start) else {
        return Some(false);
    };
    Some(found_at(slots, start, start + finder.needle().len as usize))
}

/// Writes the span, if it is asked for.
#[inline]
fn found_at(slots: &mut [Slot], start: usize, end: usize) -> bool {
    if !slots.is_empty() {
        crate::input::write_span(slots, start, end);
    }
    true
}
