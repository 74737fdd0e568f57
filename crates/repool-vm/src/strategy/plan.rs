//! What is worked out of a program before it is searched with: once, for all threads.
//!
//! A [`Plan`] says what to look for. For a program that is searched for the first times it is cheap, and a
//! thread makes it anew unless it was among the last few. From some heat on it has all that helps, is
//! attached to the image ([`Program::attach`]), and every thread reads it there: however many patterns
//! take turns, none is worked out twice.
//!
//! What a search learns, such as that there is little to skip in this text, is a [`Note`] of the thread.
//! It changes no answer and may be forgotten.
//! Exercised by `tests/plans.rs`, `tests/scratch.rs` and `tests/oracle.rs`.

use repool_program::Program;

use crate::analysis::last_bytes::endings;
use crate::analysis::outside::openings;
use crate::analysis::outside::outside;
use crate::door::Door;
use crate::engine::bitparallel::Build;
use crate::engine::bitparallel::Table;
use crate::engine::dfa;
use crate::engine::fused;
use crate::heap::SHORT_SHIFT;
use crate::heap::vec_bytes;
use crate::prefilter::Skip;
use crate::prefilter::byte_frequency::Frequency;
use crate::prefilter::needle::Finder;
use crate::search::Search;
use crate::simd::byte_finder::ByteFinder;
use crate::simd::byte_set::ByteSet;
use crate::strategy::class_run::Run;

/// Plans that a thread keeps for itself, of programs that have none attached.
const PLANS: usize = 16;

/// Programs that a thread has notes of.
const NOTES: usize = 64;

/// Tables of bit-parallel scans that a thread keeps, of some 4 KiB each.
const TABLES: usize = 8;

/// The heat from which a program has a plan with all that helps. It takes 1 to 10 µs to make.
const HEAT: u32 = 1 << 10;

/// The heat of a search besides that of its bytes.
const SEARCH_HEAT: u32 = 8;

/// As many bytes make one of heat: most searches of a long haystack end before its end.
const HEAT_BYTES: usize = 4;

/// The heat on this thread from which a program has the table of a bit-parallel scan: a build takes 1 to
/// 5 µs, and a scan saves 2 ns and more a byte.
const TABLE_HEAT: u32 = 1 << 10;

/// Starts have to be so many times as rare as what is required. The rates take bytes for independent of their
/// neighbours, and digits are not.
const RARE_STARTS: f32 = 1024.0;

/// So many scans in a row that skip nothing, and the next are left out.
const DULL_MAX: u32 = 16;

/// So many scans are left out.
const PAUSE: u32 = 512;

/// What a search adds to the heat of a program. No search makes more of it than is needed once: each match of
/// an iteration is a search of all that is left.
#[inline]
pub(crate) fn heat_of(search: &Search<'_, '_>) -> u32 {
    let bytes = (search.end() - search.start) / HEAT_BYTES;
    u32::try_from(bytes).map_or(HEAT, |bytes| bytes.min(HEAT) + SEARCH_HEAT)
}

/// What is known of one program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// What every match starts with.
    pub(crate) skip: Skip,
    /// What the pattern is, if it is a run of one class.
    pub(crate) run: Option<Run>,
    /// What every match contains, unless `skip` looks for it.
    pub(crate) required: Option<Finder>,
    /// Whether `skip` is found in fewer places than `required`, and the program is hot.
    pub(crate) has_rare_starts: bool,
    /// The bytes that no match contains, if there are any and the program is hot.
    pub(crate) outside: Option<ByteFinder>,
    /// The bytes that a match starts with, if it starts where the haystack does and the program is hot.
    pub(crate) openings: Option<ByteSet>,
    /// The bytes that a match ends with, if it ends where the haystack does and the program is hot.
    pub(crate) endings: Option<ByteSet>,
    /// Whether the program is hot.
    pub(crate) is_hot: bool,
    /// How a search of a short haystack begins, if the program is hot.
    pub(crate) door: Door,
}

impl Plan {
    /// The plan of a program that may never be searched with again.
    fn cold(program: &Program<'_>) -> Plan {
        let skip = Skip::new(program);
        Plan {
            required: required(program, &skip),
            skip,
            run: Run::new(program),
            has_rare_starts: false,
            outside: None,
            openings: None,
            endings: None,
            is_hot: false,
            door: Door::default(),
        }
    }

