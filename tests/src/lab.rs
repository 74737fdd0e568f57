//! One pattern, every way to search: compiles below the facade and searches with an engine or a strategy by name.
//!
//! The suites run every way that [`Way::all`] lists, on a cold image and on one that was heated. Variables of the
//! environment choose among them and among the cases:
//!
//! | variable | example | what runs |
//! |---|---|---|
//! | `REPOOL_ENGINE` | `pike`, `lazy-dfa:hot`, `free`, `public:hot` | this engine alone, hot and cold unless it says which |
//! | `REPOOL_STRATEGY` | `class-run`, `candidates:short:hot`, `core:cold` | this strategy alone, with both verifiers unless it says which |
//! | `REPOOL_CASE` | `17`, `(a\|b)*c`, `fowler/basic/3` | one case: the number of a pattern, a pattern, or the name of a test |
//!
//! With both of the first two, both run. `free` is what searches when nobody is named, `public` what needs no cache.

use std::env;
use std::sync::Arc;

use repool_arena::{Ledger, Pool};
use repool_compiler::Compiler;
use repool_program::{Image, verify};
use repool_syntax::{Ir, Syntax, parse};
use repool_vm::forced::{Forced, Way, heat};
use repool_vm::{Input, Iteration, Scratch, Slot};

use crate::outcome::Span;

/// The slots of one match, two a group, or no match.
pub type Groups = Option<Vec<Slot>>;

/// The ways that the environment names, or all.
///
/// # Panics
///
/// If it names one that there is not.
#[must_use]
pub fn ways() -> Vec<Way> {
    let variable = |name| env::var(name).ok();
    let (engine, strategy) = (variable("REPOOL_ENGINE"), variable("REPOOL_STRATEGY"));
    let ways = Way::named(engine.as_deref(), strategy.as_deref());
    assert!(!ways.is_empty(), "no way is named {engine:?} {strategy:?}");
    ways
}

/// The case that the environment names.
#[must_use]
pub fn case() -> Option<String> {
    env::var("REPOOL_CASE").ok()
}

/// One pattern, compiled twice, and every way that can search for it.
#[derive(Debug)]
pub struct Subject {
    /// The image that gets hot by and by, as it is searched with.
    pub cold: Image,
    /// The one that was heated, if a way asks for it.
    hot: Option<Image>,
    ways: Vec<Forced>,
}

impl Subject {
    /// The ways.
    #[must_use]
    pub fn ways(&self) -> &[Forced] {
        &self.ways
    }

    fn image(&self, forced: &Forced) -> &Image {
        image_of(forced.way(), &self.cold, self.hot.as_ref())
    }
}

fn image_of<'i>(way: Way, cold: &'i Image, hot: Option<&'i Image>) -> &'i Image {
    match way.is_hot {
        true => hot.expect("it is there if a way asks for it"),
        false => cold,
    }
}

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

    /// Compiles a pattern for a cold image and a hot one, and makes the ways ready to search text like the sample.
    ///
    /// # Errors
    ///
    /// The message, if the pattern is refused.
    pub fn subject(
        &mut self,
        pattern: &str,
        syntax: &Syntax,
        sample: &[u8],
        ways: &[Way],
    ) -> Result<Subject, String> {
        let cold = self.compile(pattern, syntax)?;
        let hot = match ways.iter().any(|way| way.is_hot) {
            true => Some(self.compile(pattern, syntax)?),
            false => None,
        };
        if let Some(hot) = &hot {
            heat(hot, sample, &mut self.scratch);
        }
        let ready = |way: &Way| way.of(image_of(*way, &cold, hot.as_ref()), sample);
        let ways = ways.iter().filter_map(ready).collect();
        Ok(Subject { cold, hot, ways })
    }

    /// One search in one way; `None` if that does not tell.
    pub fn search(
        &mut self,
        subject: &Subject,
        forced: &Forced,
        input: &Input<'_>,
    ) -> Option<Groups> {
        let image = subject.image(forced);
        let mut slots = vec![Slot::NONE; image.program().group_len() * 2];
        let found = forced.search(image, input, &mut self.scratch, &mut slots)?;
        Some(found.then_some(slots))
    }

    /// One search for the span alone; `None` if that does not tell.
    ///
    /// # Panics
    ///
    /// If a match has no span.
    pub fn span(
        &mut self,
        subject: &Subject,
        forced: &Forced,
        input: &Input<'_>,
    ) -> Option<Option<Span>> {
        let mut slots = [Slot::NONE; 2];
        let image = subject.image(forced);
        let found = forced.search(image, input, &mut self.scratch, &mut slots)?;
        Some(found.then(|| {
            let [Some(start), Some(end)] = slots.map(Slot::get) else {
                panic!("a match without a span: {slots:?}");
            };
            (start, end)
        }))
    }

    /// One search for whether there is a match; `None` if that does not tell.
    pub fn is_match(
        &mut self,
        subject: &Subject,
        forced: &Forced,
        input: &Input<'_>,
    ) -> Option<bool> {
        forced.search(subject.image(forced), input, &mut self.scratch, &mut [])
    }

    /// All matches, as `captures_iter` gives them; `None` if one of the searches does not tell.
    pub fn all(
        &mut self,
        subject: &Subject,
        forced: &Forced,
        haystack: &[u8],
    ) -> Option<Vec<Vec<Slot>>> {
        let image = subject.image(forced);
        self.all_of(image, forced, haystack, image.program().group_len())
    }

    /// The spans of all matches, as `find_iter` gives them; `None` if one of the searches does not tell.
    pub fn spans(
        &mut self,
        subject: &Subject,
        forced: &Forced,
        haystack: &[u8],
    ) -> Option<Vec<Vec<Slot>>> {
        self.all_of(subject.image(forced), forced, haystack, 1)
    }

    fn all_of(
        &mut self,
        image: &Image,
        forced: &Forced,
        haystack: &[u8],
        groups: usize,
    ) -> Option<Vec<Vec<Slot>>> {
        let mut slots = vec![Slot::NONE; groups * 2];
        let (mut iteration, scratch) = (Iteration::new(), &mut self.scratch);
        iterate(Input::new(haystack), |input| {
            let found = forced.search_next(image, input, &mut iteration, scratch, &mut slots)?;
            Some(found.then(|| slots.clone()))
        })
    }

    /// Whether all matches are the expected ones, with their groups or by their spans alone; `None` if one of the
    /// searches does not tell.
    ///
    /// # Errors
    ///
    /// The number of the first match that is another one, and what it is instead.
    ///
    /// # Panics
    ///
    /// If a match has no span.
    pub fn compare(
        &mut self,
        subject: &Subject,
        forced: &Forced,
        haystack: &[u8],
        (group_len, expected): (usize, &[Vec<Option<Span>>]),
    ) -> Option<Result<(), (usize, Groups)>> {
        let image = subject.image(forced);
        let (mut iteration, scratch, slots) =
            (Iteration::new(), &mut self.scratch, &mut self.slots);
        slots.clear();
        slots.resize(group_len * 2, Slot::NONE);
        let mut input = Input::new(haystack);
        let mut rule = Rule::default();
        let mut count = 0;
        while input.start <= input.end {
            if !forced.search_next(image, &input, &mut iteration, scratch, slots)? {
                break;
            }
            if !rule.counts(&mut input, slots) {
                continue;
            }
            if !expected
                .get(count)
                .is_some_and(|groups| same(slots, &groups[..group_len]))
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
