//! Simple case folding.
//!
//! Characters that are equal under simple case folding form an *orbit*: `{k, K, U+212A}`. There are about
//! 1,400 orbits of 2 to 4 characters. Every other character has no orbit. ASCII needs no table. The table
//! for the rest is made from `regex-syntax` on first use, and its bytes are counted:
//!
//! ```text
//! roots[c >> 6] ──> pages[..][c & 63] = start << 3 | len ──> chars[start..][..len], sorted
//! ```
//!
//! Exercised by `tests/fold.rs`, for every character.

use std::sync::OnceLock;

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

/// Which characters of a literal count as equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fold {
    /// Only the same character.
    None,
    /// A-Z and a-z alike.
    Ascii,
    /// All characters of one simple case folding orbit.
    Unicode,
}

/// The end of the characters with case: no character from here on has an orbit.
const CASED_END: u32 = 0x1_F000;
const PAGE: u32 = 64;

struct Orbits {
    roots: [u8; (CASED_END / PAGE) as usize],
    pages: Box<[[u16; PAGE as usize]]>,
    chars: Box<[char]>,
}

static ORBITS: OnceLock<Box<Orbits>> = OnceLock::new();

/// The orbits of the ASCII letters. Each has two characters, except those of k and s, which have three.
static ASCII: [[char; 3]; 26] = {
    let mut orbits = [['\0'; 3]; 26];
    let mut i = 0;
    while i < 26 {
        let upper = b'A' + i as u8;
        let third = match upper {
            b'K' => '\u{212A}',
            b'S' => '\u{17F}',
            _ => '\0',
        };
        orbits[i] = [upper as char, upper.to_ascii_lowercase() as char, third];
        i += 1;
    }
    orbits
};

/// The representative of a character's orbit: the lower-case ASCII letter if the orbit has one, else its
/// smallest member. A character without case represents itself.
///
/// # Example
///
/// ```
/// use repool_text::canonical;
///
/// assert_eq!(['K', 'k', '\u{212A}'].map(canonical), ['k'; 3]);
/// assert_eq!(canonical('é'), 'É');
/// assert_eq!(canonical('ß'), canonical('ẞ'));
/// assert_eq!(canonical('中'), '中');
/// ```
#[inline]
#[must_use]
pub fn canonical(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    canonical_wide(c)
}

fn canonical_wide(c: char) -> char {
    match orbit_wide(c).first() {
        // The orbit is sorted, so an ASCII letter that comes first is the upper-case one.
        Some(first) => first.to_ascii_lowercase(),
        None => c,
    }
}

/// All characters equal to `c` under simple case folding, including `c`, sorted. Empty if `c` has no case.
///
/// # Example
///
/// ```
/// use repool_text::orbit;
///
/// assert_eq!(orbit('s'), ['S', 's', 'ſ']);
/// assert_eq!(orbit('Σ'), ['Σ', 'ς', 'σ']);
/// assert_eq!(orbit('1'), []);
/// ```
#[inline]
#[must_use]
pub fn orbit(c: char) -> &'static [char] {
    if !c.is_ascii() {
        return orbit_wide(c);
    }
    if !c.is_ascii_alphabetic() {
        return &[];
    }
    let orbit = &ASCII[(c as usize | 0x20) - usize::from(b'a')];
    if orbit[2] == '\0' { &orbit[..2] } else { orbit }
}

/// The orbit of each character from `lo` to `hi` that has one, by rising character. An orbit with several
/// members in the range comes several times.
pub fn orbits_in(lo: u32, hi: u32) -> impl Iterator<Item = &'static [char]> {
    let ascii = lo..0x80.min(hi.saturating_add(1));
    let ascii = ascii.filter_map(char::from_u32).map(orbit);
    let (lo, hi) = (lo.max(0x80), hi.min(CASED_END - 1));
    let roots =
        (lo <= hi).then(|| (lo / PAGE..=hi / PAGE).filter(|&i| orbits().roots[i as usize] != 0));
    let wide = roots.into_iter().flatten().flat_map(move |i| {
        let page = (i * PAGE).max(lo)..=(i * PAGE + PAGE - 1).min(hi);
        page.map(|c| orbits().get(c))
    });
    ascii.chain(wide).filter(|orbit| !orbit.is_empty())
}

fn orbit_wide(c: char) -> &'static [char] {
    let c = u32::from(c);
    if c >= CASED_END {
        return &[];
    }
    orbits().get(c)
}

impl Orbits {
    #[inline]
    fn get(&self, c: u32) -> &[char] {
        let page = self.roots.get((c / PAGE) as usize).copied().unwrap_or(0);
        let entry = self.pages[usize::from(page)][(c % PAGE) as usize];
        let start = usize::from(entry >> 3);
        &self.chars[start..start + usize::from(entry & 7)]
    }

    fn heap_bytes(&self) -> usize {
        size_of::<Orbits>() + size_of_val(&*self.pages) + size_of_val(&*self.chars)
    }
}

fn orbits() -> &'static Orbits {
    ORBITS.get_or_init(build)
}

/// The bytes that the table holds on the heap.
pub(crate) fn table_bytes() -> usize {
    ORBITS.get().map_or(0, |orbits| orbits.heap_bytes())
}

/// Every character that may have an orbit: those that change when their case is changed or folded. A
/// superset does no harm.
const CANDIDATES: &str = r"[\p{Changes_When_Casemapped}\p{Changes_When_Casefolded}]";

#[cold]
fn build() -> Box<Orbits> {
    let mut orbits = Box::new(Orbits {
        roots: [0; (CASED_END / PAGE) as usize],
        pages: Box::default(),
        chars: Box::default(),
    });
    let mut pages = vec![[0; PAGE as usize]];
    let mut chars = Vec::with_capacity(3072);
    let hir = regex_syntax::parse(CANDIDATES);
    let candidates = match hir.as_ref().map(|hir| hir.kind()) {
        Ok(HirKind::Class(Class::Unicode(class))) => class.ranges(),
        _ => &[],
    };
    for c in candidates.iter().flat_map(|r| r.start()..=r.end()) {
        let at =
            |orbits: &Orbits, c: char| usize::from(orbits.roots[(u32::from(c) / PAGE) as usize]);
        if u32::from(c) >= CASED_END || pages[at(&orbits, c)][(u32::from(c) % PAGE) as usize] != 0 {
            continue;
        }
        let mut class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
        class.case_fold_simple();
        let start = chars.len();
        chars.extend(class.iter().flat_map(|r| r.start()..=r.end()));
        let len = chars.len() - start;
        if !(2..=7).contains(&len) || chars[start..].iter().any(|&c| u32::from(c) >= CASED_END) {
            chars.truncate(start);
            continue;
        }
        for &c in &chars[start..] {
            let root = (u32::from(c) / PAGE) as usize;
            if orbits.roots[root] == 0 {
                orbits.roots[root] = pages.len() as u8;
                pages.push([0; PAGE as usize]);
            }
            pages[at(&orbits, c)][(u32::from(c) % PAGE) as usize] = (start << 3 | len) as u16;
        }
    }
    orbits.pages = pages.into();
    orbits.chars = chars.into();
    orbits
}
