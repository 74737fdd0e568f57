//! The bytes that stand in no match.
//! Exercised by `tests/oracle.rs`.

use repool_program::{Inst, Op, Program};
use repool_text::Fold;

use crate::nfa::unit::steps_bytes;
use crate::simd::byte_set::ByteSet;

/// The bytes that stand in no match: those that no instruction consumes.
pub(crate) fn outside(program: &Program<'_>) -> Option<ByteSet> {
    let bytes = steps_bytes(program);
    let mut inside = [0u64; 4];
    let mut wide = false;
    let mut at = 0;
    while let Some(&word) = program.code().get(at) {
        let inst = Inst(word);
        let mut add = |c: u32| match c {
            0..0x80 => inside[(c >> 6) as usize] |= 1 << (c & 63),
            0x80..0x100 if bytes => inside[(c >> 6) as usize] |= 1 << (c & 63),
            _ => wide = true,
        };
        match inst.op() {
            Op::Char { c, .. } => add(c),
            Op::Literal { len, fold, .. } => {
                let pc = repool_program::Pc::new(at)?;
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
                let words = if bytes { 4 } else { 2 };
                for (all, word) in inside.iter_mut().zip(&set.0[..words]) {
                    *all |= word;
                }
                wide |= !bytes && set.is_wide();
            }
            _ => {}
        }
        at += 1 + inst.data_words();
    }
    if wide {
        (inside[2], inside[3]) = (u64::MAX, u64::MAX);
    }
    let outside = inside.map(|word| !word);
    (outside != [0; 4]).then(|| ByteSet::far(outside))
}
