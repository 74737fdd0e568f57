//! The sealed image: one arena, one compiled pattern.

use std::any::Any;
use std::sync::Arc;

use regex_automata::meta;
use repool_arena::{Account, Charge, Ledger, Sealed, Vacated};

use crate::backing::{Backing, Taken};
use crate::header::{self, Field};
use crate::program::Program;

/// A compiled pattern: an image in an arena of its own.
///
/// Never changes after it is made, so any number of threads read it without a lock. Dropping it gives
/// the arena back to its pool.
#[derive(Debug)]
pub struct Image {
    /// The arena, and what engines attach beside it.
    backing: Backing,
    /// Runs the pattern if [`crate::Flags::DELEGATED`] is set, and only then.
    delegate: Option<Box<Delegate>>,
}

/// An engine with memory of its own, outside of any arena.
#[derive(Debug)]
struct Delegate {
    regex: meta::Regex,
    /// Its heap, on the ledger of the arena; None if the budget leaves no room for it.
    charge: Option<Charge>,
}

impl Image {
    /// Takes over a sealed arena whose words a [`crate::Builder`] has laid out.
    ///
    /// The heap of a delegated engine is charged to the arena's ledger, which may have no room for it:
    /// see [`Image::is_charged`].
    #[must_use]
    pub fn new(arena: Sealed, delegate: Option<Box<meta::Regex>>) -> Image {
        let delegate = delegate.map(|regex| {
            let mut delegate = Box::new(Delegate {
                regex: *regex,
                charge: None,
            });
            let bytes = delegate.bytes();
            delegate.charge = arena.pool().reserve(arena.account(), bytes).ok();
            delegate
        });
        Image {
            backing: Backing::new(arena),
            delegate,
        }
    }

    /// Opens the image: a few additions, no search through it.
    #[inline(always)]
    #[must_use]
    pub fn program(&self) -> Program<'_> {
        let delegate = self.delegate.as_ref().map(|d| &d.regex);
        Program::open(self.backing.words(), delegate).backed_by(&self.backing)
    }

    /// The fewest bytes a match has, without opening the image.
    #[inline(always)]
    #[must_use]
    pub fn len_min(&self) -> usize {
        self.header_field(header::LEN_MIN)
    }

    /// The number of groups, the whole match among them, without opening the image.
    #[inline(always)]
    #[must_use]
    pub fn group_len(&self) -> usize {
        self.header_field(header::GROUPS)
    }

    #[inline(always)]
    fn header_field(&self, field: Field) -> usize {
        // A `Builder` laid out the words.
        let header = self.backing.words().first_chunk();
        field.get(header.expect("an image starts with its header")) as usize
    }

    /// The image itself: what [`Program::try_open`] opens.
    #[must_use]
    pub fn words(&self) -> &[u64] {
        self.backing.words()
    }

    /// The bytes of the pattern, without opening the image: what a cache compares on each look-up.
    ///
    /// # Panics
    ///
    /// If the words are not such an image.
    #[inline]
    #[must_use]
    pub fn text_bytes(&self) -> &[u8] {
        let words = self.backing.words();
        let header = words
            .first_chunk()
            .expect("an image starts with its header");
        let len = header::TEXT.get(header) as usize;
        // The text is the last section.
        let bytes: &[u8] = bytemuck::cast_slice(words);
        let at = bytes.len() - len.next_multiple_of(8);
        &bytes[at..at + len]
    }

    /// The bytes it holds: its arena, reserved bytes and not only used ones, the heap of a
    /// delegated engine, and published tables, so that it may grow while it is searched with.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.backing.arena_bytes() + self.delegate_bytes() + self.table_bytes()
    }

    /// The bytes of its arena alone.
    #[must_use]
    pub fn arena_bytes(&self) -> usize {
        self.backing.arena_bytes()
    }

    /// The bytes of what engines published for it: tables, and what they attached.
    #[must_use]
    pub fn table_bytes(&self) -> usize {
        self.backing.attached_bytes()
    }

    /// What an engine attached to the image, if it is of this type, without opening the image.
    #[inline(always)]
    #[must_use]
    pub fn attached_value<T: Any>(&self) -> Option<&T> {
        self.backing.attached().get()
    }

    /// The tables that are published beside the image, without opening it.
    #[inline(always)]
    #[must_use]
    pub fn table_words(&self) -> Option<&[u64]> {
        self.backing.tables().words()
    }

    /// Takes out what engines published, if there is anything. Dropping it frees the memory; the program is
    /// as it was before it got hot.
    pub fn take_tables(&mut self) -> Option<Taken> {
        self.backing.take()
    }

    /// Moves the program into another arena of the same size, and gives the memory that it was in, unless that is large:
    /// see [`Sealed::relocate`]. What engines published and the heap of a delegated engine stay where they are.
    pub fn relocate(&mut self) -> Option<Vacated> {
        self.backing.relocate()
    }

    /// The heap that a delegated engine holds, as it reports it itself.
    #[must_use]
    pub fn delegate_bytes(&self) -> usize {
        self.delegate.as_ref().map_or(0, |d| d.bytes())
    }

    /// Tells whether all its bytes are on the ledger. If the budget had no room for a delegated engine's
    /// heap, they are not, and a cache that keeps its budget strictly drops the image.
    #[must_use]
    pub fn is_charged(&self) -> bool {
        self.delegate.as_ref().is_none_or(|d| d.charge.is_some())
    }

    /// The account its bytes are on.
    #[must_use]
    pub fn account(&self) -> Account {
        self.backing.account()
    }

    /// Moves its bytes to another account of the ledger.
    pub fn set_account(&self, account: Account) {
        self.backing.set_account(account);
        if let Some(charge) = self.delegate.as_ref().and_then(|d| d.charge.as_ref()) {
            charge.move_to(account);
        }
    }

    /// The ledger its bytes are on.
    #[must_use]
    pub fn ledger(&self) -> &Arc<Ledger> {
        self.backing.ledger()
    }
}

impl Delegate {
    fn bytes(&self) -> usize {
        size_of::<Delegate>() + self.regex.memory_usage()
    }
}
