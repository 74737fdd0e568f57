//! Why a parsed pattern could not be compiled.

use repool_program::BuildError;

/// A limit was passed, there was no memory, or no engine runs the pattern.
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Kind);

#[derive(Clone, PartialEq, Eq)]
enum Kind {
    TooBig { limit: usize },
    OutOfMemory,
    Unsupported { what: &'static str },
    Refused { message: Box<str> },
}

impl Error {
    #[cold]
    pub(crate) fn too_big(limit: usize) -> Error {
        Error(Kind::TooBig { limit })
    }

    #[cold]
    pub(crate) fn out_of_memory() -> Error {
        Error(Kind::OutOfMemory)
    }

    /// The pattern has a construct that no engine runs.
    #[cold]
    pub(crate) fn unsupported(what: &'static str) -> Error {
        Error(Kind::Unsupported { what })
    }

    /// `regex-automata` refused a pattern that was handed to it.
    #[cold]
    pub(crate) fn refused(message: String) -> Error {
        Error(Kind::Refused {
            message: message.into(),
        })
    }

    #[cold]
    pub(crate) fn build(error: BuildError, limit: usize) -> Error {
        match error {
            BuildError::TooLong => Error::too_big(limit),
            BuildError::OutOfMemory => Error::out_of_memory(),
        }
    }

    /// The size limit in bytes, if that was passed.
    #[must_use]
    pub fn size_limit(&self) -> Option<usize> {
        match self.0 {
            Kind::TooBig { limit } => Some(limit),
            _ => None,
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            // Word for word what users of the `regex` crate know.
            Kind::TooBig { limit } => {
                write!(f, "Compiled regex exceeds size limit of {limit} bytes.")
            }
            Kind::OutOfMemory => f.write_str("no memory for the compiled pattern"),
            Kind::Unsupported { what } => write!(f, "{what} cannot be compiled"),
            Kind::Refused { message } => f.write_str(message),
        }
    }
}

impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}
