//! Images without a compiler, for the tests of this crate.

use std::fmt;
use std::sync::Arc;

use bumpalo::Bump;
use repool_arena::Pool;
use repool_program::{Builder, Facts, Flags, Image, Op, Pc, Room};
use repool_text::LookSet;

fn failed(error: impl fmt::Debug) -> String {
    format!("{error:?}")
}

/// An image of `text` with one instruction.
pub(crate) fn image(text: &str, pool: &Arc<Pool>) -> Result<Image, String> {
    let facts = Facts {
        flags: Flags::default(),
        looks: LookSet::default(),
        len_min: 0,
        len_max: 0,
        group_len: 1,
        states: 1,
        line_terminator: b'\n',
        prefix: None,
        required: None,
        required_before_max: 0,
        first: None,
    };
    let arena = Bump::new();
    let mut builder = Builder::new_in(&arena, Room::default());
    builder.push(Op::Match).map_err(failed)?;
    let start = Pc::new(0).expect("the first");
    let sealed = builder.seal(&facts, start, text, 0, pool).map_err(failed)?;
    Ok(Image::new(sealed, None))
}
