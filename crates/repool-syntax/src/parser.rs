//! Pattern text to IR, in one pass, without recursion.
//!
//! A dialect's grammar reads the text and drives one machine, which builds the IR:
//!
//! ```text
//!   parser/rust.rs      the syntax of the `regex` crate  ──┐
//!   (another dialect's grammar)                          ──┴─►  parser/machine.rs  ──►  Ir
//! ```
//!
//! All stacks live in the [`Ir`] and are used again, so that a parse allocates nothing once they have
//! grown. Depth costs heap, never stack, and ends at `Limits::nest_max`.
//!
//! Exercised by `tests/acceptance.rs`, `tests/meaning.rs` and `tests/depth.rs`.

mod flags;
mod machine;
mod rust;
mod stacks;

use crate::error::Fault;
use crate::ir::Ir;
use crate::{Dialect, Syntax};
use flags::Flags;
use machine::{Machine, Run};
use stacks::Frame;
pub(crate) use stacks::Stacks;

/// No pattern is longer, whatever the limits say: places in it are u32, and it makes a few nodes a
/// byte.
const PATTERN_BYTES_MAX: usize = 1 << 28;

/// Nodes that a pattern may have whatever its limit is: the compiler knows exactly.
const NODES_FREE: usize = 1 << 14;

/// Parses `pattern` into `ir`, which has been cleared.
pub(crate) fn parse(pattern: &str, syntax: &Syntax, ir: &mut Ir) -> Result<(), Fault> {
    if pattern.len() > syntax.limits.pattern_bytes_max.min(PATTERN_BYTES_MAX) {
        return Err(Fault::pattern_too_long());
    }
    let mut stacks = std::mem::take(ir.stacks_mut());
    stacks.clear();
    let mut machine = Machine {
        pattern,
        at: 0,
        syntax,
        flags: Flags::new(syntax),
        ir,
        stacks,
        run: Run::default(),
        group: Frame::default(),
        repeatable: false,
        height: 0,
        part_groups_at: 1,
        group_len: 1,
        // A node takes a word of the program, unless it is dropped or joined. So memory is refused
        // before it is spent.
        nodes_max: (syntax.limits.program_bytes_max / size_of::<u64>()).max(NODES_FREE),
    };
    let result = match syntax.dialect {
        Dialect::Rust => machine.parse_rust(),
        Dialect::Python => Err(Fault::dialect_unsupported()),
    };
    let result = result.and_then(|()| machine.finish());
    let Machine { ir, stacks, .. } = machine;
    *ir.stacks_mut() = stacks;
    result
}
