//! Why a pattern could not be compiled.
//!
//! The variants and messages are those of `regex`, so that programs print the same after moving
//! over. Exercised by `tests/errors.rs`.

/// Why a pattern could not be compiled.
///
/// Prints the pattern with a caret under the fault:
///
/// ```text
/// regex parse error:
///     a{2
///      ^^
/// error: repetition quantifier expects a valid decimal
/// ```
///
/// # Example
///
/// ```
/// use repool::{Error, Regex};
///
/// let Err(Error::Syntax(message)) = Regex::new("(unclosed") else {
///     panic!("the group is not closed");
/// };
/// assert!(message.contains("unclosed group"));
/// ```
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// The text is not a pattern, or exceeds a limit on patterns. Holds the message.
    Syntax(String),
    /// The compiled pattern would exceed this size limit, in bytes.
    CompiledTooBig(usize),
    /// A [strict](crate::Mode::Strict) cache has no room, since handles hold every byte that it
    /// could free.
    OverBudget {
        /// The bytes that the pattern needs.
        needed: usize,
        /// The budget of the cache in bytes.
        max: usize,
    },
    /// The allocator has no memory for the compiled pattern.
    OutOfMemory,
}

impl From<repool_syntax::Error> for Error {
    #[cold]
    fn from(error: repool_syntax::Error) -> Error {
        match error.size_limit() {
            Some(limit) => Error::CompiledTooBig(limit),
            None => Error::Syntax(error.to_string()),
        }
    }
}

impl From<repool_compiler::Error> for Error {
    #[cold]
    fn from(error: repool_compiler::Error) -> Error {
        match error.size_limit() {
            Some(limit) => Error::CompiledTooBig(limit),
            None => Error::OutOfMemory,
        }
    }
}

impl Error {
    /// The heap bytes that the error holds.
    pub(crate) fn heap_bytes(&self) -> usize {
        match self {
            Error::Syntax(message) => message.capacity(),
            Error::CompiledTooBig(_) | Error::OverBudget { .. } | Error::OutOfMemory => 0,
        }
    }
}

impl std::error::Error for Error {}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Syntax(message) => f.write_str(message),
            Error::CompiledTooBig(limit) => {
                write!(f, "Compiled regex exceeds size limit of {limit} bytes.")
            }
            Error::OverBudget { needed, max } => {
                write!(f, "pattern needs {needed} bytes, the cache may hold {max}")
            }
            Error::OutOfMemory => f.write_str("no memory for the compiled pattern"),
        }
    }
}

/// Prints the message of a syntax error unescaped, between two rules. `unwrap` prints errors by
/// `Debug`, and in an escaped message the caret would not stand under the fault.
impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Syntax(message) => {
                let rule = "~".repeat(79);
                write!(f, "Syntax(\n{rule}\n{message}\n{rule}\n)")
            }
            Error::CompiledTooBig(limit) => f.debug_tuple("CompiledTooBig").field(limit).finish(),
            Error::OverBudget { needed, max } => f
                .debug_struct("OverBudget")
                .field("needed", needed)
                .field("max", max)
                .finish(),
            Error::OutOfMemory => f.write_str("OutOfMemory"),
        }
    }
}
