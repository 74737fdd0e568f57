//! A compiled pattern that any number of threads share.

use std::ops::Deref;
use std::sync::Arc;

use repool_program::Image;

/// Keeps an image alive.
#[derive(Clone, Debug)]
pub(crate) struct Handle(Arc<Image>);

impl Handle {
    /// Holds an image that no cache knows.
    pub(crate) fn uncached(image: Image) -> Handle {
        Handle(Arc::new(image))
    }
}

impl Deref for Handle {
    type Target = Image;

    fn deref(&self) -> &Image {
        &self.0
    }
}
