//! The open brackets of a class, and the memory of closed ones.
//!
//! Exercised by `tests/meaning.rs` and `tests/depth.rs`.

use std::mem;

use crate::class::Class;

/// The levels of the current class. Those from `len` on are kept for their memory.
#[derive(Debug, Default)]
pub(crate) struct Classes {
    pub(super) levels: Vec<Level>,
    pub(super) len: usize,
    /// The number of ranges that went through an operator or a fold. It stands for the time that the
    /// classes cost.
    pub(super) work: usize,
}

#[derive(Debug, Default)]
pub(super) struct Level {
    pub(super) open_at: usize,
    pub(super) negated: bool,
    pub(super) operator: Option<Operator>,
    /// The union of the items since the last operator.
    pub(super) class: Class,
    /// The left operand of that operator.
    pub(super) left: Class,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Operator {
    Intersection,
    Difference,
    SymmetricDifference,
}

impl Classes {
    pub(crate) fn clear(&mut self) {
        self.len = 0;
        self.work = 0;
    }

    pub(crate) fn scratch_bytes(&self) -> usize {
        let classes = |l: &Level| l.class.scratch_bytes() + l.left.scratch_bytes();
        let kept: usize = self.levels.iter().map(classes).sum();
        self.levels.capacity() * size_of::<Level>() + kept
    }

    pub(super) fn open(&mut self, open_at: usize) -> &mut Level {
        if self.len == self.levels.len() {
            self.levels.push(Level::default());
        }
        let level = &mut self.levels[self.len];
        self.len += 1;
        level.open_at = open_at;
        level.negated = false;
        level.operator = None;
        level
    }

    /// The innermost level.
    #[inline]
    pub(super) fn top(&mut self) -> &mut Level {
        &mut self.levels[self.len - 1]
    }
}

impl Level {
    /// If there is an operator, applies it and makes the result the current operand.
    pub(super) fn combine(&mut self) {
        let Some(operator) = self.operator.take() else {
            return;
        };
        match operator {
            Operator::Intersection => self.left.intersect(&mut self.class),
            Operator::Difference => self.left.subtract(&mut self.class),
            Operator::SymmetricDifference => self.left.symmetric_difference(&mut self.class),
        }
        mem::swap(&mut self.class, &mut self.left);
    }
}
