//! The groups of a match whose first start was found at the door.
//!
//! Lines of a log are short, most that match do so at the first place where they may, and a hot program has fused code on
//! this thread: then that is run there, and no search is prepared. Otherwise the search begins where this ended.
//! Exercised by `tests/oracle.rs`.

use repool_program::{Image, Program};

use crate::cache::Scratch;
use crate::engine::fused;
use crate::engine::outcome::Ran;
use crate::enter::Entry;
use crate::enter::enter;
use crate::enter::enter_known;
use crate::input::Input;
use crate::input::Slot;
use crate::nfa::unit::Bytes;
use crate::nfa::unit::CodePoints;
use crate::nfa::unit::steps_bytes;
use crate::search::Search;

/// The first place in a haystack where a match of a hot program may start; see [`crate::knock_for_start`].
#[derive(Clone, Copy, Debug)]
pub struct Start<'a, 'h> {
    pub(crate) image: &'a Image,
    pub(crate) hay: &'h [u8],
    pub(crate) at: usize,
}

/// How far the way at the door led.
enum Led {
    Answer(bool),
    /// No match starts here.
    Behind,
    Nowhere,
}

impl<'a, 'h> Start<'a, 'h> {
    /// Where a match starts that was found, and none does before it.
    #[inline]
    #[must_use]
    pub fn of_match(image: &'a Image, hay: &'h [u8], at: usize) -> Start<'a, 'h> {
        Start { image, hay, at }
    }

    /// Tells whether there is a match. `slots` is as in [`crate::search`], more than two, and [`Slot::NONE`] before.
    #[inline]
    pub fn groups(&self, scratch: &mut Scratch, slots: &mut [Slot]) -> bool {
        let program = self.image.program();
        match self.run(&program, scratch, slots) {
            Led::Answer(found) => found,
            led => self.search(&program, matches!(led, Led::Behind), scratch, slots),
        }
    }

    /// Runs fused code from here, if this thread has it.
    #[inline(always)]
    fn run(&self, program: &Program<'_>, scratch: &mut Scratch, slots: &mut [Slot]) -> Led {
        let (note, _) = scratch.notes.of(program);
        let engines = &mut scratch.engines;
        let code = engines.codes.made(program, &note.fused);
        let Some(code) = code.filter(|code| slots.len() >= code.slot_len) else {
            return Led::Nowhere;
        };
        let search = Search {
            start: self.at,
            ..Search::of(program, self.hay)
        };
        if !search.anchored && !note.fused.may_find_starts() {
            return Led::Nowhere;
        }
        let (stacks, marks) = (&mut engines.stacks, &mut engines.backtrack.marks);
        let ran = if steps_bytes(program) {
            fused::run::search_at::<Bytes>(&search, code, stacks, marks, slots)
        } else {
            fused::run::search_at::<CodePoints>(&search, code, stacks, marks, slots)
        };
        match ran {
            Ran::Match => Led::Answer(true),
            Ran::NoMatch if search.anchored => Led::Answer(false),
            Ran::NoMatch => Led::Behind,
            Ran::GaveUp(_) => Led::Nowhere,
        }
    }

    /// Searches from here, or behind.
    #[inline(never)]
    fn search(
        &self,
        program: &Program<'_>,
        is_behind: bool,
        scratch: &mut Scratch,
        slots: &mut [Slot],
    ) -> bool {
        let input = Input {
            start: self.at + usize::from(is_behind),
            ..Input::new(self.hay)
        };
        let entry = match is_behind {
            true => enter(program, &input, slots),
            false => enter_known(program, &input, slots),
        };
        match entry {
            Entry::Answer(found) => found,
            Entry::Rest(rest) => rest.search(scratch, slots),
        }
    }
}
