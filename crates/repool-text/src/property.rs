//! Unicode properties, resolved once per process.
//!
//! A property is a number: an index into a registry of the process. The registry holds each *set* once,
//! under all its names. So it has at most twice as many entries as Unicode has properties (a property, and
//! its closure under case folding), and no stream of patterns makes it grow further. `regex-syntax` defines
//! the names and the members. [`crate::table_bytes`] counts the bytes of the tables.
//!
//! `\w`, `\d` and `\s` have fixed numbers, and their tables are built on first use. Their constants cost
//! nothing. Looking a character up in one costs one atomic load more than the table.
//!
//! Exercised by `tests/property.rs`.

use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError, RwLock};

use regex_syntax::hir::{Class, HirKind};

use crate::fold::{self, orbits_in};
use crate::table::Table;
use crate::tuning::{LISTED_MAX, NAME_BYTES_MAX, NAMES_MAX, PROPERTIES_MAX};

/// A Unicode property: a set of code points that every pattern of the process shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Property(u16);

/// Why a property was not resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PropertyError {
    /// No property has this name.
    NotFound,
}

/// One resolved set.
struct Entry {
    table: Table,
    /// The members as a list, made on first use.
    ranges: OnceLock<Box<[(u32, u32)]>>,
    /// One more than the number of the closure under simple case folding; 0 before the first use.
    folded: AtomicU16,
}

static ENTRIES: [OnceLock<Box<Entry>>; PROPERTIES_MAX] =
    [const { OnceLock::new() }; PROPERTIES_MAX];

/// The numbers given so far. The first are those of `PERL`, built or not. The lock is held while one is
/// added.
static LEN: Mutex<usize> = Mutex::new(PERL.len());

/// The meanings of names, sorted by [`Key`].
static NAMES: RwLock<Vec<(Box<[u8]>, Property)>> = RwLock::new(Vec::new());

/// The heap bytes of entries and names.
static BYTES: AtomicUsize = AtomicUsize::new(0);

/// The classes with fixed numbers.
const PERL: [&str; 3] = [r"\w", r"\d", r"\s"];

/// `[0-9]`.
const ASCII_DIGIT: u128 = 0x3FF << b'0';
/// `[\t\n\x0B\x0C\r ]`.
const ASCII_SPACE: u128 = 0x1F << b'\t' | 1 << b' ';
/// `[0-9A-Za-z_]`.
pub(crate) const ASCII_WORD: u128 =
    ASCII_DIGIT | 0x3FF_FFFF << b'A' | 0x3FF_FFFF << b'a' | 1 << b'_';

/// Resolves a property by the text of its class, such as `\w` or `\p{Greek}`. The text must not complement
/// it.
///
/// Names compare loosely, as in Unicode and `regex-syntax`: case, spaces, hyphens and underscores do not
/// count. Equal sets are one property under all their names.
///
/// # Errors
///
/// If there is no such property, or the text complements it.
///
/// # Example
///
/// ```
/// use repool_text::{Property, property};
///
/// let greek = property(r"\p{Greek}").unwrap();
/// assert!(greek.contains('λ' as u32));
/// assert_eq!(property(r"\p{script = greek}"), Ok(greek));
/// assert_eq!(property(r"\p{White_Space}"), Ok(Property::SPACE));
/// assert!(property(r"\p{Klingon}").is_err());
/// ```
pub fn property(class: &str) -> Result<Property, PropertyError> {
    match property_class(class)? {
        (property, false) => Ok(property),
        (_, true) => Err(PropertyError::NotFound),
    }
}

