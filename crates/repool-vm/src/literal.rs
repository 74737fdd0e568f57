//! The whole pattern is one literal: substring search.
//!
//! For programs with [`Flags::LITERAL`]; their prefix is the pattern. A folded literal that offers no
//! byte to look for is left to the other engines.
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

use repool_program::{Flags, Program};

use crate::needle::end_of;
use crate::prefilter::Skip;
use crate::search::Search;
use crate::{Input, Slot};

/// Searches for the literal, if the program is one.
#[inline]
pub(crate) fn search(search: &Search<'_, '_>, skip: &Skip, slots: &mut [Slot]) -> Option<bool> {
    let program = search.program;
    if !program.flags().contains(Flags::LITERAL) {
        return None;
    }
    if let (Skip::Needle(finder), false) = (skip, search.anchored) {
        let found = finder.find(program, search.hay, search.start);
        return Some(found.is_some_and(|start| {
            // Of a match as long as the needle the end needs no look.
            let end = match finder.is_exact() {
                true => Some(start + finder.needle().len as usize),
                false => end_of(program, finder.needle(), search.hay, start),
            };
            end.is_some_and(|end| found_at(slots, start, end))
        }));
    }
    let needle = program.prefix()?;
    let end_of = |start| Some((start, end_of(program, needle, search.hay, start)?));
    let span = match skip {
        _ if search.anchored => end_of(search.start),
        Skip::Masks { masks, .. } => {
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
    Some(span.is_some_and(|(start, end)| found_at(slots, start, end)))
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
