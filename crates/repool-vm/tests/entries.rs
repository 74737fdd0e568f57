//! The public ways into a search, as the facade calls them: each on a cold image and on a hot one, from the start and from
//! places behind it.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;

use repool_arena::{Ledger, Pool};
use repool_compiler::Compiler;
use repool_program::Image;
use repool_syntax::{Ir, Syntax, parse};
use repool_vm::forced::{Way, heat};
use repool_vm::{
    Ahead, Index, IndexBuilder, Input, Iteration, Literal, Scratch, Screen, Slot, captures, find,
    is_match, next, search_set,
};

thread_local! {
    static CACHE: RefCell<Scratch> = RefCell::new(Scratch::new());
}

/// Lends the cache of this thread.
fn lend(search: &mut dyn FnMut(&mut Scratch) -> bool) -> bool {
    CACHE.with_borrow_mut(|cache| search(cache))
}

/// Fails if it is called.
fn lend_nothing(_: &mut dyn FnMut(&mut Scratch) -> bool) -> bool {
    panic!("the search needs the cache of the thread");
}

fn compile(text: &str) -> Image {
    let syntax = Syntax::default();
    let mut ir = Ir::new();
    parse(text, &syntax, &mut ir).expect("the pattern is valid");
    let pool = Pool::new(Arc::new(Ledger::default()));
    Compiler::default()
        .compile(&ir, text, &syntax, 0, &pool)
        .expect("the pattern compiles")
}

/// The pattern cold, and hot in text like the haystack.
fn both(text: &str, haystack: &str) -> [Image; 2] {
    let [cold, hot] = [compile(text), compile(text)];
    heat(&hot, haystack.as_bytes(), &mut Scratch::new());
    [cold, hot]
}

type Span = (usize, usize);

/// All matches, by the rule of `regex`: an empty one right behind another does not count.
fn all(image: &Image, haystack: &str) -> Vec<Span> {
    let (mut spans, mut iteration) = (Vec::new(), Iteration::new());
    let (mut at, mut last_end) = (0, None);
    while at <= haystack.len() {
        let found = next(image, haystack.as_bytes(), at, &mut iteration, lend);
        let Some((start, end)) = found else { break };
        if start == end && last_end == Some(end) {
            (at, last_end) = (at + 1, None);
            continue;
        }
        (at, last_end) = (end, Some(end));
        spans.push((start, end));
    }
    spans
}

#[test]
fn is_match_and_find_start_where_they_are_told() {
    let hay = "no 12 and é 345 or so";
    for (pattern, at, expected) in [
        (r"\d+", 0, Some((3, 5))),
        (r"\d+", 4, Some((4, 5))),
        (r"\d+", 5, Some((13, 16))),
        (r"\d+", 16, None),
        (r"\d+", 22, None),
        ("é", 10, Some((10, 12))),
        // From inside of a character.
        ("é", 11, None),
        ("", 11, Some((12, 12))),
        ("[a-z]+", 11, Some((17, 19))),
        (r"[a-z]+ \d", 0, Some((0, 4))),
        (r"\b[a-z]+$", 0, Some((20, 22))),
        ("^no", 0, Some((0, 2))),
        ("^no", 1, None),
        ("", 22, Some((22, 22))),
    ] {
        for image in both(pattern, hay) {
            let bytes = hay.as_bytes();
            assert_eq!(find(&image, bytes, at, lend), expected, "{pattern} {at}");
            let found = is_match(&image, bytes, at, lend);
            assert_eq!(found, expected.is_some(), "{pattern} {at}");
        }
    }
}

#[test]
fn a_hot_short_search_borrows_no_cache() {
    let hay = "took=17ms";
    let [_, hot] = both(r"[a-z]+=\d+", hay);
    assert!(is_match(&hot, hay.as_bytes(), 0, lend_nothing));
    assert_eq!(find(&hot, hay.as_bytes(), 1, lend_nothing), Some((1, 7)));
    let input = Input::new(hay.as_bytes());
    let mut slots = [Slot::NONE; 2];
    assert!(captures(&hot, &input, None, lend_nothing, &mut slots));
    assert_eq!(slots.map(Slot::get), [Some(0), Some(7)]);
}

