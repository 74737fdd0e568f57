//! The disassembler: a program as text, one line an instruction.
//!
//! ```text
//! 8 words, 1 set, 2 groups, 144 bytes; states 8, length 1..inf; one-pass ascii
//! first [0-9]
//!    0  match
//!    1  save 3 -> 0
//!    2  split 3, 1
//!    3  set [0-9] -> 2
//! >  4  save 2 -> 3
//! ```
//!
//! The mark `>` stands at the start. `repool inspect` prints this text, and the compiler's snapshot tests
//! compare it. Facts that say nothing are left out. A program that `verify` refuses may panic here.
//!
//! Exercised by the test below, `tests/display.rs` and `tests/verify.rs`.

use std::fmt;

use repool_text::{Fold, LOOKS, Look, Property, Set, unpack_range};

use crate::{Counter, CounterId, Facts, Flags, Needle, Op, Pc, Program, SetId, UNBOUNDED};

impl fmt::Display for Program<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = self.facts();
        write_sizes(self, &facts, f)?;
        write_facts(self, &facts, f)?;
        for (pc, op) in self.instructions() {
            let at = pc.index();
            let mark = if at == self.raw_start() { '>' } else { ' ' };
            write!(f, "{mark}{at:>3}  ")?;
            write_op(self, pc, op, f)?;
            writeln!(f)?;
        }
        for id in 0..self.counter_len() as u32 {
            write_counter(id, &self.counter(CounterId(id)), f)?;
        }
        for (group, name) in self.names() {
            writeln!(f, "group {group} is {name:?}")?;
        }
        Ok(())
    }
}

/// A set of a program as its disassembly shows it.
struct ShownSet<'p, 'a>(&'p Program<'a>, SetId);

impl fmt::Display for ShownSet<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_set(self.0, self.1, f)
    }
}

impl Program<'_> {
    /// A set as the disassembly shows it: `[0-9\d]`.
    #[must_use]
    pub fn set_text(&self, set: SetId) -> String {
        ShownSet(self, set).to_string()
    }
}

fn write_sizes(program: &Program<'_>, facts: &Facts, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    write!(f, "{}", count(program.code().len(), "word"))?;
    match program.set_len() {
        0 => {}
        sets => write!(f, ", {}", count(sets, "set"))?,
    }
    if !program.ranges().is_empty() {
        write!(f, ", {}", count(program.ranges().len(), "range"))?;
    }
    write!(f, ", {}", count(program.group_len(), "group"))?;
    write!(f, ", {} bytes", program.image_bytes())?;
    write!(f, "; states {}, length {}..", facts.states, facts.len_min)?;
    match facts.len_max {
        UNBOUNDED => f.write_str("inf")?,
        max => write!(f, "{max}")?,
    }
    let names = [
        (Flags::ANCHORED_START, "anchored-start"),
        (Flags::ANCHORED_END, "anchored-end"),
        (Flags::ONE_PASS, "one-pass"),
        (Flags::BYTES, "bytes"),
        (Flags::UTF8, "utf8"),
        (Flags::LITERAL, "literal"),
        (Flags::ASCII, "ascii"),
        (Flags::DELEGATED, "delegated"),
    ];
    let mut separator = "; ";
    for (_, name) in names.iter().filter(|(flag, _)| facts.flags.contains(*flag)) {
        write!(f, "{separator}{name}")?;
        separator = " ";
    }
    writeln!(f)
}

fn write_facts(program: &Program<'_>, facts: &Facts, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let Some(needle) = facts.prefix {
        f.write_str("prefix ")?;
        write_needle(program, needle, f)?;
        writeln!(f)?;
    }
    if let Some(needle) = facts.required {
        f.write_str("required ")?;
        write_needle(program, needle, f)?;
        match facts.required_before_max {
            UNBOUNDED => writeln!(f)?,
            max => writeln!(f, " after at most {max} bytes")?,
        }
    }
    if let Some(set) = facts.first {
        f.write_str("first ")?;
        write_byte_set(&program.set(set), f)?;
        writeln!(f)?;
    }
    if !facts.looks.is_empty() {
        f.write_str("looks")?;
        for look in LOOKS.into_iter().filter(|&look| facts.looks.contains(look)) {
            write!(f, " {}", look_name(look))?;
        }
        writeln!(f)?;
    }
    Ok(())
}

fn write_needle(program: &Program<'_>, needle: Needle, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write_literal(program.needle(needle), needle.fold, f)
}

fn write_op(program: &Program<'_>, pc: Pc, op: Op, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let next = match op {
        Op::Fail => return f.write_str("fail"),
        Op::Match => return f.write_str("match"),
        Op::Split { first, second } => {
            return write!(f, "split {}, {}", first.index(), second.index());
        }
        Op::Char { c, next } => {
            f.write_str("char ")?;
            write_char(program, c, f)?;
            next
        }
        Op::Set { set, next } => {
            f.write_str("set ")?;
            write_set(program, set, f)?;
            next
        }
        Op::Literal { len, fold, next } => {
            f.write_str("literal ")?;
            write_literal(program.literal(pc, len), fold, f)?;
            next
        }
        Op::Save { slot, next } => {
            write!(f, "save {slot}")?;
            next
        }
        Op::Look { look, next } => {
            write!(f, "look {}", look_name(look))?;
            next
        }
        Op::Enter { counter, next } => {
            write!(f, "enter c{}", counter.0)?;
            next
        }
        Op::Repeat { counter, next } => {
            write!(f, "repeat c{}", counter.0)?;
            next
        }
    };
    write!(f, " -> {}", next.index())
}

