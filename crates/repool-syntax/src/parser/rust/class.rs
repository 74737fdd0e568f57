//! Classes: `.`, `\d` and its like, `\p{…}`, and everything in brackets.
//!
//! A level is a pair of brackets. It collects the union of the items read since the last operator; an
//! operator (`&&`, `--`, `~~`; all bind alike, from left to right) makes that the left operand. With
//! Unicode a level collects code points, without it bytes: flags cannot change inside brackets.

use repool_text::{Property, Set};

use super::super::Parser;
use super::super::flags::Flags;
use super::bytes::Bytes;
use super::escape::{Escape, Named, Perl};
use super::points::Points;
use crate::error::Fault;
use crate::ir::NodeId;

/// The levels of the class that is being read; those behind `len` are kept for their memory.
#[derive(Debug, Default)]
pub(crate) struct Classes {
    levels: Vec<Level>,
    len: usize,
}

#[derive(Debug, Default)]
struct Level {
    open_at: usize,
    negated: bool,
    operator: Option<Operator>,
    points: Points,
    left_points: Points,
    bytes: Bytes,
    left_bytes: Bytes,
}

#[derive(Clone, Copy, Debug)]
enum Operator {
    Intersection,
    Difference,
    SymmetricDifference,
}

impl Classes {
    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }

    pub(crate) fn scratch_bytes(&self) -> usize {
        let points = |l: &Level| l.points.scratch_bytes() + l.left_points.scratch_bytes();
        self.levels.capacity() * size_of::<Level>() + self.levels.iter().map(points).sum::<usize>()
    }

    fn open(&mut self, open_at: usize) {
        if self.len == self.levels.len() {
            self.levels.push(Level::default());
        }
        let level = &mut self.levels[self.len];
        self.len += 1;
        level.open_at = open_at;
        level.negated = false;
        level.operator = None;
        level.points.clear();
        level.bytes = Bytes::default();
    }

    /// The innermost level.
    fn top(&mut self) -> &mut Level {
        &mut self.levels[self.len - 1]
    }
}

impl Level {
    /// Combines both operands, if there are two, into the current one.
    fn combine(&mut self, fold: bool) {
        let Some(operator) = self.operator.take() else {
            return;
        };
        if fold {
            self.points.fold();
            self.left_points.fold();
            self.bytes.fold();
            self.left_bytes.fold();
        }
        let (left, right) = (&mut self.left_points, &self.points);
        match operator {
            Operator::Intersection => left.intersect(right),
            Operator::Difference => left.difference(right),
            Operator::SymmetricDifference => left.symmetric_difference(right),
        }
        std::mem::swap(&mut self.points, &mut self.left_points);
        self.bytes = self
            .left_bytes
            .zip(self.bytes, |left, right| match operator {
                Operator::Intersection => left & right,
                Operator::Difference => left & !right,
                Operator::SymmetricDifference => left ^ right,
            });
    }

    fn operator(&mut self, operator: Operator, fold: bool) {
        self.combine(fold);
        self.operator = Some(operator);
        std::mem::swap(&mut self.points, &mut self.left_points);
        self.points.clear();
        self.left_bytes = std::mem::take(&mut self.bytes);
    }
}

/// One item of a class.
#[derive(Clone, Copy, Debug)]
enum Item {
    Char(char),
    /// As [`Escape::Hex`].
    Hex(char),
    Perl(Perl),
    Property(Named),
}

