//! Instructions: one word each, decoded to an enum on fetch.
//!
//! ```text
//!  63            56 55                        32 31                             0
//! ┌────────────────┬────────────────────────────┬────────────────────────────────┐
//! │ opcode (8)     │ next (24)                  │ argument (32)                  │
//! └────────────────┴────────────────────────────┴────────────────────────────────┘
//!
//! opcode        argument       effect
//! Fail          -              this thread ends
//! Match         -              this thread matches
//! Char          code point     consumes exactly this code point (byte, in a byte program)
//! Set           set            consumes one code point (byte) of the set
//! Literal       length         consumes the bytes that stand in the words behind it
//! FoldAscii     length         the same, letters A-Z and a-z alike
//! FoldUnicode   length         the same, under simple case folding
//! Split         second         goes on at `next` and, with lower priority, at `second`
//! Save          slot           stores the position in a capture slot
//! Look          assertion      goes on if the assertion holds here
//! Enter         counter        starts the counter at zero iterations and goes on with its body
//! Repeat        counter        one more iteration is done: body again, `next`, or both
//! ```
//!
//! The bytes of a literal follow it inside the code, eight to a word, first byte lowest, padded with zeros.
//! So the code has two kinds of words. Only `verify` and `walk.rs` know where each starts, since no target
//! names a data word.
//!
//! A folded literal holds the canonical form of each character: [`repool_text::canonical`], or lower case
//! for `FoldAscii`. [`Inst::new`] and [`Inst::op`] are the only two functions that know bits.
//!
//! Exercised by the tests below and `tests/verify.rs`.

use repool_text::{Fold, Look};

use crate::SetId;

/// The index of a word of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pc(u32);

impl Pc {
    /// The largest index that an instruction can address. 16.7 million words are 128 MiB of code, more than
    /// any size limit allows.
    pub const MAX: Pc = Pc((1 << 24) - 1);

    /// The first word of code.
    pub const START: Pc = Pc(0);

    /// The index as a `Pc`; `None` if an instruction cannot address it.
    #[must_use]
    pub const fn new(index: usize) -> Option<Pc> {
        if index <= Pc::MAX.0 as usize {
            Some(Pc(index as u32))
        } else {
            None
        }
    }

    /// The index that the low 24 bits hold.
    #[inline(always)]
    pub(crate) const fn masked(bits: u64) -> Pc {
        Pc(bits as u32 & Pc::MAX.0)
    }

    /// The index as a number.
    #[inline(always)]
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The index of a counter in a program's counter section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CounterId(pub u32);

/// What one instruction does: the decoded form of an [`Inst`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Ends the thread.
    Fail,
    /// Ends the thread with a match.
    Match,
    /// Consumes exactly this code point (byte, in a byte program).
    Char {
        /// The code point or byte.
        c: u32,
        /// Where to go on.
        next: Pc,
    },
    /// Consumes one code point (byte) of the set.
    Set {
        /// The set.
        set: SetId,
        /// Where to go on.
        next: Pc,
    },
    /// Consumes the `len` bytes in the words behind this one, under the given fold.
    Literal {
        /// The number of bytes, 1 to [`LITERAL_BYTES_MAX`].
        len: u32,
        /// Which characters count as equal.
        fold: Fold,
        /// Where to go on.
        next: Pc,
    },
    /// Goes on at `first` and, with lower priority, at `second`.
    Split {
        /// The preferred target.
        first: Pc,
        /// The other target.
        second: Pc,
    },
    /// Stores the position in a capture slot.
    Save {
        /// The slot: twice the group's index, and one more for its end.
        slot: u32,
        /// Where to go on.
        next: Pc,
    },
    /// Goes on if the assertion holds here.
    Look {
        /// The assertion.
        look: Look,
        /// Where to go on.
        next: Pc,
    },
    /// Starts a counter at zero iterations. Goes on at `next`, the counter's body.
    Enter {
        /// The counter.
        counter: CounterId,
        /// The first word of the body.
        next: Pc,
    },
    /// Ends an iteration of the counter's body. [`crate::Counter`] says where it goes on.
    Repeat {
        /// The counter.
        counter: CounterId,
        /// Where to go on when the repetition is over.
        next: Pc,
    },
}

/// The most bytes that one literal instruction holds. A longer run becomes several instructions. The
/// lock-step engine stores an offset into a literal in 16 bits, so 65,535 is the upper limit; below it the
/// value is arbitrary.
pub const LITERAL_BYTES_MAX: usize = 1 << 12;

/// One word of code.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Inst(pub u64);

const _: () = assert!(size_of::<Inst>() == 8);

const FAIL: u8 = 0;
const MATCH: u8 = 1;
const CHAR: u8 = 2;
const SET: u8 = 3;
const LITERAL: u8 = 4;
const FOLD_ASCII: u8 = 5;
const FOLD_UNICODE: u8 = 6;
const SPLIT: u8 = 7;
const SAVE: u8 = 8;
const LOOK: u8 = 9;
const ENTER: u8 = 10;
const REPEAT: u8 = 11;