#[test]
fn captures_writes_as_many_groups_as_it_is_given() {
    let hay = "id=48213 user=anna";
    for image in both(r"([a-z]+)=([0-9]+)?([a-z]+)?", hay) {
        for (start, expected) in [
            (
                0,
                [
                    Some(0),
                    Some(8),
                    Some(0),
                    Some(2),
                    Some(3),
                    Some(8),
                    None,
                    None,
                ],
            ),
            (
                3,
                [
                    Some(9),
                    Some(18),
                    Some(9),
                    Some(13),
                    None,
                    None,
                    Some(14),
                    Some(18),
                ],
            ),
        ] {
            let input = Input {
                start,
                ..Input::new(hay.as_bytes())
            };
            for len in [0, 2, 4, 8] {
                let mut slots = vec![Slot::NONE; len];
                assert!(captures(&image, &input, None, lend, &mut slots));
                let found: Vec<_> = slots.into_iter().map(Slot::get).collect();
                assert_eq!(found, expected[..len], "from {start}");
            }
        }
        let input = Input {
            earliest: true,
            ..Input::new(hay.as_bytes())
        };
        let mut slots = [Slot::NONE; 2];
        assert!(captures(&image, &input, None, lend, &mut slots));
        assert_eq!(slots.map(Slot::get), [Some(0), Some(3)]);
    }
}

#[test]
fn captures_of_an_iteration_go_on_behind_the_last_match() {
    let hay = "a1 b2 é3 c4";
    for image in both(r"([a-zé])(\d)", hay) {
        let (mut iteration, mut at, mut starts) = (Iteration::new(), 0, Vec::new());
        loop {
            let input = Input {
                start: at,
                ..Input::new(hay.as_bytes())
            };
            let mut slots = [Slot::NONE; 6];
            if !captures(&image, &input, Some(&mut iteration), lend, &mut slots) {
                break;
            }
            at = slots[1].get().expect("a span");
            starts.push((slots[0].get(), slots[4].get()));
        }
        let expected = [(0, 1), (3, 4), (6, 8), (10, 11)];
        assert_eq!(starts, expected.map(|(a, b)| (Some(a), Some(b))));
    }
}

#[test]
fn next_finds_one_match_after_the_other() {
    for (pattern, hay, expected) in [
        (r"\w+", "ab é c", &[(0, 2), (3, 5), (6, 7)][..]),
        ("ab", "abab ab", &[(0, 2), (2, 4), (5, 7)]),
        ("a", "aaba", &[(0, 1), (1, 2), (3, 4)]),
        (r"[a-z]+\d", "a1b2 c d3", &[(0, 2), (2, 4), (7, 9)]),
        ("a|b|", "abcé", &[(0, 1), (1, 2), (3, 3), (5, 5)]),
        ("a*", "baaé", &[(0, 0), (1, 3), (5, 5)]),
        (r"\b", "ab c", &[(0, 0), (2, 2), (3, 3), (4, 4)]),
        ("x", "abc", &[]),
    ] {
        for image in both(pattern, hay) {
            assert_eq!(all(&image, hay), expected, "{pattern} on {hay}");
        }
    }
}

/// Matches that lie close to each other are found ahead and kept; behind an empty one the next search starts elsewhere.
#[test]
fn empty_matches_between_others_that_are_found_ahead() {
    let hay = "aab".repeat(40);
    let expected: Vec<Span> = (0..40)
        .flat_map(|i| [(3 * i, 3 * i + 2)])
        .chain([(120, 120)])
        .collect();
    let bs = "b".repeat(30);
    let places: Vec<Span> = (0..=30).map(|at| (at, at)).collect();
    for pattern in ["a*", "a*?(?:b|$)|a*", "(?:a|aa)*", r"[a-a]*\B|a*"] {
        let [cold, hot] = both(pattern, &hay);
        assert_eq!(all(&hot, &hay), all(&cold, &hay), "{pattern}");
        assert_eq!(all(&hot, &bs), all(&cold, &bs), "{pattern}");
    }
    for image in both("a*", &hay) {
        assert_eq!(all(&image, &hay), expected);
        assert_eq!(all(&image, &bs), places);
    }
}

