//! One pattern, every engine: compiles below the facade and searches with an engine by name.

use std::sync::Arc;

use repool_arena::{Ledger, Pool};
use repool_compiler::Compiler;
use repool_program::{Image, verify};
use repool_syntax::{Ir, Syntax, parse};
use repool_vm::forced::{search, search_next, search_next_with, search_with};
use repool_vm::{Engine, Input, Iteration, Scratch, Slot};

use crate::outcome::Span;

/// The slots of one match, two a group, or no match.
pub type Groups = Option<Vec<Slot>>;

/// What it takes to compile and search, kept from pattern to pattern as a thread of a service would.
#[derive(Debug)]
pub struct Lab {
    /// The IR of the pattern that was compiled last.
    pub ir: Ir,
    compiler: Compiler,
    pool: Arc<Pool>,
    scratch: Scratch,
    slots: Vec<Slot>,
}

impl Default for Lab {
    fn default() -> Lab {
        Lab {
            ir: Ir::new(),
            compiler: Compiler::default(),
            pool: Pool::new(Arc::new(Ledger::default())),
            scratch: Scratch::default(),
            slots: Vec::new(),
        }
    }
}

impl Lab {
    /// Compiles a pattern and verifies the program.
    ///
    /// # Errors
    ///
    /// The message, if the pattern is refused.
    ///
    /// # Panics
    ///
    /// If the compiler made a program that `verify` does not accept.
    pub fn compile(&mut self, pattern: &str, syntax: &Syntax) -> Result<Image, String> {
        parse(pattern, syntax, &mut self.ir).map_err(|error| error.to_string())?;
        let image = self
            .compiler
            .compile(&self.ir, pattern, syntax, 0, &self.pool)
            .map_err(|error| error.to_string())?;
        if let Err(fault) = verify(&image.program()) {
            panic!("the program of {pattern:?} is faulty: {fault:?}");
        }
        Ok(image)
    }

    /// One search with one engine, or with the engine of choice; `None` if the engine cannot run it.
    pub fn search(
        &mut self,
        image: &Image,
        engine: Option<Engine>,
        input: &Input<'_>,
    ) -> Option<Groups> {
        let program = image.program();
        let mut slots = vec![Slot::NONE; program.group_len() * 2];
        let matched = match engine {
            Some(engine) => search_with(engine, &program, input, &mut self.scratch, &mut slots)?,
            None => search(&program, input, &mut self.scratch, &mut slots),
        };
        Some(matched.then_some(slots))
    }

    /// One search for the span alone; `None` if the engine cannot run it.
    pub fn span(
        &mut self,
        image: &Image,
        engine: Option<Engine>,
        input: &Input<'_>,
    ) -> Option<Option<(usize, usize)>> {
        let program = image.program();
        let mut slots = [Slot::NONE; 2];
        let matched = match engine {
            Some(engine) => search_with(engine, &program, input, &mut self.scratch, &mut slots)?,
            None => search(&program, input, &mut self.scratch, &mut slots),
        };
        Some(matched.then(|| {
            let [Some(start), Some(end)] = slots.map(Slot::get) else {
                panic!("a match without a span: {slots:?}");
            };
            (start, end)
        }))
    }

    /// One search for whether there is a match; `None` if the engine cannot run it.
    pub fn is_match(
        &mut self,
        image: &Image,
        engine: Option<Engine>,
        input: &Input<'_>,
    ) -> Option<bool> {
        let program = image.program();
        match engine {
            Some(engine) => search_with(engine, &program, input, &mut self.scratch, &mut []),
            None => Some(search(&program, input, &mut self.scratch, &mut [])),
        }
    }

    /// All matches, as `captures_iter` gives them; `None` if the engine cannot run one of the searches.
    pub fn all(
        &mut self,
        image: &Image,
        engine: Option<Engine>,
        haystack: &[u8],
    ) -> Option<Vec<Vec<Slot>>> {
        let program = image.program();
        let mut slots = vec![Slot::NONE; program.group_len() * 2];
        let (mut iteration, scratch) = (Iteration::new(), &mut self.scratch);
        iterate(Input::new(haystack), |input| {
            let of = &mut iteration;
            let matched = match engine {
                Some(engine) => search_next_with(engine, &program, input, of, scratch, &mut slots)?,
                None => search_next(&program, input, of, scratch, &mut slots),
            };
            Some(matched.then(|| slots.clone()))
        })
    }

    /// Whether all matches are the expected ones; `None` if the engine cannot run one of the searches.
    ///
    /// # Errors
    ///
    /// The number of the first match that is another one, and what it is instead.
    ///
    /// # Panics
    ///
    /// If the engine finds a match without a span.
    pub fn compare(
        &mut self,
        image: &Image,
        engine: Option<Engine>,
        haystack: &[u8],
        expected: &[Vec<Option<Span>>],
    ) -> Option<Result<(), (usize, Groups)>> {
        let program = image.program();
        let (mut iteration, scratch, slots) =
            (Iteration::new(), &mut self.scratch, &mut self.slots);
        slots.clear();
        slots.resize(program.group_len() * 2, Slot::NONE);
        let mut input = Input::new(haystack);
        let mut rule = Rule::default();
        let mut count = 0;
        while input.start <= input.end {
            let of = &mut iteration;
            let matched = match engine {
                Some(engine) => search_next_with(engine, &program, &input, of, scratch, slots)?,
                None => search_next(&program, &input, of, scratch, slots),
            };
            if !matched {
                break;
            }
            if !rule.counts(&mut input, slots) {
                continue;
            }
            if !expected
                .get(count)
                .is_some_and(|groups| same(slots, groups))
            {
                return Some(Err((count, Some(slots.clone()))));
            }
            count += 1;
        }
        if count < expected.len() {
            return Some(Err((count, None)));
        }
        Some(Ok(()))
    }
}

fn same(slots: &[Slot], groups: &[Option<Span>]) -> bool {
    slots.len() == groups.len() * 2
        && slots.chunks_exact(2).zip(groups).all(|(pair, group)| {
            let [start, end] = [pair[0].get(), pair[1].get()];
            start.zip(end) == *group
        })
}

/// How `regex` goes on: an empty match right behind the previous match does not count, and the search
/// goes on one byte further.
#[derive(Debug, Default)]
struct Rule {
    last_end: Option<usize>,
}

impl Rule {
    /// Whether the match counts; moves the input to where the next search starts.
    fn counts(&mut self, input: &mut Input<'_>, slots: &[Slot]) -> bool {
        let [Some(start), Some(end)] = [slots[0].get(), slots[1].get()] else {
            panic!("a match without a span: {slots:?}");
        };
        if start == end && self.last_end == Some(end) {
            input.start += 1;
            // An empty match cannot follow the same end twice.
            self.last_end = None;
            return false;
        }
        input.start = end;
        self.last_end = Some(end);
        true
    }
}

/// All matches of `find` under the rule of `regex`. `None` as soon as `find` gives up.
///
/// # Panics
///
/// If `find` gives a match without a span.
pub fn iterate(
    mut input: Input<'_>,
    mut find: impl FnMut(&Input<'_>) -> Option<Groups>,
) -> Option<Vec<Vec<Slot>>> {
    let mut matches = Vec::new();
    let mut rule = Rule::default();
    while input.start <= input.end {
        let Some(slots) = find(&input)? else { break };
        if rule.counts(&mut input, &slots) {
            matches.push(slots);
        }
    }
    Some(matches)
}
