//! Program and haystack to match.

mod input;
mod scratch;

pub use input::{Input, Slot};
pub use scratch::Scratch;

use repool_program::Program;

/// The engines, from the most special to the one that always works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// The whole pattern is one literal: substring search.
    Literal,
    /// One thread, captures at once; programs with [`repool_program::Flags::ONE_PASS`], anchored.
    OnePass,
    /// All states in one word; up to 63 positions.
    BitParallel,
    /// Backtracking that never visits a state twice; small program times short haystack.
    Backtrack,
    /// Lock-step simulation; everything.
    Pike,
    /// `regex-automata` runs the pattern.
    Delegate,
}

impl Engine {
    /// Every engine.
    pub const ALL: [Engine; 6] = [
        Engine::Literal,
        Engine::OnePass,
        Engine::BitParallel,
        Engine::Backtrack,
        Engine::Pike,
        Engine::Delegate,
    ];
}

/// Searches with the engine that [`choose`] names; tells whether there is a match.
///
/// `slots` receives the positions of the groups, two a group, [`Slot::NONE`] for one that did not take
/// part. It may be shorter than the program has slots: empty asks only whether there is a match, two
/// slots ask for the span. It is written only if there is a match.
pub fn search(
    program: &Program<'_>,
    input: &Input<'_>,
    scratch: &mut Scratch,
    slots: &mut [Slot],
) -> bool {
    let _ = (program, input, scratch, slots);
    false
}

/// Searches with this engine, if it can run this program on this input.
pub fn search_with(
    engine: Engine,
    program: &Program<'_>,
    input: &Input<'_>,
    scratch: &mut Scratch,
    slots: &mut [Slot],
) -> Option<bool> {
    let _ = (engine, program, input, scratch, slots);
    None
}

/// The engine for a search that wants `slot_len` slots.
#[must_use]
pub fn choose(program: &Program<'_>, input: &Input<'_>, slot_len: usize) -> Engine {
    let _ = (program, input, slot_len);
    Engine::Pike
}
