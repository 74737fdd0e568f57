//! The fused code that a thread keeps, and when it is made.
//!
//! Exercised by `tests/hand_built.rs` and `tests/scratch.rs`.

use repool_program::Program;

use crate::backoff::Backoff;
use crate::engine::fused::code::Code;
use crate::engine::fused::lower;
use crate::heap::vec_bytes;
use crate::heat::Heat;
use crate::tuning::{FUSED_BYTES_MAX, FUSED_CODES_MAX, FUSED_HEAT, TEXT_BACKOFF};

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
        let room = FUSED_BYTES_MAX - size_of::<[(u64, Code); FUSED_CODES_MAX]>();
        let Some(code) = lower::fuse(program).filter(|code| code.bytes() <= room) else {
            local.stage = Stage::Off;
            return None;
        };
        let bytes = code.bytes();
        // Which ones are still asked for is not known; those that are come back.
        if self.codes.len() == FUSED_CODES_MAX || self.code_bytes + bytes > room {
            self.codes.clear();
            self.code_bytes = 0;
        }
        local.stage = Stage::Made(self.codes.len());
        self.code_bytes += bytes;
        self.codes.push((program.id(), code));
        self.codes.last().map(|(_, code)| code)
    }
}

/// The bytes of the code of a program, if it can be fused.
pub(crate) fn bytes_of(program: &Program<'_>) -> Option<usize> {
    let bytes = lower::fuse(program)?.bytes();
    (bytes <= FUSED_BYTES_MAX - size_of::<[(u64, Code); FUSED_CODES_MAX]>()).then_some(bytes)
}

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
