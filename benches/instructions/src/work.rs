//! One row as something to call: compiled, and warmed up if the row says so.

use std::hint::black_box;

use crate::rows::{Call, Heat, Row, Text};

/// An engine of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// This project.
    Repool,
    /// The `regex` crate, for reference.
    Regex,
}

/// Both, in the order of the columns.
pub(crate) const ENGINES: [Engine; 2] = [Engine::Repool, Engine::Regex];

/// A call. Its result tells what was found: the engines must agree.
pub(crate) type Work<'h> = Box<dyn FnMut() -> usize + 'h>;

/// Searches of a short haystack, compiles or hits before the counted call. After 1,400 searches the last row of the
/// table changed its way (2026-11): what a thread learned of `[a-z]{3,6}=[a-z]{4}`.
const WARM_UPS: usize = 3_000;

/// The same for a long haystack.
const WARM_UPS_LONG: usize = 20;

/// The call of a row, on an image that nothing has searched yet. `None` if the engine has no such function.
pub(crate) fn fresh<'h>(row: &Row, engine: Engine, haystack: &'h str) -> Option<Work<'h>> {
    // The two crates have the same names, and no trait says so.
    macro_rules! call {
        ($($engine:ident)::+) => {{
            let pattern = row.pattern;
            let compile = move || $($engine)::+::new(black_box(pattern)).expect("every row's pattern is right");
            let regex = compile();
            let hay = move || black_box(haystack);
            match row.call {
                Call::IsMatch => Box::new(move || usize::from(regex.is_match(hay()))) as Work<'h>,
                Call::Find => Box::new(move || regex.find(hay()).map_or(0, |found| found.end())),
                Call::FindAt => Box::new(move || regex.find_at(hay(), 1).map_or(0, |found| found.end())),
                Call::FindIter => Box::new(move || regex.find_iter(hay()).count()),
                Call::Captures => Box::new(move || {
                    let last = regex.captures_len() - 1;
                    let groups = regex.captures(hay());
                    groups.and_then(|groups| groups.get(last)).map_or(0, |group| group.end())
                }),
                Call::CapturesIter => Box::new(move || regex.captures_iter(hay()).count()),
                Call::Compile | Call::Hit => Box::new(move || {
                    drop(black_box(compile()));
                    0
                }),
            }
        }};
    }
    match (engine, row.call) {
        (Engine::Regex, Call::Hit) => None,
        (Engine::Regex, _) => Some(call!(regex::Regex)),
        (Engine::Repool, Call::Hit) => {
            let pattern = row.pattern;
            Some(Box::new(move || {
                let regex =
                    repool::compile(black_box(pattern)).expect("every row's pattern is right");
                drop(black_box(regex));
                0
            }))
        }
        (Engine::Repool, _) => Some(call!(repool::Regex)),
    }
}

/// The call of a row, in the state that the row asks for.
pub(crate) fn ready<'h>(row: &Row, engine: Engine, haystack: &'h str) -> Option<Work<'h>> {
    let mut work = fresh(row, engine, haystack)?;
    match row.heat {
        Heat::Hot => {
            for _ in 0..warm_ups(row) {
                work();
            }
        }
        Heat::Cold => {
            work();
            drop(work);
            work = fresh(row, engine, haystack)?;
        }
    }
    Some(work)
}

fn warm_ups(row: &Row) -> usize {
    match row.text {
        _ if row.call == Call::Compile => 20,
        Text::Line | Text::Russian | Text::Chinese => WARM_UPS,
        Text::Log | Text::RussianLong | Text::ChineseLong => WARM_UPS_LONG,
    }
}
