//! The facts in the header, from the IR's facts and from what the lowering found.

use repool_program::{Builder, Facts, Flags, SetId, UNICODE_LOOKS};
use repool_syntax::{First, Ir, Node, Stepping, Syntax};
use repool_text::Set;

use crate::emit::Emitted;
use crate::needle::share;

/// The bytes that start the encoding of a code point above ASCII.
const LEADS: std::ops::RangeInclusive<u8> = 0xC2..=0xF4;

/// A set of first bytes is worth its memory and the scan for it only if fewer bytes than these, in
/// thousandths of the bytes of typical text, are candidates.
const FIRST_SHARE_MAX: u32 = 500;

/// The facts of an emitted program. Adds the set of first bytes to the program, if that is worth it.
pub(crate) fn facts(ir: &Ir, syntax: &Syntax, emitted: &Emitted, builder: &mut Builder) -> Facts {
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

/// The set of first bytes, if few enough bytes of a text are in it.
fn first_bytes(first: First, is_bytes: bool, builder: &mut Builder) -> Option<SetId> {
    let mut map = [first.ascii as u64, (first.ascii >> 64) as u64, 0, 0];
    if first.wide && is_bytes {
        map[2] = u64::MAX;
        map[3] = u64::MAX;
    } else if first.wide {
        for lead in LEADS {
            map[lead as usize >> 6] |= 1 << (lead & 63);
        }
    }
    let set = Set::bytes(map);
    let shares: u32 = (0..=u8::MAX)
        .filter(|&byte| set.contains_byte(byte))
        .map(share)
        .sum();
    (shares <= FIRST_SHARE_MAX).then(|| builder.push_set(set))
}
