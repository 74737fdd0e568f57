//! Which of many programs match a haystack.

pub(crate) mod build;
pub(crate) mod index;
pub(crate) mod memory;
pub(crate) mod scan;
pub(crate) mod screen;
pub(crate) mod search;
