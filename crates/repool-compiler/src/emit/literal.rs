//! Emits characters: literals and sets.
//!
//! The code takes the shortest form: a single character stands in the instruction, and a set is stored once
//! however often it is used. A literal that a search looks for has to stand in the code byte by byte.
//!
//! Exercised by `tests/disassembly.rs` and `tests/facts.rs`.

use repool_program::{LITERAL_BYTES_MAX, Needle, Op, Pc, SetId};
use repool_syntax::{NodeId, Stepping};
use repool_text::Fold;

use super::task::Entry;
use super::{Emitter, NO_SET};
use crate::Error;
use crate::first_set::{FirstSet, Wide};

impl Emitter<'_, '_> {
    pub(super) fn set(&mut self, node: NodeId, index: u32) -> Result<(), Error> {
        let set = self.set_id(index);
        let next = self.next.pc;
        let pc = self.push(Op::Set { set, next })?;
        let mut first = FirstSet::consuming(self.ir.facts(node).first);
        if first.wide != Wide::None {
            first.wide = Wide::Set(set);
        }
        self.next = Entry { pc, first };
        Ok(())
    }

    /// The number of a set in the program. The first use copies the set there.
    fn set_id(&mut self, index: u32) -> SetId {
        let known = self.sets[index as usize];
        if known != NO_SET {
            return SetId(known);
        }
        let mut set = self.ir.set(index);
        if self.ir.stepping() == Stepping::Bytes {
            self.out.ascii &= set.0[2] | set.0[3] == 0;
        } else {
            self.out.ascii &= !set.is_wide();
            let ranges = set.ranges_at()..set.ranges_at() + set.ranges_len();
            let at = match ranges.is_empty() {
                true => 0,
                false => self.builder.push_ranges(&self.ir.ranges()[ranges]),
            };
            set = set.with_ranges_at(at);
        }
        let id = self.builder.push_set(set);
        self.sets[index as usize] = id.0;
        id
    }

    pub(super) fn literal(
        &mut self,
        node: NodeId,
        at: u32,
        len: u32,
        fold: Fold,
    ) -> Result<(), Error> {
        let bytes = self.ir.literal(at, len);
        let fold = narrowed(fold, bytes);
        self.out.ascii &= bytes.is_ascii() && fold != Fold::Unicode;
        let is_needle = self.needles.prefix == Some(node) || self.needles.required == Some(node);
        let (pc, word, head) = match self.as_char(bytes, fold, is_needle) {
            Some(c) => {
                let next = self.next.pc;
                let pc = self.push(Op::Char { c, next })?;
                (pc, pc.index(), 1)
            }
            None => {
                let (pc, head) = self.literal_parts(bytes, fold)?;
                (pc, pc.index() + 1, head)
            }
        };
        if is_needle {
            let needle = Some(Needle {
                word: word as u32,
                len: head as u32,
                fold,
            });
            if self.needles.prefix == Some(node) {
                self.out.prefix = needle;
            } else {
                self.out.required = needle;
            }
        }
        self.next = Entry {
            pc,
            first: FirstSet::consuming(self.ir.facts(node).first),
        };
        Ok(())
    }

    /// The literal as one character, if that takes less memory.
    fn as_char(&self, bytes: &[u8], fold: Fold, is_needle: bool) -> Option<u32> {
        // The argument is the low half of a word. The word's first byte holds the character on a
        // little-endian machine only.
        let is_legible = cfg!(target_endian = "little") && bytes.len() == 1;
        if fold != Fold::None || is_needle && !is_legible {
            return None;
        }
        if let &[byte] = bytes {
            return Some(u32::from(byte));
        }
        if self.ir.stepping() == Stepping::Bytes {
            return None;
        }
        repool_text::decode(bytes, 0)
            .filter(|d| d.is_valid() && d.len == bytes.len())
            .map(|d| d.c)
    }

    /// Emits a literal in parts that fit an instruction. Returns the entry and the length of the first
    /// part.
    fn literal_parts(&mut self, bytes: &[u8], fold: Fold) -> Result<(Pc, usize), Error> {
        let mut next = self.next.pc;
        let mut end = bytes.len();
        loop {
            let mut start = end.saturating_sub(LITERAL_BYTES_MAX);
            if self.ir.stepping() == Stepping::CodePoints {
                while !repool_text::is_boundary(bytes, start) {
                    start += 1;
                }
            }
            next = self
                .builder
                .push_literal(&bytes[start..end], fold, next)
                .map_err(|e| Error::build(e, self.limit))?;
            if start == 0 {
                return Ok((next, end));
            }
            end = start;
        }
    }
}

/// Narrows a Unicode fold to an ASCII fold where both accept the same. Every ASCII letter folds to its
/// other case only, except K (Kelvin sign) and S (long s).
fn narrowed(fold: Fold, bytes: &[u8]) -> Fold {
    let has_wide_case = |b: &u8| matches!(b | 0x20, b'k' | b's') || !b.is_ascii();
    if fold == Fold::Unicode && !bytes.iter().any(has_wide_case) {
        Fold::Ascii
    } else {
        fold
    }
}
