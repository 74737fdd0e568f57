//! Why a benchmark cannot be run here.

use std::fmt::Display;
use std::io;

/// A benchmark that is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip {
    /// The kind of reason, in words that follow a number of benchmarks; many may share it.
    pub kind: String,
    /// The reason in full.
    pub reason: String,
}

impl Skip {
    /// A reason of a kind that many benchmarks may share.
    pub(crate) fn new(kind: impl Into<String>, reason: impl Into<String>) -> Skip {
        Skip {
            kind: kind.into(),
            reason: reason.into(),
        }
    }

    /// A reason that stands for itself.
    pub(crate) fn other(reason: impl Into<String>) -> Skip {
        let reason = reason.into();
        Skip::new(reason.clone(), reason)
    }

    /// A file with a benchmark's `what` that cannot be read.
    pub(crate) fn file(what: &str, path: &str, error: &io::Error) -> Skip {
        let kind = match error.kind() {
            io::ErrorKind::NotFound => format!("whose {what} is not in the folder"),
            _ => format!("whose {what} cannot be read"),
        };
        Skip::new(kind, format!("{path}: {}", plain(error)))
    }
}

/// The error without the number that the system gives it.
fn plain(error: &impl Display) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_lowercase(),
        None => text,
    }
}
