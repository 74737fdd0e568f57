//! The bytes that stand in no match, and the bytes that a match starts with.
//!
//! One look at a byte of the haystack then tells that there is no match, or bounds how far a match can reach.
//!
//! Exercised by `tests/oracle.rs`.

use repool_program::{Consumed, Flags, Program};
use repool_text::Fold;

use crate::analysis::fingerprint::Fingerprint;
use crate::nfa::unit::{byte_members, steps_bytes};
use crate::simd::byte_set::ByteSet;

/// Tells whether `bytes` are known and do not contain the byte.
#[inline]
pub(crate) fn is_outside(bytes: &Option<ByteSet>, byte: Option<&u8>) -> bool {
    match (bytes, byte) {
        (Some(bytes), Some(&byte)) => !bytes.contains(byte),
        _ => false,
    }
}

/// Returns the bytes that a match starts with, if every match starts where the haystack does.
pub(crate) fn openings(program: &Program<'_>) -> Option<ByteSet> {
    let is_anchored = program.flags().contains(Flags::ANCHORED_START) && program.len_min() > 0;
    let fingerprint = is_anchored.then(|| Fingerprint::new(program))?;
    fingerprint.map(|fingerprint| fingerprint.first())
}

/// Returns the bytes that stand in no match: those that no instruction consumes.
pub(crate) fn outside(program: &Program<'_>) -> Option<ByteSet> {
    let bytes = steps_bytes(program);
    let mut inside = ByteSet::EMPTY;
    let mut wide = false;
    for (pc, op) in program.instructions() {
        let Some((consumed, _)) = op.consumed() else {
            continue;
        };
        match consumed {
            Consumed::Char(c) => match u8::try_from(c) {
                Ok(byte) if bytes || byte.is_ascii() => inside.insert(byte),
                _ => wide = true,
            },
            Consumed::Literal { len, fold } => {
                for &byte in program.literal(pc, len) {
                    match fold {
                        _ if !bytes && !byte.is_ascii() => wide = true,
                        Fold::None => inside.insert(byte),
                        Fold::Ascii | Fold::Unicode => inside.insert_both_cases(byte),
                    }
                }
                wide |= fold == Fold::Unicode;
            }
            Consumed::Set(set) => {
                inside.insert_all(&byte_members(program, set));
                wide |= !bytes && program.set(set).is_wide();
            }
        }
    }
    if wide {
        inside.insert_all(&ByteSet::NOT_ASCII);
    }
    (inside != ByteSet::ALL).then(|| inside.complement())
}
