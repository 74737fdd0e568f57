//! A few strings of which every match starts with one.
//!
//! Read off the program: every way from its start is followed until it has enough bytes, comes to a
//! set too large to write out, or ends. An alternation of words gives its words, cut; a literal under
//! a fold the forms of its first characters. Such strings are found by `aho-corasick`'s packed
//! searcher (Teddy, after Hyperscan), many bytes at a time.
//!
//! Worth it only for programs that are hot: the searcher takes a few µs and KiB to build.
//! Exercised by the tests below and `tests/oracle.rs`.

use aho_corasick::packed::{Config, MatchKind, Searcher};
use repool_program::{Op, Program};
use repool_text::{Fold, decode, orbit};

use crate::state::State;
use crate::unit::steps_bytes;

/// The most strings; the searcher takes no more than twice as many.
const STRINGS_MAX: usize = 64;

/// How long the strings may be, in bytes, tried from the longest: more bytes are more selective, and
/// write out more forms.
const LENGTHS: [usize; 4] = [8, 4, 3, 2];

/// A shorter string is found everywhere.
const LENGTH_MIN: usize = 2;

/// The members of a set that are written out.
const MEMBERS_MAX: u32 = 8;

/// Ways followed before it is given up.
const STEPS_MAX: usize = 4096;

/// A searcher for the strings, if the program has few and long enough ones.
pub(crate) fn searcher(program: &Program<'_>) -> Option<Searcher> {
    let strings = LENGTHS
        .iter()
        .find_map(|&len_max| strings(program, len_max))?;
    Config::new()
        .match_kind(MatchKind::LeftmostFirst)
        .builder()
        .extend(strings)
        .build()
}

/// A way that is followed: where it stands, and the bytes it has taken.
#[derive(Clone, Debug)]
struct Way {
    state: State,
    bytes: Vec<u8>,
}

/// The strings, of at most `len_max` bytes and a character.
fn strings(program: &Program<'_>, len_max: usize) -> Option<Vec<Vec<u8>>> {
    let mut reader = Reader {
        program,
        len_max,
        ways: vec![Way {
            state: State::new(program.start()),
            bytes: Vec::new(),
        }],
        strings: Vec::new(),
    };
    for _ in 0..STEPS_MAX {
        match reader.ways.pop() {
            Some(way) => reader.follow(way)?,
            None => return Some(reader.strings).filter(|s| !s.is_empty()),
        }
    }
    None
}

struct Reader<'p> {
    program: &'p Program<'p>,
    len_max: usize,
    ways: Vec<Way>,
    strings: Vec<Vec<u8>>,
}

