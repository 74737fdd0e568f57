//! The sealed image: one arena, one compiled pattern.
//!
//! Exercised by `tests/verify.rs`, and by `tests/delegate.rs` of `repool-compiler`.

use std::any::Any;
use std::sync::Arc;

use regex_automata::meta;
use repool_arena::{Account, Charge, Ledger, Sealed};

use crate::backing::{Backing, Taken};
use crate::header::{self, Field};
use crate::program::Program;

/// A compiled pattern: an image in an arena of its own.
///
/// It never changes after it is made, so any number of threads read it without a lock. Dropping it returns
/// the arena to its pool.
///
/// The fields are in this order so that a lookup in a cache finds the length and the address of the text together.
#[derive(Debug)]
#[repr(C)]
pub struct Image {
    /// The bytes of the pattern, as the header says. A cache compares patterns on each look-up, and the header is on another
    /// cache line than the text.
    text_len: u32,
    /// The arena, and what engines attach to it.
    backing: Backing,
    /// The engine that runs the pattern. It is there if, and only if, [`crate::Flags::DELEGATED`] is set.
    delegate: Option<Box<Delegate>>,
}

/// An engine that holds memory outside of the arena.
#[derive(Debug)]
struct Delegate {
    regex: meta::Regex,
    /// The charge of its heap on the arena's ledger; `None` if the budget left no room for it.
    charge: Option<Charge>,
}

impl Image {
    /// Takes over a sealed arena whose words a [`crate::Builder`] has laid out.
    ///
    /// The heap of a delegated engine is charged to the arena's ledger. If the ledger has no room,
    /// [`Image::is_charged`] returns false.
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
        let text_len = match arena.words().first_chunk() {
            Some(header) => header::TEXT.get(header) as u32,
            None => 0,
        };
        Image {
            backing: Backing::new(arena),
            text_len,
            delegate,
        }
    }

    /// Opens the image, which takes a few additions.
    #[inline(always)]
    #[must_use]
    pub fn program(&self) -> Program<'_> {
        let delegate = self.delegate.as_ref().map(|d| &d.regex);
        Program::open(self.backing.words(), delegate).backed_by(&self.backing)
    }

    /// The fewest bytes of a match, read without opening the image.
    #[inline(always)]
    #[must_use]
    pub fn len_min(&self) -> usize {
        self.header_field(header::LEN_MIN)
    }

    /// The number of groups including the whole match, read without opening the image.
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

    /// The words of the image, which [`Program::try_open`] opens.
    #[must_use]
    pub fn words(&self) -> &[u64] {
        self.backing.words()
    }

    /// The bytes of the pattern, read without opening the image. A cache compares them on each look-up.
    ///
    /// # Panics
    ///
    /// If the words are not such an image.
    #[inline]
    #[must_use]
    pub fn text_bytes(&self) -> &[u8] {
        let len = self.text_len as usize;
        // The text is the last section.
        let bytes: &[u8] = bytemuck::cast_slice(self.backing.words());
        let at = bytes.len() - len.next_multiple_of(8);
        &bytes[at..at + len]
    }

    /// The bytes that it holds: those that its arena reserves, the heap of a delegated engine, and what
    /// engines published. It may grow while searches run.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.backing.arena_bytes() + self.delegate_bytes() + self.table_bytes()
    }

    /// The bytes that its arena reserves.
    #[must_use]
    pub fn arena_bytes(&self) -> usize {
        self.backing.arena_bytes()
    }

    /// The bytes that engines published for it: tables and the attached value.
    #[must_use]
    pub fn table_bytes(&self) -> usize {
        self.backing.attached_bytes()
    }

    /// The value that an engine attached, if it is of type `T`, read without opening the image.
    #[inline(always)]
    #[must_use]
    pub fn attached_value<T: Any>(&self) -> Option<&T> {
        self.backing.attached().get()
    }

    /// The tables that an engine published, read without opening the image.
    #[inline(always)]
    #[must_use]
    pub fn table_words(&self) -> Option<&[u64]> {
        self.backing.tables().words()
    }

    /// Takes out what engines published; `None` if they published nothing. Dropping the result frees the
    /// memory. The program is then as it was when it was cold.
    pub fn take_tables(&mut self) -> Option<Taken> {
        self.backing.take()
    }

    /// Tells whether a compaction wants the program moved.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.backing.is_draining()
    }

    /// Moves the program, if a compaction wants that and finds a hole (see [`Sealed::relocate`]). Returns
    /// whether it did. What engines published and the heap of a delegated engine stay where they are.
    pub fn relocate(&mut self) -> bool {
        self.backing.relocate()
    }

    /// The heap bytes of a delegated engine, as the engine reports them.
    #[must_use]
    pub fn delegate_bytes(&self) -> usize {
        self.delegate.as_ref().map_or(0, |d| d.bytes())
    }

    /// Tells whether all its bytes are on the ledger. They are not if the budget had no room for a
    /// delegated engine's heap. A cache that keeps its budget strictly then drops the image.
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
