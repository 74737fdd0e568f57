//! What a thread learns of the programs that it searches with. It changes no answer and may be forgotten.
//! Exercised by `tests/scratch.rs` and `tests/oracle.rs`.

use repool_program::Program;

use crate::backoff::Backoff;
use crate::engine::bitparallel::{Build, Table};
use crate::engine::{dfa, fused};
use crate::heap::vec_bytes;
use crate::heat::Heat;
use crate::search::Search;
use crate::tuning::{LEARNED_PROGRAMS, PLAN_HEAT, SCAN_TABLES, TEXT_BACKOFF};

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
    /// Whether the candidates that the prefilter names are far enough from each other to pay.
    pub(crate) near: Backoff,
    /// Of its tables.
    pub(crate) dfa: dfa::Learned,
    /// Where its code for groups is.
    pub(crate) fused: fused::Learned,
    /// Of searches of a hot program that has no table of a bit-parallel scan here.
    heat: Heat,
    /// Whether scans with all states in one word skip anything.
    scans: Backoff,
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
            self.notes.resize_with(LEARNED_PROGRAMS, Note::default);
        }
        let id = program.id();
        let note = &mut self.notes[id as usize % LEARNED_PROGRAMS];
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
        self.scans.may_try()
    }

    /// Learns from a scan whether it skipped anything.
    #[inline]
    pub(crate) fn scanned(&mut self, skipped_nothing: bool) {
        match skipped_nothing {
            true => self.scans.fail(&TEXT_BACKOFF),
            false => self.scans.succeed(),
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
        let table = self.tables.get(program.id() as usize % SCAN_TABLES);
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
        let index = program.id() as usize % SCAN_TABLES;
        let is_here = (self.tables.get(index))
            .and_then(Option::as_ref)
            .is_some_and(|table| table.is_for(program.id()));
        if !is_here {
            note.heat.add(Heat::of_search(search));
            if note.heat.is_below(PLAN_HEAT) && !now {
                return None;
            }
            // A program that lost its place earns the next table anew.
            note.heat = Heat::default();
            self.make(program, index);
        }
        self.tables[index]
            .as_deref_mut()
            .filter(|table| table.is_usable())
    }

    #[cold]
    fn make(&mut self, program: &Program<'_>, index: usize) {
        if self.tables.is_empty() {
            self.tables.resize_with(SCAN_TABLES, || None);
        }
        let table = self.tables[index].get_or_insert_default();
        self.build.table(program, table);
    }
}