/// Resolves the text of a class that is a property or its complement, such as `\W`, `\P{Greek}` or
/// `\p{scx!=Greek}`. Returns the property and whether it is complemented.
///
/// # Errors
///
/// If there is no such property.
pub fn property_class(class: &str) -> Result<(Property, bool), PropertyError> {
    let letters = class.strip_prefix('\\').ok_or(PropertyError::NotFound)?;
    let perl = match letters {
        "w" | "W" => Some(Property::WORD),
        "d" | "D" => Some(Property::DIGIT),
        "s" | "S" => Some(Property::SPACE),
        _ => None,
    };
    let mut complemented = letters.starts_with(|c: char| c.is_ascii_uppercase());
    if let Some(property) = perl {
        return Ok((property, complemented));
    }
    let body = letters
        .strip_prefix(['p', 'P'])
        .ok_or(PropertyError::NotFound)?;
    let body = match body.strip_prefix('{') {
        Some(rest) => rest.strip_suffix('}').ok_or(PropertyError::NotFound)?,
        None if body.chars().count() == 1 => body,
        None => return Err(PropertyError::NotFound),
    };
    if body.contains(['{', '}']) {
        return Err(PropertyError::NotFound);
    }
    let (name, value) = if let Some((name, value)) = body.split_once("!=") {
        complemented = !complemented;
        (name, Some(value))
    } else if let Some((name, value)) = body.split_once(':').or_else(|| body.split_once('=')) {
        (name, Some(value))
    } else {
        (body, None)
    };
    Ok((named(name, value)?, complemented))
}

/// Resolves `\p{name}` or `\p{name=value}`.
fn named(name: &str, value: Option<&str>) -> Result<Property, PropertyError> {
    let mut key = Key {
        bytes: [0; NAME_BYTES_MAX],
        len: 0,
    };
    key.push(name);
    if let Some(value) = value {
        key.bytes(b"=");
        key.push(value);
    }
    if let Some(key) = key.get() {
        let names = NAMES.read().unwrap_or_else(PoisonError::into_inner);
        if let Ok(at) = names.binary_search_by(|(name, _)| (**name).cmp(key)) {
            return Ok(names[at].1);
        }
    }
    // The key is spelled with `:`, since a value may contain `=` but no name contains `:`.
    let ranges = match value {
        Some(value) => parse(&format!(r"\p{{{name}:{value}}}"))?,
        None => parse(&format!(r"\p{{{name}}}"))?,
    };
    let property = register(&ranges)?;
    if let Some(key) = key.get() {
        remember(key, property);
    }
    Ok(property)
}

/// A name in the form in which names compare. Two names with one key are one name to `regex-syntax` too.
struct Key {
    bytes: [u8; NAME_BYTES_MAX],
    /// Longer than the array if the name is too long to exist.
    len: usize,
}

impl Key {
    /// Appends a name as UAX44-LM3 compares it, without what `regex-syntax` ignores: a leading `is`, white
    /// space, hyphens, underscores, and everything that is not ASCII.
    fn push(&mut self, name: &str) {
        let name = name.as_bytes();
        let is = name.len() >= 2 && name[..2].eq_ignore_ascii_case(b"is");
        let start = self.len;
        for &b in &name[if is { 2 } else { 0 }..] {
            if !matches!(b, b' ' | b'_' | b'-' | 0x80..) {
                self.bytes(&[b.to_ascii_lowercase()]);
            }
        }
        // `isc` is a name of its own (`ISO_Comment`) and does not mean `c`.
        if is && self.len == start + 1 && self.bytes.get(start) == Some(&b'c') {
            self.len = start;
            self.bytes(b"isc");
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        if let Some(to) = self.bytes.get_mut(self.len..self.len + bytes.len()) {
            to.copy_from_slice(bytes);
        }
        self.len += bytes.len();
    }

    fn get(&self) -> Option<&[u8]> {
        self.bytes.get(..self.len)
    }
}

fn remember(key: &[u8], property: Property) {
    let mut names = NAMES.write().unwrap_or_else(PoisonError::into_inner);
    if names.len() == NAMES_MAX {
        return;
    }
    if let Err(at) = names.binary_search_by(|(name, _)| (**name).cmp(key)) {
        let before = names.capacity();
        names.insert(at, (key.into(), property));
        let grown = (names.capacity() - before) * size_of::<(Box<[u8]>, Property)>();
        BYTES.fetch_add(grown + key.len(), Ordering::Relaxed);
    }
}

/// The members of a class, from `regex-syntax`.
fn parse(class: &str) -> Result<Vec<(u32, u32)>, PropertyError> {
    let hir = regex_syntax::parse(class).map_err(|_| PropertyError::NotFound)?;
    match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => Ok(class
            .iter()
            .map(|r| (r.start().into(), r.end().into()))
            .collect()),
        // `regex-syntax` turns a class of one member into a literal.
        HirKind::Literal(literal) => Ok(String::from_utf8_lossy(&literal.0)
            .chars()
            .map(|c| (c.into(), c.into()))
            .collect()),
        // `regex-syntax` turns a class without members into a class of bytes.
        HirKind::Class(Class::Bytes(class)) if class.ranges().is_empty() => Ok(Vec::new()),
        _ => Err(PropertyError::NotFound),
    }
}

