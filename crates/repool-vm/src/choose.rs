//! Which engine runs a search: one pure function over facts and sizes.
//!
//! | the first row that holds | engine |
//! |---|---|
//! | `regex-automata` has the pattern | [`Engine::Delegate`] |
//! | the whole pattern is one literal | [`Engine::Literal`] |
//! | a table is published, and it is not the groups of a one-pass program or the earliest end that are asked for | [`Engine::Dfa`] |
//! | the start is known and the program is one-pass | [`Engine::OnePass`] |
//! | the earliest end is asked for, not only whether there is one | [`Engine::Pike`] |
//! | too many states for the backtracker's window | [`Engine::Pike`] |
//! | else | [`Engine::Backtrack`] |
//!
//! A thread that asks often for the groups of one program has [`Engine::Fused`] for it, which stands in
//! front of the last three rows and of tables.
//!
//! A search falls from the chosen engine to the next that can go on; see [`crate::search`].
//! Exercised by `tests/hand_built.rs`.

use repool_program::{Flags, Program};

use crate::Engine;
use crate::engine::backtrack;
use crate::input::Input;

/// The engine for a search that wants `slot_len` slots.
#[inline]
#[must_use]
pub fn choose(program: &Program<'_>, input: &Input<'_>, slot_len: usize) -> Engine {
    match cold(program, input, slot_len) {
        cold @ (Engine::Delegate | Engine::Literal) => cold,
        cold if slot_len > 0 && input.earliest => cold,
        Engine::OnePass if slot_len > 2 => Engine::OnePass,
        _ if program.tables().is_some() => Engine::Dfa,
        cold => cold,
    }
}

/// The engine for a search that no table answers.
#[inline]
pub(crate) fn cold(program: &Program<'_>, input: &Input<'_>, slot_len: usize) -> Engine {
    let flags = program.flags();
    let anchored = input.anchored || flags.contains(Flags::ANCHORED_START);
    if flags.contains(Flags::DELEGATED) {
        Engine::Delegate
    } else if flags.contains(Flags::LITERAL) {
        Engine::Literal
    } else if anchored && flags.contains(Flags::ONE_PASS) {
        Engine::OnePass
    } else if input.earliest && slot_len > 0 || program.states() > backtrack::STATES_MAX {
        Engine::Pike
    } else {
        Engine::Backtrack
    }
}
