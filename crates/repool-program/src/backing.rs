//! What an opened program refers to: the arena of its image, and what engines attach.
//!
//! A [`crate::Image`] owns the backing. A [`crate::Program`] that was opened from an image borrows it. So
//! neither type has to know the other.
//!
//! Exercised by `tests/plans.rs` and `tests/dfa.rs` of `repool-vm`, and by the tests of `attached.rs`.

use std::any::Any;
use std::sync::Arc;

use repool_arena::{Account, BoxedAny, BoxedSlice, Ledger, Pool, Sealed};

use crate::attached::Attached;
use crate::heat::Heat;
use crate::tables::{Tables, has_room};

/// The arena of an image, and what engines attach to it. The arena stands first: see [`Sealed`].
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Backing {
    arena: Sealed,
    /// The tables that engines publish for a hot pattern. They are not part of the image.
    tables: Tables,
    /// The value that an engine attaches.
    attached: Attached,
    heat: Heat,
}

/// What engines published for an image, after it was taken out.
#[derive(Debug)]
pub struct Taken {
    _tables: Option<BoxedSlice<u64>>,
    _attached: Option<BoxedAny>,
}

impl Backing {
    pub(crate) fn new(arena: Sealed) -> Backing {
        Backing {
            arena,
            tables: Tables::default(),
            attached: Attached::default(),
            heat: Heat::default(),
        }
    }

    /// The words of the image.
    #[inline(always)]
    pub(crate) fn words(&self) -> &[u64] {
        self.arena.words()
    }

    #[inline(always)]
    pub(crate) fn tables(&self) -> &Tables {
        &self.tables
    }

    pub(crate) fn publish(&self, words: &[u64]) -> Option<&[u64]> {
        self.tables.publish(&self.arena, words)
    }

    #[inline(always)]
    pub(crate) fn attached(&self) -> &Attached {
        &self.attached
    }

    pub(crate) fn attach<T: Any + Send + Sync>(&self, value: T, held_bytes: usize) -> Option<&T> {
        self.attached.set(&self.arena, value, held_bytes)
    }

    /// The pool for what is attached, if its ledger has room for this number of bytes more.
    pub(crate) fn pool_for(&self, bytes: usize) -> Option<&Arc<Pool>> {
        has_room(self.ledger(), bytes).then(|| self.arena.pool())
    }

    #[inline(always)]
    pub(crate) fn heat(&self) -> &Heat {
        &self.heat
    }

    /// Takes out what engines published; `None` if they published nothing.
    pub(crate) fn take(&mut self) -> Option<Taken> {
        let taken = Taken {
            _tables: self.tables.take(),
            _attached: self.attached.take(),
        };
        (taken._tables.is_some() || taken._attached.is_some()).then_some(taken)
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.arena.is_draining()
    }

    pub(crate) fn relocate(&mut self) -> bool {
        self.arena.relocate()
    }

    /// The bytes that the arena reserves, used or not.
    pub(crate) fn arena_bytes(&self) -> usize {
        self.arena.reserved_bytes()
    }

    /// The bytes of the tables and of the attached value.
    pub(crate) fn attached_bytes(&self) -> usize {
        self.tables.bytes() + self.attached.bytes()
    }

    pub(crate) fn account(&self) -> Account {
        self.arena.account()
    }

    /// Moves all its bytes to another account of the ledger.
    pub(crate) fn set_account(&self, account: Account) {
        self.arena.set_account(account);
        self.tables.set_account(account);
        self.attached.set_account(account);
    }

    pub(crate) fn ledger(&self) -> &Arc<Ledger> {
        self.arena.ledger()
    }
}
