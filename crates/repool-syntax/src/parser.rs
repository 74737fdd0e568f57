//! Pattern text to IR, in one pass, without recursion.
//!
//! The machine that every dialect drives stands here: the run of literal characters that is being
//! read, the stack of open groups, their finished branches, repetition of what came last. It knows
//! nothing of how a pattern is spelled; a dialect's grammar reads the text and calls it:
//!
//! ```text
//!   parser/rust.rs      the syntax of the `regex` crate  ──┐
//!   (another dialect's grammar)                          ──┴─►  Parser  ──►  Ir
//! ```
//!
//! All stacks live in the [`Ir`] and are used again, so that a parse allocates nothing once they have
//! grown. Depth costs heap, never stack, and ends at `Limits::nest_max`.
//!
//! Exercised by `tests/acceptance.rs`, `tests/meaning.rs` and `tests/depth.rs`.

mod flags;
mod rust;

use std::ops::Range;

use repool_text::Fold;

use crate::error::Fault;
use crate::ir::{Case, Greed, GroupName, Ir, NodeId, Stepping};
use crate::{Dialect, Syntax};
use flags::Flags;

/// No pattern is longer, whatever the limits say: places in it are u32, and it makes a few nodes a
/// byte.
const PATTERN_BYTES_MAX: usize = 1 << 28;

/// Nodes that a pattern may have whatever its limit is: the compiler knows exactly.
const NODES_FREE: usize = 1 << 14;

/// Parses `pattern` into `ir`, which has been cleared.
pub(crate) fn parse(pattern: &str, syntax: &Syntax, ir: &mut Ir) -> Result<(), Fault> {
    if pattern.len() > syntax.limits.pattern_bytes_max.min(PATTERN_BYTES_MAX) {
        return Err(Fault::pattern_too_long());
    }
    let mut stacks = std::mem::take(ir.stacks_mut());
    stacks.clear();
    let mut parser = Parser {
        pattern,
        at: 0,
        syntax,
        flags: Flags::new(syntax),
        ir,
        stacks,
        run: Run::default(),
        group: Frame::default(),
        repeatable: false,
        height: 0,
        part_groups_at: 1,
        group_len: 1,
        // A node takes a word of the program, unless it is dropped or joined. So memory is refused
        // before it is spent.
        nodes_max: (syntax.limits.program_bytes_max / size_of::<u64>()).max(NODES_FREE),
    };
    let result = match syntax.dialect {
        Dialect::Rust => parser.parse_rust(),
        Dialect::Python => Err(Fault::dialect_unsupported()),
    };
    let result = result.and_then(|()| parser.finish());
    let Parser { ir, stacks, .. } = parser;
    *ir.stacks_mut() = stacks;
    result
}

/// What a parse keeps on stacks.
#[derive(Debug, Default)]
pub(crate) struct Stacks {
    /// Finished parts of the open branches, of the outermost group first.
    parts: Vec<NodeId>,
    /// Finished branches of the open groups.
    branches: Vec<NodeId>,
    /// The groups around the one that is being read.
    groups: Vec<Frame>,
    /// Open classes.
    classes: rust::Classes,
    /// A property's class, as text.
    text: String,
    /// Named groups, in the order of their names.
    order: Vec<u32>,
    /// The groups inside of what is repeated zero times: rising, and none inside another.
    dropped: Vec<Range<u32>>,
}

impl Stacks {
    fn clear(&mut self) {
        self.parts.clear();
        self.branches.clear();
        self.groups.clear();
        self.classes.clear();
        self.text.clear();
        self.order.clear();
        self.dropped.clear();
    }

    pub(crate) fn scratch_bytes(&self) -> usize {
        (self.parts.capacity() + self.branches.capacity()) * size_of::<NodeId>()
            + self.groups.capacity() * size_of::<Frame>()
            + self.classes.scratch_bytes()
            + self.text.capacity()
            + self.order.capacity() * size_of::<u32>()
            + self.dropped.capacity() * size_of::<Range<u32>>()
    }
}

/// A group that is open; the pattern itself is the outermost.
#[derive(Clone, Copy, Debug, Default)]
struct Frame {
    /// Its index if it captures, else 0.
    index: u32,
    /// The index of the first group in it, itself among them.
    groups_at: u32,
    /// Where its parenthesis stands.
    open_at: u32,
    /// Its first part, and its first branch.
    parts_at: u32,
    branches_at: u32,
    /// The most repetitions inside each other so far.
    height: u32,
    /// What to go back to behind it.
    flags: Flags,
}

/// The literal characters read last; they stand at the end of the IR's literal buffer.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    open: bool,
    at: usize,
    /// Where its last character starts: that alone is what a repetition repeats.
    last: usize,
    /// The case of all before the last, and of the last.
    case: Case,
    case_last: Case,
}

