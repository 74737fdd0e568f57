//! Which of many programs match a haystack.

pub(crate) mod search;
