//! What an instruction does to a thread: it ends the thread, consumes, or goes on without consuming.
//!
//! An analysis of a program rarely has to tell all instructions apart. [`Op::transition`] sorts them into
//! the transitions of an automaton:
//!
//! ```text
//! Fail, Match                        the thread ends
//! Consume { consumed, next }         Char, Set, Literal
//! Epsilon(..)                        Split, Save, Look, Enter, Repeat
//! ```
//!
//! This file names every instruction. A new instruction that fits one of these kinds is sorted here, and
//! analyses of kinds need no change. `walk.rs` follows the transitions through a program.
//!
//! Exercised by the tests below and by those of `walk.rs`.

use repool_text::{Fold, Look};

use crate::{CounterId, Op, Pc, SetId};

/// The kind of an instruction, as a transition of an automaton.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// The thread ends without a match.
    Fail,
    /// The thread ends with a match.
    Match,
    /// The thread consumes and goes on at `next`. It ends if it cannot consume.
    Consume {
        /// What it consumes.
        consumed: Consumed,
        /// Where it goes on.
        next: Pc,
    },
    /// The thread goes on at the same position of the haystack.
    Epsilon(Epsilon),
}

/// What a consuming instruction consumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consumed {
    /// Exactly this code point (byte, in a byte program).
    Char(u32),
    /// One code point (byte) of the set.
    Set(SetId),
    /// The bytes behind the instruction: [`crate::Program::literal`] of its index and `len`.
    Literal {
        /// The number of bytes, 1 to [`crate::LITERAL_BYTES_MAX`].
        len: u32,
        /// Which characters count as equal.
        fold: Fold,
    },
}

/// An instruction that consumes nothing and does not end the thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Epsilon {
    /// Goes on at `first` and, with lower priority, at `second`.
    Split {
        /// The preferred target.
        first: Pc,
        /// The other target.
        second: Pc,
    },
    /// Stores the position in a capture slot.
    Save {
        /// The slot.
        slot: u32,
        /// Where it goes on.
        next: Pc,
    },
    /// Goes on if the assertion holds here.
    Look {
        /// The assertion.
        look: Look,
        /// Where it goes on.
        next: Pc,
    },
    /// Starts a counter.
    Enter {
        /// The counter.
        counter: CounterId,
        /// The first word of the counter's body.
        next: Pc,
    },
    /// Ends an iteration of a counter's body.
    Repeat {
        /// The counter.
        counter: CounterId,
        /// Where it goes on when the repetition is over.
        next: Pc,
    },
}

impl Op {
    /// The kind of the instruction.
    #[inline(always)]
    #[must_use]
    pub const fn transition(self) -> Transition {
        match self {
            Op::Fail => Transition::Fail,
            Op::Match => Transition::Match,
            Op::Char { c, next } => Transition::Consume {
                consumed: Consumed::Char(c),
                next,
            },
            Op::Set { set, next } => Transition::Consume {
                consumed: Consumed::Set(set),
                next,
            },
            Op::Literal { len, fold, next } => Transition::Consume {
                consumed: Consumed::Literal { len, fold },
                next,
            },
            Op::Split { first, second } => Transition::Epsilon(Epsilon::Split { first, second }),
            Op::Save { slot, next } => Transition::Epsilon(Epsilon::Save { slot, next }),
            Op::Look { look, next } => Transition::Epsilon(Epsilon::Look { look, next }),
            Op::Enter { counter, next } => Transition::Epsilon(Epsilon::Enter { counter, next }),
            Op::Repeat { counter, next } => Transition::Epsilon(Epsilon::Repeat { counter, next }),
        }
    }

    /// What the instruction consumes, and where it goes on; `None` if it does not consume.
    #[inline(always)]
    #[must_use]
    pub const fn consumed(self) -> Option<(Consumed, Pc)> {
        match self.transition() {
            Transition::Consume { consumed, next } => Some((consumed, next)),
            Transition::Fail | Transition::Match | Transition::Epsilon(_) => None,
        }
    }

    /// The set of a `Set` instruction, and where it goes on; `None` for every other instruction.
    #[inline(always)]
    #[must_use]
    pub const fn set(self) -> Option<(SetId, Pc)> {
        match self.consumed() {
            Some((Consumed::Set(set), next)) => Some((set, next)),
            Some((Consumed::Char(_) | Consumed::Literal { .. }, _)) | None => None,
        }
    }

