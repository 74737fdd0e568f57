//! Pattern text to sealed image: parse, lower, seal.
//!
//! The memory that parsing and lowering need belongs to the thread and is used again; after a pattern
//! that needed unusually much it is given back. Patterns compiled without a cache come from one pool
//! of the process.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use repool_arena::Pool;
use repool_arena::scratch::ScratchAccount;
use repool_compiler::Compiler;
use repool_program::Image;
use repool_syntax::{Ir, Node, NodeId, Stepping, Syntax};

use crate::options::Target;
use crate::{Error, Options};

/// The most bytes of the parser's memory that a thread keeps from one compile to the next. Patterns of
/// a few kilobytes stay below it, so that the compiles of a server allocate nothing. The compiler
/// bounds what it keeps itself.
const KEPT_BYTES_MAX: usize = 256 << 10;

/// What a compile works in.
#[derive(Debug, Default)]
struct Workspace {
    ir: Ir,
    compiler: Compiler,
    account: ScratchAccount,
}

thread_local! {
    static WORKSPACE: RefCell<Workspace> = RefCell::new(Workspace::default());
}

/// Compiles a pattern into an arena of `pool`.
pub(crate) fn compile(
    pattern: &str,
    options: &Options,
    target: Target,
    pool: &Arc<Pool>,
) -> Result<Image, Error> {
    let syntax = options.syntax(target);
    let image = WORKSPACE.try_with(|workspace| match workspace.try_borrow_mut() {
        Ok(mut workspace) => Some(workspace.compile(pattern, &syntax, pool)),
        Err(_) => None,
    });
    match image {
        Ok(Some(image)) => image,
        // The thread is ending, or is compiling already; its workspace is gone or taken.
        Ok(None) | Err(_) => Workspace::default().compile(pattern, &syntax, pool),
    }
}

impl Workspace {
    fn compile(
        &mut self,
        pattern: &str,
        syntax: &Syntax,
        pool: &Arc<Pool>,
    ) -> Result<Image, Error> {
        let image = self
            .parse(pattern, syntax)
            .and_then(|()| self.lower(pattern, syntax, pool));
        if self.ir.scratch_bytes() > KEPT_BYTES_MAX {
            self.ir = Ir::new();
        }
        let kept = self.ir.scratch_bytes() + self.compiler.scratch_bytes();
        self.account.set(kept);
        image
    }

    fn parse(&mut self, pattern: &str, syntax: &Syntax) -> Result<(), Error> {
        Ok(repool_syntax::parse(pattern, syntax, &mut self.ir)?)
    }

    fn lower(&mut self, pattern: &str, syntax: &Syntax, pool: &Arc<Pool>) -> Result<Image, Error> {
        let word = u64::from(static_group_len(&self.ir).unwrap_or(0));
        Ok(self
            .compiler
            .compile(&self.ir, pattern, syntax, word, pool)?)
    }
}

/// A compile, stage by stage.
#[derive(Debug)]
pub(crate) struct Stages {
    /// The result.
    pub(crate) image: Image,
    /// What the parser made, as text.
    pub(crate) ir: String,
    /// The time from text to IR.
    pub(crate) parse_time: Duration,
    /// The time from IR to image.
    pub(crate) lower_time: Duration,
}

/// Compiles a pattern twice, because the first compile of a process makes tables and grows memory, and
/// looks at every stage of the second.
pub(crate) fn stages(pattern: &str, options: &Options, target: Target) -> Result<Stages, Error> {
    let syntax = options.syntax(target);
    let mut workspace = Workspace::default();
    workspace.parse(pattern, &syntax)?;
    drop(workspace.lower(pattern, &syntax, Pool::global())?);

    let start = Instant::now();
    workspace.parse(pattern, &syntax)?;
    let parse_time = start.elapsed();
    let start = Instant::now();
    let image = workspace.lower(pattern, &syntax, Pool::global())?;
    let lower_time = start.elapsed();
    Ok(Stages {
        image,
        ir: workspace.ir.to_string(),
        parse_time,
        lower_time,
    })
}

/// What [`Workspace::lower`] stored in the image's word for options: the number of groups in every
/// match, if it is always the same. [`repool_syntax::Limits::groups_max`] keeps it below 24 bits.
#[inline]
pub(crate) fn static_group_len_of(options: u64) -> Option<usize> {
    match options & ((1 << 24) - 1) {
        0 => None,
        len => Some(len as usize),
    }
}

/// The number of groups that take part in every match, the whole match among them, or `None` if it
/// depends on the match.
fn static_group_len(ir: &Ir) -> Option<u32> {
    if ir.group_len() <= 1 {
        return Some(1);
    }
    if ir.stepping() == Stepping::Delegated {
        return None;
    }
    // Parents before children; read backwards, every child is done before its parent.
    let mut order = vec![ir.root()];
    let mut at = 0;
    while let Some(&id) = order.get(at) {
        at += 1;
        if ir.facts(id).captures {
            push_children(ir, id, &mut order);
        }
    }
    let mut lens: Vec<Option<u32>> = vec![Some(0); ir.root().index() + 1];
    for &id in order.iter().rev() {
        lens[id.index()] = if ir.facts(id).captures {
            own_group_len(ir, id, &lens)
        } else {
            Some(0)
        };
    }
    lens[ir.root().index()].map(|len| len + 1)
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
