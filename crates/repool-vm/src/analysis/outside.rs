//! The bytes that stand in no match, and those that a match starts or ends with.
//!
//! A look at one byte of the haystack then tells that there is no match, or how far one can reach.
//! Exercised by `tests/oracle.rs`.

use repool_program::{Flags, Inst, Op, Pc, Program};
use repool_text::Fold;

use crate::analysis::fingerprint::Fingerprint;
use crate::nfa::unit::steps_bytes;
use crate::simd::byte_set::ByteSet;

/// Tells whether a byte is not one of those that there must be here.
#[inline]
pub(crate) fn is_outside(bytes: &Option<ByteSet>, byte: Option<&u8>) -> bool {
    match (bytes, byte) {
        (Some(bytes), Some(&byte)) => !bytes.contains(byte),
        _ => false,
    }
}

/// The bytes that a match starts with, if it starts where the haystack does.
pub(crate) fn openings(program: &Program<'_>) -> Option<ByteSet> {
    let is_anchored = program.flags().contains(Flags::ANCHORED_START) && program.len_min() > 0;
    let fingerprint = is_anchored.then(|| Fingerprint::new(program))?;
    fingerprint.map(|fingerprint| fingerprint.first())
}

/// The bytes that stand in no match: those that no instruction consumes.
pub(crate) fn outside(program: &Program<'_>) -> Option<ByteSet> {
    let bytes = steps_bytes(program);
    let mut inside = ByteSet::EMPTY;
    let mut wide = false;
    let mut at = 0;
    while let Some(&word) = program.code().get(at) {
        let inst = Inst(word);
        let mut add = |c: u32| match c {
            0..0x80 => inside.insert(c as u8),
            0x80..0x100 if bytes => inside.insert(c as u8),
            _ => wide = true,
        };
        match inst.op() {
            Op::Char { c, .. } => add(c),
            Op::Literal { len, fold, .. } => {
                let pc = Pc::new(at)?;
                for &byte in program.literal(pc, len) {
                    add(u32::from(byte));
                    if fold != Fold::None && byte.is_ascii_alphabetic() {
                        add(u32::from(byte ^ 0x20));
                    }
                }
                wide |= fold == Fold::Unicode;
            }
            Op::Set { set, .. } => {
                let set = program.set(set);
                let members = ByteSet::from_words(set.0);
                inside.insert_all(&if bytes { members } else { members.ascii() });
                wide |= !bytes && set.is_wide();
            }
            _ => {}
        }
        at += 1 + inst.data_words();
    }
    if wide {
        inside.insert_all(&ByteSet::NOT_ASCII);
    }
    (inside != ByteSet::ALL).then(|| inside.complement())
}
