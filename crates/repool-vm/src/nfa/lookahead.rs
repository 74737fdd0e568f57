//! Looking one unit ahead, and runs of counted units.
//!
//! Most splits decide themselves by the next unit: only one of the ways can take it. The engines that
//! keep the other way for later ask here first, which spares them the job and its visit. Likewise a
//! count of a single set (`\d{4}`, `[a-z]{3,}`) takes its mandatory units here, in a loop that looks at
//! the counter once.
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

use repool_program::{CountedSet, CounterId, Op, Pc, Program};
use repool_text::Fold;

use crate::nfa::state::State;
use crate::nfa::unit::Unit;

/// Tells whether what follows at `pc` may match at `at`: false only if it must take a unit and cannot
/// take the one that stands there.
#[inline(always)]
pub(crate) fn may_take<U: Unit>(program: &Program<'_>, pc: Pc, hay: &[u8], at: usize) -> bool {
    let pc = behind_save(program, pc);
    may_take_op::<U>(program, pc, program.op(pc), hay, at)
}

/// The instruction behind a save, or `pc`.
#[inline(always)]
pub(crate) fn behind_save(program: &Program<'_>, pc: Pc) -> Pc {
    program.op(pc).behind_save().unwrap_or(pc)
}

/// The same for an operation that is decoded already; it stands at `pc`.
#[inline(always)]
pub(crate) fn may_take_op<U: Unit>(
    program: &Program<'_>,
    pc: Pc,
    op: Op,
    hay: &[u8],
    at: usize,
) -> bool {
    match op {
        Op::Set { set, .. } => U::take_set(program, set, hay, at).is_some(),
        Op::Char { c, .. } => U::take_char(c, hay, at).is_some(),
        Op::Literal {
            len,
            fold: Fold::None,
            ..
        } => hay.get(at) == program.literal(pc, len).first(),
        Op::Literal {
            fold: Fold::Ascii | Fold::Unicode,
            ..
        } => true,
        // These consume nothing: what they lead to is not looked at.
        Op::Split { .. }
        | Op::Save { .. }
        | Op::Look { .. }
        | Op::Enter { .. }
        | Op::Repeat { .. }
        | Op::Match
        | Op::Fail => true,
    }
}

/// The state and position after a consuming operation, if `op` is one: `Some(None)` if it fails.
#[inline(always)]
pub(crate) fn take<U: Unit>(
    program: &Program<'_>,
    state: State,
    op: Op,
    hay: &[u8],
    at: usize,
) -> Option<Option<(State, usize)>> {
    let (to, next) = match op {
        Op::Set { set, next } => (U::take_set(program, set, hay, at), next),
        Op::Char { c, next } => (U::take_char(c, hay, at), next),
        Op::Literal { len, fold, next } => {
            let literal = program.literal(state.pc, len);
            (U::take_literal(literal, fold, hay, at), next)
        }
        Op::Split { .. }
        | Op::Save { .. }
        | Op::Look { .. }
        | Op::Enter { .. }
        | Op::Repeat { .. }
        | Op::Match
        | Op::Fail => return None,
    };
    Some(to.map(|to| (state.at(next), to)))
}

/// Enters a counter at `body`; `None` if its mandatory units do not stand there.
///
/// The units are not visits of their own: each copy is reached at one position only from each entry,
/// so the entry's visit stands for all of them.
#[inline]
pub(crate) fn enter<U: Unit>(
    program: &Program<'_>,
    state: State,
    id: CounterId,
    body: Pc,
    hay: &[u8],
    mut at: usize,
) -> Option<(State, usize)> {
    let Some(CountedSet { set, repeat, next }) = program.counted_set(id, body) else {
        return Some((state.enter(program, id, body), at));
    };
    let counter = program.counter(id);
    let mandatory = counter.min.max(1);
    for _ in 0..mandatory {
        at = U::take_set(program, set, hay, at)?;
    }
    if counter.max == mandatory {
        return Some((state.at(next), at));
    }
    Some((state.enter_copy(&counter, repeat, mandatory - 1), at))
}
