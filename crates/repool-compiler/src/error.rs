//! Why a parsed pattern was not compiled.

use repool_program::BuildError;

/// The pattern passed a limit, the allocator had no memory, or no engine runs the pattern.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    /// `None` if the allocator had no memory, since it then has none for a box either.
    kind: Option<Box<Kind>>,
}

const _: () = assert!(size_of::<Error>() == size_of::<usize>());

#[derive(Clone, PartialEq, Eq)]
enum Kind {
    TooBig { limit: usize },
    Unsupported { what: &'static str },
    Refused { message: Box<str> },
}

impl Error {
    fn new(kind: Kind) -> Error {
        Error {
            kind: Some(Box::new(kind)),
        }
    }

    #[cold]
    pub(crate) fn too_big(limit: usize) -> Error {
        Error::new(Kind::TooBig { limit })
    }

    #[cold]
    pub(crate) fn out_of_memory() -> Error {
        Error { kind: None }
    }

    /// The pattern has a construct that no engine runs.
    #[cold]
    pub(crate) fn unsupported(what: &'static str) -> Error {
        Error::new(Kind::Unsupported { what })
    }

    /// `regex-automata` refused a pattern that it should run.
    #[cold]
    pub(crate) fn refused(message: String) -> Error {
        Error::new(Kind::Refused {
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

    /// The size limit in bytes, if the pattern passed it.
    #[must_use]
    pub fn size_limit(&self) -> Option<usize> {
        match self.kind.as_deref() {
            Some(Kind::TooBig { limit }) => Some(*limit),
            _ => None,
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.kind.as_deref() {
            // These are the words of the `regex` crate, which its users know.
            Some(Kind::TooBig { limit }) => {
                write!(f, "Compiled regex exceeds size limit of {limit} bytes.")
            }
            Some(Kind::Unsupported { what }) => write!(f, "{what} cannot be compiled"),
            Some(Kind::Refused { message }) => f.write_str(message),
            None => f.write_str("no memory for the compiled pattern"),
        }
    }
}

impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}
