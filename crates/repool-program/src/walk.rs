//! Walks through a program: over its instructions in order, and along their transitions.
//!
//! Code that reads a program without running it uses these walks. So only this file knows that data words
//! stand between instructions, and that the end of an iteration leads to the counter's body as well as out.
//!
//! Exercised by the tests below.

use crate::{CounterId, Epsilon, Inst, Op, Pc, Program, SetId, Transition};

/// The instructions of a program, in the order of their words; see [`Program::instructions`].
#[derive(Clone, Debug)]
pub struct Instructions<'a> {
    code: &'a [u64],
    at: usize,
}

impl Iterator for Instructions<'_> {
    type Item = (Pc, Op);

    #[inline]
    fn next(&mut self) -> Option<(Pc, Op)> {
        let inst = Inst(*self.code.get(self.at)?);
        let pc = Pc::new(self.at)?;
        self.at += 1 + inst.data_words();
        Some((pc, inst.op()))
    }
}

/// A counter whose body is one set, as in `\d{4}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedSet {
    /// The set.
    pub set: SetId,
    /// Where the `Repeat` stands.
    pub repeat: Pc,
    /// Where the repetition leads when it is over.
    pub next: Pc,
}

impl<'a> Program<'a> {
    /// The instructions, each with its index. Data words of literals are left out.
    #[inline]
    #[must_use]
    pub const fn instructions(&self) -> Instructions<'a> {
        Instructions {
            code: self.code(),
            at: 0,
        }
    }

    /// The kind of the instruction at `pc`.
    #[inline(always)]
    #[must_use]
    pub fn transition(&self, pc: Pc) -> Transition {
        self.op(pc).transition()
    }

    /// The targets of an instruction that consumes nothing, whatever the haystack holds. The preferred one
    /// comes first.
    ///
    /// Every assertion counts as true. Iterations are not counted: the end of one leads to the counter's
    /// body and out.
    #[inline]
    pub fn epsilon_targets(&self, epsilon: Epsilon) -> impl Iterator<Item = Pc> + use<> {
        let targets = match epsilon {
            Epsilon::Split { first, second } => [Some(first), Some(second)],
            Epsilon::Save { next, .. }
            | Epsilon::Look { next, .. }
            | Epsilon::Enter { next, .. } => [Some(next), None],
            Epsilon::Repeat { counter, next } => {
                let counter = self.counter(counter);
                if counter.greedy {
                    [Some(counter.body), Some(next)]
                } else {
                    [Some(next), Some(counter.body)]
                }
            }
        };
        targets.into_iter().flatten()
    }

    /// The body and the end of a counter; `None` if the body at `body` is more than one set.
    #[inline]
    #[must_use]
    pub fn counted_set(&self, counter: CounterId, body: Pc) -> Option<CountedSet> {
        let (set, repeat) = self.op(body).set()?;
        match self.transition(repeat) {
            Transition::Epsilon(epsilon) => match epsilon {
                Epsilon::Repeat { counter: id, next } if id == counter => {
                    Some(CountedSet { set, repeat, next })
                }
                Epsilon::Repeat { .. }
                | Epsilon::Split { .. }
                | Epsilon::Save { .. }
                | Epsilon::Look { .. }
                | Epsilon::Enter { .. } => None,
            },
            Transition::Fail | Transition::Match | Transition::Consume { .. } => None,
        }
    }

    /// The number of different sets that the instructions and the header name. It reads all of the code.
    #[must_use]
    pub fn set_len(&self) -> usize {
        let named = self.instructions().filter_map(|(_, op)| op.set());
        let mut sets: Vec<SetId> = named.map(|(set, _)| set).chain(self.first()).collect();
        sets.sort_unstable();
        sets.dedup();
        sets.len()
    }
}

#[cfg(test)]
mod tests {
    use repool_arena::Pool;
    use repool_text::{Fold, Look, LookSet, Set};

