//! The number of groups that take part in a match, if it is the same for every match.
//!
//! The compile computes it from the IR and stores it in the image's word for options, since
//! `static_captures_len` runs when the IR no longer exists. Exercised by `tests/groups.rs`.

use repool_syntax::{Ir, Node, NodeId, Stepping, Syntax};

/// The number of groups in every match, from an image's word for options.
/// [`repool_syntax::Limits::groups_max`] keeps it below 24 bits.
#[inline]
pub(crate) fn static_group_len_of(options: u64) -> Option<usize> {
    match options & ((1 << 24) - 1) {
        0 => None,
        len => Some(len as usize),
    }
}

/// Counts groups, in memory that it keeps for the next pattern.
#[derive(Debug, Default)]
pub(crate) struct GroupCount {
    /// Nodes with groups inside, parents before children.
    order: Vec<NodeId>,
    /// For each node, the number of groups in every match of it.
    lens: Vec<Option<u32>>,
}

impl GroupCount {
    /// The word that [`static_group_len_of`] reads.
    pub(crate) fn options_word(&mut self, ir: &Ir, pattern: &str, syntax: &Syntax) -> u64 {
        let len = if ir.group_len() <= 1 {
            Some(1)
        } else if ir.stepping() == Stepping::Delegated {
            None
        } else if ir.has_fail() {
            count_in_hir(pattern, syntax)
        } else {
            self.count(ir)
        };
        u64::from(len.unwrap_or(0))
    }

    pub(crate) fn scratch_bytes(&self) -> usize {
        self.order.capacity() * size_of::<NodeId>()
            + self.lens.capacity() * size_of::<Option<u32>>()
    }

    fn count(&mut self, ir: &Ir) -> Option<u32> {
        // In reverse order, every child comes before its parent.
        self.order.clear();
        self.order.push(ir.root());
        let mut at = 0;
        while let Some(&id) = self.order.get(at) {
            at += 1;
            if ir.facts(id).captures {
                push_children(ir, id, &mut self.order);
            }
        }
        self.lens.clear();
        self.lens.resize(ir.root().index() + 1, Some(0));
        for &id in self.order.iter().rev() {
            if ir.facts(id).captures {
                self.lens[id.index()] = own_group_len(ir, id, &self.lens);
            }
        }
        self.lens[ir.root().index()].map(|len| len + 1)
    }
}

/// Counts groups in the HIR of `regex-syntax`. That keeps parts that cannot match, and `regex`
/// counts their groups.
#[cold]
fn count_in_hir(pattern: &str, syntax: &Syntax) -> Option<u32> {
    let hir = regex_syntax::ParserBuilder::new()
        .case_insensitive(syntax.case_insensitive)
        .multi_line(syntax.multi_line)
        .dot_matches_new_line(syntax.dot_matches_new_line)
        .crlf(syntax.crlf)
        .line_terminator(syntax.line_terminator)
        .swap_greed(syntax.swap_greed)
        .ignore_whitespace(syntax.ignore_whitespace)
        .unicode(syntax.unicode)
        .octal(syntax.octal)
        .utf8(syntax.utf8)
        .build()
        .parse(pattern)
        .ok()?;
    let len = hir.properties().static_explicit_captures_len()?;
    u32::try_from(len + 1).ok()
}

fn push_children(ir: &Ir, id: NodeId, order: &mut Vec<NodeId>) {
    match ir.node(id) {
        Node::Concat { at, len } | Node::Alternation { at, len } => {
            order.extend_from_slice(ir.children(at, len));
        }
        Node::Repeat { child, .. }
        | Node::Group { child, .. }
        | Node::LookAround { child, .. }
        | Node::Atomic(child) => order.push(child),
        Node::Conditional { yes, no, .. } => order.extend([yes, no]),
        Node::Empty
        | Node::Fail
        | Node::Literal { .. }
        | Node::Set(_)
        | Node::Look(_)
        | Node::Backreference { .. } => {}
    }
}

/// The groups of a node, from those of its children.
fn own_group_len(ir: &Ir, id: NodeId, lens: &[Option<u32>]) -> Option<u32> {
    let of = |id: NodeId| lens[id.index()];
    let same = |a: Option<u32>, b: Option<u32>| if a == b { a } else { None };
    match ir.node(id) {
        Node::Group { child, .. } => of(child).map(|len| len + 1),
        Node::Atomic(child) => of(child),
        Node::Repeat { child, min, .. } => of(child).filter(|&len| min > 0 || len == 0),
        Node::LookAround { child, negated, .. } => of(child).filter(|&len| !negated || len == 0),
        Node::Concat { at, len } => ir.children(at, len).iter().map(|&id| of(id)).sum(),
        Node::Alternation { at, len } => {
            let mut all = ir.children(at, len).iter().map(|&id| of(id));
            let first = all.next()?;
            all.fold(first, same)
        }
        Node::Conditional { yes, no, .. } => same(of(yes), of(no)),
        _ => Some(0),
    }
}
