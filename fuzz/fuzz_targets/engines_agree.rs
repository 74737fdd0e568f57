//! Every way that can search gives the same slots: engines and strategies, both verifiers, on a cold image and on a hot
//! one, from any start to any end, and one match after the other.
#![no_main]

use libfuzzer_sys::fuzz_target;
use repool_fuzz::{Case, compile};
use repool_program::Image;
use repool_vm::forced::{Forced, Way, heat, search};
use repool_vm::{Input, Iteration, Scratch, Slot};

fuzz_target!(|data: &[u8]| {
    // Two bytes name the region; they choose nothing else.
    let Some((&[start, end], data)) = data.split_first_chunk() else {
        return;
    };
    let Some(case) = Case::read(data) else { return };
    let compile = || compile(case.pattern, &case.syntax);
    let (Some((_, cold)), Some((_, hot))) = (compile(), compile()) else {
        return;
    };
    let mut scratch = Scratch::default();
    heat(&hot, case.haystack, &mut scratch);
    let len = case.haystack.len();
    let end = len - usize::from(end) % (len + 1);
    let start = usize::from(start) % (end + 1);
    let ways: Vec<_> = Way::all()
        .into_iter()
        .filter_map(|way| {
            let image = if way.is_hot { &hot } else { &cold };
            Some((way.of(image, case.haystack)?, image))
        })
        .collect();
    let whole = Input::new(case.haystack);
    for (start, end) in [(0, len), (start, len), (start, end)] {
        for anchored in [false, true] {
            let input = Input {
                start,
                end,
                anchored,
                ..whole
            };
            one_search(&case, &input, &cold, &ways, &mut scratch);
        }
    }
    all_matches(&case, &cold, &ways, &mut scratch);
});

/// Groups, span and existence, in every way.
fn one_search(
    case: &Case<'_>,
    input: &Input<'_>,
    image: &Image,
    ways: &[(Forced, &Image)],
    scratch: &mut Scratch,
) {
    let program = image.program();
    let groups = program.group_len();
    let mut expected = vec![Slot::NONE; groups * 2];
    let matched = search(&program, input, scratch, &mut expected);
    for slot_len in [groups * 2, 2, 0] {
        let expected = &expected[..slot_len];
        for (forced, image) in ways {
            let mut got = vec![Slot::NONE; slot_len];
            let Some(also) = forced.search(image, input, scratch, &mut got) else {
                continue;
            };
            let (same, way) = (also == matched && got == expected, forced.way());
            assert!(
                same,
                "{case:?} {way} {input:?}: {got:?}, expected {expected:?}"
            );
        }
    }
}

/// All matches of the haystack, in every way.
fn all_matches(case: &Case<'_>, cold: &Image, ways: &[(Forced, &Image)], scratch: &mut Scratch) {
    for slot_len in [cold.program().group_len() * 2, 2] {
        let mut expected: Option<Vec<Vec<Slot>>> = None;
        // The first way is the one that always tells.
        for (forced, image) in ways {
            let Some(got) = all(case.haystack, forced, image, scratch, slot_len) else {
                continue;
            };
            let way = forced.way();
            match &expected {
                None => expected = Some(got),
                Some(expected) => assert!(
                    got == *expected,
                    "{case:?} {way}: {got:?}, expected {expected:?}"
                ),
            }
        }
    }
}

fn all(
    haystack: &[u8],
    forced: &Forced,
    image: &Image,
    scratch: &mut Scratch,
    slot_len: usize,
) -> Option<Vec<Vec<Slot>>> {
    let (mut iteration, mut matches) = (Iteration::new(), Vec::new());
    let mut input = Input::new(haystack);
    while input.start <= haystack.len() {
        let mut slots = vec![Slot::NONE; slot_len];
        if !forced.search_next(image, &input, &mut iteration, scratch, &mut slots)? {
            break;
        }
        let (start, end) = (slots[0].get(), slots[1].get());
        let end = end.expect("a match has a span");
        // Behind an empty match the search goes on one byte further: a rule that ends, whatever else it is.
        input.start = if start == Some(end) { end + 1 } else { end };
        matches.push(slots);
    }
    Some(matches)
}