impl Parser<'_> {
    /// Reads a class; its bracket is next.
    pub(super) fn parse_class(&mut self) -> Result<(), Fault> {
        self.end_run();
        self.open_class()?;
        loop {
            self.skip_space();
            let Some(byte) = self.peek_byte() else {
                return Err(self.class_unclosed());
            };
            let doubled = self.pattern.as_bytes().get(self.at + 1) == Some(&byte);
            match byte {
                b'[' => {
                    if let Some((map, negated)) = self.parse_posix() {
                        self.push_posix(map, negated)?;
                    } else {
                        self.open_class()?;
                    }
                }
                b']' => {
                    self.at += 1;
                    self.close_class()?;
                    if self.stacks.classes.len == 0 {
                        let node = self.class_node();
                        self.push_part(node);
                        return Ok(());
                    }
                }
                b'&' if doubled => self.push_operator(Operator::Intersection),
                b'-' if doubled => self.push_operator(Operator::Difference),
                b'~' if doubled => self.push_operator(Operator::SymmetricDifference),
                _ => self.parse_range()?,
            }
        }
    }

    /// The node of the class that was closed last.
    fn class_node(&mut self) -> NodeId {
        let level = &mut self.stacks.classes.levels[0];
        if self.flags.has(Flags::UNICODE) {
            let set = level.points.finish(self.ir.ranges_mut());
            self.ir.class(set)
        } else {
            self.ir.byte_class(level.bytes.0)
        }
    }

    fn push_operator(&mut self, operator: Operator) {
        self.at += 2;
        let fold = self.flags.has(Flags::CASE_INSENSITIVE);
        self.stacks.classes.top().operator(operator, fold);
    }

    #[cold]
    fn class_unclosed(&mut self) -> Fault {
        let at = self.stacks.classes.top().open_at;
        Fault::class_unclosed(at..at + 1)
    }

    /// Reads the bracket, `^`, and the `-` and `]` that stand for themselves at the start.
    fn open_class(&mut self) -> Result<(), Fault> {
        let at = self.at;
        let depth = self.stacks.groups.len() + self.stacks.classes.len;
        if depth as u64 >= u64::from(self.syntax.limits.nest_max) {
            return Err(Fault::nest_too_deep(at..at + 1));
        }
        self.stacks.classes.open(at);
        self.bump_and_skip();
        if self.peek_byte() == Some(b'^') {
            self.stacks.classes.top().negated = true;
            self.bump_and_skip();
        }
        let mut first = true;
        while self.peek_byte() == Some(b'-') {
            self.push_class_range('-', '-');
            self.bump_and_skip();
            first = false;
        }
        if first && self.peek_byte() == Some(b']') {
            self.push_class_range(']', ']');
            self.bump_and_skip();
        }
        if self.at == self.pattern.len() {
            return Err(self.class_unclosed());
        }
        Ok(())
    }

    /// Ends the innermost level, and adds it to the one around it if there is one.
    fn close_class(&mut self) -> Result<(), Fault> {
        let fold = self.flags.has(Flags::CASE_INSENSITIVE);
        let unicode = self.flags.has(Flags::UNICODE);
        let level = self.stacks.classes.top();
        level.combine(fold);
        if unicode {
            if fold {
                level.points.fold();
            }
            if level.negated {
                level.points.negate();
            }
        } else {
            if fold {
                level.bytes.fold();
            }
            if level.negated {
                level.bytes.negate();
            }
            if self.syntax.utf8 && !level.bytes.is_ascii() {
                return Err(Fault::invalid_utf8(level.open_at..self.at));
            }
        }
        self.stacks.classes.len -= 1;
        let len = self.stacks.classes.len;
        if let [.., outer, inner] = &mut self.stacks.classes.levels[..=len] {
            if unicode {
                outer.points.union(&inner.points);
            } else {
                outer.bytes = outer.bytes.zip(inner.bytes, |a, b| a | b);
            }
        }
        Ok(())
    }

    /// Reads an item, and the rest of the range that it may start.
    fn parse_range(&mut self) -> Result<(), Fault> {
        let at = self.at;
        let start = self.parse_class_item()?;
        let start_end = self.at;
        self.skip_space();
        if self.peek_byte() != Some(b'-') || matches!(self.peek_behind_dash(), Some(']' | '-')) {
            return self.push_class_item(start, at..start_end);
        }
        if !self.bump_and_skip() {
            return Err(self.class_unclosed());
        }
        let end_at = self.at;
        let end = self.parse_class_item()?;
        let lo = self.class_literal(start, at..start_end)?;
        let hi = self.class_literal(end, end_at..self.at)?;
        if lo > hi {
            return Err(Fault::class_range_invalid(at..self.at));
        }
        self.push_class_range(lo, hi);
        Ok(())
    }

    /// The character that decides whether a dash stands for itself.
    ///
    /// Under `(?x)` white space between them is passed, and one `#`, but not the comment behind it:
    /// so `regex-syntax` reads it.
    fn peek_behind_dash(&self) -> Option<char> {
        let rest = &self.pattern[self.at + 1..];
        if !self.flags.has(Flags::IGNORE_WHITESPACE) {
            return rest.chars().next();
        }
        let mut comment = false;
        let found = rest.chars().find(|&c| {
            let passed = c.is_whitespace() || c == '#' && !comment;
            comment |= c == '#';
            !passed
        });
        found.or_else(|| rest.chars().next())
    }

    fn parse_class_item(&mut self) -> Result<Item, Fault> {
        let at = self.at;
        let Some(c) = self.peek_char() else {
            return Err(self.class_unclosed());
        };
        if c != '\\' {
            self.at += c.len_utf8();
            return Ok(Item::Char(c));
        }
        match self.parse_escape()? {
            Escape::Char(c) => Ok(Item::Char(c)),
            Escape::Hex(c) => Ok(Item::Hex(c)),
            Escape::Perl(perl) => Ok(Item::Perl(perl)),
            Escape::Property(property) => Ok(Item::Property(property)),
            Escape::Look(_) => Err(Fault::class_escape_invalid(at..self.at)),
        }
    }

    /// The character that an item is, or the byte, as the character of its number.
    fn class_literal(&self, item: Item, span: std::ops::Range<usize>) -> Result<char, Fault> {
        let (c, hex) = match item {
            Item::Char(c) => (c, false),
            Item::Hex(c) => (c, true),
            _ => return Err(Fault::class_range_invalid(span)),
        };
        if self.flags.has(Flags::UNICODE) || c.is_ascii() {
            Ok(c)
        } else if !hex {
            Err(Fault::unicode_needed(span))
        } else if self.syntax.utf8 {
            Err(Fault::invalid_utf8(span))
        } else {
            Ok(c)
        }
    }

    fn push_class_item(&mut self, item: Item, span: std::ops::Range<usize>) -> Result<(), Fault> {
        match item {
            Item::Char(_) | Item::Hex(_) => {
                let c = self.class_literal(item, span)?;
                self.push_class_range(c, c);
            }
            Item::Perl(perl) if self.flags.has(Flags::UNICODE) => {
                let points = &mut self.stacks.classes.top().points;
                points.push_property(perl.property(), perl.negated);
            }
            Item::Perl(perl) => {
                let bytes = perl.bytes();
                if self.syntax.utf8 && !bytes.is_ascii() {
                    return Err(Fault::invalid_utf8(span));
                }
                let level = self.stacks.classes.top();
                level.bytes = level.bytes.zip(bytes, |a, b| a | b);
            }
            Item::Property(named) => {
                let property = self.folded_property(named);
                let points = &mut self.stacks.classes.top().points;
                points.push_property(property, named.negated);
            }
        }
        Ok(())
    }

    /// Adds a range to the innermost level; without Unicode its ends are bytes.
    fn push_class_range(&mut self, lo: char, hi: char) {
        let unicode = self.flags.has(Flags::UNICODE);
        let level = self.stacks.classes.top();
        if unicode {
            level.points.push_range(lo, hi);
        } else {
            level.bytes.add(lo as u8, hi as u8);
        }
    }

    fn push_posix(&mut self, map: u128, negated: bool) -> Result<(), Fault> {
        let fold = self.flags.has(Flags::CASE_INSENSITIVE);
        let unicode = self.flags.has(Flags::UNICODE);
        let level = self.stacks.classes.top();
        let open_at = level.open_at;
        if unicode {
            let mut points = Points::default();
            points.push_ascii(map);
            if fold {
                points.fold();
            }
            if negated {
                points.negate();
            }
            level.points.union(&points);
            return Ok(());
        }
        let mut bytes = Bytes::ascii(map);
        if fold {
            bytes.fold();
        }
        if negated {
            bytes.negate();
        }
        level.bytes = level.bytes.zip(bytes, |a, b| a | b);
        if self.syntax.utf8 && !bytes.is_ascii() {
            return Err(Fault::invalid_utf8(open_at..self.at));
        }
        Ok(())
    }

    /// `[:name:]`, if that is what stands here: its members, and whether it is complemented. Anything
    /// else is a class in brackets.
    fn parse_posix(&mut self) -> Option<(u128, bool)> {
        let rest = self.pattern[self.at..].strip_prefix("[:")?;
        let (negated, name) = match rest.strip_prefix('^') {
            Some(name) => (true, name),
            None => (false, rest),
        };
        // The longest name has six letters: looking further would make many brackets quadratic.
        let len = name.bytes().take(7).position(|b| b == b':')?;
        let (name, behind) = name.split_at(len);
        if !behind.starts_with(":]") {
            return None;
        }
        let members = posix(name)?;
        self.at = self.pattern.len() - behind.len() + 2;
        Some((members, negated))
    }

    pub(super) fn perl_node(&mut self, perl: Perl, at: usize) -> Result<NodeId, Fault> {
        if self.flags.has(Flags::UNICODE) {
            let property = perl.property();
            let ascii = if perl.negated {
                !property.ascii()
            } else {
                property.ascii()
            };
            let ranges_at = self.ir.ranges().len();
            let properties = [(property, perl.negated)];
            let set = Set::code_points(ascii, &properties, ranges_at, 0, false);
            return Ok(self.ir.class(set));
        }
        let bytes = perl.bytes();
        if self.syntax.utf8 && !bytes.is_ascii() {
            return Err(Fault::invalid_utf8(at..self.at));
        }
        Ok(self.ir.byte_class(bytes.0))
    }

    pub(super) fn property_node(&mut self, named: Named) -> Result<NodeId, Fault> {
        let mut points = Points::default();
        points.push_property(self.folded_property(named), named.negated);
        let set = points.finish(self.ir.ranges_mut());
        Ok(self.ir.class(set))
    }

    fn folded_property(&self, named: Named) -> Property {
        if self.flags.has(Flags::CASE_INSENSITIVE) {
            named.property.folded()
        } else {
            named.property
        }
    }

    /// Reads `.`.
    pub(super) fn parse_dot(&mut self) -> Result<(), Fault> {
        let at = self.at;
        self.at += 1;
        let line = self.syntax.line_terminator;
        let unicode = self.flags.has(Flags::UNICODE);
        let crlf = self.flags.has(Flags::CRLF);
        let all = self.flags.has(Flags::DOT_MATCHES_NEW_LINE);
        if self.syntax.utf8 && (!unicode || !line.is_ascii()) {
            return Err(Fault::invalid_utf8(at..self.at));
        }
        if unicode && !all && !crlf && !line.is_ascii() {
            return Err(Fault::line_terminator_invalid(at..self.at));
        }
        let mut bytes = Bytes([u64::MAX; 4]);
        let not: &[u8] = match (all, crlf) {
            (true, _) => &[],
            (false, true) => b"\r\n",
            (false, false) => &[line],
        };
        for &byte in not {
            bytes.0[usize::from(byte >> 6)] &= !(1 << (byte & 63));
        }
        self.end_run();
        let node = if unicode {
            let ascii = u128::from(bytes.0[0]) | u128::from(bytes.0[1]) << 64;
            let ranges_at = self.ir.ranges().len();
            // Everything above ASCII: nothing, complemented.
            self.ir
                .class(Set::code_points(ascii, &[], ranges_at, 0, true))
        } else {
            self.ir.byte_class(bytes.0)
        };
        self.push_part(node);
        Ok(())
    }
}