/// Counting asks only for ends, and skips what is known ahead.
#[test]
fn ends_alone_are_counted_alike() {
    for (pattern, hay) in [
        ("a", "aaba aa".repeat(20)),
        (r"\w+", "ab cde f ".repeat(20)),
        (r"[a-z]+\d", "a1 bc23 x".repeat(20)),
        ("[^a]", "bacé".repeat(20)),
    ] {
        for image in both(pattern, &hay) {
            let expected = all(&image, &hay).len();
            let (mut iteration, mut at, mut count) = (Iteration::new(), 0, 0);
            iteration.want_ends();
            loop {
                if let Some((known, from)) = iteration.count_ahead(at) {
                    (count, at) = (count + known, from);
                }
                // Asked again, it tells the same.
                let from = match iteration.clone().ahead(at) {
                    Ahead::Span(_, end) => end,
                    Ahead::From(from) => from,
                };
                assert!(from >= at && from <= hay.len() + 1, "{pattern}");
                let found = next(&image, hay.as_bytes(), at, &mut iteration, lend);
                let Some((_, end)) = found else { break };
                (count, at) = (count + 1, end);
            }
            assert_eq!(count, expected, "{pattern}");
        }
    }
}

#[test]
fn a_set_is_searched_by_its_index() {
    let images = ["error", "warn(?:ing)?", r"\d{3}"].map(compile);
    let literal = |bytes| Literal {
        group: 0,
        bytes,
        folded: false,
        before_min: 0,
        before_max: 0,
    };
    let mut builder = IndexBuilder::default();
    builder.push([literal(b"error")].into_iter());
    builder.push([literal(b"warn")].into_iter());
    builder.push_without_literals();
    let words = builder.build();
    let screen = Screen::new(&Index::open(&words));
    for (hay, start, expected) in [
        ("an error, a warning", 0, 0b011),
        ("an error, a warning", 4, 0b010),
        ("error 404", 0, 0b101),
        ("nothing", 0, 0),
    ] {
        for screen in [None, screen.as_ref()] {
            let index = Index::open(&words).screened(screen);
            let mut bits = [0];
            let program = |i: usize| images[i].program();
            let scratch = &mut Scratch::new();
            let any = search_set(&index, program, hay.as_bytes(), start, scratch, None);
            let matched = Some(&mut bits[..]);
            search_set(&index, program, hay.as_bytes(), start, scratch, matched);
            assert_eq!((any, bits[0]), (expected != 0, expected), "{hay} {start}");
        }
    }
}

#[test]
fn a_literal_is_found_in_the_shortest_haystacks() {
    let text = "Sherlock Holmes and Dr. Watson of Baker Street";
    for len in 1..text.len() {
        let literal = &text[..len];
        for image in both(literal, "nothing of the kind") {
            for before in ["", "S", "xy"] {
                for behind in ["", "y", "xSh"] {
                    let hay = format!("{before}{literal}{behind}");
                    // The last haystack lacks the last byte of the literal.
                    for hay in [&hay[..], &hay[..before.len() + len - 1]] {
                        let expected = hay.find(literal).map(|at| (at, at + len));
                        let found = find(&image, hay.as_bytes(), 0, lend);
                        assert_eq!(found, expected, "{literal:?} in {hay:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn ways_are_chosen_by_the_parts_of_their_names() {
    let names = |engine, strategy| -> Vec<String> {
        let ways = Way::named(engine, strategy);
        ways.iter().map(Way::to_string).collect()
    };
    assert_eq!(names(Some("pike"), None), ["pike:cold", "pike:hot"]);
    assert_eq!(names(Some("pike:hot"), None), ["pike:hot"]);
    assert_eq!(names(Some("free"), None), ["free:cold", "free:hot"]);
    let short = ["class-run:short:cold", "class-run:short:hot"];
    assert_eq!(names(None, Some("class-run:short")), short);
    let both = names(Some("one-pass:cold"), Some("core:core:hot"));
    assert_eq!(both, ["one-pass:cold", "core:core:hot"]);
    // A later part comes first in no name.
    assert_eq!(names(Some("hot"), Some("short")), [""; 0]);
    let all = names(None, None);
    let distinct: HashSet<&String> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
}
