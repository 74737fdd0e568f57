//! Prints the IR as an indented tree, one node a line, for people and for snapshots in tests.
//!
//! ```text
//! concat
//!   literal "user" fold=ascii
//!   repeat 1.. lazy
//!     set [0-9 U+0660-U+0669]
//! ```
//!
//! Exercised by `tests/snapshots.rs`.

use std::fmt::{self, Display, Formatter, Write};

use repool_text::{Fold, Set, unpack_range};

use super::node::{Greed, Node, NodeId, UNBOUNDED};
use super::tree::{Ir, Stepping};

impl Display for Ir {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.stepping {
            Stepping::CodePoints => {}
            Stepping::Bytes => f.write_str("stepping bytes\n")?,
            Stepping::Delegated => return f.write_str("delegated\n"),
        }
        let Some(root) = self.root else {
            return f.write_str("nothing parsed\n");
        };
        let mut stack = vec![(root, 0)];
        while let Some((id, depth)) = stack.pop() {
            for _ in 0..depth {
                f.write_str("  ")?;
            }
            self.write_node(f, id)?;
            f.write_char('\n')?;
            // The first child is pushed last, so that it is printed first.
            match self.node(id) {
                Node::Concat { at, len } | Node::Alternation { at, len } => {
                    let children = self.children(at, len).iter().rev();
                    stack.extend(children.map(|&child| (child, depth + 1)));
                }
                Node::Conditional { yes, no, .. } => {
                    stack.push((no, depth + 1));
                    stack.push((yes, depth + 1));
                }
                Node::Repeat { child, .. }
                | Node::Group { child, .. }
                | Node::LookAround { child, .. }
                | Node::Atomic(child) => stack.push((child, depth + 1)),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Ir {
    fn write_node(&self, f: &mut Formatter<'_>, id: NodeId) -> fmt::Result {
        match self.node(id) {
            Node::Empty => f.write_str("empty"),
            Node::Fail => f.write_str("fail"),
            Node::Literal { at, len, fold } => {
                let bytes = self.literal(at, len);
                match std::str::from_utf8(bytes) {
                    Ok(text) => write!(f, "literal {text:?}")?,
                    Err(_) => write!(f, "literal b\"{}\"", bytes.escape_ascii())?,
                }
                write_fold(f, fold)
            }
            Node::Set(index) => {
                f.write_str("set ")?;
                if self.sets.is_raw(index) {
                    write_bytes(f, self.set(index))
                } else {
                    write_set(f, self.set(index), self.ranges())
                }
            }
            Node::Look(look) => write!(f, "look {look:?}"),
            Node::Concat { .. } => f.write_str("concat"),
            Node::Alternation { .. } => f.write_str("alternation"),
            Node::Repeat {
                min, max, greed, ..
            } => {
                write!(f, "repeat {min}..")?;
                if max != UNBOUNDED {
                    write!(f, "{max}")?;
                }
                f.write_str(match greed {
                    Greed::Greedy => "",
                    Greed::Lazy => " lazy",
                    Greed::Possessive => " possessive",
                })
            }
            Node::Group { index, .. } => write!(f, "group {index}"),
            Node::Backreference { index, fold } => {
                write!(f, "backreference {index}")?;
                write_fold(f, fold)
            }
            Node::LookAround {
                behind, negated, ..
            } => write!(
                f,
                "{}look-{}",
                if negated { "negated " } else { "" },
                if behind { "behind" } else { "ahead" },
            ),
            Node::Atomic(_) => f.write_str("atomic"),
            Node::Conditional { index, .. } => write!(f, "conditional {index}"),
        }
    }
}

fn write_fold(f: &mut Formatter<'_>, fold: Fold) -> fmt::Result {
    f.write_str(match fold {
        Fold::None => "",
        Fold::Ascii => " fold=ascii",
        Fold::Unicode => " fold=unicode",
    })
}

/// Prints `[a-z U+00E9-U+00EF \w \p{Greek}]`. `not(…)` is everything above ASCII except what it names.
fn write_set(f: &mut Formatter<'_>, set: Set, ranges: &[u64]) -> fmt::Result {
    f.write_char('[')?;
    let ascii = set.ascii();
    write_runs(f, 128, |c| ascii >> c & 1 != 0)?;
    let ranges = &ranges[set.ranges_at()..][..set.ranges_len()];
    if set.is_negated() && ranges.is_empty() && set.properties().next().is_none() {
        return f.write_str(" U+0080-U+10FFFF]");
    }
    if set.is_negated() {
        f.write_str(" not(")?;
    }
    let mut space = if set.is_negated() { "" } else { " " };
    for &range in ranges {
        let (lo, hi) = unpack_range(range);
        write!(f, "{space}U+{lo:04X}")?;
        if lo != hi {
            write!(f, "-U+{hi:04X}")?;
        }
        space = " ";
    }
    for (property, complemented) in set.properties() {
        match property.class(complemented) {
            Some(class) => write!(f, "{space}{class}")?,
            None if complemented => write!(f, "{space}not property {}", property.index())?,
            None => write!(f, "{space}property {}", property.index())?,
        }
        space = " ";
    }
    f.write_str(if set.is_negated() { ")]" } else { "]" })
}

fn write_bytes(f: &mut Formatter<'_>, set: Set) -> fmt::Result {
    f.write_str("bytes [")?;
    write_runs(f, 256, |c| set.contains_byte(c as u8))?;
    f.write_char(']')
}

/// The runs of members below `end`, as `a-z0-9`.
fn write_runs(f: &mut Formatter<'_>, end: u32, contains: impl Fn(u32) -> bool) -> fmt::Result {
    let mut at = 0;
    while at < end {
        if !contains(at) {
            at += 1;
            continue;
        }
        let lo = at;
        while at < end && contains(at) {
            at += 1;
        }
        write!(f, "{}", (lo as u8).escape_ascii())?;
        if at - lo > 1 {
            write!(f, "-{}", ((at - 1) as u8).escape_ascii())?;
        }
    }
    Ok(())
}
