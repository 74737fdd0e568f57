//! Why a parsed pattern could not be compiled.

/// A limit was passed, or there was no memory.
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Kind);

#[derive(Clone, PartialEq, Eq)]
enum Kind {
    TooBig { limit: usize },
    OutOfMemory,
}

impl Error {
    #[cold]
    #[expect(dead_code, reason = "placeholder")]
    pub(crate) fn too_big(limit: usize) -> Error {
        Error(Kind::TooBig { limit })
    }

    #[cold]
    pub(crate) fn out_of_memory() -> Error {
        Error(Kind::OutOfMemory)
    }

    /// The size limit in bytes, if that was passed.
    #[must_use]
    pub fn size_limit(&self) -> Option<usize> {
        match self.0 {
            Kind::TooBig { limit } => Some(limit),
            Kind::OutOfMemory => None,
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Kind::TooBig { limit } => {
                write!(f, "compiled pattern exceeds size limit of {limit} bytes")
            }
            Kind::OutOfMemory => f.write_str("no memory for the compiled pattern"),
        }
    }
}

impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}