impl Inst {
    /// Encodes an operation.
    #[must_use]
    pub const fn new(op: Op) -> Inst {
        let (code, next, arg) = match op {
            Op::Fail => (FAIL, Pc(0), 0),
            Op::Match => (MATCH, Pc(0), 0),
            Op::Char { c, next } => (CHAR, next, c),
            Op::Set { set, next } => (SET, next, set.0),
            Op::Literal {
                len,
                fold: Fold::None,
                next,
            } => (LITERAL, next, len),
            Op::Literal {
                len,
                fold: Fold::Ascii,
                next,
            } => (FOLD_ASCII, next, len),
            Op::Literal {
                len,
                fold: Fold::Unicode,
                next,
            } => (FOLD_UNICODE, next, len),
            Op::Split { first, second } => (SPLIT, first, second.0),
            Op::Save { slot, next } => (SAVE, next, slot),
            Op::Look { look, next } => (LOOK, next, look as u32),
            Op::Enter { counter, next } => (ENTER, next, counter.0),
            Op::Repeat { counter, next } => (REPEAT, next, counter.0),
        };
        Inst((code as u64) << 56 | (next.0 as u64) << 32 | arg as u64)
    }

    /// Decodes the operation. A word that [`Inst::new`] cannot make decodes to [`Op::Fail`].
    #[inline(always)]
    #[must_use]
    pub const fn op(self) -> Op {
        let next = Pc((self.0 >> 32) as u32 & Pc::MAX.0);
        let arg = self.0 as u32;
        match (self.0 >> 56) as u8 {
            MATCH => Op::Match,
            CHAR => Op::Char { c: arg, next },
            SET => Op::Set {
                set: SetId(arg),
                next,
            },
            LITERAL => Op::Literal {
                len: arg,
                fold: Fold::None,
                next,
            },
            FOLD_ASCII => Op::Literal {
                len: arg,
                fold: Fold::Ascii,
                next,
            },
            FOLD_UNICODE => Op::Literal {
                len: arg,
                fold: Fold::Unicode,
                next,
            },
            SPLIT => Op::Split {
                first: next,
                second: Pc(arg & Pc::MAX.0),
            },
            SAVE => Op::Save { slot: arg, next },
            LOOK => match Look::from_index(arg) {
                Some(look) => Op::Look { look, next },
                None => Op::Fail,
            },
            ENTER => Op::Enter {
                counter: CounterId(arg),
                next,
            },
            REPEAT => Op::Repeat {
                counter: CounterId(arg),
                next,
            },
            _ => Op::Fail,
        }
    }

    /// The number of data words behind this instruction.
    #[must_use]
    pub const fn data_words(self) -> usize {
        match self.op() {
            Op::Literal { len, .. } => (len as usize).div_ceil(8),
            Op::Fail
            | Op::Match
            | Op::Char { .. }
            | Op::Set { .. }
            | Op::Split { .. }
            | Op::Save { .. }
            | Op::Look { .. }
            | Op::Enter { .. }
            | Op::Repeat { .. } => 0,
        }
    }
}

impl std::fmt::Debug for Inst {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.op().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use repool_text::LOOKS;

    fn ops() -> Vec<Op> {
        let mut ops = vec![Op::Fail, Op::Match];
        for next in [0, 1, 255, Pc::MAX.index()].map(|i| Pc::new(i).expect("in range")) {
            for arg in [0, 1, 0x7F, 0x10_FFFF, u32::MAX] {
                ops.push(Op::Char { c: arg, next });
                ops.push(Op::Set {
                    set: SetId(arg),
                    next,
                });
                for fold in [Fold::None, Fold::Ascii, Fold::Unicode] {
                    ops.push(Op::Literal {
                        len: arg,
                        fold,
                        next,
                    });
                }
                ops.push(Op::Split {
                    first: next,
                    second: Pc(arg & Pc::MAX.0),
                });
                ops.push(Op::Save { slot: arg, next });
                let counter = CounterId(arg);
                ops.push(Op::Enter { counter, next });
                ops.push(Op::Repeat { counter, next });
            }
            ops.extend(LOOKS.map(|look| Op::Look { look, next }));
        }
        ops
    }

    #[test]
    fn every_operation_survives_its_encoding() {
        for op in ops() {
            assert_eq!(Inst::new(op).op(), op);
        }
    }

    #[test]
    fn different_operations_have_different_words() {
        let mut words: Vec<u64> = ops().iter().map(|&op| Inst::new(op).0).collect();
        words.sort_unstable();
        words.dedup();
        let mut seen = Vec::new();
        for op in ops() {
            if !seen.contains(&op) {
                seen.push(op);
            }
        }
        assert_eq!(words.len(), seen.len());
    }

    #[test]
    fn unknown_words_fail() {
        for code in 12..=255_u64 {
            assert_eq!(Inst(code << 56 | 0xFFFF).op(), Op::Fail);
        }
        let look = u64::from(LOOK) << 56 | LOOKS.len() as u64;
        assert_eq!(Inst(look).op(), Op::Fail);
    }
}
