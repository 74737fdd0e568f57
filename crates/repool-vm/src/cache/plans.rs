//! The plans of programs: attached to the image of a hot program, else the thread's own.
//! Exercised by `tests/plans.rs`.

use repool_program::Program;

use crate::heap::vec_bytes;
use crate::heat::Heat;
use crate::region::Region;
use crate::strategy::plan::Plan;
use crate::tuning::{OWN_PLANS, PLAN_HEAT};

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
    heat: Heat,
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
            self.own.resize_with(OWN_PLANS, || None);
        }
        let place = &mut self.own[program.id() as usize % OWN_PLANS];
        if place.as_ref().is_some_and(|own| own.id != program.id()) {
            *place = None;
        }
        let own = place.get_or_insert_with(|| Own {
            id: program.id(),
            heat: Heat::default(),
            plan: Plan::cold(program),
        });
        let heat = Heat::of_region(region);
        own.heat.add(heat);
        let image_heat = heat.warm(program);
        if image_heat.max(own.heat).is_below(PLAN_HEAT) && !now {
            return &own.plan;
        }
        if (now || image_heat.is_enough(PLAN_HEAT, program))
            && let Some(plan) = attach(program, region)
        {
            return plan;
        }
        if !own.plan.is_hot && (now || own.heat.is_enough(PLAN_HEAT, program)) {
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

/// Attaches a hot plan to the image, if there is room.
#[cold]
pub(crate) fn attach<'p>(program: &Program<'p>, region: Region<'_>) -> Option<&'p Plan> {
    let attached = attach_in_pool(program, Plan::hot(program, sample(region)));
    if attached.is_none() {
        program.cool();
    }
    attached
}

fn attach_in_pool<'p>(program: &Program<'p>, mut plan: Plan) -> Option<&'p Plan> {
    let pool = program.pool_for(plan.bytes())?;
    let held_bytes = plan.move_into(pool).ok()?;
    program.attach(plan, held_bytes)
}
