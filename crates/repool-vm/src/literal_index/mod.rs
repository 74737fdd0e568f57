//! The literals of a set of programs: laid out, opened, and found in a haystack.

pub(crate) mod build;
pub(crate) mod index;
pub(crate) mod memory;
pub(crate) mod scan;
pub(crate) mod screen;
