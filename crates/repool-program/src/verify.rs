//! Checks that a program can be run.

use crate::Program;

/// What is wrong with a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The words are not an image.
    Magic,
}

/// Checks every index of a program.
///
/// # Errors
///
/// The first fault found.
pub fn verify(program: &Program<'_>) -> Result<(), Fault> {
    if program.has_magic() {
        Ok(())
    } else {
        Err(Fault::Magic)
    }
}
