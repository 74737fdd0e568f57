//! Checks that a program can be run.
//!
//! The engines index without checks: every target, set, slot and counter that an instruction names exists,
//! because this file checked it. It runs after each compile in builds with debug assertions, in every fuzz
//! iteration, and before words from elsewhere are run. It accepts any words: it returns a [`Fault`] and
//! never panics.
//!
//! Counters are checked as brackets are. Each word of code has an owner: the innermost counter whose region
//! holds it. An `Enter` leads from the owner's parent inside, the counter's one `Repeat` leads out, and
//! every other instruction stays with its owner. So no thread leaves a repetition without passing the
//! counter, and the copies that it carries are always in range.
//!
//! Exercised by `tests/verify.rs`.

use repool_text::{Fold, LOOKS, Set, unpack_range};

use crate::program::Program;
use crate::{
    Consumed, Counter, CounterId, Facts, Fault, Flags, Inst, LITERAL_BYTES_MAX, Name, Needle, Op,
    Pc, SetId, UNICODE_LOOKS,
};

/// Checks every index and every bound of a program.
///
/// # Errors
///
/// The first fault found.
///
/// # Example
///
/// ```
/// use repool_program::{Fault, Program, verify};
///
/// let words = [0; 32];
/// assert_eq!(Program::try_open(&words).map(|p| verify(&p)), Err(Fault::Magic));
/// ```
pub fn verify(program: &Program<'_>) -> Result<(), Fault> {
    let facts = program.facts();
    check_text(program, &facts)?;
    check_facts(program, &facts)?;
    if facts.flags.contains(Flags::DELEGATED) {
        return if program.code().is_empty() {
            Ok(())
        } else {
            Err(Fault::Facts)
        };
    }
    let starts = instruction_starts(program)?;
    let owners = check_counters(program, &facts)?;
    let mut checker = Checker {
        program,
        facts: &facts,
        starts: &starts,
        owners: &owners,
        last_set: None,
    };
    checker.check_instructions()?;
    checker.check_repeats()?;
    match program.raw_start() {
        start if starts.get(start) == Some(&true) && owners[start] == NO_OWNER => Ok(()),
        _ => Err(Fault::Start),
    }
}

fn check_text(program: &Program<'_>, facts: &Facts) -> Result<(), Fault> {
    let bytes = program.text_bytes();
    let text = std::str::from_utf8(bytes).map_err(|_| Fault::Text)?;
    let mut group_next = 1;
    for &word in program.name_words() {
        let name = Name::decode(word);
        let end = name.at as usize + name.len as usize;
        if name.group < group_next
            || name.group >= facts.group_len
            || text.get(name.at as usize..end).is_none()
        {
            return Err(Fault::Names);
        }
        group_next = name.group + 1;
    }
    Ok(())
}

fn check_facts(program: &Program<'_>, facts: &Facts) -> Result<(), Fault> {
    let flags = facts.flags;
    let first_in_range = facts
        .first
        .is_none_or(|set| set.is_in(program.set_row_len()));
    let consistent = facts.group_len >= 1
        && facts.len_min <= facts.len_max
        && facts.looks.0 >> LOOKS.len() == 0
        && first_in_range
        && (!flags.contains(Flags::LITERAL) || facts.prefix.is_some());
    if !consistent {
        return Err(Fault::Facts);
    }
    for needle in [facts.prefix, facts.required].into_iter().flatten() {
        check_needle(program, needle)?;
    }
    Ok(())
}

fn check_needle(program: &Program<'_>, needle: Needle) -> Result<(), Fault> {
    let words = (needle.len as usize).div_ceil(8);
    if needle.word as usize + words > program.code().len() {
        return Err(Fault::Needle);
    }
    Ok(())
}

/// Finds the words of code that are instructions. The others are bytes of literals.
fn instruction_starts(program: &Program<'_>) -> Result<Vec<bool>, Fault> {
    let code = program.code();
    if code.len() > Pc::MAX.index() + 1 {
        return Err(Fault::Length);
    }
    let mut starts = vec![false; code.len()];
    let mut at = 0;
    while at < code.len() {
        let pc = Pc::new(at).ok_or(Fault::Length)?;
        let inst = Inst(code[at]);
        if Inst::new(inst.op()) != inst {
            return Err(Fault::Instruction(pc));
        }
        starts[at] = true;
        at += 1;
        let words = inst.data_words();
        let has_data = match inst.op().consumed() {
            Some((Consumed::Literal { len, .. }, _)) => {
                len > 0 && len as usize <= LITERAL_BYTES_MAX && words <= code.len() - at
            }
            Some((Consumed::Char(_) | Consumed::Set(_), _)) | None => true,
        };
        if !has_data {
            return Err(Fault::Literal(pc));
        }
        at += words;
    }
    Ok(starts)
}

