//! One unit of lookahead, and the mandatory units of a counted set.
//!
//! The next unit decides most splits: only one of the branches can take it. An engine that keeps the other branch for
//! later asks here first, and so saves a job and a visit. The mandatory units of a counted set (`\d{4}`, `[a-z]{3,}`) are
//! taken in one loop, which reads the counter once.
//!
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

use repool_program::{CountedSet, CounterId, Op, Pc, Program};
use repool_text::Fold;

use crate::nfa::state::State;
use crate::nfa::unit::Unit;

/// Tells whether the instructions from `pc` on may match at `at`. Returns false only if they must consume a unit and
/// cannot consume the one at `at`.
#[inline(always)]
pub(crate) fn may_take<U: Unit>(program: &Program<'_>, pc: Pc, hay: &[u8], at: usize) -> bool {
    let pc = behind_save(program, pc);
    may_take_op::<U>(program, pc, program.op(pc), hay, at)
}

/// Returns the instruction behind a save, or `pc` if there is none.
#[inline(always)]
pub(crate) fn behind_save(program: &Program<'_>, pc: Pc) -> Pc {
    program.op(pc).behind_save().unwrap_or(pc)
}

/// Does what [`may_take`] does, for an instruction at `pc` that is decoded already.
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
        // These consume nothing. The instructions behind them are not read.
        Op::Split { .. }
        | Op::Save { .. }
        | Op::Look { .. }
        | Op::Enter { .. }
        | Op::Repeat { .. }
        | Op::Match
        | Op::Fail => true,
    }
}

/// Runs an instruction that consumes. Returns `None` for any other instruction, and `Some(None)` if it fails.
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

/// Enters a counter at `body`. Returns `None` if its mandatory units do not stand at `at`.
///
/// The mandatory units need no visits of their own: from one entry each copy is reached at one position only. So the
/// visit of the entry stands for all of them.
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
