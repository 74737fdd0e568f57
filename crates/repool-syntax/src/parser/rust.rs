//! The grammar of the Rust `regex` crate: it accepts what `regex-syntax` 0.8 accepts, with the same
//! meaning.
//!
//! One loop dispatches on the byte that starts an item. Runs of plain characters are taken whole. White
//! space under `(?x)` is allowed exactly where `regex-syntax` allows it: between the parts of an escape and
//! of a count too, and even outside `(?x)` around the numbers of a count.
//!
//! Exercised by `tests/acceptance.rs` and `tests/meaning.rs`.

mod ascii;
mod class;
mod escape;
mod group;
mod levels;

use repool_text::{Fold, Look};

use super::flags::Flags;
use super::machine::Machine;
use crate::error::Fault;
use crate::ir::UNBOUNDED;
use escape::Escape;
pub(super) use levels::Classes;

/// The bytes that stand for themselves outside of classes and outside of `(?x)`: all but the operators. The
/// bytes of non-ASCII characters are among them.
const PLAIN: [bool; 256] = {
    let mut plain = [true; 256];
    let operators = br"()|[?*+{\.^$";
    let mut i = 0;
    while i < operators.len() {
        plain[operators[i] as usize] = false;
        i += 1;
    }
    plain
};

impl Machine<'_> {
    /// Reads the pattern.
    pub(super) fn parse_rust(&mut self) -> Result<(), Fault> {
        loop {
            self.skip_space();
            let Some(&byte) = self.pattern.as_bytes().get(self.at) else {
                return Ok(());
            };
            self.check_size()?;
            match byte {
                b'(' => self.parse_group()?,
                b')' => {
                    self.close_group(self.at)?;
                    self.at += 1;
                }
                b'|' => {
                    self.alternate();
                    self.at += 1;
                }
                b'[' => self.parse_class()?,
                b'?' => self.parse_repetition(0, 1)?,
                b'*' => self.parse_repetition(0, UNBOUNDED)?,
                b'+' => self.parse_repetition(1, UNBOUNDED)?,
                b'{' => self.parse_counted()?,
                b'\\' => {
                    let at = self.at;
                    let escape = self.parse_escape()?;
                    self.push_escape(escape, at)?;
                }
                b'.' => self.parse_dot()?,
                b'^' => self.parse_line_anchor(Look::Start, Look::StartLine, Look::StartLineCrlf),
                b'$' => self.parse_line_anchor(Look::End, Look::EndLine, Look::EndLineCrlf),
                _ => self.parse_plain(),
            }
        }
    }

    /// Reads characters that stand for themselves: all up to the next operator. Under `(?x)` it reads one.
    #[inline]
    fn parse_plain(&mut self) {
        let rest = &self.pattern[self.at..];
        let bytes = rest.as_bytes();
        if self.flags.has(Flags::IGNORE_WHITESPACE) {
            // The next one may be white space, so only one is read at a time.
            let c = rest.chars().next().expect("the pattern goes on");
            self.at += c.len_utf8();
            self.push_char(c, self.fold());
            return;
        }
        let len = bytes
            .iter()
            .position(|&b| !PLAIN[b as usize])
            .unwrap_or(bytes.len());
        self.at += len;
        let fold = self.fold();
        if fold == Fold::None {
            self.push_text(&rest[..len]);
        } else {
            for c in rest[..len].chars() {
                self.push_char(c, fold);
            }
        }
    }

    /// The fold of literals under the current flags.
    #[inline]
    fn fold(&self) -> Fold {
        match (
            self.flags.has(Flags::CASE_INSENSITIVE),
            self.flags.has(Flags::UNICODE),
        ) {
            (false, _) => Fold::None,
            (true, false) => Fold::Ascii,
            (true, true) => Fold::Unicode,
        }
    }

    fn push_escape(&mut self, escape: Escape, at: usize) -> Result<(), Fault> {
        match escape {
            Escape::Char(c) => self.push_char(c, self.fold()),
            Escape::Hex(c) => match self.byte_of(c, at)? {
                Some(byte) => self.push_raw_byte(byte),
                None => self.push_char(c, self.fold()),
            },
            Escape::Look(look) => {
                self.end_run();
                let node = self.ir.look(look);
                self.push_part(node);
            }
            Escape::Perl(perl) => return self.push_perl(perl, at),
            Escape::Property(property) => return self.push_property(property),
        }
        Ok(())
    }

    /// The byte that `\xFF` means without Unicode; `None` if it means a character.
    fn byte_of(&self, c: char, at: usize) -> Result<Option<u8>, Fault> {
        if self.flags.has(Flags::UNICODE) || c.is_ascii() {
            return Ok(None);
        }
        if self.syntax.utf8 {
            return Err(Fault::invalid_utf8(at..self.at));
        }
        Ok(u8::try_from(c).ok())
    }

    fn parse_line_anchor(&mut self, text: Look, line: Look, crlf: Look) {
        let look = match (
            self.flags.has(Flags::MULTI_LINE),
            self.flags.has(Flags::CRLF),
        ) {
            (false, _) => text,
            (true, false) => line,
            (true, true) => crlf,
        };
        self.at += 1;
        self.end_run();
        let node = self.ir.look(look);
        self.push_part(node);
    }

    /// Reads `?`, `*` or `+`, and a `?` directly behind it.
    #[inline]
    fn parse_repetition(&mut self, min: u32, max: u32) -> Result<(), Fault> {
        let at = self.at;
        if !self.repeatable {
            return Err(Fault::repetition_missing(at..at + 1));
        }
        self.at += 1;
        let lazy = self.peek_byte() == Some(b'?');
        self.at += usize::from(lazy);
        let greed = self.greed(lazy);
        self.repeat(min, max, greed, at)
    }

    /// Reads `{2}`, `{2,}` or `{2,3}`.
    fn parse_counted(&mut self) -> Result<(), Fault> {
        let at = self.at;
        if !self.repeatable {
            return Err(Fault::repetition_missing(at..at + 1));
        }
        self.at += 1;
        self.skip_space();
        let min = self.parse_decimal()?;
        let max = if self.peek_byte() == Some(b',') {
            self.at += 1;
            self.skip_space();
            if self.peek_byte() == Some(b'}') {
                Some(UNBOUNDED)
            } else {
                self.parse_decimal()?
            }
        } else {
            min
        };
        if self.peek_byte() != Some(b'}') {
            return Err(Fault::repetition_unclosed(at..self.at));
        }
        self.at += 1;
        self.skip_space();
        let lazy = self.peek_byte() == Some(b'?');
        self.at += usize::from(lazy);
        match (min, max) {
            (Some(min), Some(max)) if min <= max => {
                let greed = self.greed(lazy);
                self.repeat(min, max, greed, at)
            }
            _ => Err(Fault::repetition_invalid(at..self.at)),
        }
    }

    /// Reads a number and the white space around it, which every set of flags ignores here. `None` if there
    /// is no digit.
    fn parse_decimal(&mut self) -> Result<Option<u32>, Fault> {
        while let Some(c) = self.peek_char().filter(|c| c.is_whitespace()) {
            self.at += c.len_utf8();
        }
        let at = self.at;
        let mut value: Option<u32> = None;
        while let Some(digit @ b'0'..=b'9') = self.peek_byte() {
            let tens = value.unwrap_or(0).checked_mul(10);
            let sum = tens.and_then(|tens| tens.checked_add(u32::from(digit - b'0')));
            self.at += 1;
            self.skip_space();
            value = Some(sum.ok_or_else(|| Fault::repetition_invalid(at..self.at))?);
        }
        while let Some(c) = self.peek_char().filter(|c| c.is_whitespace()) {
            self.at += c.len_utf8();
            self.skip_space();
        }
        Ok(value)
    }

    #[inline(always)]
    fn peek_byte(&self) -> Option<u8> {
        self.pattern.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn peek_char(&self) -> Option<char> {
        self.pattern[self.at..].chars().next()
    }

    /// Skips white space and comments under `(?x)`.
    #[inline(always)]
    fn skip_space(&mut self) {
        if self.flags.has(Flags::IGNORE_WHITESPACE) {
            self.skip_space_cold();
        }
    }

    #[inline(never)]
    fn skip_space_cold(&mut self) {
        while let Some(c) = self.peek_char() {
            if c.is_whitespace() {
                self.at += c.len_utf8();
            } else if c == '#' {
                let rest = &self.pattern[self.at..];
                self.at += rest.find('\n').map_or(rest.len(), |i| i + 1);
            } else {
                return;
            }
        }
    }

    /// Skips one character and the space behind it. Returns whether the pattern goes on.
    fn bump_and_skip(&mut self) -> bool {
        self.bump();
        self.skip_space();
        self.at < self.pattern.len()
    }

    fn bump(&mut self) {
        self.at += self.peek_char().map_or(0, char::len_utf8);
    }
}