/// The owner of a word outside of any counter.
const NO_OWNER: u32 = u32::MAX;

/// Checks the counters' numbers and returns the owner of each word of code.
fn check_counters(program: &Program<'_>, facts: &Facts) -> Result<Vec<u32>, Fault> {
    let code_len = program.code().len();
    let mut owners = vec![NO_OWNER; code_len];
    // The number of values `iter` takes inside each counter.
    let mut iters: Vec<u32> = Vec::with_capacity(program.counter_len());
    let mut states = code_len as u32;
    for id in 0..program.counter_len() as u32 {
        let counter = program.counter(CounterId(id));
        let fault = Fault::Counter(CounterId(id));
        let parent = counter.parent.map_or(NO_OWNER, |p| p.0);
        let outer = match counter.parent {
            None => 1,
            // A parent comes before its children, so that no chain of parents is a cycle.
            Some(CounterId(p)) => *iters.get(p as usize).ok_or(fault)?,
        };
        let (lo, len) = (counter.lo.index(), counter.len as usize);
        if len == 0 || lo + len > code_len || counter.min > counter.max || counter.base != states {
            return Err(fault);
        }
        let iter = outer.checked_mul(counter.copies()).ok_or(fault)?;
        states = iter
            .checked_mul(counter.len)
            .and_then(|s| s.checked_add(states))
            .ok_or(fault)?;
        iters.push(iter);
        let region = &mut owners[lo..lo + len];
        if region.iter().any(|&owner| owner != parent) {
            return Err(fault);
        }
        region.fill(id);
        if owners.get(counter.body.index()) != Some(&id) {
            return Err(fault);
        }
    }
    if states != facts.states {
        return Err(Fault::Facts);
    }
    Ok(owners)
}

struct Checker<'a> {
    program: &'a Program<'a>,
    facts: &'a Facts,
    starts: &'a [bool],
    owners: &'a [u32],
    /// The last set that was found well-formed. A run of instructions with one set checks it once.
    last_set: Option<SetId>,
}

