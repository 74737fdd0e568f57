//! The contract between the compiler and the engines: what a compiled pattern is.
//!
//! A pattern compiles to one *image*: a run of words, the same at every address.
//!
//! ```text
//! ┌────────┬──────┬──────┬────────┬──────────┬───────┬──────┐
//! │ header │ code │ sets │ ranges │ counters │ names │ text │
//! └────────┴──────┴──────┴────────┴──────────┴───────┴──────┘
//!   Facts    Inst   Set    lo, hi   Counter    Name    the pattern
//! ```
//!
//! It holds no pointer and no padding that was not written. The compiler assembles the sections in scratch
//! memory ([`Builder`]) and seals them into one arena ([`Image`]). Each search opens the image as a
//! [`Program`], which is plain slices. An engine sees nothing else.
//!
//! An analysis reads a program through [`Program::instructions`] and [`Op::transition`].

mod attached;
mod backing;
mod builder;
mod counter;
mod display;
mod facts;
mod fault;
mod header;
mod heat;
mod image;
mod inst;
mod name;
mod program;
mod sets;
mod tables;
mod transition;
mod tuning;
mod verify;
mod walk;

/// The arena of a [`Builder`], so that who builds an image needs no dependency of its own.
pub use bumpalo::Bump;

pub use backing::Taken;
pub use builder::{BuildError, Builder, Room};
pub use counter::{Counter, UNBOUNDED};
pub use facts::{Facts, Flags, Needle, UNICODE_LOOKS};
pub use fault::Fault;
pub use image::Image;
pub use inst::{CounterId, Inst, LITERAL_BYTES_MAX, Op, Pc};
pub use name::Name;
pub use program::Program;
pub use sets::SetId;
pub use transition::{Consumed, Epsilon, Transition};
pub use verify::verify;
pub use walk::{CountedSet, Instructions};
