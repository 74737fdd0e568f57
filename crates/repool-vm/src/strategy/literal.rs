//! The whole pattern is one literal: every occurrence is a match.
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

use std::sync::Arc;

use repool_arena::{Account, Boxed, OutOfMemory, Pool};
use repool_program::{Flags, Needle, Program};

use crate::prefilter::Prefilter;
use crate::prefilter::needle::{Finder, end_of};
use crate::prefilter::teddy::Teddy;
use crate::region::Region;
use crate::source::Source;
use crate::strategy::verify::{Verdict, Verifier};

/// A literal, by the way in which it is found.
#[derive(Clone, Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "one a plan, and a box would be an allocation whenever a plan is made for a cold program"
)]
#[repr(u8)]
pub(crate) enum Literal {
    /// As a needle.
    Needle(Finder),
    /// By what its first bytes may be, in all cases that it may have.
    Folded { teddy: Boxed<Teddy>, needle: Needle },
}

impl Literal {
    /// The literal that a program is, if there is a prefilter to look for it with.
    pub(crate) fn new(program: &Program<'_>, prefilter: &Prefilter) -> Option<Literal> {
        let flags = program.flags();
        let is_anchored =
            flags.contains(Flags::ANCHORED_START) || flags.contains(Flags::ANCHORED_END);
        let needle = program.prefix()?;
        match prefilter {
            _ if is_anchored => None,
            Prefilter::Needle(finder) => Some(Literal::Needle(finder.clone())),
            Prefilter::Teddy { teddy, .. } => {
                let teddy = teddy.clone();
                Some(Literal::Folded { teddy, needle })
            }
            _ => None,
        }
    }

    /// The bytes of each run that it holds.
    pub(crate) fn runs(&self, run: &mut dyn FnMut(usize)) {
        match self {
            Literal::Needle(_) => {}
            Literal::Folded { .. } => run(Boxed::<Teddy>::RUN_BYTES),
        }
    }

    /// Moves the runs that it holds into a pool.
    pub(crate) fn move_into(&mut self, pool: &Arc<Pool>) -> Result<(), OutOfMemory> {
        match self {
            Literal::Needle(_) => Ok(()),
            Literal::Folded { teddy, .. } => teddy.move_into(pool, Account::Tables),
        }
    }

    /// The needle, if every match is as long as it and stands in the haystack as it stands in the program.
    #[inline(always)]
    pub(crate) fn exact(&self) -> Option<&Finder> {
        match self {
            Literal::Needle(finder) if finder.is_exact() => Some(finder),
            _ => None,
        }
    }

    #[inline(always)]
    pub(crate) fn search<V: Verifier>(&self, verifier: &V, region: Region<'_>) -> Verdict {
        match self {
            Literal::Needle(finder) => {
                let Some(start) = verifier.occurrence(finder, region) else {
                    return Verdict::NoMatch;
                };
                let len = finder.needle().len as usize;
                if finder.is_exact() {
                    return Verdict::Match(start, start + len);
                }
                let end = end_of(
                    &verifier.source().program(),
                    finder.needle(),
                    region.hay(),
                    start,
                );
                Verdict::of(end.map(|end| (start, end)))
            }
            Literal::Folded { teddy, needle } => Verdict::of(find_folded(
                teddy,
                *needle,
                &verifier.source().program(),
                region.hay(),
                region.start,
            )),
        }
    }
}

#[inline(never)]
fn find_folded(
    teddy: &Teddy,
    needle: Needle,
    program: &Program<'_>,
    hay: &[u8],
    mut at: usize,
) -> Option<(usize, usize)> {
    while let Some(start) = teddy.find(hay, at) {
        if let Some(end) = end_of(program, needle, hay, start) {
            return Some((start, end));
        }
        at = start + 1;
    }
    None
}
