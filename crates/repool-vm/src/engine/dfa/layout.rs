//! The layout of a whole table: a run of words, and where each section of it is.
//!
//! ```text
//! len:8 invalid:8 flags:8 pages:8 starts at:16 map at:16 │ fresh match final dead: 16 each
//! edge line lf cr ascii unicode: 8 each                 │ lengths of the sections: 16 each
//! rows: u16 │ map: 256 bytes │ index and pages, if anything is decoded
//! contexts: a byte a class │ predicates: u32 │ signatures: bytes │ singles: u64
//! starts: u16, context × anchored
//! ```
//!
//! Each section starts at a word. The map stands behind the rows, and zeros behind the starts if need be, so that there
//! are 255 cells to read behind the rows: the short loop then checks the row, and not the class.
//! Exercised by `tests/dfa.rs`.

use crate::engine::dfa::look_context::ContextBits;

pub(crate) const HEADER_WORDS: usize = 4;
pub(crate) const MAP_WORDS: usize = 32;
pub(crate) const DECODES: u64 = 1;
pub(crate) const NEEDS_BOUNDARY: u64 = 2;
pub(crate) const LOOKS: u64 = 4;

/// The number of pages of 64 characters below U+10000.
pub(crate) const BASIC_PAGES: usize = 1 << 10;

/// Words of the index of pages.
pub(crate) const INDEX_WORDS: usize = BASIC_PAGES / 8;

/// Words of a page.
pub(crate) const PAGE_WORDS: usize = 8;

/// The `index`-th sixteen bits of a word.
#[inline(always)]
pub(crate) fn part(word: u64, index: u32) -> usize {
    usize::from((word >> (16 * index)) as u16)
}

/// The word at which the map starts, behind the rows.
#[inline(always)]
pub(crate) fn map_at(header: &[u64; HEADER_WORDS]) -> usize {
    part(header[0], 3)
}

/// The word at which the index of pages starts, if anything is decoded.
#[inline(always)]
pub(crate) fn pages_at(header: &[u64; HEADER_WORDS]) -> usize {
    map_at(header) + MAP_WORDS
}

/// The word at which the look contexts of the classes start.
pub(crate) fn contexts_at(words: &[u64]) -> usize {
    let pages = match words[0] >> 16 & DECODES {
        0 => 0,
        _ => pages_words((words[0] >> 24 & 0xFF) as usize),
    };
    part(words[0], 3) + MAP_WORDS + pages
}

/// The bytes of the `index`-th of the four sections of classes.
fn section(words: &[u64], index: u32) -> &[u8] {
    let len = |index| part(words[3], index);
    let at = contexts_at(words) + (0..index).map(|i| len(i).div_ceil(8)).sum::<usize>();
    &bytemuck::cast_slice(&words[at..])[..len(index)]
}

pub(crate) fn contexts(words: &[u64]) -> &[u8] {
    section(words, 0)
}

pub(crate) fn predicates(words: &[u64]) -> &[u32] {
    bytemuck::cast_slice(section(words, 1))
}

pub(crate) fn signatures(words: &[u64]) -> &[u8] {
    section(words, 2)
}

pub(crate) fn singles(words: &[u64]) -> &[u64] {
    bytemuck::cast_slice(section(words, 3))
}

pub(crate) fn invalid(words: &[u64]) -> u8 {
    (words[0] >> 8) as u8
}

pub(crate) fn context_bits(words: &[u64]) -> ContextBits {
    let [edge, line, lf, cr, ascii, unicode, ..] = words[2].to_le_bytes();
    ContextBits {
        edge,
        line,
        lf,
        cr,
        ascii,
        unicode,
    }
}

/// Appends a section, filled up to a whole word. Returns its length in bytes.
pub(crate) fn push<T: bytemuck::Pod>(words: &mut Vec<u64>, section: &[T]) -> usize {
    words.extend(
        bytemuck::cast_slice::<T, u8>(section)
            .chunks(8)
            .map(|chunk| {
                let mut word = [0; 8];
                word[..chunk.len()].copy_from_slice(chunk);
                u64::from_ne_bytes(word)
            }),
    );
    size_of_val(section)
}

/// Words that `len` pages take, with their index.
pub(crate) const fn pages_words(len: usize) -> usize {
    INDEX_WORDS + len * PAGE_WORDS
}
