//! Lays out an image, section by section, in the arena of one compile.
//!
//! Exercised by `tests/verify.rs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bumpalo::Bump;
use bumpalo::collections::Vec;
use repool_arena::{OutOfMemory, Pool, Sealed};
use repool_text::Set;

use crate::header::{self, Lens};
use crate::sets::{self, ROW_WORDS};
use crate::tuning::SHARED_ROWS_MAX;
use crate::{Counter, CounterId, Facts, Inst, Name, Op, Pc, SetId};

/// An image under construction.
///
/// It lies in an arena that the caller resets for the next image.
#[derive(Debug)]
pub struct Builder<'a> {
    /// Room for the header, then the code. The other sections follow when the image is sealed, since
    /// their places depend on the length of the code.
    image: Vec<'a, u64>,
    sets: Vec<'a, u64>,
    ranges: Vec<'a, u64>,
    counters: Vec<'a, u64>,
    names: Vec<'a, u64>,
}

/// The words for which a builder reserves room. What needs more grows, and panics if there is no memory for it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Room {
    /// The whole image without its header.
    pub image: usize,
    /// The sets.
    pub sets: usize,
    /// The ranges of all sets.
    pub ranges: usize,
}

/// Why an image could not be laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildError {
    /// The code has more words than an instruction can address, or a section has more entries than its
    /// header field can count.
    TooLong,
    /// The allocator has no memory for the arena.
    OutOfMemory,
}

impl From<OutOfMemory> for BuildError {
    fn from(_: OutOfMemory) -> BuildError {
        BuildError::OutOfMemory
    }
}

/// The number of the next image. An engine's scratch compares numbers to know which image it was set up
/// for.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

