//! Facts that are computed from a program before it is searched with.

pub(crate) mod fingerprint;
pub(crate) mod last_bytes;
pub(crate) mod outside;
pub(crate) mod utf8_shapes;
