//! The plans of programs: attached to the image of a hot program, else the thread's own.
//! Exercised by `tests/plans.rs`.

use repool_program::Program;

use crate::heap::{SHORT_SHIFT, vec_bytes};
use crate::region::Region;
use crate::strategy::plan::Plan;

/// Plans that a thread keeps for itself, of programs that have none attached.
const PLANS: usize = 16;

/// The heat from which a program has a plan with all that helps. It takes 1 to 10 µs to make.
const HEAT: u32 = 1 << 10;

/// The heat of a search besides that of its bytes.
const SEARCH_HEAT: u32 = 8;

/// As many bytes make one of heat: most searches of a long haystack end before its end.
const HEAT_BYTES: usize = 4;

/// What a search adds to the heat of a program. No search makes more of it than is needed once: each match of
/// an iteration is a search of all that is left.
#[inline]
pub(crate) fn heat_of(region: Region<'_>) -> u32 {
    let bytes = region.len() / HEAT_BYTES;
    u32::try_from(bytes).map_or(HEAT, |bytes| bytes.min(HEAT) + SEARCH_HEAT)
}

/// The plans of a thread, of programs that have none attached.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    own: Vec<Option<Own>>,
}

#[derive(Debug)]
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
        let plans: usize = self.own.iter().flatten().map(|own| own.plan.bytes()).sum();
        vec_bytes(&self.own) + plans
    }

    /// The plan of a program that is about to search a region: a hot one if it is time, or `now`.
    #[inline]
    pub(crate) fn of<'p>(
        &'p mut self,
        program: &Program<'p>,
        region: Region<'_>,
        now: bool,
    ) -> &'p Plan {
        match program.attached() {
            Some(plan) => plan,
            None => self.own(program, region, now),
        }
    }

    fn own<'p>(&'p mut self, program: &Program<'p>, region: Region<'_>, now: bool) -> &'p Plan {
        if self.own.is_empty() {
            self.own.resize_with(PLANS, || None);
        }
        let own = &mut self.own[program.id() as usize % PLANS];
        let own = match own.take().filter(|own| own.id == program.id()) {
            Some(kept) => own.insert(kept),
            None => own.insert(Own {
                id: program.id(),
                heat: 0,
                plan: Plan::cold(program),
            }),
        };
        let heat = heat_of(region);
        own.heat = own.heat.saturating_add(heat);
        let image_heat = program.warm(heat);
        if image_heat.max(own.heat) < HEAT && !now {
            return &own.plan;
        }
        let needed = heat_needed(program);
        if (image_heat >= needed || now)
            && let Some(plan) = attach(program, region)
        {
            return plan;
        }
        if !own.plan.is_hot && (own.heat >= needed || now) {
            own.plan = Plan::hot(program, sample(region));
            own.plan.strategy.shrink();
        }
        &own.plan
    }
}

/// Text of the kind that is searched.
fn sample(region: Region<'_>) -> &[u8] {
    &region.hay()[region.start..]
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
pub(crate) fn attach<'p>(program: &Program<'p>, region: Region<'_>) -> Option<&'p Plan> {
    let plan = Plan::hot(program, sample(region));
    let heap_bytes = plan.bytes();
    let attached = program.attach(plan, heap_bytes);
    if attached.is_none() {
        program.cool();
    }
    attached
}
