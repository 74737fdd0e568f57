//! What a backslash starts, inside and outside of classes.
//!
//! Exercised by `tests/acceptance.rs` and `tests/meaning.rs`.

use repool_text::{Look, Property, property};

use super::super::flags::Flags;
use super::super::machine::Machine;
use crate::error::Fault;

/// One escape.
#[derive(Clone, Copy, Debug)]
pub(super) enum Escape {
    Char(char),
    /// Two digits behind `\x`. It means a byte where bytes can stand.
    Hex(char),
    Look(Look),
    Perl(Perl),
    Property(Named),
}

/// `\d`, `\s`, `\w` or a complement of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Perl {
    /// 0 is `\d`, 1 is `\s`, 2 is `\w`.
    pub(super) kind: u8,
    pub(super) negated: bool,
}

/// `\p{…}`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named {
    pub(super) property: Property,
    pub(super) negated: bool,
}

impl Machine<'_> {
    pub(super) fn parse_escape(&mut self) -> Result<Escape, Fault> {
        let at = self.at;
        self.at += 1;
        let Some(c) = self.peek_char() else {
            return Err(Fault::escape_unfinished(at..self.at));
        };
        match c {
            '0'..='7' if self.syntax.octal => return Ok(Escape::Char(self.parse_octal())),
            '0'..='9' if !self.syntax.octal => {
                return Err(Fault::backreference(at..self.at + 1));
            }
            'x' => return self.parse_hex(2),
            'u' => return self.parse_hex(4),
            'U' => return self.parse_hex(8),
            'p' | 'P' => return self.parse_property(at),
            _ => {}
        }
        self.at += c.len_utf8();
        Ok(match c {
            'd' | 'D' => Escape::Perl(Perl {
                kind: 0,
                negated: c == 'D',
            }),
            's' | 'S' => Escape::Perl(Perl {
                kind: 1,
                negated: c == 'S',
            }),
            'w' | 'W' => Escape::Perl(Perl {
                kind: 2,
                negated: c == 'W',
            }),
            'a' => Escape::Char('\x07'),
            'f' => Escape::Char('\x0C'),
            't' => Escape::Char('\t'),
            'n' => Escape::Char('\n'),
            'r' => Escape::Char('\r'),
            'v' => Escape::Char('\x0B'),
            'A' => Escape::Look(Look::Start),
            'z' => Escape::Look(Look::End),
            'b' => Escape::Look(self.parse_word_boundary(at)?),
            'B' => Escape::Look(self.unicode_or(Look::NotWordUnicode, Look::NotWordAscii)),
            '<' => Escape::Look(self.unicode_or(Look::WordStartUnicode, Look::WordStartAscii)),
            '>' => Escape::Look(self.unicode_or(Look::WordEndUnicode, Look::WordEndAscii)),
            // An ASCII character may be escaped if it is neither a letter nor a digit.
            _ if c.is_ascii() && !c.is_ascii_alphanumeric() => Escape::Char(c),
            _ => return Err(Fault::escape_unknown(at..self.at)),
        })
    }

    fn unicode_or(&self, unicode: Look, ascii: Look) -> Look {
        if self.flags.has(Flags::UNICODE) {
            unicode
        } else {
            ascii
        }
    }

    /// Reads what stands in braces behind `\b`. Braces that start with anything but a letter are a count.
    fn parse_word_boundary(&mut self, escape_at: usize) -> Result<Look, Fault> {
        let plain = self.unicode_or(Look::WordUnicode, Look::WordAscii);
        if self.peek_byte() != Some(b'{') {
            return Ok(plain);
        }
        let is_name = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphabetic() || b == b'-');
        let at = self.at;
        if !self.bump_and_skip() {
            return Err(Fault::word_boundary_invalid(escape_at..self.at));
        }
        if !is_name(self.peek_byte()) {
            self.at = at;
            return Ok(plain);
        }
        let mut name = [0; 10];
        let mut len = 0;
        while let Some(byte) = self.peek_byte().filter(|&b| is_name(Some(b))) {
            // A name that is too long for the buffer is none of the four names.
            name[len.min(name.len() - 1)] = byte;
            len += 1;
            self.bump_and_skip();
        }
        let name = name.get(..len).unwrap_or(b"");
        let look = match name {
            b"start" => self.unicode_or(Look::WordStartUnicode, Look::WordStartAscii),
            b"end" => self.unicode_or(Look::WordEndUnicode, Look::WordEndAscii),
            b"start-half" => self.unicode_or(Look::WordStartHalfUnicode, Look::WordStartHalfAscii),
            b"end-half" => self.unicode_or(Look::WordEndHalfUnicode, Look::WordEndHalfAscii),
            _ => return Err(Fault::word_boundary_invalid(at..self.at)),
        };
        if self.peek_byte() != Some(b'}') {
            return Err(Fault::word_boundary_invalid(at..self.at));
        }
        self.at += 1;
        Ok(look)
    }

    /// Reads up to three octal digits. The largest value is U+01FF.
    fn parse_octal(&mut self) -> char {
        let mut value = 0;
        for _ in 0..3 {
            let Some(digit @ b'0'..=b'7') = self.peek_byte() else {
                break;
            };
            value = value * 8 + u32::from(digit - b'0');
            self.at += 1;
        }
        char::from_u32(value).expect("three octal digits stay below the surrogates")
    }

    /// Reads `\x41`, `\u0041`, `\U00000041`, or one of them with braces.
    fn parse_hex(&mut self, digits: u32) -> Result<Escape, Fault> {
        let at = self.at;
        if !self.bump_and_skip() {
            return Err(Fault::escape_unfinished(at..self.at));
        }
        let braced = self.peek_byte() == Some(b'{');
        let c = if braced {
            self.parse_hex_braced()?
        } else {
            self.parse_hex_fixed(digits)?
        };
        match char::from_u32(c) {
            None => Err(Fault::hex_invalid(at..self.at)),
            Some(c) if digits == 2 && !braced => Ok(Escape::Hex(c)),
            Some(c) => Ok(Escape::Char(c)),
        }
    }

    fn parse_hex_fixed(&mut self, digits: u32) -> Result<u32, Fault> {
        let mut value = 0;
        for _ in 0..digits {
            let digit = self.peek_char().and_then(|c| c.to_digit(16));
            let Some(digit) = digit else {
                return Err(Fault::hex_invalid(self.at..self.at));
            };
            value = value << 4 | digit;
            self.bump_and_skip();
        }
        Ok(value)
    }

    fn parse_hex_braced(&mut self) -> Result<u32, Fault> {
        let at = self.at;
        let mut value: Option<u32> = None;
        while self.bump_and_skip() {
            let Some(c) = self.peek_char().filter(|&c| c != '}') else {
                break;
            };
            let Some(digit) = c.to_digit(16) else {
                return Err(Fault::hex_invalid(self.at..self.at + c.len_utf8()));
            };
            let high = value.unwrap_or(0);
            if high >> 28 != 0 {
                return Err(Fault::hex_invalid(at..self.at));
            }
            value = Some(high << 4 | digit);
        }
        if self.peek_byte() != Some(b'}') {
            return Err(Fault::escape_unfinished(at..self.at));
        }
        self.bump_and_skip();
        value.ok_or_else(|| Fault::hex_invalid(at..self.at))
    }

    /// Reads `\pL` or `\p{…}`. The next character must be the letter.
    fn parse_property(&mut self, escape_at: usize) -> Result<Escape, Fault> {
        let mut negated = self.peek_byte() == Some(b'P');
        if !self.bump_and_skip() {
            return Err(Fault::escape_unfinished(escape_at..self.at));
        }
        let mut text = std::mem::take(&mut self.stacks.text);
        text.clear();
        text.push_str(r"\p{");
        let read = self.read_property_name(&mut text, escape_at);
        // `name!=value` is the complement of `name=value`.
        if let Some(i) = text.find("!=") {
            negated = !negated;
            text.remove(i);
        }
        text.push('}');
        let property = property(&text);
        self.stacks.text = text;
        read?;
        if !self.flags.has(Flags::UNICODE) {
            return Err(Fault::unicode_needed(escape_at..self.at));
        }
        match property {
            Ok(property) => Ok(Escape::Property(Named { property, negated })),
            Err(_) => Err(Fault::property_unknown(escape_at..self.at)),
        }
    }

    fn read_property_name(&mut self, text: &mut String, escape_at: usize) -> Result<(), Fault> {
        if self.peek_byte() == Some(b'{') {
            while self.bump_and_skip() {
                let Some(c) = self.peek_char().filter(|&c| c != '}') else {
                    break;
                };
                text.push(c);
            }
            if self.peek_byte() != Some(b'}') {
                return Err(Fault::escape_unfinished(escape_at..self.at));
            }
            self.at += 1;
            return Ok(());
        }
        match self.peek_char() {
            Some(c) if c != '\\' => text.push(c),
            _ => return Err(Fault::property_unknown(escape_at..self.at)),
        }
        self.bump_and_skip();
        Ok(())
    }
}
