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

/// What one thread has learned of one program's groups.
#[derive(Debug, Default)]
pub(crate) struct Learned {
    /// Heat of searches for groups since the code was made or lost.
    heat: Heat,
    /// Back-off of searches for a start.
    starts: Backoff,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, Default)]
enum Stage {
    #[default]
    Cold,
    /// The index of the code, unless another program's code stands there since.
    Made(usize),
    /// The program cannot be fused.
    Off,
}

/// The codes of a thread.
#[derive(Debug, Default)]
pub(crate) struct Codes {
    /// Each code, with the number of its program.
    codes: Vec<(u64, Code)>,
    /// Bytes that the codes hold on the heap.
    code_bytes: usize,
}

impl Codes {
    /// The bytes it holds on the heap.
    pub(crate) fn bytes(&self) -> usize {
        vec_bytes(&self.codes) + self.code_bytes
    }

    /// The code of a program, if the thread has it.
    #[inline(always)]
    pub(crate) fn made(&self, program: &Program<'_>, learned: &Learned) -> Option<&Code> {
        let Stage::Made(index) = learned.stage else {
            return None;
        };
        let (id, code) = self.codes.get(index)?;
        (*id == program.id()).then_some(code)
    }

    /// The code of a program, which is made if the program is hot enough, or `now`.
    #[inline]
    pub(crate) fn of(
        &mut self,
        program: &Program<'_>,
        learned: &mut Learned,
        now: bool,
    ) -> Option<&Code> {
        if self.made(program, learned).is_some() {
            return self.made(program, learned);
        }
        if let Stage::Off = learned.stage {
            return None;
        }
        learned.heat.add(Heat::SEARCH);
        if !now && !learned.heat.is_enough(FUSED_HEAT, program) {
            return None;
        }
        learned.heat = Heat::default();
        self.make(program, learned)
    }

    #[cold]
    fn make(&mut self, program: &Program<'_>, learned: &mut Learned) -> Option<&Code> {
        let room = FUSED_BYTES_MAX - size_of::<[(u64, Code); FUSED_CODES_MAX]>();
        let Some(code) = lower::fuse(program).filter(|code| code.bytes() <= room) else {
            learned.stage = Stage::Off;
            return None;
        };
        let bytes = code.bytes();
        // It is not known which codes are still in use. Those that are will be made again.
        if self.codes.len() == FUSED_CODES_MAX || self.code_bytes + bytes > room {
            self.codes.clear();
            self.code_bytes = 0;
        }
        learned.stage = Stage::Made(self.codes.len());
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

impl Learned {
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
