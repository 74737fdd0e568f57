//! What is worked out of a program before it is searched with: once, for all threads.
//!
//! For a program that is searched for the first times a plan is cheap, and a thread makes it anew unless it was among the
//! last few ([`crate::cache::plans`]). From some heat on it has all that helps, is attached to the image
//! ([`Program::attach`]), and every thread reads it there.
//! Exercised by `tests/plans.rs`, `tests/scratch.rs` and `tests/oracle.rs`.

use std::sync::Arc;

use repool_arena::{OutOfMemory, Pool};
use repool_program::{Flags, Program};

use crate::strategy::{Strategy, StrategyKind};

/// What is known of one program.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) strategy: Strategy,
    /// Whether the program is hot.
    pub(crate) is_hot: bool,
    /// No match starts inside of a character.
    pub(crate) is_text: bool,
    /// A match ends where the haystack does.
    pub(crate) is_end_anchored: bool,
    /// The fewest bytes of a match.
    pub(crate) len_min: u32,
}

impl Plan {
    /// The plan of a program that may never be searched with again.
    pub(crate) fn cold(program: &Program<'_>) -> Plan {
        Plan::of(program, Strategy::choose(program, None), false)
    }

    /// The plan of a program that is searched with much, in text like the sample.
    pub(crate) fn hot(program: &Program<'_>, sample: &[u8]) -> Plan {
        Plan::of(program, Strategy::choose(program, Some(sample)), true)
    }

    /// The plan with a strategy.
    pub(crate) fn of(program: &Program<'_>, strategy: Strategy, is_hot: bool) -> Plan {
        let flags = program.flags();
        Plan {
            strategy,
            is_hot,
            is_text: flags.contains(Flags::UTF8),
            is_end_anchored: flags.contains(Flags::ANCHORED_END),
            len_min: program.len_min(),
        }
    }

    /// The bytes that it holds beside itself, before they are in a pool.
    pub(crate) fn bytes(&self) -> usize {
        let mut sum = 0;
        self.strategy.runs(&mut |bytes| sum += bytes);
        sum
    }

    /// Moves all that it holds into a pool, on the account of tables. Returns the bytes that it takes there.
    pub(crate) fn move_into(&mut self, pool: &Arc<Pool>) -> Result<usize, OutOfMemory> {
        self.strategy.move_into(pool)?;
        let mut sum = 0;
        self.strategy
            .runs(&mut |bytes| sum += pool.run_bytes(bytes));
        Ok(sum)
    }
}

/// The strategy of a program: of its plan if it is hot, else of the plan that its next search makes.
#[must_use]
pub fn strategy_of(program: &Program<'_>) -> StrategyKind {
    match program.attached::<Plan>() {
        Some(plan) => plan.strategy.kind(),
        None => Strategy::choose(program, None).kind(),
    }
}