    /// The plan of a program that is searched with much, in text like the sample.
    fn hot(program: &Program<'_>, sample: &[u8]) -> Plan {
        let skip = Skip::hot(program, sample);
        let mut run = Run::new(program);
        if let Some(run) = &mut run {
            run.heat(program);
        }
        let required = required(program, &skip);
        let frequency = Frequency::new(sample);
        let mut plan = Plan {
            has_rare_starts: (required.as_ref()).is_none_or(|required| {
                let starts = skip.rate(&frequency);
                let are_rare = starts * RARE_STARTS < required.rate(&frequency);
                // A line may be long, and what is required is not to be found in any.
                skip.finds_required() || are_rare && !matches!(skip, Skip::Back { .. })
            }),
            required,
            skip,
            run,
            outside: outside(program).map(ByteFinder::far),
            openings: openings(program),
            endings: endings(program),
            is_hot: true,
            door: Door::default(),
        };
        plan.door = Door::new(program, &plan);
        plan
    }

    /// The bytes it holds on the heap.
    pub(crate) fn bytes(&self) -> usize {
        self.skip.bytes() + self.run.as_ref().map_or(0, Run::bytes)
    }
}

/// The plans of a thread, of programs that have none attached.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    own: Vec<Own>,
}

#[derive(Debug, Default)]
struct Own {
    /// The program; no program has number 0.
    id: u64,
    /// The heat on this thread while the program was here.
    heat: u32,
    plan: Plan,
}

impl Plans {
    /// The bytes it holds on the heap.
    pub(crate) fn bytes(&self) -> usize {
        let plans: usize = self.own.iter().map(|own| own.plan.bytes()).sum();
        vec_bytes(&self.own) + plans
    }

    /// The plan of a program, a hot one if it is time, or `now`.
    #[inline]
    pub(crate) fn of<'p>(&'p mut self, search: &Search<'p, '_>, now: bool) -> &'p Plan {
        match search.program.attached() {
            Some(plan) => plan,
            None => self.own(search, now),
        }
    }

    fn own<'p>(&'p mut self, search: &Search<'p, '_>, now: bool) -> &'p Plan {
        let program = search.program;
        if self.own.is_empty() {
            self.own.resize_with(PLANS, Own::default);
        }
        let own = &mut self.own[program.id() as usize % PLANS];
        if own.id != program.id() {
            *own = Own {
                id: program.id(),
                heat: 0,
                plan: Plan::cold(program),
            };
        }
        let heat = heat_of(search);
        own.heat = own.heat.saturating_add(heat);
        let image_heat = program.warm(heat);
        if image_heat.max(own.heat) < HEAT && !now {
            return &own.plan;
        }
        let needed = heat_needed(program);
        if (image_heat >= needed || now)
            && let Some(plan) = attach(search)
        {
            return plan;
        }
        if !own.plan.is_hot && (own.heat >= needed || now) {
            own.plan = Plan::hot(program, &search.hay[search.start..]);
            own.plan.skip.shrink();
        }
        &own.plan
    }
}

/// The heat from which a program has a hot plan.
fn heat_needed(program: &Program<'_>) -> u32 {
    if program.is_memory_short() {
        HEAT << SHORT_SHIFT
    } else {
        HEAT
    }
}

/// Attaches a hot plan to the image, if there is room.
#[cold]
fn attach<'p>(search: &Search<'p, '_>) -> Option<&'p Plan> {
    let program = search.program;
    let plan = Plan::hot(program, &search.hay[search.start..]);
    let heap_bytes = plan.bytes();
    let attached = program.attach(plan, heap_bytes);
    if attached.is_none() {
        program.cool();
    }
    attached
}

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
    pub(crate) dfa: dfa::Local,
    /// Where its code for groups is.
    pub(crate) fused: fused::Local,
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
            note.heat = note.heat.saturating_add(heat_of(search));
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

/// What every match contains, unless it is looked for already.
fn required(program: &Program<'_>, skip: &Skip) -> Option<Finder> {
    let needle = program.required().filter(|needle| match skip {
        Skip::Needle(prefix) => prefix.needle() != *needle,
        _ => true,
    })?;
    Finder::new(program, needle)
}
