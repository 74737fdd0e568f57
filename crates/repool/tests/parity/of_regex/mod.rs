//! The interface of `regex`.

use regex as re;

#[path = "../surface.rs"]
pub(crate) mod surface;
#[path = "../surface_bytes.rs"]
pub(crate) mod surface_bytes;
