//! From a failing case to the smallest one that still fails.

use crate::shape::Shape;

/// Shrinks the pattern and the haystack in turns for as long as `fails` stays true. A `text` haystack
/// stays UTF-8.
pub fn minimise(
    mut shape: Shape,
    mut haystack: Vec<u8>,
    text: bool,
    mut fails: impl FnMut(&Shape, &[u8]) -> bool,
) -> (Shape, Vec<u8>) {
    // Each round takes something away, so this ends by itself; the bound is for the impatient.
    for _ in 0..300 {
        if let Some(smaller) = smaller_haystack(&haystack, text, |h| fails(&shape, h)) {
            haystack = smaller;
            continue;
        }
        let before = shape.to_string();
        let smaller = shape.smaller().into_iter().find(|candidate| {
            candidate.to_string().len() < before.len() && fails(candidate, &haystack)
        });
        match smaller {
            Some(smaller) => shape = smaller,
            None => break,
        }
    }
    (shape, haystack)
}

fn smaller_haystack(
    haystack: &[u8],
    text: bool,
    mut fails: impl FnMut(&[u8]) -> bool,
) -> Option<Vec<u8>> {
    let len = haystack.len();
    let mut run = len;
    while run > 0 {
        for at in (0..=len - run).step_by((run / 2).max(1)) {
            let candidate = [&haystack[..at], &haystack[at + run..]].concat();
            let valid = !text || std::str::from_utf8(&candidate).is_ok();
            if valid && fails(&candidate) {
                return Some(candidate);
            }
        }
        run /= 2;
        if run == 0 {
            break;
        }
    }
    // A character has up to four bytes: runs of three are not among the halves.
    (0..len.saturating_sub(2)).find_map(|at| {
        let candidate = [&haystack[..at], &haystack[at + 3..]].concat();
        let valid = !text || std::str::from_utf8(&candidate).is_ok();
        (valid && fails(&candidate)).then_some(candidate)
    })
}
