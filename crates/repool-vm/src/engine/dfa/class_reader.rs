//! The class reader: from the bytes of a haystack to classes.
//!
//! An ASCII byte takes one load from a map. Where characters above ASCII are decoded, their classes are kept by pages of
//! 64 characters. A thread makes a page when it meets its first character. A character of two bytes then costs two
//! loads, one of three bytes three.
//! Exercised by `tests/dfa.rs`.

use repool_program::Program;
use repool_text::{decode, decode_last, is_boundary};

use crate::engine::dfa::class_pages::Page;
use crate::engine::dfa::class_pages::page_of;
use crate::engine::dfa::class_source::ClassSource;
use crate::engine::dfa::classes::NO_CLASS;
use crate::engine::dfa::classes::signature;
use crate::engine::dfa::layout::BASIC_PAGES;
use crate::heap::vec_bytes;
use crate::tuning::CLASS_MEMO_PAGES_MAX;

/// The pages of one program that a thread has made.
#[derive(Debug, Default)]
pub(crate) struct ClassMemo {
    /// The program's number.
    id: u64,
    /// For each page its place in `pages`; 0 stands for a page that is not made.
    index: Vec<u16>,
    pages: Vec<Page>,
}

impl ClassMemo {
    pub(crate) fn bytes(&self) -> usize {
        vec_bytes(&self.index) + vec_bytes(&self.pages)
    }

    /// Forgets the pages of another program.
    #[inline]
    pub(crate) fn belong_to(&mut self, program: &Program<'_>) {
        if self.id != program.id() {
            self.clear();
            self.id = program.id();
        }
    }

    #[cold]
    fn clear(&mut self) {
        self.index.fill(0);
        self.pages.clear();
        // Place 0 stands for no page.
        self.pages.push([0; 64]);
    }
}

/// Reads classes from a haystack.
#[derive(Debug)]
pub(crate) struct ClassReader<'a> {
    pub(crate) program: &'a Program<'a>,
    /// The class of each byte that is a unit by itself.
    pub(crate) map: &'a [u8; 256],
    /// The number of classes; also the column of the end.
    pub(crate) len: usize,
    /// Whether assertions ask for neighbours.
    pub(crate) looks: bool,
    /// Whether bytes above ASCII have to be decoded.
    pub(crate) decodes: bool,
    /// Whether a search has to end between two characters. One that splits a character lets an assertion see another
    /// character than the search does, and reads part of a haystack that is taken to be valid.
    pub(crate) needs_boundary: bool,
    pub(crate) source: ClassSource<'a>,
    pub(crate) memo: &'a mut ClassMemo,
}

impl ClassReader<'_> {
    /// The class and the length of the unit at `at`, which is above ASCII.
    #[inline(always)]
    pub(crate) fn wide(&mut self, hay: &[u8], at: usize) -> (u8, usize) {
        let low = |i: usize| hay.get(at + i).map_or(0xFF, |&b| b ^ 0x80);
        let first = hay[at];
        let b1 = low(1);
        if first < 0xE0 {
            // The pages of overlong forms have no characters, and are never made.
            if let Some(&page) = self.memo.index.get(usize::from(first & 0x1F))
                && page != 0
                && b1 < 0x40
                && first >= 0xC2
            {
                return (self.memo.pages[usize::from(page)][usize::from(b1)], 2);
            }
        } else if first < 0xF0 {
            let b2 = low(2);
            let number = usize::from(first & 0x0F) << 6 | usize::from(b1 & 0x3F);
            if let Some(&page) = self.memo.index.get(number)
                && page != 0
                && (b1 | b2) < 0x40
                && number >= 0x20
            {
                return (self.memo.pages[usize::from(page)][usize::from(b2)], 3);
            }
        }
        self.wide_slow(hay, at)
    }

    #[cold]
    #[inline(never)]
    fn wide_slow(&mut self, hay: &[u8], at: usize) -> (u8, usize) {
        let Some(d) = decode(hay, at).filter(|d| d.is_valid()) else {
            return (self.source.invalid(), 1);
        };
        let page = (d.c >> 6) as usize;
        if page < BASIC_PAGES {
            self.fill(page);
        }
        (self.class_of(d.c), d.len)
    }

    /// Makes the page with this number.
    fn fill(&mut self, page: usize) {
        if self.memo.index.is_empty() {
            self.memo.index.resize(BASIC_PAGES, 0);
        }
        if self.memo.pages.len() > CLASS_MEMO_PAGES_MAX || self.memo.pages.is_empty() {
            self.memo.clear();
        }
        let classes = page_of(self.program, self.source, page);
        // Most pages of a large script are alike.
        let like = (self.memo.pages.iter().skip(1)).position(|known| *known == classes);
        let place = like.map_or(self.memo.pages.len(), |like| like + 1);
        if like.is_none() {
            self.memo.pages.push(classes);
        }
        self.memo.index[page] = place as u16;
    }

    /// The class of a character above ASCII.
    fn class_of(&self, c: u32) -> u8 {
        let source = self.source;
        let singles = source.singles();
        let at = singles.partition_point(|&single| single >> 8 < u64::from(c));
        if let Some(&single) = singles.get(at)
            && single >> 8 == u64::from(c)
        {
            return single as u8;
        }
        let signature = signature(self.program, source.predicates(), c);
        match source.signatures().get(signature) {
            // Every signature of a character has a class since the classes were made.
            Some(&class) if class != NO_CLASS => class,
            _ => source.invalid(),
        }
    }

    /// The class at `at`; that of the end if `at` is the end of the haystack.
    #[inline]
    pub(crate) fn class(&mut self, hay: &[u8], at: usize) -> usize {
        match hay.get(at) {
            None => self.len,
            Some(&byte) if byte >= 0x80 && self.decodes => self.wide(hay, at).0.into(),
            Some(&byte) => self.map[usize::from(byte)].into(),
        }
    }

    /// The look context before `at`. `None` if more than one unit decides it.
    #[inline(always)]
    pub(crate) fn before(&mut self, whole: &[u8], at: usize) -> Option<u8> {
        if self.looks {
            self.look_before(whole, at)
        } else {
            Some(0)
        }
    }

    fn look_before(&mut self, whole: &[u8], at: usize) -> Option<u8> {
        let Some(&byte) = at.checked_sub(1).and_then(|i| whole.get(i)) else {
            return Some(self.source.context_bits().edge);
        };
        let contexts = self.source.contexts();
        if byte < 0x80 || !self.decodes {
            return Some(contexts[usize::from(self.map[usize::from(byte)])]);
        }
        if self.source.context_bits().unicode == 0 {
            return Some(0);
        }
        let d = decode_last(whole, at).filter(|d| d.is_valid())?;
        let class = self.wide(whole, at - d.len).0;
        Some(contexts[usize::from(class)])
    }

    /// Tells whether a search may end at `end`.
    #[inline(always)]
    pub(crate) fn can_end(&self, whole: &[u8], end: usize) -> bool {
        !self.needs_boundary || is_boundary(whole, end)
    }
}
