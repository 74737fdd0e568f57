//! The bytes that a match can end with.
//!
//! The analysis goes backwards from the end of the program over instructions that consume nothing. Assertions count as
//! true. For a pattern that ends where the haystack does, such as `\d+$`, one look at the last byte of the haystack then
//! tells that there is no match.
//!
//! Exercised by the tests below and `tests/oracle.rs`.

use repool_program::{Consumed, Flags, Pc, Program, Transition};
use repool_text::Fold;

use crate::nfa::unit::{byte_members, steps_bytes};
use crate::simd::byte_set::ByteSet;
use crate::tuning::PROGRAM_MAX;

/// Returns the bytes that a match can end with, if every match ends where the haystack does. Returns `None` also if a
/// match can be empty or end with any byte.
pub(crate) fn endings(program: &Program<'_>) -> Option<ByteSet> {
    let is_anchored = program.flags().contains(Flags::ANCHORED_END);
    if !is_anchored || program.len_min() == 0 || program.code().len() > PROGRAM_MAX {
        return None;
    }
    let ends = ends(program);
    let mut bytes = ByteSet::EMPTY;
    for (pc, op) in program.instructions() {
        if let Some((consumed, next)) = op.consumed()
            && ends[next.index()]
        {
            bytes.insert_all(&last_bytes(program, pc, consumed));
        }
    }
    (bytes != ByteSet::ALL).then_some(bytes)
}

/// Tells for each word of code whether it is an instruction that reaches the end without consuming.
fn ends(program: &Program<'_>) -> Vec<bool> {
    let mut ends = vec![false; program.code().len()];
    let mut is_new = true;
    while is_new {
        is_new = false;
        for (pc, op) in program.instructions() {
            let is_end = match op.transition() {
                Transition::Match => true,
                Transition::Epsilon(epsilon) => {
                    let mut targets = program.epsilon_targets(epsilon);
                    targets.any(|target| ends[target.index()])
                }
                Transition::Fail | Transition::Consume { .. } => false,
            };
            is_new |= is_end && !ends[pc.index()];
            ends[pc.index()] |= is_end;
        }
    }
    ends
}

/// Returns the bytes that end what the instruction at `pc` consumes.
fn last_bytes(program: &Program<'_>, pc: Pc, consumed: Consumed) -> ByteSet {
    let bytes = steps_bytes(program);
    match consumed {
        Consumed::Char(c) => match char::from_u32(c) {
            Some(c) if !bytes => {
                let mut text = [0; 4];
                let encoded = c.encode_utf8(&mut text).as_bytes();
                ByteSet::of(&encoded[encoded.len() - 1..])
            }
            _ => ByteSet::of(&[c as u8]),
        },
        Consumed::Set(set) => {
            let mut last = byte_members(program, set);
            if !bytes && program.set(set).is_wide() {
                last.insert_all(&ByteSet::NOT_ASCII);
            }
            last
        }
        Consumed::Literal { len, fold } => match (program.literal(pc, len).last(), fold) {
            // The last bytes of Unicode case variants are not computed.
            (_, Fold::Unicode) | (None, _) => ByteSet::ALL,
            (Some(&byte), Fold::None) => ByteSet::of(&[byte]),
            (Some(&byte), Fold::Ascii) => {
                let mut last = ByteSet::EMPTY;
                last.insert_both_cases(byte);
                last
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::image;

    fn endings_of(pattern: &str) -> Option<String> {
        let image = image(pattern);
        let endings = endings(&image.program())?;
        Some(endings.iter().map(char::from).collect())
    }

    #[test]
    fn endings_are_those_of_every_way() {
        let is = |pattern: &str, expected: &str| {
            assert_eq!(endings_of(pattern).as_deref(), Some(expected), "{pattern}");
        };
        is("abc$", "c");
        is("(?:ab|cd)$", "bd");
        is("ab?$", "ab");
        is("a(?:b{0,3}|[x-z])$", "abxyz");
        is("(?:ab){2,4}$", "b");
        is("(?-u:(?i)ab)$", "Bb");
        is(r"[0-4]+(?:\b|-)$", "-01234");
        is("é$", "\u{a9}");
        is("(?:é|xy|€)$", "y\u{a9}\u{ac}");
        assert_eq!(endings_of("a*$"), None);
        is(
            r"[^x]$",
            &(0..=255u8)
                .map(char::from)
                .filter(|&c| c != 'x')
                .collect::<String>(),
        );
    }
}