impl<'a> Builder<'a> {
    /// An empty image with room in `arena`.
    #[inline]
    #[must_use]
    pub fn new_in(arena: &'a Bump, room: Room) -> Builder<'a> {
        let mut image = Vec::with_capacity_in(header::WORDS + room.image, arena);
        image.extend_from_slice_copy(&[0; header::WORDS]);
        Builder {
            image,
            sets: Vec::with_capacity_in(room.sets, arena),
            ranges: Vec::with_capacity_in(room.ranges, arena),
            counters: Vec::new_in(arena),
            names: Vec::new_in(arena),
        }
    }

    /// The number of words of code. The next instruction gets this index.
    #[must_use]
    pub fn code_len(&self) -> usize {
        self.image.len() - header::WORDS
    }

    /// Appends an instruction.
    ///
    /// # Errors
    ///
    /// If the code is too long.
    pub fn push(&mut self, op: Op) -> Result<Pc, BuildError> {
        let pc = Pc::new(self.code_len()).ok_or(BuildError::TooLong)?;
        self.image.push(Inst::new(op).0);
        Ok(pc)
    }

    /// Appends a literal: its instruction and its bytes.
    ///
    /// # Errors
    ///
    /// If the code is too long.
    pub fn push_literal(
        &mut self,
        bytes: &[u8],
        fold: repool_text::Fold,
        next: Pc,
    ) -> Result<Pc, BuildError> {
        debug_assert!(!bytes.is_empty() && bytes.len() <= crate::LITERAL_BYTES_MAX);
        let pc = self.push(Op::Literal {
            len: bytes.len() as u32,
            fold,
            next,
        })?;
        push_bytes(&mut self.image, bytes);
        Ok(pc)
    }

    /// Replaces an instruction that was pushed before its target was known.
    pub fn patch(&mut self, pc: Pc, op: Op) {
        self.image[header::WORDS + pc.index()] = Inst::new(op).0;
    }

    /// Appends a set. Its ranges must already be relative to the start of the section, as
    /// [`Builder::push_ranges`] returns it.
    pub fn push_set(&mut self, set: Set) -> SetId {
        let Set([low, high, pair @ ..]) = set;
        let id = SetId::new(self.sets.len() / ROW_WORDS, pair);
        if id.has_own_pair() {
            self.sets.extend_from_slice_copy(&set.0);
            return id;
        }
        let mut rows = self.sets.chunks_exact(ROW_WORDS).take(SHARED_ROWS_MAX);
        if let Some(row) = rows.position(|row| *row == [low, high]) {
            return SetId::new(row, pair);
        }
        self.sets.extend_from_slice_copy(&[low, high]);
        id
    }

    /// Returns a set that was appended.
    ///
    /// # Panics
    ///
    /// If there is no such set.
    #[must_use]
    pub fn set(&self, set: SetId) -> Set {
        sets::set_of(&self.sets, set)
    }

    /// The ranges that were appended.
    #[must_use]
    pub fn ranges(&self) -> &[u64] {
        &self.ranges
    }

    /// Appends ranges and returns the index of the first.
    pub fn push_ranges(&mut self, ranges: &[u64]) -> usize {
        let at = self.ranges.len();
        self.ranges.extend_from_slice_copy(ranges);
        at
    }

    /// Appends a counter.
    pub fn push_counter(&mut self, counter: &Counter) -> CounterId {
        let id = CounterId((self.counters.len() / Counter::WORDS) as u32);
        self.counters.extend_from_slice_copy(&counter.encode());
        id
    }

    /// Replaces a counter.
    pub fn patch_counter(&mut self, id: CounterId, counter: &Counter) {
        let at = id.0 as usize * Counter::WORDS;
        self.counters[at..at + Counter::WORDS].copy_from_slice(&counter.encode());
    }

    /// Appends a group's name. Callers push names by rising group index.
    pub fn push_name(&mut self, name: Name) {
        self.names.push(name.encode());
    }

    /// The bytes of all sections.
    #[inline]
    #[must_use]
    pub fn section_bytes(&self) -> usize {
        let words = self.code_len()
            + self.sets.len()
            + self.ranges.len()
            + self.counters.len()
            + self.names.len();
        words * 8
    }

    /// The bytes that the image takes with a text of `text_len` bytes.
    #[must_use]
    pub fn image_bytes(&self, text_len: usize) -> usize {
        header::WORDS * 8 + self.section_bytes() + text_len.next_multiple_of(8)
    }

    /// Lays the other sections out behind the code and copies the image them into an arena of `pool`.
    ///
    /// `options` are the compiler's options besides the text, in at most 56 bits.
    ///
    /// # Errors
    ///
    /// If a section is too long, or there is no memory for the arena.
    pub fn seal(
        mut self,
        facts: &Facts,
        start: Pc,
        text: &str,
        options: u64,
        pool: &Arc<Pool>,
    ) -> Result<Sealed, BuildError> {
        let lens = Lens {
            code: self.code_len(),
            sets: self.sets.len() / ROW_WORDS,
            ranges: self.ranges.len(),
            counters: self.counters.len() / Counter::WORDS,
            names: self.names.len(),
            text: text.len(),
        };
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let head = header::pack(facts, start, lens, options, id).ok_or(BuildError::TooLong)?;
        self.image[..header::WORDS].copy_from_slice(&head);
        for section in [&self.sets, &self.ranges, &self.counters, &self.names] {
            // Most patterns lack some sections, and a copy of nothing costs a call.
            if !section.is_empty() {
                self.image.extend_from_slice_copy(section);
            }
        }
        push_bytes(&mut self.image, text.as_bytes());
        Ok(pool.seal(self.image.into_bump_slice())?)
    }
}

/// Appends bytes, and zeros up to a whole word.
fn push_bytes(words: &mut Vec<'_, u64>, bytes: &[u8]) {
    let at = words.len();
    words.resize(at + bytes.len().div_ceil(8), 0);
    bytemuck::cast_slice_mut(&mut words[at..])[..bytes.len()].copy_from_slice(bytes);
}
