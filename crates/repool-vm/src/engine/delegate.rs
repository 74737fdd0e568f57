//! The engine of `regex-automata`, behind the interface of the others.
//!
//! It runs programs with [`repool_program::Flags::DELEGATED`]. It keeps its caches in a pool of its own, which is counted
//! with the pattern.
//! Exercised by `tests/oracle.rs`.

use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Anchored, meta};

use crate::heap::SMALL_BYTES_MAX;
use crate::heap::vec_bytes;
use crate::input::Input;
use crate::input::Slot;

/// The heap of this engine.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    slots: Vec<Option<NonMaxUsize>>,
}

impl Memory {
    pub(crate) fn bytes(&self) -> usize {
        vec_bytes(&self.slots)
    }
}

/// Searches with `regex`.
pub(crate) fn search(
    regex: &meta::Regex,
    input: &Input<'_>,
    memory: &mut Memory,
    slots: &mut [Slot],
) -> bool {
    let end = input.end.min(input.haystack.len());
    if input.start > end {
        return false;
    }
    let anchored = if input.anchored {
        Anchored::Yes
    } else {
        Anchored::No
    };
    let theirs = regex_automata::Input::new(input.haystack)
        .range(input.start..end)
        .anchored(anchored)
        .earliest(input.earliest || slots.is_empty());
    match slots {
        [] => regex.search_half(&theirs).is_some(),
        _ if slots.len() <= 2 || input.earliest => match regex.search(&theirs) {
            None => false,
            Some(found) => {
                crate::input::write_span(slots, found.start(), found.end());
                true
            }
        },
        _ => captures(regex, &theirs, memory, slots),
    }
}

fn captures(
    regex: &meta::Regex,
    input: &regex_automata::Input<'_>,
    memory: &mut Memory,
    slots: &mut [Slot],
) -> bool {
    memory.slots.clear();
    memory.slots.resize(slots.len(), None);
    let found = regex.search_slots(input, &mut memory.slots).is_some();
    if found {
        for (ours, theirs) in slots.iter_mut().zip(&memory.slots) {
            *ours = theirs.map_or(Slot::NONE, |at| Slot::at(at.get()));
        }
    }
    if memory.bytes() > SMALL_BYTES_MAX {
        *memory = Memory::default();
    }
    found
}
