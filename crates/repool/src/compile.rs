//! Pattern text to sealed image: parse, lower, seal.
//!
//! Each thread keeps the memory that parsing and lowering need and uses it for the next pattern.
//! After a pattern that needed more than [`KEPT_BYTES_MAX`] it frees that memory. Patterns compiled
//! without a cache take their arenas from one pool of the process.
//!
//! Exercised by `tests/alloc.rs` and `tests/set.rs`.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use repool_arena::Pool;
use repool_arena::scratch::ScratchAccount;
use repool_compiler::{Compiler, Factors};
use repool_program::Image;
use repool_syntax::{Ir, Parser, Stepping, Syntax};
use repool_vm::{IndexBuilder, Literal};

use crate::groups::GroupCount;
use crate::options::Target;
use crate::{Error, Options};

/// The most bytes of each part of a workspace that a thread keeps from one compile to the next.
/// Patterns of a few kilobytes need less, so compiling them allocates nothing but the result. The
/// compiler bounds its own memory.
const KEPT_BYTES_MAX: usize = 256 << 10;

/// The memory of a compile.
#[derive(Debug, Default)]
struct Workspace {
    parser: Parser,
    ir: Ir,
    compiler: Compiler,
    groups: GroupCount,
    factors: Factors,
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
    in_workspace(|workspace| workspace.compile(pattern, &syntax, pool, None))
}

/// Compiles a pattern of a set into the pool of the process, and enters it in the index of the set.
pub(crate) fn member(
    pattern: &str,
    options: &Options,
    target: Target,
    index: &mut IndexBuilder,
) -> Result<Image, Error> {
    let syntax = options.syntax(target);
    in_workspace(|workspace| workspace.compile(pattern, &syntax, Pool::global(), Some(index)))
}

fn in_workspace<T>(compile: impl FnOnce(&mut Workspace) -> T) -> T {
    let mut compile = Some(compile);
    let mut run = |workspace: &mut Workspace| compile.take().map(|compile| compile(workspace));
    let done = WORKSPACE.try_with(|workspace| match workspace.try_borrow_mut() {
        Ok(mut workspace) => run(&mut workspace),
        Err(_) => None,
    });
    match done {
        Ok(Some(done)) => done,
        // The thread is ending or is already compiling, so its workspace is gone or borrowed.
        Ok(None) | Err(_) => run(&mut Workspace::default()).expect("it has not run yet"),
    }
}

impl Workspace {
    fn compile(
        &mut self,
        pattern: &str,
        syntax: &Syntax,
        pool: &Arc<Pool>,
        index: Option<&mut IndexBuilder>,
    ) -> Result<Image, Error> {
        let image = self
            .parse(pattern, syntax)
            .and_then(|()| self.lower(pattern, syntax, pool));
        if let (Ok(_), Some(index)) = (&image, index) {
            self.enter(index);
        }
        let mut parsed = self.parser.scratch_bytes() + self.ir.scratch_bytes();
        if parsed > KEPT_BYTES_MAX {
            self.parser = Parser::new();
            self.ir = Ir::new();
            parsed = 0;
        }
        if self.groups.scratch_bytes() > KEPT_BYTES_MAX {
            self.groups = GroupCount::default();
        }
        if self.factors.scratch_bytes() > KEPT_BYTES_MAX {
            self.factors = Factors::default();
        }
        let lowered = self.compiler.scratch_bytes();
        let searched = self.factors.scratch_bytes() + self.groups.scratch_bytes();
        self.account.set(parsed + lowered + searched);
        image
    }

    /// Enters the pattern that was parsed last in an index.
    fn enter(&mut self, index: &mut IndexBuilder) {
        if self.ir.stepping() != Stepping::Delegated && !self.ir.has_fail() {
            let root = self.ir.facts(self.ir.root());
            if root.len_min == 0 && root.looks.is_empty() {
                return index.push_unconditional();
            }
        }
        match self.factors.find(&self.ir) {
            Some(factors) => index.push(factors.map(|factor| Literal {
                group: factor.group,
                bytes: factor.bytes,
                folded: factor.folded,
                before_min: factor.before_min,
                before_max: factor.before_max,
            })),
            None => index.push_without_literals(),
        }
    }

    fn parse(&mut self, pattern: &str, syntax: &Syntax) -> Result<(), Error> {
        Ok(self.parser.parse(pattern, syntax, &mut self.ir)?)
    }

    fn lower(&mut self, pattern: &str, syntax: &Syntax, pool: &Arc<Pool>) -> Result<Image, Error> {
        let word = self.groups.options_word(&self.ir, pattern, syntax);
        Ok(self
            .compiler
            .compile(&self.ir, pattern, syntax, word, pool)?)
    }
}

/// The result of a compile, with the time of each stage.
#[derive(Debug)]
pub(crate) struct Stages {
    /// The result.
    pub(crate) image: Image,
    /// The IR as text.
    pub(crate) ir: String,
    /// The time from text to IR.
    pub(crate) parse_time: Duration,
    /// The time from IR to image.
    pub(crate) lower_time: Duration,
}

/// Compiles a pattern twice and measures the second compile: the first one of a process makes
/// tables and grows memory.
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
