//! The nodes of fused code, and their tables.
//!
//! ```text
//! program                              fused
//! save 4 -> 62                         run [0-9] {1,}, saving 4 -> 1
//! set [0-9] -> 61                      byte ';',       saving 5 -> ..
//! split 62, 60
//! save 5 -> 59
//! char ';' -> ..
//! ```
//!
//! A node stands for an instruction, or for a loop or a chain of copies over one class, and for the save in front of it. A
//! choice holds for each byte the paths that can take it.
//! Exercised by `tests/oracle.rs`.

use repool_program::{Pc, SetId};
use repool_text::Look;

use crate::engine::fused::class_span::ClassSpan;
use crate::heap::vec_bytes;
use crate::simd::byte_set::ByteSet;

/// The index of a node.
pub(crate) type NodeId = u32;

/// Ends a list of paths.
pub(crate) const NO_NODE: NodeId = NodeId::MAX;

/// Stands for no mark: only one path leads to the node.
pub(crate) const NO_MARK: u16 = u16::MAX;

/// One step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) op: Step,
    /// The slot in which the position is saved first. 0, which the search overwrites at its end, stands for none.
    pub(crate) save: u16,
    /// The number by which a visit is marked.
    pub(crate) mark: u16,
}

const _: () = assert!(size_of::<Node>() == 16);

/// What a node does after its save.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Fail,
    Match,
    /// Nothing.
    Go {
        next: NodeId,
    },
    Byte {
        byte: u8,
        next: NodeId,
    },
    /// Two to eight bytes.
    Word {
        len: u8,
        word: u16,
        next: NodeId,
    },
    /// A longer or folded literal, compared with the program's.
    Literal {
        pc: Pc,
        next: NodeId,
    },
    /// One unit of a class.
    One {
        class: u16,
        next: NodeId,
    },
    /// `count` units of a class, at most eight.
    Times {
        class: u16,
        count: u8,
        next: NodeId,
    },
    /// All units of a class that follow, at least `min`. No smaller number can match.
    All {
        run: u16,
        class: u16,
        min: u8,
        next: NodeId,
    },
    /// All units of a class that follow; then fewer.
    Greedy {
        run: u16,
        next: NodeId,
    },
    /// As few units of a class as possible; then more.
    Lazy {
        run: u16,
        next: NodeId,
    },
    Look {
        look: Look,
        next: NodeId,
    },
    /// Two paths, the preferred one first.
    Split {
        choice: u16,
        first: NodeId,
        second: NodeId,
    },
    /// Any number of paths.
    Switch {
        switch: u16,
    },
}

/// A set of the program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Class {
    /// Its members that are single bytes.
    pub(crate) span: ClassSpan,
    pub(crate) set: SetId,
    /// Whether it has members above ASCII.
    pub(crate) is_wide: bool,
}

/// Repetitions of a class.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) class: u16,
    /// The number by which the loop is marked.
    pub(crate) mark: u16,
    /// Whether only one length can match: what follows takes no member of the class.
    pub(crate) is_one_way: bool,
    pub(crate) min: u32,
    /// `u32::MAX` for no bound.
    pub(crate) max: u32,
    /// The bytes that can follow.
    pub(crate) first_set: FirstSet,
    /// The members that nothing after the run starts with. A lazy run takes them without a look.
    pub(crate) span: ClassSpan,
}

/// The FIRST set of a path: the bytes that it can start with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FirstSet {
    /// The bytes at which it may go on.
    pub(crate) bytes: ByteSet,
    /// Whether it may go on at the end of the search.
    pub(crate) at_end: bool,
    /// Whether it can match without consuming.
    pub(crate) accepts: bool,
}

/// The paths of a switch. A list of paths is a run of nodes in [`Code::ways`] that ends with [`NO_NODE`].
#[derive(Clone, Debug)]
pub(crate) struct Switch {
    /// The list for each byte, as an index into `lists`.
    pub(crate) rows: [u8; 256],
    /// Where the lists start.
    pub(crate) lists: Vec<u32>,
    /// Where the list for the end of the search starts.
    pub(crate) at_end: u32,
}

/// The fused code of a program.
#[derive(Debug, Default)]
pub(crate) struct Code {
    pub(crate) nodes: Vec<Node>,
    pub(crate) words: Vec<u64>,
    pub(crate) classes: Vec<Class>,
    pub(crate) runs: Vec<Run>,
    pub(crate) choices: Vec<[FirstSet; 2]>,
    pub(crate) switches: Vec<Switch>,
    pub(crate) ways: Vec<NodeId>,
    /// The number of slots of the program.
    pub(crate) slot_len: usize,
    /// The number of marks.
    pub(crate) marks: usize,
}

impl FirstSet {
    pub(crate) const NOTHING: FirstSet = FirstSet {
        bytes: ByteSet::EMPTY,
        at_end: false,
        accepts: false,
    };

    pub(crate) const MATCH: FirstSet = FirstSet {
        bytes: ByteSet::ALL,
        at_end: true,
        accepts: true,
    };

    /// Tells whether the path may go on at `at`.
    #[inline(always)]
    pub(crate) fn may(&self, hay: &[u8], at: usize) -> bool {
        match hay.get(at) {
            Some(&byte) => self.bytes.contains(byte),
            None => self.at_end,
        }
    }

    pub(crate) fn or(mut self, other: &FirstSet) -> FirstSet {
        self.bytes.insert_all(&other.bytes);
        self.at_end |= other.at_end;
        self.accepts |= other.accepts;
        self
    }
}

impl Code {
    /// Drops the spare capacity of all vectors.
    pub(crate) fn shrink(&mut self) {
        self.nodes.shrink_to_fit();
        self.words.shrink_to_fit();
        self.classes.shrink_to_fit();
        self.runs.shrink_to_fit();
        self.choices.shrink_to_fit();
        self.switches.shrink_to_fit();
        self.ways.shrink_to_fit();
    }

    /// The bytes it holds on the heap.
    pub(crate) fn bytes(&self) -> usize {
        vec_bytes(&self.nodes)
            + vec_bytes(&self.words)
            + vec_bytes(&self.classes)
            + vec_bytes(&self.runs)
            + vec_bytes(&self.choices)
            + vec_bytes(&self.switches)
            + vec_bytes(&self.ways)
            + (self.switches.iter())
                .map(|switch| vec_bytes(&switch.lists))
                .sum::<usize>()
    }
}