impl Reader<'_> {
    /// Follows a way for one operation; `None` if the strings are too many or too short.
    fn follow(&mut self, mut way: Way) -> Option<()> {
        if way.bytes.len() >= self.len_max {
            return self.done(way);
        }
        let program = self.program;
        let state = way.state;
        match program.op(state.pc) {
            Op::Split { first, second } => {
                let other = Way {
                    state: state.at(second),
                    bytes: way.bytes.clone(),
                };
                way.state = state.at(first);
                self.ways.extend([other, way]);
            }
            Op::Save { next, .. } | Op::Look { next, .. } => {
                way.state = state.at(next);
                self.ways.push(way);
            }
            Op::Enter { counter, next } => {
                way.state = state.enter(program, counter, next);
                self.ways.push(way);
            }
            Op::Repeat { counter, next } => {
                let ways = state.repeat(program, counter, next);
                if let Some(second) = ways.second {
                    let bytes = way.bytes.clone();
                    self.ways.push(Way {
                        state: second,
                        bytes,
                    });
                }
                way.state = ways.first;
                self.ways.push(way);
            }
            Op::Char { c, next } => {
                self.take_unit(&mut way.bytes, c);
                way.state = state.at(next);
                self.ways.push(way);
            }
            Op::Set { set, next } => {
                let set = program.set(set);
                let bytes = steps_bytes(program);
                let words = if bytes { &set.0[..] } else { &set.0[..2] };
                let count: u32 = words.iter().map(|word| word.count_ones()).sum();
                if count > MEMBERS_MAX || !bytes && set.is_wide() {
                    return self.done(way);
                }
                for c in (0..words.len() as u32 * 64)
                    .filter(|c| words[(c >> 6) as usize] >> (c & 63) & 1 != 0)
                {
                    let mut bytes = way.bytes.clone();
                    self.take_unit(&mut bytes, c);
                    self.ways.push(Way {
                        state: state.at(next),
                        bytes,
                    });
                }
            }
            Op::Literal { len, fold, next } => {
                let literal = program.literal(state.pc, len);
                self.take_literal(way.bytes, literal, fold, state.at(next))?;
            }
            Op::Match => return self.done(way),
            Op::Fail => {}
        }
        (self.ways.len() + self.strings.len() <= 2 * STRINGS_MAX).then_some(())
    }

    /// The way's bytes are one of the strings.
    fn done(&mut self, way: Way) -> Option<()> {
        if way.bytes.len() < LENGTH_MIN {
            return None;
        }
        if !self.strings.contains(&way.bytes) {
            self.strings.push(way.bytes);
        }
        (self.strings.len() <= STRINGS_MAX).then_some(())
    }

    fn take_unit(&self, bytes: &mut Vec<u8>, c: u32) {
        match char::from_u32(c) {
            Some(c) if !steps_bytes(self.program) => {
                bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => bytes.push(c as u8),
        }
    }

    /// Takes a literal in all its forms, up to the length.
    fn take_literal(
        &mut self,
        bytes: Vec<u8>,
        literal: &[u8],
        fold: Fold,
        next: State,
    ) -> Option<()> {
        let mut forms = vec![bytes];
        let mut at = 0;
        while at < literal.len() && forms.iter().any(|form| form.len() < self.len_max) {
            let unit = match decode(literal, at) {
                Some(d) if !steps_bytes(self.program) => d.len,
                _ => 1,
            };
            let own = &literal[at..at + unit];
            let mut more = Vec::new();
            for form in &forms {
                each_form(own, fold, |text| {
                    more.push([form, text].concat());
                });
            }
            forms = more;
            at += unit;
            if forms.len() > STRINGS_MAX {
                return None;
            }
        }
        let ended = at == literal.len();
        for bytes in forms {
            let way = Way { state: next, bytes };
            if ended {
                self.ways.push(way);
            } else {
                self.done(way)?;
            }
        }
        Some(())
    }
}

/// Calls `add` with each form of a unit.
fn each_form(own: &[u8], fold: Fold, mut add: impl FnMut(&[u8])) {
    let c = match decode(own, 0) {
        Some(d) if d.len == own.len() => char::from_u32(d.c),
        _ => None,
    };
    match (fold, c) {
        (Fold::Unicode, Some(c)) if !orbit(c).is_empty() => {
            for c in orbit(c) {
                add(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        (Fold::Ascii, Some(c)) if c.is_ascii_alphabetic() => {
            add(&[c.to_ascii_lowercase() as u8]);
            add(&[c.to_ascii_uppercase() as u8]);
        }
        _ => add(own),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use repool_arena::{Ledger, Pool};
    use repool_compiler::Compiler;
    use repool_syntax::{Ir, Syntax, parse};

    use super::*;

    #[track_caller]
    fn check(text: &str, len_max: usize, expected: Option<&[&str]>) {
        let syntax = Syntax::default();
        let mut ir = Ir::new();
        parse(text, &syntax, &mut ir).unwrap();
        let pool = Pool::new(Arc::new(Ledger::default()));
        let image = Compiler::default()
            .compile(&ir, text, &syntax, 0, &pool)
            .unwrap();
        let mut found = strings(&image.program(), len_max);
        let mut expected: Option<Vec<Vec<u8>>> =
            expected.map(|e| e.iter().map(|s| s.as_bytes().to_vec()).collect());
        for strings in [&mut found, &mut expected].into_iter().flatten() {
            strings.sort();
        }
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn strings_of_patterns() {
        check("foo|barbaz", 8, Some(&["barbaz", "foo"]));
        check("Sherlock Holmes|Watson", 4, Some(&["Sher", "Wats"]));
        check(r"\b(?:ab|cd)\w+", 8, Some(&["ab", "cd"]));
        check("(?i)ab", 8, Some(&["AB", "Ab", "aB", "ab"]));
        check("[ab]{2}", 8, Some(&["aa", "ab", "ba", "bb"]));
        check("(?:ab)+c", 3, Some(&["aba", "abc"]));
        check("(?:xy|z)", 8, None);
        check(r"\d\d", 8, None);
        check("(?:ab)?", 8, None);
        check("é|日本", 8, Some(&["é", "日本"]));
    }
}