/// The property with these members: a known one if there is one, else a new one.
fn register(ranges: &[(u32, u32)]) -> Result<Property, PropertyError> {
    let table = Table::new(ranges);
    // Of the three that may not be built yet, these two have other names too (`Nd`, `White_Space`).
    Property::DIGIT.entry();
    Property::SPACE.entry();
    let mut len = LEN.lock().unwrap_or_else(PoisonError::into_inner);
    let old = ENTRIES[..*len]
        .iter()
        .position(|e| e.get().is_some_and(|e| e.table == table));
    if let Some(old) = old {
        return Ok(Property(old as u16));
    }
    let entry = ENTRIES.get(*len).ok_or(PropertyError::NotFound)?;
    entry.get_or_init(|| Entry::new(table));
    *len += 1;
    Ok(Property((*len - 1) as u16))
}

impl Entry {
    fn new(table: Table) -> Box<Entry> {
        BYTES.fetch_add(size_of::<Entry>() + table.heap_bytes(), Ordering::Relaxed);
        Box::new(Entry {
            table,
            ranges: OnceLock::new(),
            folded: AtomicU16::new(0),
        })
    }
}

impl Property {
    /// The word characters, `\w`.
    pub const WORD: Property = Property(0);
    /// The decimal digits, `\d`.
    pub const DIGIT: Property = Property(1);
    /// The white space, `\s`.
    pub const SPACE: Property = Property(2);

    /// The number that a set stores.
    #[must_use]
    pub const fn index(self) -> u16 {
        self.0
    }

    /// A class that means this property or its complement: `\w`, `\P{Greek}` or, for a closure under case folding,
    /// `\p{Lu, any case}`. The shortest name by which a pattern of the process asked for it; `None` if no name is kept.
    #[must_use]
    pub fn class(self, complemented: bool) -> Option<String> {
        let letter = if complemented { 'P' } else { 'p' };
        if let Some(class) = PERL.get(usize::from(self.0)) {
            return Some(match complemented {
                true => class.to_ascii_uppercase(),
                false => (*class).to_owned(),
            });
        }
        if let Some(name) = self.name() {
            return Some(format!(r"\{letter}{{{name}}}"));
        }
        let is_closure = |entry: &OnceLock<Box<Entry>>| {
            let folded = |entry: &Entry| entry.folded.load(Ordering::Relaxed);
            entry.get().is_some_and(|e| folded(e) == self.0 + 1)
        };
        let mut of = (0..).zip(&ENTRIES).filter(|(_, entry)| is_closure(entry));
        let name = of.find_map(|(index, _)| Property(index).name())?;
        Some(format!(r"\{letter}{{{name}, any case}}"))
    }

    /// The shortest name that is kept, spelled with capitals.
    fn name(self) -> Option<String> {
        let names = NAMES.read().unwrap_or_else(PoisonError::into_inner);
        let own = names.iter().filter(|(_, property)| *property == self);
        let (key, _) = own.min_by_key(|(key, _)| key.len())?;
        let parts = key.split(|&b| b == b'=').map(|part| {
            let mut part = String::from_utf8_lossy(part).into_owned();
            if let Some(first) = part.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            part
        });
        Some(parts.collect::<Vec<_>>().join("="))
    }

    /// The property with this number; `None` if none was resolved.
    #[inline(always)]
    #[must_use]
    pub fn from_index(index: u16) -> Option<Property> {
        if (index as usize) < PERL.len() {
            return Some(Property(index));
        }
        ENTRIES.get(index as usize)?.get().map(|_| Property(index))
    }

    /// Tells whether `c` is a member. False for every number past the last code point.
    #[inline(always)]
    #[must_use]
    pub fn contains(self, c: u32) -> bool {
        self.entry().table.contains(c)
    }

