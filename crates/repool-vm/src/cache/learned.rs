//! What a thread learns of the programs that it searches with. It changes no answer and may be forgotten.
//! Exercised by `tests/scratch.rs` and `tests/oracle.rs`.

use repool_program::Program;

use crate::cache::plans::heat_of;
use crate::engine::bitparallel::{Build, Table};
use crate::engine::{dfa, fused};
use crate::heap::vec_bytes;
use crate::search::Search;

/// Programs that a thread has notes of.
const NOTES: usize = 64;

/// Tables of bit-parallel scans that a thread keeps, of some 4 KiB each.
const TABLES: usize = 8;

/// The heat on this thread from which a program has the table of a bit-parallel scan: a build takes 1 to
/// 5 µs, and a scan saves 2 ns and more a byte.
const TABLE_HEAT: u32 = 1 << 10;

/// So many scans in a row that skip nothing, and the next are left out.
const DULL_MAX: u32 = 16;

/// So many scans are left out.
const PAUSE: u32 = 512;

/// What a thread has learnt of the programs it searched with.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    notes: Vec<Note>,
    pub(crate) scans: Scans,
}

/// What a thread has learnt of one program.
#[derive(Debug, Default)]
pub(crate) struct Note {
    /// The program.
    id: u64,
    /// How often more than not the next place that the skip found was near.
    pub(crate) near: u32,
    /// Of its tables.
    pub(crate) dfa: dfa::Learned,
    /// Where its code for groups is.
    pub(crate) fused: fused::Learned,
    /// Searches of a hot program, and their bytes.
    heat: u32,
    /// Scans in a row that skipped nothing.
    dull: u32,
    /// Searches without a scan that are left.
    pause: u32,
}

impl Notes {
    /// The bytes it holds on the heap.
    pub(crate) fn bytes(&self) -> usize {
        vec_bytes(&self.notes) + self.scans.bytes()
    }

    /// The note of a program, and what scans with all states in one word take.
    #[inline]
    pub(crate) fn of(&mut self, program: &Program<'_>) -> (&mut Note, &mut Scans) {
        if self.notes.is_empty() {
            self.notes.resize_with(NOTES, Note::default);
        }
        let id = program.id();
        let note = &mut self.notes[id as usize % NOTES];
        if note.id != id {
            *note = Note {
                id,
                ..Note::default()
            };
        }
        (note, &mut self.scans)
    }
}

impl Note {
    /// Tells whether a scan is worth it now.
    #[inline]
    pub(crate) fn wants_scan(&mut self) -> bool {
        match self.pause.checked_sub(1) {
            Some(left) => {
                self.pause = left;
                false
            }
            None => true,
        }
    }

    /// Learns from a scan whether it skipped anything.
    #[inline]
    pub(crate) fn scanned(&mut self, was_dull: bool) {
        self.dull = if was_dull { self.dull + 1 } else { 0 };
        if self.dull >= DULL_MAX {
            (self.dull, self.pause) = (0, PAUSE);
        }
    }
}

/// The tables of bit-parallel scans.
#[derive(Debug, Default)]
pub(crate) struct Scans {
    tables: Vec<Option<Box<Table>>>,
    build: Build,
}

impl Scans {
    /// The bytes it holds on the heap.
    fn bytes(&self) -> usize {
        let tables = self.tables.iter().flatten().map(|table| table.bytes());
        vec_bytes(&self.tables) + self.build.bytes() + tables.sum::<usize>()
    }

    /// Tells whether a program has its table.
    #[inline]
    pub(crate) fn has(&self, program: &Program<'_>) -> bool {
        let table = self.tables.get(program.id() as usize % TABLES);
        table
            .and_then(Option::as_ref)
            .is_some_and(|table| table.is_for(program.id()) && table.is_usable())
    }

    /// The table of a program, if it has one and it is time for it, or `now`.
    pub(crate) fn table(
        &mut self,
        search: &Search<'_, '_>,
        note: &mut Note,
        now: bool,
    ) -> Option<&mut Table> {
        let program = search.program;
        if program.len_min() == 0 {
            return None;
        }
        let index = program.id() as usize % TABLES;
        let is_here = (self.tables.get(index))
            .and_then(Option::as_ref)
            .is_some_and(|table| table.is_for(program.id()));
        if !is_here {
            note.heat = note.heat.saturating_add(heat_of(search.region()));
            if note.heat < TABLE_HEAT && !now {
                return None;
            }
            // A program that lost its place earns the next table anew.
            note.heat = 0;
            self.make(program, index);
        }
        self.tables[index]
            .as_deref_mut()
            .filter(|table| table.is_usable())
    }

    #[cold]
    fn make(&mut self, program: &Program<'_>, index: usize) {
        if self.tables.is_empty() {
            self.tables.resize_with(TABLES, || None);
        }
        let table = self.tables[index].get_or_insert_default();
        self.build.table(program, table);
    }
}
