//! Replacement templates: `$1`, `$name`, `${name}`, `$$`.
//!
//! A `$` refers to a group by the longest run of ASCII letters, digits and `_` after it, or by the
//! text between braces. A run of digits is an index, anything else a name. A group that does not
//! exist expands to nothing. A `$` that starts no reference is a `$`. Exercised by
//! `tests/replace.rs`.

use std::ops::Range;

use crate::captures::Groups;
use crate::text::Text;

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part<'t> {
    /// These bytes of the template, as they are.
    Plain(Range<usize>),
    /// A group by index.
    Index(usize),
    /// A group by name.
    Name(&'t str),
}

/// Splits a template into its parts.
struct Parts<'t> {
    template: &'t [u8],
    at: usize,
}

impl<'t> Iterator for Parts<'t> {
    type Item = Part<'t>;

    fn next(&mut self) -> Option<Part<'t>> {
        let start = self.at;
        let rest = &self.template[start..];
        if rest.first()? != &b'$' {
            let len = memchr::memchr(b'$', rest).unwrap_or(rest.len());
            self.at += len;
            return Some(Part::Plain(start..self.at));
        }
        if let Some((name, len)) = reference(rest) {
            self.at += len;
            return Some(match name.parse() {
                Ok(index) => Part::Index(index),
                Err(_) => Part::Name(name),
            });
        }
        self.at += if rest.get(1) == Some(&b'$') { 2 } else { 1 };
        Some(Part::Plain(start..start + 1))
    }
}

/// The name after the `$` that `rest` starts with, and the length of the whole reference in bytes.
fn reference(rest: &[u8]) -> Option<(&str, usize)> {
    let (name, len) = if rest.get(1) == Some(&b'{') {
        let name_len = memchr::memchr(b'}', &rest[2..])?;
        (&rest[2..2 + name_len], name_len + 3)
    } else {
        let is_name = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'_';
        let name_len = rest[1..].iter().take_while(is_name).count();
        (&rest[1..1 + name_len], name_len + 1)
    };
    if len == 1 {
        return None;
    }
    Some((std::str::from_utf8(name).ok()?, len))
}

/// Appends `template` to `out`. References are replaced by the text of `groups` in `haystack`.
pub(crate) fn expand<T: Text + ?Sized>(
    groups: &Groups,
    haystack: &T,
    template: &T,
    out: &mut T::Owned,
) {
    let parts = Parts {
        template: template.bytes(),
        at: 0,
    };
    for part in parts {
        let span = match part {
            Part::Plain(range) => {
                template.slice(range).append_to(out);
                continue;
            }
            Part::Index(index) => groups.span(index),
            Part::Name(name) => groups.span_named(name),
        };
        if let Some(span) = span {
            haystack.slice(span.range()).append_to(out);
        }
    }
}

/// Tells whether a template has no references.
pub(crate) fn is_plain<T: Text + ?Sized>(template: &T) -> bool {
    memchr::memchr(b'$', template.bytes()).is_none()
}
