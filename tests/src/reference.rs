//! A slow and obvious matcher: the meaning of the IR, written down.
//!
//! Plain backtracking in continuation style, one function a kind of node, with no program, no states and
//! no optimisation, so that it has nothing in common with the engines but the definitions in
//! `repool-text`. Exponential, and recursive on the pattern: for small patterns and haystacks only.
//! `tests/exhaustive.rs` holds every engine against it, and it against `regex`.

use std::cell::Cell;

use repool_syntax::{Greed, Ir, Node, NodeId, Stepping, Syntax, UNBOUNDED};
use repool_text::{Fold, canonical, decode, is_boundary};
use repool_vm::{Input, Slot};

/// The matcher over one IR.
#[derive(Debug)]
pub struct Reference<'a> {
    ir: &'a Ir,
    line_terminator: u8,
    utf8: bool,
    /// Steps left before the matcher gives up.
    steps: Cell<u32>,
}

/// The steps of one search. Enough for every case of the exhaustive suite.
const STEPS_MAX: u32 = 1 << 20;

/// One search while it runs.
struct Run<'h> {
    haystack: &'h [u8],
    end: usize,
    slots: Vec<Slot>,
}

/// What follows the node at hand: goes on from a position and tells whether a match was reached.
type Next<'n> = &'n dyn Fn(&mut Run<'_>, usize) -> bool;

/// A repetition with the child it repeats.
#[derive(Clone, Copy)]
struct Repeat {
    child: NodeId,
    min: u32,
    max: u32,
    greedy: bool,
}

impl<'a> Reference<'a> {
    /// A matcher for `ir`, which was parsed under `syntax`; `None` if the IR is delegated, or has nodes
    /// of Python's dialect.
    #[must_use]
    pub fn new(ir: &'a Ir, syntax: &Syntax) -> Option<Reference<'a>> {
        let reference = Reference {
            ir,
            line_terminator: syntax.line_terminator,
            utf8: syntax.utf8,
            steps: Cell::new(0),
        };
        (ir.stepping() != Stepping::Delegated && reference.is_rust(ir.root())).then_some(reference)
    }

    fn is_rust(&self, id: NodeId) -> bool {
        match self.ir.node(id) {
            Node::Empty | Node::Fail | Node::Literal { .. } | Node::Set(_) | Node::Look(_) => true,
            Node::Concat { at, len } | Node::Alternation { at, len } => {
                let children = self.ir.children(at, len);
                children.iter().all(|&child| self.is_rust(child))
            }
            Node::Repeat { child, greed, .. } => greed != Greed::Possessive && self.is_rust(child),
            Node::Group { child, .. } => self.is_rust(child),
            Node::Backreference { .. }
            | Node::LookAround { .. }
            | Node::Atomic(_)
            | Node::Conditional { .. } => false,
        }
    }

    /// The slots of the leftmost-first match of `input`, two a group; `Some(None)` if there is no match,
    /// `None` if the search was given up.
    #[must_use]
    pub fn search(&self, input: &Input<'_>) -> Option<Option<Vec<Slot>>> {
        self.steps.set(STEPS_MAX);
        let mut run = Run {
            haystack: input.haystack,
            end: input.end,
            slots: vec![Slot::NONE; self.ir.group_len() as usize * 2],
        };
        let last = if input.anchored {
            input.start
        } else {
            input.end
        };
        for start in input.start..=last.min(input.end) {
            if self.utf8 && !is_boundary(input.haystack, start) {
                continue;
            }
            let matched = self.node(&mut run, self.ir.root(), start, &|run, end| {
                run.slots[0] = Slot::at(start);
                run.slots[1] = Slot::at(end);
                true
            });
            if self.steps.get() == 0 {
                return None;
            }
            if matched {
                return Some(Some(run.slots));
            }
        }
        Some(None)
    }

    fn node(&self, run: &mut Run<'_>, id: NodeId, at: usize, next: Next<'_>) -> bool {
        let Some(steps) = self.steps.get().checked_sub(1) else {
            return false;
        };
        self.steps.set(steps);
        match self.ir.node(id) {
            Node::Empty => next(run, at),
            Node::Literal {
                at: text,
                len,
                fold,
            } => {
                let literal = self.ir.literal(text, len);
                match literal_end(&run.haystack[..run.end], at, literal, fold) {
                    Some(end) => next(run, end),
                    None => false,
                }
            }
            Node::Set(set) => match self.set_end(&run.haystack[..run.end], at, set) {
                Some(end) => next(run, end),
                None => false,
            },
            Node::Look(look) => look.holds(run.haystack, at, self.line_terminator) && next(run, at),
            Node::Concat { at: place, len } => {
                self.concat(run, self.ir.children(place, len), at, next)
            }
            Node::Alternation { at: place, len } => {
                let children = self.ir.children(place, len);
                children
                    .iter()
                    .any(|&child| self.node(run, child, at, next))
            }
            Node::Group { child, index } => self.group(run, child, index, at, next),
            Node::Repeat {
                child,
                min,
                max,
                greed,
            } => {
                let greedy = greed == Greed::Greedy;
                let repeat = Repeat {
                    child,
                    min,
                    max,
                    greedy,
                };
                if max == UNBOUNDED {
                    self.unbounded(run, repeat, 0, at, true, next)
                } else {
                    self.bounded(run, repeat, 0, at, next)
                }
            }
            // `new` refuses the nodes of Python's dialect.
            _ => false,
        }
    }

    fn concat(&self, run: &mut Run<'_>, children: &[NodeId], at: usize, next: Next<'_>) -> bool {
        match children {
            [] => next(run, at),
            [first, rest @ ..] => {
                self.node(run, *first, at, &|run, at| self.concat(run, rest, at, next))
            }
        }
    }

    fn group(
        &self,
        run: &mut Run<'_>,
        child: NodeId,
        index: u32,
        at: usize,
        next: Next<'_>,
    ) -> bool {
        let slot = index as usize * 2;
        self.node(run, child, at, &|run, end| {
            let before = [run.slots[slot], run.slots[slot + 1]];
            run.slots[slot] = Slot::at(at);
            run.slots[slot + 1] = Slot::at(end);
            let matched = next(run, end);
            if !matched {
                run.slots[slot..slot + 2].copy_from_slice(&before);
            }
            matched
        })
    }

    /// `e{m,n}`: as if it were written `e` m times and then `e?` nested n - m times. Any iteration may
    /// be empty.
    fn bounded(
        &self,
        run: &mut Run<'_>,
        repeat: Repeat,
        done: u32,
        at: usize,
        next: Next<'_>,
    ) -> bool {
        let again = |run: &mut Run<'_>| {
            done < repeat.max
                && self.node(run, repeat.child, at, &|run, at| {
                    self.bounded(run, repeat, done + 1, at, next)
                })
        };
        if done < repeat.min {
            return again(run);
        }
        repeat.greedy && again(run) || next(run, at) || !repeat.greedy && again(run)
    }

    /// `e{m,}`: as if it were written `e` m - 1 times and then `e+`; `e*` as `(e+)?`. The first iteration
    /// of the `e+` may be empty and then ends it; a later empty iteration fails. `may_repeat` is false
    /// behind an empty first iteration.
    fn unbounded(
        &self,
        run: &mut Run<'_>,
        repeat: Repeat,
        done: u32,
        at: usize,
        may_repeat: bool,
        next: Next<'_>,
    ) -> bool {
        let first_of_loop = repeat.min.max(1) - 1;
        let again = |run: &mut Run<'_>| {
            self.node(run, repeat.child, at, &|run, end| {
                let empty = end == at;
                if empty && done > first_of_loop {
                    return false;
                }
                let may_repeat = !empty || done < first_of_loop;
                self.unbounded(run, repeat, done + 1, end, may_repeat, next)
            })
        };
        if done < repeat.min {
            return again(run);
        }
        repeat.greedy && may_repeat && again(run)
            || next(run, at)
            || !repeat.greedy && may_repeat && again(run)
    }

    fn set_end(&self, haystack: &[u8], at: usize, set: u32) -> Option<usize> {
        let set = self.ir.set(set);
        if self.ir.stepping() == Stepping::Bytes {
            return set.contains_byte(*haystack.get(at)?).then_some(at + 1);
        }
        let decoded = decode(haystack, at)?;
        set.contains(self.ir.ranges(), decoded.c)
            .then_some(at + decoded.len)
    }
}

/// Where the literal ends if it stands at `at`.
fn literal_end(haystack: &[u8], at: usize, literal: &[u8], fold: Fold) -> Option<usize> {
    match fold {
        Fold::None => haystack[at..]
            .starts_with(literal)
            .then_some(at + literal.len()),
        Fold::Ascii => {
            let end = at + literal.len();
            let equal = haystack.get(at..end)?.eq_ignore_ascii_case(literal);
            equal.then_some(end)
        }
        Fold::Unicode => {
            let text = std::str::from_utf8(literal).expect("folded literals are text");
            let mut end = at;
            for c in text.chars() {
                let decoded = decode(haystack, end)?;
                if canonical(char::from_u32(decoded.c)?) != canonical(c) {
                    return None;
                }
                end += decoded.len;
            }
            Some(end)
        }
    }
}