impl Checker<'_> {
    fn check_instructions(&mut self) -> Result<(), Fault> {
        let mut instructions = self.program.instructions();
        instructions.try_for_each(|(pc, op)| self.check_instruction(pc, op))
    }

    fn check_instruction(&mut self, pc: Pc, op: Op) -> Result<(), Fault> {
        let owner = self.owners[pc.index()];
        match op {
            Op::Fail => Ok(()),
            Op::Match if owner == NO_OWNER => Ok(()),
            Op::Match => Err(Fault::Nesting(pc)),
            Op::Char { c, next } => {
                self.check_char(pc, c)?;
                self.check_target(pc, owner, next)
            }
            Op::Set { set, next } => {
                if !set.is_in(self.program.set_row_len()) {
                    return Err(Fault::Operand(pc));
                }
                if self.last_set != Some(set) {
                    self.check_set(set)?;
                    self.last_set = Some(set);
                }
                self.check_target(pc, owner, next)
            }
            Op::Literal { len, fold, next } => {
                self.check_literal(pc, self.program.literal(pc, len), fold)?;
                self.check_target(pc, owner, next)
            }
            Op::Split { first, second } => {
                self.check_target(pc, owner, first)?;
                self.check_target(pc, owner, second)
            }
            Op::Save { slot, next } => {
                if slot < 2 || slot / 2 >= self.facts.group_len {
                    return Err(Fault::Operand(pc));
                }
                self.check_target(pc, owner, next)
            }
            Op::Look { look, next } => {
                if !self.facts.looks.contains(look)
                    || self.is_ascii() && UNICODE_LOOKS.contains(look)
                {
                    return Err(Fault::Operand(pc));
                }
                self.check_target(pc, owner, next)
            }
            Op::Enter { counter, next } => {
                let (id, counter) = (counter.0, self.counter(pc, counter)?);
                if next != counter.body || owner != counter.parent.map_or(NO_OWNER, |p| p.0) {
                    return Err(Fault::Nesting(pc));
                }
                self.check_target(pc, id, next)
            }
            Op::Repeat { counter, next } => {
                let (id, counter) = (counter.0, self.counter(pc, counter)?);
                if owner != id {
                    return Err(Fault::Nesting(pc));
                }
                self.check_target(pc, id, counter.body)?;
                self.check_target(pc, counter.parent.map_or(NO_OWNER, |p| p.0), next)
            }
        }
    }

    /// Checks that every counter has exactly one `Repeat`.
    fn check_repeats(&self) -> Result<(), Fault> {
        let mut repeats = vec![0_u32; self.program.counter_len()];
        for (_, op) in self.program.instructions() {
            match op {
                Op::Repeat { counter, .. } => repeats[counter.0 as usize] += 1,
                Op::Fail
                | Op::Match
                | Op::Char { .. }
                | Op::Set { .. }
                | Op::Literal { .. }
                | Op::Split { .. }
                | Op::Save { .. }
                | Op::Look { .. }
                | Op::Enter { .. } => {}
            }
        }
        match repeats.iter().position(|&n| n != 1) {
            None => Ok(()),
            Some(id) => Err(Fault::Counter(CounterId(id as u32))),
        }
    }

    fn is_ascii(&self) -> bool {
        self.facts.flags.contains(Flags::ASCII)
    }

    fn counter(&self, pc: Pc, id: CounterId) -> Result<Counter, Fault> {
        if (id.0 as usize) < self.program.counter_len() {
            Ok(self.program.counter(id))
        } else {
            Err(Fault::Operand(pc))
        }
    }

    fn check_target(&self, pc: Pc, owner: u32, target: Pc) -> Result<(), Fault> {
        if self.starts.get(target.index()) != Some(&true) {
            return Err(Fault::Target(pc));
        }
        if self.owners[target.index()] != owner {
            return Err(Fault::Nesting(pc));
        }
        Ok(())
    }

    fn check_char(&self, pc: Pc, c: u32) -> Result<(), Fault> {
        let fits = if self.is_ascii() {
            c < 0x80
        } else if self.facts.flags.contains(Flags::BYTES) {
            c <= 0xFF
        } else {
            char::from_u32(c).is_some()
        };
        if fits {
            Ok(())
        } else {
            Err(Fault::Operand(pc))
        }
    }

    fn check_literal(&self, pc: Pc, bytes: &[u8], fold: Fold) -> Result<(), Fault> {
        let fits = if self.is_ascii() {
            bytes.is_ascii() && fold != Fold::Unicode
        } else {
            self.facts.flags.contains(Flags::BYTES) || std::str::from_utf8(bytes).is_ok()
        };
        if fits {
            Ok(())
        } else {
            Err(Fault::Literal(pc))
        }
    }

    /// Checks a set that an instruction names. The set of first bytes needs no check, since any four words
    /// are a set of bytes.
    fn check_set(&self, id: SetId) -> Result<(), Fault> {
        let set = self.program.set(id);
        if self.facts.flags.contains(Flags::BYTES) {
            return if self.is_ascii() && (set.0[2] != 0 || set.0[3] != 0) {
                Err(Fault::Set(id))
            } else {
                Ok(())
            };
        }
        let ranges = set
            .ranges_at()
            .checked_add(set.ranges_len())
            .and_then(|end| self.program.ranges().get(set.ranges_at()..end))
            .ok_or(Fault::Set(id))?;
        let mut next = 0;
        for &range in ranges {
            let (lo, hi) = unpack_range(range);
            if lo < next || lo > hi || hi > 0x10_FFFF {
                return Err(Fault::Set(id));
            }
            next = hi + 1;
        }
        if !has_known_properties(&set) || self.is_ascii() && set.is_wide() {
            return Err(Fault::Set(id));
        }
        Ok(())
    }
}

/// Tells whether every property of the set is known. The set is rebuilt from the properties that it yields,
/// which leaves an unknown number out.
fn has_known_properties(set: &Set) -> bool {
    let properties: Vec<_> = set.properties().collect();
    let rebuilt = Set::code_points(
        set.ascii(),
        &properties,
        set.ranges_at(),
        set.ranges_len(),
        set.is_negated(),
    );
    rebuilt == *set
}
