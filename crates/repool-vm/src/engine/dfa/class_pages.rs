//! Class pages: the classes of characters above ASCII, 64 characters a page.
//!
//! A set of a program answers for 64 characters at once, so making a page takes some hundred instructions. A whole table
//! has the pages of characters of two and three bytes beside its rows, each different page once, up to
//! [`CLASS_PAGES_MAX`]. With them a search reads any script without memory of the thread.
//!
//! Most pages of a large script are alike. A program with many sets may need more pages than fit; their
//! characters are left to the memory of a thread ([`crate::engine::dfa::class_reader`]).
//!
//! ```text
//! index: a byte for each of 1,024 pages, 0 if it is not there │ pages: a byte for each of 64 characters
//! ```
//!
//! Exercised by `tests/dfa.rs` and by the tests below.

use std::ops::Range;

use repool_program::{Program, SetId};
use repool_text::Property;

use crate::engine::dfa::class_source::ClassSource;
use crate::engine::dfa::classes::NO_CLASS;
use crate::engine::dfa::classes::PREDICATES_MAX;
use crate::engine::dfa::classes::WORD;
use crate::engine::dfa::layout::{BASIC_PAGES, INDEX_WORDS, push};
use crate::tuning::CLASS_PAGES_MAX;

/// The classes of 64 characters.
pub(crate) type Page = [u8; 64];

/// Pages without characters.
const SURROGATES: Range<usize> = 0x360..0x380;

/// The order in which pages are stored until there is no room: characters of two bytes, signs and what Chinese,
/// Japanese and Korean need, then the others.
const ORDER: [Range<usize>; 5] = [
    0x002..0x020,
    0x080..0x360,
    0x3FC..0x400,
    0x020..0x080,
    0x380..0x3FC,
];

/// Computes the classes of the characters of a page, which is above ASCII.
pub(crate) fn page_of(program: &Program<'_>, source: ClassSource<'_>, number: usize) -> Page {
    let first = (number as u32) << 6;
    if SURROGATES.contains(&number) {
        return [source.invalid(); 64];
    }
    let mut members = [0; PREDICATES_MAX];
    for (members, &predicate) in members.iter_mut().zip(source.predicates()) {
        *members = match predicate {
            WORD => Property::WORD.members(first),
            set => program.set_members(SetId(set), first),
        };
    }
    let class = |i: usize| {
        let bits = members.iter().enumerate();
        let signature = bits.fold(0, |all, (bit, word)| {
            all | ((word >> i & 1) as usize) << bit
        });
        match source.signatures().get(signature) {
            // Every signature of a character has a class since the classes were made.
            Some(&class) if class != NO_CLASS => class,
            _ => source.invalid(),
        }
    };
    let mut page = [class(0); 64];
    if members.iter().any(|&word| word != 0 && word != u64::MAX) {
        for (i, own) in page.iter_mut().enumerate().skip(1) {
            *own = class(i);
        }
    }
    let singles = source.singles();
    let at = singles.partition_point(|&single| single >> 8 < u64::from(first));
    for &single in &singles[at..] {
        match page.get_mut((single >> 8) as usize - first as usize) {
            Some(class) => *class = single as u8,
            None => break,
        }
    }
    page
}

/// Appends the index and the pages. Returns the number of pages.
pub(crate) fn push_pages(
    program: &Program<'_>,
    source: ClassSource<'_>,
    words: &mut Vec<u64>,
) -> usize {
    let mut index = [0_u8; BASIC_PAGES];
    let mut pages: Vec<Page> = Vec::new();
    for number in ORDER.into_iter().flatten() {
        let page = page_of(program, source, number);
        // Neighbouring pages belong to one script and are most often alike.
        let known = pages.iter().rposition(|known| *known == page);
        let place = known.unwrap_or(pages.len());
        if place == CLASS_PAGES_MAX {
            continue;
        }
        if known.is_none() {
            pages.push(page);
        }
        index[number] = place as u8 + 1;
    }
    push(words, &index);
    push(words, &pages);
    pages.len()
}

/// The pages beside a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClassPages<'a> {
    index: &'a [u8; BASIC_PAGES],
    pages: &'a [Page],
}

