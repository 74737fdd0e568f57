//! Which engine runs which search: one row an engine.
//!
//! A row says which instructions the engine runs, what may be asked of it, whether it has to know the start, and how
//! large a program may be. The header of a program has all of it, so that asking costs a few comparisons. An
//! engine that runs a search may still end without an answer: its window or its table may turn out too small.
//!
//! A new instruction is named in [`Needs::of_op`], and no engine runs it before its row says so.
//! Exercised by the tests below.

use repool_program::{Flags, Op, Program};
use repool_text::{Look, LookSet};

use crate::engine::kind::Engine;
use crate::input::Input;
use crate::tuning::{PROGRAM_MAX, STATES_MAX};

/// What a program needs of an engine, besides being able to consume, split, save and end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Needs(u8);

impl Needs {
    const PLAIN: Needs = Needs(0);
    /// Assertions that one unit on each side decides.
    const LOOKS: Needs = Needs(1);
    /// The assertion that two units decide: the end, or a line terminator before it.
    const FINAL_LINE: Needs = Needs(1 << 1);
    const COUNTERS: Needs = Needs(1 << 2);
    /// The pattern has no program but one of `regex-automata`.
    const DELEGATE: Needs = Needs(1 << 3);
    /// All that a program of instructions can need.
    const ALL: Needs = Needs(0b111);

    const fn and(self, other: Needs) -> Needs {
        Needs(self.0 | other.0)
    }

    const fn when(self, condition: bool) -> Needs {
        if condition { self } else { Needs::PLAIN }
    }

    const fn has(self, other: Needs) -> bool {
        self.0 & other.0 == other.0
    }

    /// What one instruction needs.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the header of a program tells it sooner")
    )]
    const fn of_op(op: Op) -> Needs {
        match op {
            Op::Fail | Op::Match | Op::Save { .. } | Op::Split { .. } => Needs::PLAIN,
            Op::Char { .. } | Op::Set { .. } | Op::Literal { .. } => Needs::PLAIN,
            Op::Look { look, .. } => Needs::of_looks(LookSet(0).with(look)),
            Op::Enter { .. } | Op::Repeat { .. } => Needs::COUNTERS,
        }
    }

    const fn of_looks(looks: LookSet) -> Needs {
        let final_line = LookSet(0).with(Look::EndOrFinalLine).0;
        let needs = Needs::LOOKS.when(looks.0 & !final_line != 0);
        needs.and(Needs::FINAL_LINE.when(looks.0 & final_line != 0))
    }

    /// What a program needs, by its header.
    #[inline(always)]
    fn of(program: &Program<'_>) -> Needs {
        Needs::of_looks(program.looks())
            .and(Needs::COUNTERS.when(program.counter_len() > 0))
            .and(Needs::DELEGATE.when(program.flags().contains(Flags::DELEGATED)))
    }
}

/// What one engine runs.
#[derive(Clone, Copy, Debug)]
struct Row {
    needs: Needs,
    /// Whether it finds the smallest end of any match; the others find the end that the pattern prefers.
    earliest: bool,
    /// Whether a search may start anywhere; if not, its start has to be known.
    unanchored: bool,
    /// Flags that the program has to have.
    flags: Flags,
    /// Whether it runs programs that match the empty string.
    empty: bool,
    /// The most states of a program.
    states_max: usize,
    /// The most words of its code.
    words_max: usize,
}

/// An engine without limits.
const ANY: Row = Row {
    needs: Needs::ALL,
    earliest: true,
    unanchored: true,
    flags: Flags(0),
    empty: true,
    states_max: usize::MAX,
    words_max: usize::MAX,
};

