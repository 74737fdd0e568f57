//! A slow and obvious matcher: the meaning of the IR, written down.
//!
//! Plain backtracking in continuation style, one function a kind of node, with no program and no
//! optimisation, so that it has nothing in common with the engines but the definitions in `repool-text`.
//! Recursive on pattern and haystack: for small ones only. `tests/exhaustive.rs` holds every engine
//! against it, and it against `regex`.
//!
//! What makes iterations end that match the empty string is one rule: no place of the pattern is chosen
//! from twice at one position, where the virtual copies of a counted repetition are places of their own.
//! A place that was chosen from before has failed, or is being tried right now; either way the second
//! visit has nothing new to offer. The rule decides more than whether the search ends: in
//! `(?:(?:\B|[^a])?(?:\B|b))+` on `bb`, the second iteration meets the alternation where the first left it.

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
    /// The choices made so far.
    visited: Vec<Visit>,
}

/// A place to choose at, in one virtual copy, at one position.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Visit {
    id: NodeId,
    /// Whether it is the choice behind an iteration, not the one in front of the first.
    behind: bool,
    copy: u64,
    at: usize,
}

/// A node, in one of the virtual copies that the counted repetitions around it make.
#[derive(Clone, Copy)]
struct Place {
    id: NodeId,
    copy: u64,
}

/// What follows the node at hand: goes on from a position and tells whether a match was reached.
type Next<'n> = &'n dyn Fn(&mut Run<'_>, usize) -> bool;

/// A repetition with the child it repeats.
#[derive(Clone, Copy)]
struct Repeat {
    place: Place,
    child: NodeId,
    /// Whether the child may match the empty string.
    nullable: bool,
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
            visited: Vec::new(),
        };
        let root = Place {
            id: self.ir.root(),
            copy: 0,
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
            run.visited.clear();
            let matched = self.node(&mut run, root, start, &|run, end| {
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

    /// Tells whether the choice is still to be made, and notes that it is.
    fn choose(&self, run: &mut Run<'_>, place: Place, behind: bool, at: usize) -> bool {
        let visit = Visit {
            id: place.id,
            behind,
            copy: place.copy,
            at,
        };
        let new = !run.visited.contains(&visit);
        if new {
            run.visited.push(visit);
        }
        new
    }

    fn node(&self, run: &mut Run<'_>, place: Place, at: usize, next: Next<'_>) -> bool {
        let Some(steps) = self.steps.get().checked_sub(1) else {
            return false;
        };
        self.steps.set(steps);
        let child = |id| Place { id, ..place };
        match self.ir.node(place.id) {
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
            Node::Concat { at: first, len } => {
                self.concat(run, self.ir.children(first, len), place.copy, at, next)
            }
            Node::Alternation { at: first, len } => {
                let children = self.ir.children(first, len);
                self.choose(run, place, false, at)
                    && children
                        .iter()
                        .any(|&id| self.node(run, child(id), at, next))
            }
            Node::Group { child: id, index } => self.group(run, child(id), index, at, next),
            Node::Repeat {
                child,
                min,
                max,
                greed,
            } => {
                let repeat = Repeat {
                    place,
                    child,
                    nullable: self.ir.facts(child).len_min == 0,
                    min,
                    max,
                    greedy: greed == Greed::Greedy,
                };
                self.repeat(run, repeat, 0, at, next)
            }
            // `new` refuses the nodes of Python's dialect.
            _ => false,
        }
    }

    fn concat(
        &self,
        run: &mut Run<'_>,
        children: &[NodeId],
        copy: u64,
        at: usize,
        next: Next<'_>,
    ) -> bool {
        match children {
            [] => next(run, at),
            &[id, ref rest @ ..] => self.node(run, Place { id, copy }, at, &|run, at| {
                self.concat(run, rest, copy, at, next)
            }),
        }
    }

    fn group(
        &self,
        run: &mut Run<'_>,
        child: Place,
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

    /// `e{m,n}` as if it were written `e` m times and then `e?` nested n - m times; `e{m,}` as `e` m - 1
    /// times and then `e+`; `e*` as `(e+)?`, or as one loop if `e` cannot be empty. `done` iterations are
    /// done.
    fn repeat(
        &self,
        run: &mut Run<'_>,
        repeat: Repeat,
        done: u32,
        at: usize,
        next: Next<'_>,
    ) -> bool {
        let unbounded = repeat.max == UNBOUNDED;
        let copies = if unbounded {
            repeat.min.max(1)
        } else {
            repeat.max
        };
        let copy = |i: u32| {
            repeat
                .place
                .copy
                .wrapping_mul(u64::from(copies) + 1)
                .wrapping_add(u64::from(i))
        };
        let again = |run: &mut Run<'_>| {
            let child = Place {
                id: repeat.child,
                copy: copy(done.min(copies - 1)),
            };
            self.node(run, child, at, &|run, at| {
                self.repeat(run, repeat, done + 1, at, next)
            })
        };
        if done < repeat.min {
            return again(run);
        }
        if done == repeat.max {
            return next(run, at);
        }
        let choice = Place {
            copy: copy(if unbounded { 0 } else { done }),
            ..repeat.place
        };
        let behind = unbounded && done > 0 && (repeat.nullable || repeat.min > 0);
        self.choose(run, choice, behind, at)
            && (repeat.greedy && again(run) || next(run, at) || !repeat.greedy && again(run))
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