    /// The members among 64 code points, one bit each. `first` is the first of them and must be a multiple
    /// of 64.
    #[inline]
    #[must_use]
    pub fn members(self, first: u32) -> u64 {
        self.entry().table.members(first & !63)
    }

    /// The members as sorted ranges that do not touch. Both ends of a range are members.
    ///
    /// U+D7FF and U+E000 count as neighbours. A range over both contains the surrogates, which are no
    /// characters.
    #[must_use]
    pub fn ranges(self) -> &'static [(u32, u32)] {
        let entry = self.entry();
        entry.ranges.get_or_init(|| {
            let ranges = entry.table.ranges();
            BYTES.fetch_add(size_of_val(&*ranges), Ordering::Relaxed);
            ranges
        })
    }

    /// The members as a list; `None` if they have more than two ranges above ASCII, which a name serves
    /// better. It costs no look-up.
    #[must_use]
    pub fn short_list(self) -> Option<&'static [(u32, u32)]> {
        if usize::from(self.0) < PERL.len() || self.entry().table.wide_ranges_len() > LISTED_MAX {
            return None;
        }
        Some(self.ranges())
    }

    /// Two code points above ASCII between which all members above ASCII lie; `None` if there are none. The
    /// bounds are exact for every property except `\w` and `\d`. It costs no look-up.
    #[must_use]
    pub fn wide_bounds(self) -> Option<(u32, u32)> {
        match self {
            Property::WORD | Property::DIGIT => Some((0x80, 0x10_FFFF)),
            Property::SPACE => Some((0x85, 0x3000)),
            _ => self.entry().table.wide_bounds(),
        }
    }

    /// The ASCII members.
    #[must_use]
    pub fn ascii(self) -> u128 {
        match self {
            Property::WORD => ASCII_WORD,
            Property::DIGIT => ASCII_DIGIT,
            Property::SPACE => ASCII_SPACE,
            _ => self.entry().table.ascii(),
        }
    }

    /// The closure under simple case folding, as in `(?i)\p{Lu}`: the property and all characters equal to
    /// a member. The property itself if that is the same set.
    #[must_use]
    pub fn folded(self) -> Property {
        if usize::from(self.0) < PERL.len() {
            return self;
        }
        let folded = &self.entry().folded;
        match folded.load(Ordering::Relaxed) {
            0 => {
                let property = self.fold();
                folded.store(property.0 + 1, Ordering::Relaxed);
                property
            }
            stored => Property(stored - 1),
        }
    }

    #[cold]
    fn fold(self) -> Property {
        let mut ranges = self.ranges().to_vec();
        let more = self.ranges().iter().flat_map(|&(lo, hi)| orbits_in(lo, hi));
        let more = more.flatten().map(|&c| u32::from(c));
        ranges.extend(more.filter(|&c| !self.contains(c)).map(|c| (c, c)));
        if ranges.len() == self.ranges().len() {
            return self;
        }
        // A full registry would be a fault of this file. The set without its closure is then the best
        // answer.
        register(&ranges).unwrap_or(self)
    }

    #[inline(always)]
    fn entry(self) -> &'static Entry {
        match ENTRIES[usize::from(self.0)].get() {
            Some(entry) => entry,
            None => self.build(),
        }
    }

    /// Builds one of the three with fixed numbers. All others were built when they got their numbers.
    #[cold]
    fn build(self) -> &'static Entry {
        ENTRIES[usize::from(self.0)].get_or_init(|| {
            let class = PERL.get(usize::from(self.0)).copied().unwrap_or_default();
            Entry::new(Table::new(&parse(class).unwrap_or_default()))
        })
    }
}

/// Tells whether `c` is a Unicode word character (`\w`).
#[inline]
#[must_use]
pub fn is_word(c: u32) -> bool {
    if c < 0x80 {
        ASCII_WORD >> c & 1 != 0
    } else {
        Property::WORD.contains(c)
    }
}

/// The heap bytes of all tables of the process: properties, their names, case folds.
#[must_use]
pub fn table_bytes() -> usize {
    BYTES.load(Ordering::Relaxed) + fold::table_bytes()
}
