//! What a thread remembers of the programs it searches with.
//!
//! How to skip to a start, how to find the bytes that every match contains: the same for every search
//! of a program, and costly next to a search of a short haystack. So each thread keeps a [`Plan`] for
//! each of the last programs, placed by the program's number. A plan that has seen enough bytes to pay
//! for it gets more: the table of the bit-parallel scan, and the bytes that no match contains.
//! Exercised by `tests/oracle.rs`, and its memory by `tests/scratch.rs`.

use repool_program::{Inst, Op, Program};
use repool_text::Fold;

use crate::bitparallel::{Build, Table};
use crate::class::ByteSet;
use crate::dfa;
use crate::needle::Finder;
use crate::prefilter::Skip;
use crate::scan::Run;
use crate::scratch::vec_bytes;
use crate::search::Search;
use crate::unit::steps_bytes;

/// Plans kept by a thread. With its table one takes some 4 KiB.
const PLANS: usize = 16;

/// Bytes a thread scans with a program before it builds the table: a build takes 1 to 5 µs, and a scan
/// saves 2 ns and more a byte.
const HEAT_BYTES: usize = 4096;

/// So many scans in a row that skip nothing, and the next are left out.
const DULL_MAX: u32 = 16;

/// So many scans are left out.
const PAUSE: u32 = 512;

/// The plans of a thread.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    plans: Vec<Plan>,
    build: Build,
}

/// What is remembered of one program.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// The program; no program has number 0.
    id: u64,
    /// What every match starts with.
    pub(crate) skip: Skip,
    /// What the pattern is, if it is a run of one class.
    pub(crate) run: Option<Run>,
    /// What every match contains, unless `skip` looks for it.
    pub(crate) required: Option<Finder>,
    /// The bytes that no match contains, if there are any and the program is hot.
    pub(crate) outside: Option<ByteSet>,
    /// The tables of its automaton.
    pub(crate) dfa: dfa::Local,
    /// Bytes to search so far.
    heat: usize,
    hot: bool,
    /// The table of this program, or of an earlier one.
    table: Option<Box<Table>>,
    /// Scans in a row that skipped nothing.
    dull: u32,
    /// Searches without a scan that are left.
    pause: u32,
}

impl Plans {
    /// The bytes it holds on the heap.
    pub(crate) fn bytes(&self) -> usize {
        let of_plan = |plan: &Plan| {
            let table = plan.table.as_ref().map_or(0, |table| table.bytes());
            table + plan.skip.bytes() + plan.run.as_ref().map_or(0, Run::bytes) + plan.dfa.bytes()
        };
        let plans: usize = self.plans.iter().map(of_plan).sum();
        vec_bytes(&self.plans) + self.build.bytes() + plans
    }

    /// The plan of a program.
    #[inline]
    pub(crate) fn of(&mut self, program: &Program<'_>) -> &mut Plan {
        let id = program.id();
        let index = id as usize % PLANS;
        if !matches!(self.plans.get(index), Some(plan) if plan.id == id) {
            self.make(program, index);
        }
        &mut self.plans[index]
    }

    #[cold]
    fn make(&mut self, program: &Program<'_>, index: usize) {
        if self.plans.is_empty() {
            self.plans.resize_with(PLANS, Plan::default);
        }
        let plan = &mut self.plans[index];
        let skip = Skip::new(program);
        let required = program.required().filter(|needle| match &skip {
            Skip::Needle(prefix) => prefix.needle() != *needle,
            _ => true,
        });
        *plan = Plan {
            id: program.id(),
            required: required.and_then(|needle| Finder::new(program, needle)),
            skip,
            run: Run::new(program),
            table: plan.table.take(),
            ..Plan::default()
        };
    }

    /// The plan of a program, hot if it has been asked for enough, or `now`.
    #[inline]
    pub(crate) fn warm(&mut self, search: &Search<'_, '_>, now: bool) -> &mut Plan {
        let program = search.program;
        let index = program.id() as usize % PLANS;
        let plan = self.of(program);
        if !plan.hot {
            plan.heat = plan.heat.saturating_add(search.end() - search.start);
            if now || plan.heat >= HEAT_BYTES {
                self.heat(search, index);
            }
        }
        &mut self.plans[index]
    }

    #[cold]
    fn heat(&mut self, search: &Search<'_, '_>, index: usize) {
        let program = search.program;
        let plan = &mut self.plans[index];
        plan.hot = true;
        if let Some(run) = &mut plan.run {
            run.heat(program);
        }
        plan.skip.heat(program, &search.hay[search.start..]);
        plan.outside = outside(program);
        if program.len_min() > 0 {
            let table = plan.table.get_or_insert_default();
            self.build.table(program, table);
        }
    }
}

impl Plan {
    /// The table of the bit-parallel scan, if there is one.
    #[inline]
    pub(crate) fn table(&mut self) -> Option<&mut Table> {
        self.skip_and_table().1
    }

    /// What to skip by, and the table.
    #[inline]
    pub(crate) fn skip_and_table(&mut self) -> (&mut Skip, Option<&mut Table>) {
        let id = self.id;
        let table = self.table.as_deref_mut().filter(|t| t.is_of(id));
        (&mut self.skip, table)
    }

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

/// The bytes that stand in no match: those that no instruction consumes.
fn outside(program: &Program<'_>) -> Option<ByteSet> {
    let bytes = steps_bytes(program);
    let mut inside = [0u64; 4];
    let mut wide = false;
    let mut at = 0;
    while let Some(&word) = program.code().get(at) {
        let inst = Inst(word);
        let mut add = |c: u32| match c {
            0..0x80 => inside[(c >> 6) as usize] |= 1 << (c & 63),
            0x80..0x100 if bytes => inside[(c >> 6) as usize] |= 1 << (c & 63),
            _ => wide = true,
        };
        match inst.op() {
            Op::Char { c, .. } => add(c),
            Op::Literal { len, fold, .. } => {
                let pc = repool_program::Pc::new(at)?;
                for &byte in program.literal(pc, len) {
                    add(u32::from(byte));
                    if fold != Fold::None && byte.is_ascii_alphabetic() {
                        add(u32::from(byte ^ 0x20));
                    }
                }
                wide |= fold == Fold::Unicode;
            }
            Op::Set { set, .. } => {
                let set = program.set(set);
                let words = if bytes { 4 } else { 2 };
                for (all, word) in inside.iter_mut().zip(&set.0[..words]) {
                    *all |= word;
                }
                wide |= !bytes && set.is_wide();
            }
            _ => {}
        }
        at += 1 + inst.data_words();
    }
    if wide {
        (inside[2], inside[3]) = (u64::MAX, u64::MAX);
    }
    let outside = inside.map(|word| !word);
    (outside != [0; 4]).then(|| ByteSet::new(outside))
}