    use super::*;
    use crate::{Builder, Bump, Counter, Facts, Flags, Image, Room, UNBOUNDED, verify};

    fn pc(index: usize) -> Pc {
        Pc::new(index).expect("in range")
    }

    /// `^(?:[a]{2,4}x|hello, you)`, with a greedy or a lazy counter. The bytes of the literal take two
    /// words.
    fn image(greedy: bool) -> Image {
        let arena = Bump::new();
        let mut builder = Builder::new_in(&arena, Room::default());
        let set = builder.push_set(Set::code_points(1 << b'a', &[], 0, 0, false));
        let counter = builder.push_counter(&Counter {
            min: 2,
            max: 4,
            body: pc(4),
            greedy,
            parent: None,
            lo: pc(3),
            len: 2,
            base: 11,
        });
        builder.push(Op::Match).expect("room");
        let next = pc(0);
        builder.push(Op::Fail).expect("room");
        builder.push(Op::Char { c: 120, next }).expect("room");
        builder
            .push(Op::Repeat {
                counter,
                next: pc(2),
            })
            .expect("room");
        builder.push(Op::Set { set, next: pc(3) }).expect("room");
        builder
            .push(Op::Enter {
                counter,
                next: pc(4),
            })
            .expect("room");
        builder
            .push_literal(b"hello, you", Fold::None, next)
            .expect("room");
        let (first, second) = (pc(5), pc(6));
        builder.push(Op::Split { first, second }).expect("room");
        let look = Look::Start;
        builder.push(Op::Look { look, next: pc(9) }).expect("room");
        let facts = Facts {
            flags: Flags::default(),
            looks: LookSet(0).with(look),
            len_min: 3,
            len_max: 10,
            group_len: 1,
            states: 11 + 4 * 2,
            line_terminator: b'\n',
            prefix: None,
            required: None,
            required_before_max: UNBOUNDED,
            first: None,
        };
        let sealed = builder.seal(&facts, pc(10), "", 0, Pool::global());
        let image = Image::new(sealed.expect("memory for it"), None);
        assert_eq!(verify(&image.program()), Ok(()));
        image
    }

    #[test]
    fn instructions_leave_out_data() {
        let image = image(true);
        let program = image.program();
        let found: Vec<_> = program.instructions().map(|(pc, _)| pc.index()).collect();
        assert_eq!(found, [0, 1, 2, 3, 4, 5, 6, 9, 10]);
        assert!(program.instructions().all(|(pc, op)| op == program.op(pc)));
    }

    #[test]
    fn transitions_lead_everywhere_by_priority() {
        for greedy in [false, true] {
            let image = image(greedy);
            let program = image.program();
            let targets = |at: usize| -> Vec<usize> {
                match program.transition(pc(at)) {
                    Transition::Epsilon(epsilon) => {
                        program.epsilon_targets(epsilon).map(Pc::index).collect()
                    }
                    _ => panic!("{at} consumes or ends"),
                }
            };
            assert_eq!(targets(10), [9]);
            assert_eq!(targets(9), [5, 6]);
            assert_eq!(targets(5), [4]);
            assert_eq!(targets(3), if greedy { [4, 2] } else { [2, 4] });
        }
    }

    #[test]
    fn a_counted_set_is_one_set_and_its_counter() {
        let image = image(true);
        let program = image.program();
        let counter = CounterId(0);
        let found = program.counted_set(counter, pc(4)).expect("a set");
        assert_eq!(program.op(pc(4)).set(), Some((found.set, found.repeat)));
        assert_eq!((found.repeat, found.next), (pc(3), pc(2)));
        // The end of another counter, and bodies that are not a set.
        assert_eq!(program.counted_set(CounterId(1), pc(4)), None);
        for at in [0, 2, 5, 6] {
            assert_eq!(program.counted_set(counter, pc(at)), None, "{at}");
        }
        assert_eq!(program.set_len(), 1);
    }
}
