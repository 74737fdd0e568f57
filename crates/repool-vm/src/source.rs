//! What a program can be opened from.
//!
//! To open an image takes as long as to search a short haystack. So a short search has the image, and opens it only where
//! it needs more than what is attached to it.

use std::any::Any;

use repool_program::{Image, Program};

/// An image, or a program that is open already.
pub(crate) trait Source {
    /// The program, opened.
    fn program(&self) -> Program<'_>;

    /// The tables that are published beside the image.
    fn table_words(&self) -> Option<&[u64]>;

    /// What is attached to the image, if it is of this type.
    fn attached<T: Any>(&self) -> Option<&T>;
}

impl Source for Image {
    #[inline(always)]
    fn program(&self) -> Program<'_> {
        Image::program(self)
    }

    #[inline(always)]
    fn table_words(&self) -> Option<&[u64]> {
        Image::table_words(self)
    }

    #[inline(always)]
    fn attached<T: Any>(&self) -> Option<&T> {
        self.attached_value()
    }
}

impl Source for Program<'_> {
    #[inline(always)]
    fn program(&self) -> Program<'_> {
        *self
    }

    #[inline(always)]
    fn table_words(&self) -> Option<&[u64]> {
        self.tables()
    }

    #[inline(always)]
    fn attached<T: Any>(&self) -> Option<&T> {
        Program::attached(self)
    }
}
