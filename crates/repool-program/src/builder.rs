//! Lays out an image, section by section, in scratch memory that is kept for the next one.
//!
//! Exercised by `tests/verify.rs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use repool_arena::{OutOfMemory, Pool, Sealed};
use repool_text::Set;

use crate::header::{self, Lens};
use crate::sets::{self, ROW_WORDS};
use crate::tuning::SHARED_ROWS_MAX;
use crate::{Counter, CounterId, Facts, Inst, Name, Op, Pc, SetId};

/// The sections of an image under construction.
///
/// One builder serves any number of patterns: [`Builder::clear`] keeps the memory.
#[derive(Debug, Default)]
pub struct Builder {
    code: Vec<u64>,
    sets: Vec<u64>,
    ranges: Vec<u64>,
    counters: Vec<u64>,
    names: Vec<u64>,
    image: Vec<u64>,
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

impl Builder {
    /// Empties the sections and keeps their memory.
    pub fn clear(&mut self) {
        self.code.clear();
        self.sets.clear();
        self.ranges.clear();
        self.counters.clear();
        self.names.clear();
    }

    /// The number of words of code. The next instruction gets this index.
    #[must_use]
    pub fn code_len(&self) -> usize {
        self.code.len()
    }

    /// Appends an instruction.
    ///
    /// # Errors
    ///
    /// If the code is too long.
    pub fn push(&mut self, op: Op) -> Result<Pc, BuildError> {
        let pc = Pc::new(self.code.len()).ok_or(BuildError::TooLong)?;
        self.code.push(Inst::new(op).0);
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
        self.code.extend(bytes.chunks(8).map(|chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            u64::from_ne_bytes(word)
        }));
        Ok(pc)
    }

    /// Replaces an instruction that was pushed before its target was known.
    pub fn patch(&mut self, pc: Pc, op: Op) {
        self.code[pc.index()] = Inst::new(op).0;
    }

    /// Appends a set. Its ranges must already be relative to the start of the section, as
    /// [`Builder::push_ranges`] returns it.
    pub fn push_set(&mut self, set: Set) -> SetId {
        let Set([low, high, pair @ ..]) = set;
        let id = SetId::new(self.sets.len() / ROW_WORDS, pair);
        if id.has_own_pair() {
            self.sets.extend_from_slice(&set.0);
            return id;
        }
        let mut rows = self.sets.chunks_exact(ROW_WORDS).take(SHARED_ROWS_MAX);
        if let Some(row) = rows.position(|row| *row == [low, high]) {
            return SetId::new(row, pair);
        }
        self.sets.extend_from_slice(&[low, high]);
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
        self.ranges.extend_from_slice(ranges);
        at
    }

    /// Appends a counter.
    pub fn push_counter(&mut self, counter: &Counter) -> CounterId {
        let id = CounterId((self.counters.len() / Counter::WORDS) as u32);
        self.counters.extend_from_slice(&counter.encode());
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
        let words = self.code.len()
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

    /// The bytes of scratch memory that the builder holds.
    #[must_use]
    pub fn scratch_bytes(&self) -> usize {
        let sections = [
            &self.code,
            &self.sets,
            &self.ranges,
            &self.counters,
            &self.names,
            &self.image,
        ];
        sections.iter().map(|s| s.capacity() * 8).sum()
    }

    /// Lays the sections out and copies them into an arena of `pool`.
    ///
    /// `options` are the compiler's options besides the text, in at most 56 bits.
    ///
    /// # Errors
    ///
    /// If a section is too long, or there is no memory for the arena.
    pub fn seal(
        &mut self,
        facts: &Facts,
        start: Pc,
        text: &str,
        options: u64,
        pool: &Arc<Pool>,
    ) -> Result<Sealed, BuildError> {
        let lens = Lens {
            code: self.code.len(),
            sets: self.sets.len() / ROW_WORDS,
            ranges: self.ranges.len(),
            counters: self.counters.len() / Counter::WORDS,
            names: self.names.len(),
            text: text.len(),
        };
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let head = header::pack(facts, start, lens, options, id).ok_or(BuildError::TooLong)?;
        self.image.clear();
        self.image.reserve(self.image_bytes(text.len()) / 8);
        self.image.extend_from_slice(&head);
        for section in [
            &self.code,
            &self.sets,
            &self.ranges,
            &self.counters,
            &self.names,
        ] {
            self.image.extend_from_slice(section);
        }
        self.image.extend(text.as_bytes().chunks(8).map(|chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            u64::from_ne_bytes(word)
        }));
        Ok(pool.seal(&self.image)?)
    }
}
