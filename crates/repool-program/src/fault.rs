//! What `verify` finds wrong with a program.
//!
//! Exercised by `tests/verify.rs`.

use crate::{CounterId, Pc, SetId};

/// What is wrong with a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The words do not start as an image does.
    Magic,
    /// The sections are not as long as the header says.
    Length,
    /// The first instruction is not one, or stands inside a repetition.
    Start,
    /// The word is no instruction.
    Instruction(Pc),
    /// The literal is empty, too long, cut off, or not text.
    Literal(Pc),
    /// The instruction leads to a word that is no instruction.
    Target(Pc),
    /// The instruction names a character, set, slot, assertion or counter that is not there.
    Operand(Pc),
    /// The instruction leads into or out of a repetition past its counter.
    Nesting(Pc),
    /// The set names a property or ranges that are not there, or its ranges are not sorted.
    Set(SetId),
    /// The counter's numbers or region are not consistent.
    Counter(CounterId),
    /// The header's facts contradict the program.
    Facts,
    /// A needle lies outside the code.
    Needle,
    /// A name is not a part of the text, or its group not one of the pattern's.
    Names,
    /// The text is not UTF-8.
    Text,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fault::Magic => f.write_str("the words are not a program image"),
            Fault::Length => f.write_str("the sections are not as long as the header says"),
            Fault::Start => f.write_str("the start is no instruction outside of repetitions"),
            Fault::Instruction(pc) => write!(f, "word {} is no instruction", pc.index()),
            Fault::Literal(pc) => write!(f, "the literal at {} is malformed", pc.index()),
            Fault::Target(pc) => write!(f, "a target at {} is no instruction", pc.index()),
            Fault::Operand(pc) => write!(f, "the operand at {} is out of range", pc.index()),
            Fault::Nesting(pc) => write!(f, "a target at {} crosses a repetition", pc.index()),
            Fault::Set(set) => write!(f, "the set in row {} is malformed", set.row()),
            Fault::Counter(counter) => write!(f, "counter {} is inconsistent", counter.0),
            Fault::Facts => f.write_str("the facts contradict the program"),
            Fault::Needle => f.write_str("a needle lies outside the code"),
            Fault::Names => f.write_str("the group names are malformed"),
            Fault::Text => f.write_str("the text is not UTF-8"),
        }
    }
}

impl std::error::Error for Fault {}