    /// Tells whether the instruction ends the thread with a match.
    #[inline(always)]
    #[must_use]
    pub const fn is_match(self) -> bool {
        match self.transition() {
            Transition::Match => true,
            Transition::Fail | Transition::Consume { .. } | Transition::Epsilon(_) => false,
        }
    }

    /// Where a `Save` goes on; `None` for every other instruction.
    #[inline(always)]
    #[must_use]
    pub const fn behind_save(self) -> Option<Pc> {
        match self.transition() {
            Transition::Epsilon(epsilon) => match epsilon {
                Epsilon::Save { next, .. } => Some(next),
                Epsilon::Split { .. }
                | Epsilon::Look { .. }
                | Epsilon::Enter { .. }
                | Epsilon::Repeat { .. } => None,
            },
            Transition::Fail | Transition::Match | Transition::Consume { .. } => None,
        }
    }

    /// The assertion of a `Look` and where it goes on; `None` for every other instruction.
    #[inline(always)]
    #[must_use]
    pub const fn look(self) -> Option<(Look, Pc)> {
        match self.transition() {
            Transition::Epsilon(epsilon) => match epsilon {
                Epsilon::Look { look, next } => Some((look, next)),
                Epsilon::Split { .. }
                | Epsilon::Save { .. }
                | Epsilon::Enter { .. }
                | Epsilon::Repeat { .. } => None,
            },
            Transition::Fail | Transition::Match | Transition::Consume { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pc(index: usize) -> Pc {
        Pc::new(index).expect("in range")
    }

    /// One of each instruction, with its kind.
    fn cases() -> Vec<(Op, Transition)> {
        let (a, b) = (pc(7), pc(9));
        let (set, counter) = (SetId(3), CounterId(2));
        let fold = Fold::Ascii;
        let consume = |consumed| Transition::Consume { consumed, next: a };
        let look = Look::StartLine;
        vec![
            (Op::Fail, Transition::Fail),
            (Op::Match, Transition::Match),
            (Op::Char { c: 0xE9, next: a }, consume(Consumed::Char(0xE9))),
            (Op::Set { set, next: a }, consume(Consumed::Set(set))),
            (
                Op::Literal {
                    len: 5,
                    fold,
                    next: a,
                },
                consume(Consumed::Literal { len: 5, fold }),
            ),
            (
                Op::Split {
                    first: a,
                    second: b,
                },
                Transition::Epsilon(Epsilon::Split {
                    first: a,
                    second: b,
                }),
            ),
            (
                Op::Save { slot: 4, next: a },
                Transition::Epsilon(Epsilon::Save { slot: 4, next: a }),
            ),
            (
                Op::Look { look, next: a },
                Transition::Epsilon(Epsilon::Look { look, next: a }),
            ),
            (
                Op::Enter { counter, next: a },
                Transition::Epsilon(Epsilon::Enter { counter, next: a }),
            ),
            (
                Op::Repeat { counter, next: a },
                Transition::Epsilon(Epsilon::Repeat { counter, next: a }),
            ),
        ]
    }

    #[test]
    fn every_instruction_is_of_its_kind() {
        for (op, transition) in cases() {
            assert_eq!(op.transition(), transition, "{op:?}");
        }
    }

    #[test]
    fn accessors_answer_for_their_instruction_alone() {
        for (op, transition) in cases() {
            let consumed = match transition {
                Transition::Consume { consumed, next } => Some((consumed, next)),
                _ => None,
            };
            assert_eq!(op.consumed(), consumed, "{op:?}");
            let set = consumed.filter(|_| {
                op == Op::Set {
                    set: SetId(3),
                    next: pc(7),
                }
            });
            assert_eq!(op.set(), set.map(|_| (SetId(3), pc(7))), "{op:?}");
            assert_eq!(op.is_match(), op == Op::Match, "{op:?}");
            let is_save = op
                == Op::Save {
                    slot: 4,
                    next: pc(7),
                };
            assert_eq!(op.behind_save(), is_save.then_some(pc(7)), "{op:?}");
            let look = Look::StartLine;
            let is_look = op == Op::Look { look, next: pc(7) };
            assert_eq!(op.look(), is_look.then_some((look, pc(7))), "{op:?}");
        }
    }
}
