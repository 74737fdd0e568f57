//! The whole pattern is one literal: every occurrence is a match.
//! Exercised by `tests/hand_built.rs` and `tests/oracle.rs`.

use repool_program::{Flags, Needle, Program};

use crate::prefilter::Skip;
use crate::prefilter::needle::{Finder, end_of};
use crate::prefilter::teddy::Masks;
use crate::region::Region;
use crate::source::Source;
use crate::strategy::verify::{Verdict, Verifier};

/// A literal, and how it is looked for.
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
    Folded { masks: Box<Masks>, needle: Needle },
}

impl Literal {
    /// The literal that a program is, if there is a prefilter to look for it with.
    pub(crate) fn new(program: &Program<'_>, prefilter: &Skip) -> Option<Literal> {
        let flags = program.flags();
        let is_anchored =
            flags.contains(Flags::ANCHORED_START) || flags.contains(Flags::ANCHORED_END);
        let needle = program.prefix()?;
        match prefilter {
            _ if is_anchored => None,
            Skip::Needle(finder) => Some(Literal::Needle(finder.clone())),
            Skip::Masks { masks, .. } => {
                let masks = masks.clone();
                Some(Literal::Folded { masks, needle })
            }
            _ => None,
        }
    }

    /// The bytes it holds on the heap.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Literal::Needle(_) => 0,
            Literal::Folded { .. } => size_of::<Masks>(),
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
            Literal::Folded { masks, needle } => Verdict::of(find_folded(
                masks,
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
    masks: &Masks,
    needle: Needle,
    program: &Program<'_>,
    hay: &[u8],
    mut at: usize,
) -> Option<(usize, usize)> {
    while let Some(start) = masks.find(hay, at) {
        if let Some(end) = end_of(program, needle, hay, start) {
            return Some((start, end));
        }
        at = start + 1;
    }
    None
}