/// The table. All engines tell whether there is a match, its span, and its groups; those without groups of their
/// own have others find them within the span.
const fn row(engine: Engine) -> Row {
    match engine {
        Engine::Literal => Row {
            needs: Needs::PLAIN,
            flags: Flags::LITERAL,
            ..ANY
        },
        Engine::OnePass => Row {
            unanchored: false,
            flags: Flags::ONE_PASS,
            ..ANY
        },
        // Assertions are taken to hold, and another engine looks at what is left.
        Engine::BitParallel => Row {
            empty: false,
            states_max: PROGRAM_MAX,
            ..ANY
        },
        Engine::Backtrack => Row {
            earliest: false,
            states_max: STATES_MAX,
            ..ANY
        },
        // Counters of sets alone, which `lower` finds out.
        Engine::Fused => Row {
            earliest: false,
            words_max: PROGRAM_MAX,
            ..ANY
        },
        Engine::Pike => ANY,
        Engine::Dfa => Row {
            needs: Needs::LOOKS.and(Needs::COUNTERS),
            earliest: false,
            states_max: PROGRAM_MAX,
            ..ANY
        },
        Engine::LazyDfa => Row {
            needs: Needs::LOOKS.and(Needs::COUNTERS),
            earliest: false,
            states_max: STATES_MAX,
            ..ANY
        },
        Engine::Delegate => Row {
            needs: Needs::DELEGATE,
            flags: Flags::DELEGATED,
            ..ANY
        },
    }
}

impl Engine {
    /// Tells whether the engine runs this program, on this input, if `slot_len` slots are asked for.
    ///
    /// It may still end without an answer, where a window or a table turns out too small; [`Engine::Pike`] always
    /// answers.
    #[inline]
    #[must_use]
    pub fn runs(self, program: &Program<'_>, input: &Input<'_>, slot_len: usize) -> bool {
        let row = row(self);
        let flags = program.flags();
        let is_anchored = input.anchored || flags.contains(Flags::ANCHORED_START);
        row.needs.has(Needs::of(program))
            && flags.contains(row.flags)
            && (row.earliest || !input.earliest || slot_len == 0)
            && (row.unanchored || is_anchored)
            && (row.empty || program.len_min() > 0)
            && program.states() <= row.states_max
            && program.code().len() <= row.words_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forced::search_with;
    use crate::testing::image;
    use crate::{Scratch, Slot};

    const PATTERNS: [&str; 9] = [
        "literal",
        "(?i)literal",
        "a*",
        r"^(\w+)-(\d{2})$",
        r"(?m)^\s+|\bx",
        r"(?:ab|a){3,5}c",
        r"[a-z]{2000}",
        r"(a|b)+?\z",
        r"(?:\w{1,40}-){30}",
    ];

    #[test]
    fn the_header_tells_what_instructions_need() {
        for text in PATTERNS {
            let image = image(text);
            let program = image.program();
            let of_ops = (program.instructions())
                .fold(Needs::PLAIN, |all, (_, op)| all.and(Needs::of_op(op)));
            assert_eq!(Needs::of(&program), of_ops, "{text}");
        }
    }

    #[test]
    fn engines_answer_only_what_they_run() {
        let mut scratch = Scratch::new();
        let mut answers = [0; Engine::ALL.len()];
        for text in PATTERNS {
            let image = image(text);
            let program = image.program();
            let hay = "one literal, ab-12 xaaabc x";
            for (anchored, earliest) in [(false, false), (false, true), (true, false), (true, true)]
            {
                let input = Input {
                    anchored,
                    earliest,
                    ..Input::new(hay.as_bytes())
                };
                for slot_len in [0, 2, 2 * program.group_len()] {
                    for (engine, answers) in Engine::ALL.into_iter().zip(&mut answers) {
                        let mut slots = vec![Slot::NONE; slot_len];
                        let found = search_with(engine, &program, &input, &mut scratch, &mut slots);
                        let runs = engine.runs(&program, &input, slot_len);
                        assert!(runs || found.is_none(), "{engine:?} {text} {input:?}");
                        *answers += usize::from(found.is_some());
                        if engine == Engine::Pike || engine == Engine::OnePass {
                            assert_eq!(found.is_some(), runs, "{engine:?} {text} {input:?}");
                        }
                    }
                }
            }
        }
        // No pattern here is one of `regex-automata`.
        assert!(
            answers[..8].iter().all(|&answers| answers > 0),
            "{answers:?}"
        );
    }
}