struct Parser<'a> {
    pattern: &'a str,
    /// The next byte to read; on a boundary of characters.
    at: usize,
    syntax: &'a Syntax,
    flags: Flags,
    ir: &'a mut Ir,
    stacks: Stacks,
    run: Run,
    group: Frame,
    /// Whether something stands before that a repetition can repeat.
    repeatable: bool,
    /// How many repetitions are inside each other in the last part.
    height: u32,
    /// The index of the first group in the last part.
    part_groups_at: u32,
    /// The number of groups so far, the whole match among them.
    group_len: u32,
    /// With more nodes the program is too large for its limit.
    nodes_max: usize,
}

impl Parser<'_> {
    /// Refuses a pattern of too many nodes. Asked once for each item that a grammar reads.
    #[inline(always)]
    fn check_size(&self) -> Result<(), Fault> {
        if self.ir.node_len() > self.nodes_max {
            return Err(Fault::too_large(self.at..self.at));
        }
        Ok(())
    }

    /// Adds a character to the run.
    #[inline]
    fn push_char(&mut self, c: char, fold: Fold) {
        self.begin_char();
        self.run.case_last = self.ir.push_char(c, fold);
    }

    /// Adds a byte that is no character to the run.
    fn push_raw_byte(&mut self, byte: u8) {
        self.begin_char();
        self.run.case_last = Case::None;
        self.ir.literals_mut().push(byte);
        self.ir.note_raw_byte();
    }

    /// Adds text to the run as it is. Not empty.
    #[inline]
    fn push_text(&mut self, text: &str) {
        self.begin_char();
        let literals = self.ir.literals_mut();
        literals.extend_from_slice(text.as_bytes());
        let mut last = literals.len() - 1;
        while literals[last] & 0xC0 == 0x80 {
            last -= 1;
        }
        self.run.last = last;
        self.run.case_last = Case::None;
    }

    #[inline]
    fn begin_char(&mut self) {
        let end = self.ir.literals_mut().len();
        if self.run.open {
            self.run.case = self.run.case.max(self.run.case_last);
        } else {
            self.run.open = true;
            self.run.at = end;
            self.run.case = Case::None;
        }
        self.run.last = end;
        self.repeatable = true;
    }

    /// Ends the run: what comes next is no literal.
    #[inline]
    fn end_run(&mut self) {
        if self.run.open {
            self.run.open = false;
            let case = self.run.case.max(self.run.case_last);
            let node = self.ir.literal_run(self.run.at, case);
            self.stacks.parts.push(node);
        }
    }

    /// Adds a part that can be repeated. The run has ended before the node was made.
    #[inline]
    fn push_part(&mut self, node: NodeId) {
        debug_assert!(!self.run.open, "literals stand before the part");
        self.stacks.parts.push(node);
        self.repeatable = true;
        self.height = 0;
        self.part_groups_at = self.group_len;
    }

    /// Repeats what came last; `span_at` is where the operator starts.
    fn repeat(&mut self, min: u32, max: u32, greed: Greed, span_at: usize) -> Result<(), Fault> {
        let child = if self.run.open {
            self.run.open = false;
            let Run {
                at,
                last,
                case,
                case_last,
                ..
            } = self.run;
            if at < last {
                let before = self.ir.literal_span(at, last, case);
                self.stacks.parts.push(before);
            }
            self.height = 0;
            self.part_groups_at = self.group_len;
            self.ir.literal_run(last, case_last)
        } else {
            let part = self.stacks.parts.pop();
            part.ok_or_else(|| Fault::repetition_missing(span_at..span_at + 1))?
        };
        self.height += 1;
        if self.height > self.syntax.limits.nest_max {
            return Err(Fault::nest_too_deep(span_at..self.at));
        }
        self.group.height = self.group.height.max(self.height);
        if max == 0 {
            self.drop_groups(self.part_groups_at);
        }
        let node = self.ir.repeat(child, min, max, greed);
        self.stacks.parts.push(node);
        Ok(())
    }

    /// Notes that the groups from `at` on are not part of the pattern.
    fn drop_groups(&mut self, at: u32) {
        let dropped = &mut self.stacks.dropped;
        while dropped.pop_if(|inner| inner.start >= at).is_some() {}
        if at < self.group_len {
            dropped.push(at..self.group_len);
        }
    }

    /// The greed of an operator, under the flags that hold here.
    fn greed(&self, lazy: bool) -> Greed {
        if lazy != self.flags.has(Flags::SWAP_GREED) {
            Greed::Lazy
        } else {
            Greed::Greedy
        }
    }

    /// Opens a group, whose parenthesis stands at `open_at`; `inner` are the flags inside.
    fn open_group(&mut self, open_at: usize, captures: bool, inner: Flags) -> Result<(), Fault> {
        let limits = &self.syntax.limits;
        if self.stacks.groups.len() as u64 >= u64::from(limits.nest_max) {
            return Err(Fault::nest_too_deep(open_at..open_at + 1));
        }
        self.end_run();
        let groups_at = self.group_len;
        let index = if captures { groups_at } else { 0 };
        if captures {
            if self.group_len >= limits.groups_max {
                return Err(Fault::too_many_groups(open_at..open_at + 1));
            }
            self.group_len += 1;
        }
        let outer = Frame {
            flags: self.flags,
            ..self.group
        };
        self.stacks.groups.push(outer);
        self.group = Frame {
            index,
            groups_at,
            open_at: open_at as u32,
            parts_at: self.stacks.parts.len() as u32,
            branches_at: self.stacks.branches.len() as u32,
            height: 0,
            flags: inner,
        };
        self.flags = inner;
        self.repeatable = false;
        Ok(())
    }

    /// Names the group that was opened last.
    fn name_group(&mut self, at: usize, end: usize) {
        let index = self.group.index;
        let span = at..end;
        self.ir.add_name(GroupName { index, span });
    }

    /// Ends a branch and begins the next.
    fn alternate(&mut self) {
        let branch = self.end_branch();
        self.stacks.branches.push(branch);
        self.repeatable = false;
    }

    /// Closes a group, whose parenthesis stands at `at`.
    fn close_group(&mut self, at: usize) -> Result<(), Fault> {
        let Some(outer) = self.stacks.groups.pop() else {
            return Err(Fault::group_unopened(at..at + 1));
        };
        let mut node = self.end_branches();
        if self.group.index != 0 {
            node = self.ir.group(node, self.group.index);
        }
        let Frame {
            height, groups_at, ..
        } = self.group;
        self.group = outer;
        self.flags = outer.flags;
        self.group.height = outer.height.max(height);
        self.push_part(node);
        self.height = height;
        self.part_groups_at = groups_at;
        Ok(())
    }

    #[inline]
    fn end_branch(&mut self) -> NodeId {
        self.end_run();
        let at = self.group.parts_at as usize;
        let node = match &self.stacks.parts[at..] {
            [] => self.ir.empty(),
            [part] => *part,
            parts => self.ir.concat(parts),
        };
        self.stacks.parts.truncate(at);
        node
    }

    fn end_branches(&mut self) -> NodeId {
        let last = self.end_branch();
        let at = self.group.branches_at as usize;
        if self.stacks.branches.len() == at {
            return last;
        }
        self.stacks.branches.push(last);
        let node = self.ir.alternation(&self.stacks.branches[at..]);
        self.stacks.branches.truncate(at);
        node
    }

    /// Ends the pattern.
    fn finish(&mut self) -> Result<(), Fault> {
        if !self.stacks.groups.is_empty() {
            let at = self.group.open_at as usize;
            return Err(Fault::group_unclosed(at..at + 1));
        }
        self.refuse_duplicate_names()?;
        let root = self.end_branches();
        self.ir.set_root(root);
        self.forget_dropped_groups();
        self.ir.set_group_len(self.group_len);
        self.ir.decide_stepping();
        debug_assert!(
            self.ir.stepping() == Stepping::CodePoints || !self.syntax.utf8,
            "bytes by themselves are refused where matches are UTF-8"
        );
        Ok(())
    }

    /// Takes the groups that no match can take part in out of the count and the names, as `regex` does:
    /// one in front of others keeps its number, but has no name.
    fn forget_dropped_groups(&mut self) {
        let dropped = &self.stacks.dropped;
        for range in dropped.iter().rev() {
            if range.end == self.group_len {
                self.group_len = range.start;
            }
        }
        self.ir.retain_names(|index| {
            let i = dropped.partition_point(|range| range.end <= index);
            dropped.get(i).is_none_or(|range| index < range.start)
        });
    }

    /// Sorts the names and looks at neighbours: linear but for the sort, however many there are.
    fn refuse_duplicate_names(&mut self) -> Result<(), Fault> {
        let names = self.ir.names();
        if names.len() < 2 {
            return Ok(());
        }
        let text = |i: u32| &self.pattern[names[i as usize].span.clone()];
        let order = &mut self.stacks.order;
        order.extend(0..names.len() as u32);
        order.sort_unstable_by(|&a, &b| text(a).cmp(text(b)).then(a.cmp(&b)));
        match order.windows(2).find(|pair| text(pair[0]) == text(pair[1])) {
            Some(pair) => {
                let again = names[pair[1] as usize].span.clone();
                Err(Fault::group_name_duplicate(again))
            }
            None => Ok(()),
        }
    }
}
