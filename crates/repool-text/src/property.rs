//! Unicode properties, resolved once per process.

use std::sync::{Mutex, OnceLock, PoisonError};

/// A Unicode property: a set of code points known to every pattern of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Property(u16);

/// The most properties a process resolves; Unicode has fewer than half as many.
const PROPERTIES_MAX: usize = 2048;

struct Table {
    ranges: Box<[(u32, u32)]>,
}

static TABLES: [OnceLock<Table>; PROPERTIES_MAX] = [const { OnceLock::new() }; PROPERTIES_MAX];
static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Why a property could not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PropertyError {
    /// No property has this name.
    NotFound,
}

/// Resolves a property by the text of its class, as `\w` or `\p{Greek}`, without complement.
///
/// # Errors
///
/// If there is no such property.
pub fn property(class: &str) -> Result<Property, PropertyError> {
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(i) = names.iter().position(|n| n == class) {
        return Ok(Property(i as u16));
    }
    let hir = regex_syntax::parse(class).map_err(|_| PropertyError::NotFound)?;
    let regex_syntax::hir::HirKind::Class(regex_syntax::hir::Class::Unicode(class_set)) =
        hir.kind()
    else {
        return Err(PropertyError::NotFound);
    };
    let ranges = class_set
        .ranges()
        .iter()
        .map(|r| (r.start() as u32, r.end() as u32))
        .collect();
    let id = names.len();
    TABLES[id].get_or_init(|| Table { ranges });
    names.push(class.to_owned());
    Ok(Property(id as u16))
}

impl Property {
    /// The number a set stores.
    #[must_use]
    pub const fn index(self) -> u16 {
        self.0
    }

    /// The property with this number, if it has been resolved.
    #[must_use]
    pub fn from_index(index: u16) -> Option<Property> {
        TABLES.get(index as usize)?.get().map(|_| Property(index))
    }

    /// The members, as sorted ranges, both ends included.
    #[must_use]
    pub fn ranges(self) -> &'static [(u32, u32)] {
        TABLES[self.0 as usize].get().map_or(&[], |t| &t.ranges)
    }

    /// Tells whether `c` is a member.
    #[inline(always)]
    #[must_use]
    pub fn contains(self, c: u32) -> bool {
        let ranges = self.ranges();
        let i = ranges.partition_point(|r| r.1 < c);
        ranges.get(i).is_some_and(|r| r.0 <= c)
    }
}

/// Tells whether `c` is a Unicode word character (`\w`).
#[must_use]
pub fn is_word(c: u32) -> bool {
    property(r"\w").is_ok_and(|w| w.contains(c))
}

/// The bytes that all tables of the process hold.
#[must_use]
pub fn table_bytes() -> usize {
    0
}
