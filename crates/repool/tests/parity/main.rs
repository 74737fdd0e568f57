//! The published interface is that of `regex`: the same source compiles against both crates.
//!
//! `surface.rs` and `surface_bytes.rs` name every type, method, bound and constant once, with its full
//! signature. They build only if both crates have it, and what they print must be equal.

#![expect(
    clippy::duplicate_mod,
    clippy::type_complexity,
    reason = "one text is compiled twice, and its types are written out on purpose"
)]

mod of_regex;
mod of_repool;

#[test]
fn strings_print_the_same() {
    let (theirs, ours) = (of_regex::surface::prints(), of_repool::surface::prints());
    assert_eq!(theirs.len(), ours.len());
    for (theirs, ours) in theirs.iter().zip(&ours) {
        assert_eq!(theirs, ours);
    }
}

#[test]
fn bytes_print_the_same() {
    let theirs = of_regex::surface_bytes::prints();
    let ours = of_repool::surface_bytes::prints();
    assert_eq!(theirs.len(), ours.len());
    for (theirs, ours) in theirs.iter().zip(&ours) {
        assert_eq!(theirs, ours);
    }
}

#[test]
fn signatures_are_the_same() {
    of_regex::surface::signatures();
    of_repool::surface::signatures();
    of_regex::surface_bytes::signatures();
    of_repool::surface_bytes::signatures();
}