impl<'a> ClassPages<'a> {
    /// No page.
    pub(crate) const NONE: ClassPages<'static> = ClassPages {
        index: &[0; BASIC_PAGES],
        pages: &[],
    };

    /// Opens what [`push_pages`] laid out.
    #[inline(always)]
    pub(crate) fn open(words: &'a [u64]) -> Option<ClassPages<'a>> {
        let (index, pages) = words.split_first_chunk::<INDEX_WORDS>()?;
        Some(ClassPages {
            index: bytemuck::cast_ref(index),
            pages: bytemuck::cast_slice(pages),
        })
    }

    /// The class and the length of the character at `at`, which is above ASCII. `None` if its page is not stored, or if
    /// there is no character.
    #[inline(always)]
    pub(crate) fn class(&self, hay: &[u8], at: usize) -> Option<(usize, usize)> {
        let low = |i: usize| hay.get(at + i).map_or(0xFF, |&byte| byte ^ 0x80);
        let (first, b1) = (*hay.get(at)?, low(1));
        let (number, last, len) = match first {
            0xC2..0xE0 => (usize::from(first & 0x1F), b1, 2),
            0xE0..0xF0 => {
                let b2 = low(2);
                let number = usize::from(first & 0x0F) << 6 | usize::from(b1 & 0x3F);
                // An overlong form is no character.
                if number < 0x20 || b1 >= 0x40 {
                    return None;
                }
                (number, b2, 3)
            }
            _ => return None,
        };
        let place = usize::from(self.index[number]).checked_sub(1)?;
        let class = self.pages.get(place)?.get(usize::from(last))?;
        Some((usize::from(*class), len))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::dfa::classes::Classes;
    use crate::engine::dfa::classes::signature;
    use crate::engine::dfa::layout::pages_words;
    use crate::testing::image;

    /// The class of one character, without pages.
    fn class_alone(program: &Program<'_>, classes: &Classes, c: char) -> u8 {
        let c = u32::from(c);
        let single = classes.singles.iter().find(|&&s| s >> 8 == u64::from(c));
        match single {
            Some(&single) => single as u8,
            None => classes.signatures[signature(program, &classes.predicates, c)],
        }
    }

    #[test]
    fn pages_tell_what_characters_alone_tell() {
        for text in [
            r"\w+",
            r"[а-яё]+-",
            r"(?i)жук\s",
            r"\b\p{Lu}\w*é",
            r"[^\d\p{Greek}]+δ",
        ] {
            let image = image(text);
            let program = image.program();
            let classes = Classes::new(&program).expect("it has few classes");
            assert!(classes.decodes, "{text}");
            let source = ClassSource::Classes(&classes);
            let mut words = Vec::new();
            let len = push_pages(&program, source, &mut words);
            assert_eq!(words.len(), pages_words(len));
            let pages = ClassPages::open(&words).expect("there is an index");
            let mut known = 0;
            for c in '\u{80}'..'\u{10000}' {
                let alone = class_alone(&program, &classes, c);
                let page = page_of(&program, source, c as usize >> 6);
                assert_eq!(page[c as usize & 63], alone, "{text} {c:?}");
                let utf8 = format!("x{c}");
                if let Some(read) = pages.class(utf8.as_bytes(), 1) {
                    assert_eq!(read, (alone.into(), c.len_utf8()), "{text} {c:?}");
                    known += 1;
                }
                assert_eq!(pages.class(&utf8.as_bytes()[..utf8.len() - 1], 1), None);
            }
            assert!(known > 32_000, "{text}: {known}");
        }
    }

    #[test]
    fn what_is_no_character_has_no_class() {
        let image = image(r"\w+");
        let program = image.program();
        let classes = Classes::new(&program).expect("it has few classes");
        let mut words = Vec::new();
        push_pages(&program, ClassSource::Classes(&classes), &mut words);
        let pages = ClassPages::open(&words).expect("there is an index");
        for (first, second, third) in (0x80..=0xFF_u8)
            .flat_map(|first| (0..=0xFF_u8).map(move |second| (first, second)))
            .flat_map(|(first, second)| {
                [0x00, 0x7F, 0x80, 0xBF, 0xC0].map(|third| (first, second, third))
            })
        {
            let bytes = [first, second, third];
            if let Some((_, len)) = pages.class(&bytes, 0) {
                assert!(std::str::from_utf8(&bytes[..len]).is_ok(), "{bytes:X?}");
            }
        }
    }
}
