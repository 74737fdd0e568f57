//! Looking one unit ahead, and runs of counted units.
//!
//! Most splits decide themselves by the next unit: only one of the ways can take it. The engines that
//! keep the other way for later ask here first, which spares them the job and its visit. Likewise a
//! count of a single set (`\d{4}`, `[a-z]{3,}`) takes its mandatory units here, in a loop that looks at
//! the counter once.
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

use repool_program::{CounterId, Op, Pc, Program};
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
    match program.op(pc) {
        Op::Save { next, .. } => next,
        _ => pc,
    }
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
        _ => true,
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
        _ => return None,
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
    let Op::Set { set, next: end } = program.op(body) else {
        return Some((state.enter(program, id, body), at));
    };
    let Op::Repeat { counter, next } = program.op(end) else {
        return Some((state.enter(program, id, body), at));
    };
    if counter != id {
        return Some((state.enter(program, id, body), at));
    }
    let counter = program.counter(id);
    let mandatory = counter.min.max(1);
    for _ in 0..mandatory {
        at = U::take_set(program, set, hay, at)?;
    }
    if counter.max == mandatory {
        return Some((state.at(next), at));
    }
    Some((state.enter_copy(&counter, end, mandatory - 1), at))
}
