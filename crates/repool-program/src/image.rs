//! The sealed image: one arena, one compiled pattern.

use regex_automata::meta;
use repool_arena::{Account, Sealed};

use crate::Program;

/// A compiled pattern: an image in an arena of its own.
///
/// Never changes after it is made, so any number of threads read it without a lock. Dropping it gives
/// the arena back to its pool.
#[derive(Debug)]
pub struct Image {
    arena: Sealed,
    /// Runs the pattern if [`crate::Flags::DELEGATED`] is set, and only then.
    delegate: Option<Box<meta::Regex>>,
}

impl Image {
    /// Takes over a sealed arena whose words a [`crate::Builder`] has laid out.
    #[must_use]
    pub fn new(arena: Sealed, delegate: Option<Box<meta::Regex>>) -> Image {
        Image { arena, delegate }
    }

    /// Opens the image: a few additions, no search through it.
    #[inline(always)]
    #[must_use]
    pub fn program(&self) -> Program<'_> {
        Program::open(self.arena.words(), self.delegate.as_deref())
    }

    /// The bytes it holds: its arena, reserved bytes and not only used ones, and the heap of a
    /// delegated engine.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.arena.reserved_bytes() + self.delegate_bytes()
    }

    /// The heap that a delegated engine holds, as it reports it itself.
    #[must_use]
    pub fn delegate_bytes(&self) -> usize {
        self.delegate
            .as_ref()
            .map_or(0, |d| size_of::<meta::Regex>() + d.memory_usage())
    }

    /// Moves its bytes to another account of the ledger.
    pub fn set_account(&self, account: Account) {
        self.arena.set_account(account);
    }
}
