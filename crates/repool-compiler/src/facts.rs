//! The facts of the header, from the facts of the IR and the result of the lowering.
//!
//! Exercised by `tests/facts.rs`.

use repool_program::{Builder, Facts, Flags, SetId, UNICODE_LOOKS};
use repool_syntax::{First, Ir, Node, Stepping, Syntax};
use repool_text::Set;

use crate::emit::Emitted;
use crate::needle::share;
use crate::tuning::FIRST_SHARE_MAX;

/// The upper half of the set of bytes that start the encoding of a code point above ASCII: 0xC2 to 0xF4.
const LEADS: [u64; 2] = [0, ((1 << (0xF4 - 0xC0 + 1)) - 1) & !0b11];

/// The facts of an emitted program. Adds the set of first bytes to the program if a search gains from it.
pub(crate) fn facts(
    ir: &Ir,
    syntax: &Syntax,
    emitted: &Emitted,
    builder: &mut Builder<'_>,
) -> Facts {
    let root = ir.facts(ir.root());
    let is_bytes = ir.stepping() == Stepping::Bytes;
    let is_literal = match (ir.node(ir.root()), emitted.prefix) {
        (Node::Literal { len, .. }, Some(prefix)) => prefix.len == len,
        _ => false,
    };
    let flags = Flags::default()
        .with(Flags::ANCHORED_START.when(root.anchored_start))
        .with(Flags::ANCHORED_END.when(root.anchored_end))
        .with(Flags::ONE_PASS.when(emitted.one_pass))
        .with(Flags::BYTES.when(is_bytes))
        .with(Flags::UTF8.when(syntax.utf8))
        .with(Flags::LITERAL.when(is_literal))
        .with(Flags::ASCII.when(emitted.ascii && root.looks.0 & UNICODE_LOOKS.0 == 0));
    let first = match emitted.prefix {
        None if root.len_min > 0 && !root.anchored_start => {
            first_bytes(root.first, is_bytes, builder)
        }
        _ => None,
    };
    Facts {
        flags,
        looks: root.looks,
        len_min: root.len_min,
        len_max: root.len_max,
        group_len: ir.group_len(),
        states: emitted.states,
        line_terminator: syntax.line_terminator,
        prefix: emitted.prefix,
        required: emitted.required,
        required_before_max: emitted.required_before_max,
        first,
    }
}

/// The set of first bytes; `None` if too many bytes of a text are in it.
fn first_bytes(first: First, is_bytes: bool, builder: &mut Builder<'_>) -> Option<SetId> {
    let wide = match (first.wide, is_bytes) {
        (false, _) => [0, 0],
        (true, true) => [u64::MAX, u64::MAX],
        (true, false) => LEADS,
    };
    // A byte above ASCII has the smallest share, one thousandth.
    let mut shares = wide[0].count_ones() + wide[1].count_ones();
    let mut ascii = first.ascii;
    while ascii != 0 && shares <= FIRST_SHARE_MAX {
        shares += share(ascii.trailing_zeros() as u8);
        ascii &= ascii - 1;
    }
    let map = [
        first.ascii as u64,
        (first.ascii >> 64) as u64,
        wide[0],
        wide[1],
    ];
    (shares <= FIRST_SHARE_MAX).then(|| builder.push_set(Set::bytes(map)))
}