impl Perl {
    fn property(self) -> Property {
        [Property::DIGIT, Property::SPACE, Property::WORD][usize::from(self.kind)]
    }

    /// Its bytes, without Unicode.
    fn bytes(self) -> Bytes {
        let mut bytes = Bytes::ascii([DIGIT, SPACE, WORD][usize::from(self.kind)]);
        if self.negated {
            bytes.negate();
        }
        bytes
    }
}

const fn span(lo: u8, hi: u8) -> u128 {
    (u128::MAX >> (127 - hi)) & (u128::MAX << lo)
}

const DIGIT: u128 = span(b'0', b'9');
const SPACE: u128 = span(b'\t', b'\r') | span(b' ', b' ');
const UPPER: u128 = span(b'A', b'Z');
const LOWER: u128 = span(b'a', b'z');
const WORD: u128 = DIGIT | UPPER | LOWER | span(b'_', b'_');
const GRAPH: u128 = span(b'!', b'~');

/// The members of a POSIX class.
fn posix(name: &str) -> Option<u128> {
    Some(match name {
        "alnum" => DIGIT | UPPER | LOWER,
        "alpha" => UPPER | LOWER,
        "ascii" => u128::MAX,
        "blank" => span(b'\t', b'\t') | span(b' ', b' '),
        "cntrl" => span(0, 0x1F) | span(0x7F, 0x7F),
        "digit" => DIGIT,
        "graph" => GRAPH,
        "lower" => LOWER,
        "print" => GRAPH | span(b' ', b' '),
        "punct" => GRAPH & !(DIGIT | UPPER | LOWER),
        "space" => SPACE,
        "upper" => UPPER,
        "word" => WORD,
        "xdigit" => DIGIT | span(b'A', b'F') | span(b'a', b'f'),
        _ => return None,
    })
}
