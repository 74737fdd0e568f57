//! What ends the command early: bad input with a message, or a reader that went away.

use std::fmt::Display;
use std::io;

/// Why the command ends early.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Bad input, with the message for the user.
    Message(String),
    /// The reader of the output has closed the pipe.
    BrokenPipe,
}

impl Fault {
    /// Bad input, in words.
    pub(crate) fn new(message: impl Into<String>) -> Fault {
        Fault::Message(message.into())
    }

    /// Something that went wrong with a file or a pattern, named in front.
    pub(crate) fn at(name: impl Display, error: impl Display) -> Fault {
        Fault::Message(format!("{name}: {error}"))
    }
}

impl From<io::Error> for Fault {
    /// An error of writing the output.
    fn from(error: io::Error) -> Fault {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Fault::BrokenPipe,
            _ => Fault::at("output", error),
        }
    }
}

impl From<serde_json::Error> for Fault {
    /// An error of writing the output as JSON.
    fn from(error: serde_json::Error) -> Fault {
        Fault::from(io::Error::from(error))
    }
}

/// How the command ended, if it came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All is well: exit code 0.
    Good,
    /// No line matched, or engines disagreed: exit code 1.
    Bad,
}

impl Outcome {
    /// `Good` if `good`.
    pub(crate) const fn when(good: bool) -> Outcome {
        if good { Outcome::Good } else { Outcome::Bad }
    }
}
