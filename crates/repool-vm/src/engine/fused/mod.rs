//! The groups of hot programs: backtracking over fused instructions.
//!
//! A program is compact, and the engines that run it as it is decode an instruction for each unit and
//! ask again at every choice which way can take it. Where groups are asked for often, the program is
//! turned once into code whose steps are larger: a run of a class is one step that compares eight bytes
//! at a time, a save belongs to the step behind it, and a choice between any number of ways is a look
//! into a table by the next byte. Most ways then have nothing to come back to.
//!
//! ```text
//! skim    the end of a run of a class        ahead   what can come next at each instruction
//! code    the nodes and their tables         lower   program -> code
//! run     the search
//! ```
//!
//! Each thread makes its own code and keeps it with the plan of the program ([`crate::strategy::plan`]).
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

pub(crate) mod class_span;
pub(crate) mod code;
pub(crate) mod first_sets;
pub(crate) mod lower;
pub(crate) mod run;

use repool_program::Program;

use code::Code;

use crate::backoff::Backoff;
use crate::heap::vec_bytes;
use crate::heat::Heat;
use crate::tuning::{FUSED_HEAT, TEXT_BACKOFF};

/// The most bytes of code that a thread keeps.
pub(crate) const CODE_BYTES_MAX: usize = 64 << 10;

/// What one thread remembers of one program.
#[derive(Debug, Default)]
pub(crate) struct Local {
    /// Searches for groups since the code was made or lost.
    heat: Heat,
    /// Searches for a start.
    starts: Backoff,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, Default)]
enum Stage {
    #[default]
    Cold,
    /// The place of the code, unless another program has taken it since.
    Made(usize),
    /// The program cannot be fused.
    Off,
}

/// The codes of a thread.
#[derive(Debug, Default)]
pub(crate) struct Codes {
    /// Each with the number of its program.
    codes: Vec<(u64, Code)>,
    /// What the codes hold on the heap.
    code_bytes: usize,
}

impl Codes {
    /// The bytes it holds on the heap.
    pub(crate) fn bytes(&self) -> usize {
        vec_bytes(&self.codes) + self.code_bytes
    }

    /// The code of a program, if it is here.
    #[inline(always)]
    pub(crate) fn made(&self, program: &Program<'_>, local: &Local) -> Option<&Code> {
        let Stage::Made(index) = local.stage else {
            return None;
        };
        let (id, code) = self.codes.get(index)?;
        (*id == program.id()).then_some(code)
    }

    /// The code of a program, if it has been asked for often enough, or `now`.
    #[inline]
    pub(crate) fn of(
        &mut self,
        program: &Program<'_>,
        local: &mut Local,
        now: bool,
    ) -> Option<&Code> {
        if self.made(program, local).is_some() {
            return self.made(program, local);
        }
        if let Stage::Off = local.stage {
            return None;
        }
        local.heat.add(Heat::SEARCH);
        if !now && !local.heat.is_enough(FUSED_HEAT, program) {
            return None;
        }
        local.heat = Heat::default();
        self.make(program, local)
    }

    #[cold]
    fn make(&mut self, program: &Program<'_>, local: &mut Local) -> Option<&Code> {
        let room = CODE_BYTES_MAX - size_of::<[(u64, Code); CODES_MAX]>();
        let Some(code) = lower::fuse(program).filter(|code| code.bytes() <= room) else {
            local.stage = Stage::Off;
            return None;
        };
        let bytes = code.bytes();
        // Which ones are still asked for is not known; those that are come back.
        if self.codes.len() == CODES_MAX || self.code_bytes + bytes > room {
            self.codes.clear();
            self.code_bytes = 0;
        }
        local.stage = Stage::Made(self.codes.len());
        self.code_bytes += bytes;
        self.codes.push((program.id(), code));
        self.codes.last().map(|(_, code)| code)
    }
}

/// Codes that a thread keeps; as many as plans.
const CODES_MAX: usize = 16;

impl Local {
    /// Tells whether to search for a start now. Counts as an attempt.
    #[inline]
    pub(crate) fn may_find_starts(&mut self) -> bool {
        self.starts.may_try()
    }

    /// Learns whether a search for a start was given up.
    #[inline]
    pub(crate) fn learn(&mut self, gave_up: bool) {
        if gave_up {
            self.starts.fail(&TEXT_BACKOFF);
        } else {
            self.starts.succeed();
        }
    }
}