fn write_counter(id: u32, counter: &Counter, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "c{id} {{{},", counter.min)?;
    if counter.max != UNBOUNDED {
        write!(f, "{}", counter.max)?;
    }
    let greed = if counter.greedy { "greedy" } else { "lazy" };
    let lo = counter.lo.index();
    write!(
        f,
        "}} {greed}, body {}, words {lo}..{}, states from {}",
        counter.body.index(),
        lo + counter.len as usize,
        counter.base
    )?;
    match counter.parent {
        Some(parent) => writeln!(f, ", in c{}", parent.0),
        None => writeln!(f),
    }
}

fn write_char(program: &Program<'_>, c: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match char::from_u32(c) {
        Some(c) if c.is_ascii() || !program.flags().contains(Flags::BYTES) => write!(f, "{c:?}"),
        _ => write!(f, "'\\x{c:02X}'"),
    }
}

/// Writes text as a Rust string literal, and other bytes as a byte string literal.
fn write_literal(bytes: &[u8], fold: Fold, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match std::str::from_utf8(bytes) {
        Ok(text) => write!(f, "{text:?}")?,
        Err(_) => write!(f, "b\"{}\"", bytes.escape_ascii())?,
    }
    match fold {
        Fold::None => Ok(()),
        Fold::Ascii => f.write_str(" (ascii fold)"),
        Fold::Unicode => f.write_str(" (fold)"),
    }
}

fn write_set(program: &Program<'_>, id: SetId, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let set = program.set(id);
    if program.flags().contains(Flags::BYTES) {
        return write_byte_set(&set, f);
    }
    f.write_str("[")?;
    write_members(0x80, |c| set.ascii() >> c & 1 != 0, f)?;
    let mut parts = String::new();
    for (property, complemented) in set.properties() {
        parts.push_str(&property_name(property, complemented));
    }
    let at = set.ranges_at();
    for &range in program
        .ranges()
        .get(at..at + set.ranges_len())
        .unwrap_or(&[])
    {
        let (lo, hi) = unpack_range(range);
        parts.push_str(&format!("\\u{{{lo:X}}}"));
        if hi > lo {
            parts.push_str(&format!("-\\u{{{hi:X}}}"));
        }
    }
    match (set.is_negated(), parts.is_empty()) {
        (false, _) => write!(f, "{parts}]"),
        (true, true) => f.write_str("\\u{80}-\\u{10FFFF}]"),
        // A negated set complements only what lies above ASCII.
        (true, false) => write!(f, "[\\u{{80}}-\\u{{10FFFF}}--{parts}]]"),
    }
}

fn write_byte_set(set: &Set, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("[")?;
    write_members(0x100, |c| set.contains_byte(c as u8), f)?;
    f.write_str("]")
}

/// Writes the members below `end` as ranges.
fn write_members(
    end: u32,
    contains: impl Fn(u32) -> bool,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let mut c = 0;
    while c < end {
        if !contains(c) {
            c += 1;
            continue;
        }
        let lo = c;
        while c < end && contains(c) {
            c += 1;
        }
        write_member(lo, f)?;
        if c - lo > 2 {
            f.write_str("-")?;
        }
        if c - lo > 1 {
            write_member(c - 1, f)?;
        }
    }
    Ok(())
}

fn write_member(c: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match char::from_u32(c).filter(char::is_ascii_graphic) {
        Some(c @ ('\\' | '[' | ']' | '^' | '-')) => write!(f, "\\{c}"),
        Some(c) => write!(f, "{c}"),
        None => write!(f, "\\x{c:02X}"),
    }
}

/// The class that means a property. One whose name is not kept is shown by its first member and its number of ranges.
fn property_name(p: Property, complemented: bool) -> String {
    (p.class(complemented)).unwrap_or_else(|| counted_property(p, complemented))
}

fn counted_property(p: Property, complemented: bool) -> String {
    let sign = if complemented { 'P' } else { 'p' };
    let ranges = p.ranges();
    let first = ranges.first().map_or(0, |r| r.0);
    format!("\\{sign}{{{} ranges from U+{first:04X}}}", ranges.len())
}

const fn look_name(look: Look) -> &'static str {
    match look {
        Look::Start => "start",
        Look::End => "end",
        Look::EndOrFinalLine => "end-or-final-line",
        Look::StartLine => "start-line",
        Look::EndLine => "end-line",
        Look::StartLineCrlf => "start-line-crlf",
        Look::EndLineCrlf => "end-line-crlf",
        Look::WordAscii => "word-ascii",
        Look::NotWordAscii => "not-word-ascii",
        Look::WordUnicode => "word",
        Look::NotWordUnicode => "not-word",
        Look::WordStartAscii => "word-start-ascii",
        Look::WordEndAscii => "word-end-ascii",
        Look::WordStartUnicode => "word-start",
        Look::WordEndUnicode => "word-end",
        Look::WordStartHalfAscii => "word-start-half-ascii",
        Look::WordEndHalfAscii => "word-end-half-ascii",
        Look::WordStartHalfUnicode => "word-start-half",
        Look::WordEndHalfUnicode => "word-end-half",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_without_a_name_is_shown_by_what_it_holds() {
        let ranges = Property::DIGIT.ranges();
        let text = |complemented| counted_property(Property::DIGIT, complemented);
        let counted = format!("{} ranges from U+0030", ranges.len());
        assert_eq!(text(false), format!("\\p{{{counted}}}"));
        assert_eq!(text(true), format!("\\P{{{counted}}}"));
    }
}
