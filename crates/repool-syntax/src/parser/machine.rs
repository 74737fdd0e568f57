//! The machine that every dialect drives. It holds the current run of literal characters, the stack of open
//! groups with their finished branches, and what a repetition would repeat.
//!
//! It knows nothing of how a pattern is spelled.
//!
//! Exercised by `tests/acceptance.rs`, `tests/meaning.rs` and `tests/depth.rs`.

use repool_text::Fold;

use super::flags::Flags;
use super::stacks::{Frame, Stacks};
use crate::Syntax;
use crate::error::Fault;
use crate::ir::{Case, Greed, GroupName, Ir, NodeId, Stepping};

/// The current run of literal characters, at the end of the IR's literal buffer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Run {
    pub(super) open: bool,
    pub(super) at: usize,
    /// The start of its last character, which is all that a repetition repeats.
    pub(super) last: usize,
    /// The case of all characters before the last, and of the last.
    pub(super) case: Case,
    pub(super) case_last: Case,
}

pub(super) struct Machine<'a> {
    pub(super) pattern: &'a str,
    /// The next byte to read; on a boundary of characters.
    pub(super) at: usize,
    pub(super) syntax: &'a Syntax,
    pub(super) flags: Flags,
    pub(super) ir: &'a mut Ir,
    pub(super) stacks: &'a mut Stacks,
    pub(super) run: Run,
    pub(super) group: Frame,
    /// Whether there is a part that a repetition can repeat.
    pub(super) repeatable: bool,
    /// The depth of repetitions inside each other in the last part.
    pub(super) height: u32,
    /// The index of the first group in the last part.
    pub(super) part_groups_at: u32,
    /// The number of groups so far, including the whole match.
    pub(super) group_len: u32,
    /// The most nodes. A pattern with more makes a program that passes its limit.
    pub(super) nodes_max: usize,
}

impl Machine<'_> {
    /// Refuses a pattern of too many nodes. The grammar calls it once for each item.
    #[inline(always)]
    pub(super) fn check_size(&self) -> Result<(), Fault> {
        if self.ir.node_len() > self.nodes_max {
            return Err(Fault::too_large(self.at..self.at));
        }
        Ok(())
    }

    /// Adds a character to the run.
    #[inline]
    pub(super) fn push_char(&mut self, c: char, fold: Fold) {
        self.begin_char();
        self.run.case_last = self.ir.push_char(c, fold);
    }

    /// Adds to the run a byte that is no part of a character.
    pub(super) fn push_raw_byte(&mut self, byte: u8) {
        self.begin_char();
        self.run.case_last = Case::None;
        self.ir.literals_mut().push(byte);
        self.ir.note_raw_byte();
    }

    /// Adds text to the run as it is. The text must not be empty.
    #[inline]
    pub(super) fn push_text(&mut self, text: &str) {
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
    pub(super) fn begin_char(&mut self) {
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

    /// Ends the run, since no literal follows.
    #[inline]
    pub(super) fn end_run(&mut self) {
        if self.run.open {
            self.run.open = false;
            let case = self.run.case.max(self.run.case_last);
            let node = self.ir.literal_run(self.run.at, case);
            self.stacks.parts.push(node);
        }
    }

    /// Adds a part that can be repeated. The run must have ended before the node was made.
    #[inline]
    pub(super) fn push_part(&mut self, node: NodeId) {
        debug_assert!(!self.run.open, "literals stand before the part");
        self.stacks.parts.push(node);
        self.repeatable = true;
        self.height = 0;
        self.part_groups_at = self.group_len;
    }

    /// Repeats the last part. The operator starts at `span_at`.
    pub(super) fn repeat(
        &mut self,
        min: u32,
        max: u32,
        greed: Greed,
        span_at: usize,
    ) -> Result<(), Fault> {
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

    /// Records that the groups from `at` on are no part of the pattern.
    pub(super) fn drop_groups(&mut self, at: u32) {
        let dropped = &mut self.stacks.dropped;
        while dropped.pop_if(|inner| inner.start >= at).is_some() {}
        if at < self.group_len {
            dropped.push(at..self.group_len);
        }
    }

    /// The greed of an operator under the current flags.
    pub(super) fn greed(&self, lazy: bool) -> Greed {
        if lazy != self.flags.has(Flags::SWAP_GREED) {
            Greed::Lazy
        } else {
            Greed::Greedy
        }
    }

    /// Opens a group. Its parenthesis stands at `open_at`; `inner` are the flags inside.
    pub(super) fn open_group(
        &mut self,
        open_at: usize,
        captures: bool,
        inner: Flags,
    ) -> Result<(), Fault> {
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
    pub(super) fn name_group(&mut self, at: usize, end: usize) {
        let index = self.group.index;
        let span = at..end;
        self.ir.add_name(GroupName { index, span });
    }

    /// Ends a branch and begins the next.
    pub(super) fn alternate(&mut self) {
        let branch = self.end_branch();
        self.stacks.branches.push(branch);
        self.repeatable = false;
    }

    /// Closes a group. Its parenthesis stands at `at`.
    pub(super) fn close_group(&mut self, at: usize) -> Result<(), Fault> {
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
    pub(super) fn end_branch(&mut self) -> NodeId {
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

    pub(super) fn end_branches(&mut self) -> NodeId {
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
    pub(super) fn finish(&mut self) -> Result<(), Fault> {
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

    /// Removes the groups that no match can take part in from the count and the names, as `regex` does.
    /// Such a group in front of others keeps its number but has no name.
    pub(super) fn forget_dropped_groups(&mut self) {
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

    /// Refuses a name that two groups have. It sorts the names and compares neighbours.
    pub(super) fn refuse_duplicate_names(&mut self) -> Result<(), Fault> {
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
