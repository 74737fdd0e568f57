//! Classes: `.`, the Perl classes such as `\d`, `\p{…}`, and everything in brackets.
//!
//! A level is a pair of brackets. It collects the union of the items since the last operator. An operator
//! (`&&`, `--`, `~~`) makes that union the left operand; all operators bind alike, from left to right. A
//! level collects code points with Unicode and bytes without it, since flags cannot change inside brackets.
//!
//! Exercised by `tests/acceptance.rs`, `tests/meaning.rs` and `tests/depth.rs`.

use std::mem;
use std::ops::Range;

use repool_text::{Fold, Set};

use super::super::flags::Flags;
use super::super::machine::Machine;
use super::ascii::posix;
use super::escape::{Escape, Named, Perl};
use super::levels::Operator;
use crate::class::{Class, Dot, Units};
use crate::error::Fault;
use crate::tuning::RANGE_BYTES_FREE;

/// One item of a class.
#[derive(Clone, Copy, Debug)]
enum Item {
    Char(char),
    /// A character that [`Escape::Hex`] spells.
    Hex(char),
    Perl(Perl),
    Property(Named),
}

impl Machine<'_> {
    /// Reads a class. The next character must be its bracket.
    pub(super) fn parse_class(&mut self) -> Result<(), Fault> {
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
                        return self.push_class();
                    }
                }
                b'&' if doubled => self.push_operator(Operator::Intersection)?,
                b'-' if doubled => self.push_operator(Operator::Difference)?,
                b'~' if doubled => self.push_operator(Operator::SymmetricDifference)?,
                _ => self.parse_range()?,
            }
        }
    }

    /// Adds the class that was closed last. An ASCII character, as in `[.]`, joins the run.
    fn push_class(&mut self) -> Result<(), Fault> {
        let class = &mut self.stacks.classes.levels[0].class;
        if class.is_empty() {
            // This comes first, because it spells out a class that can be spelled out and so shows what it
            // is.
            self.end_run();
            let node = self.ir.fail();
            self.push_part(node);
            return Ok(());
        }
        let node = match class.units() {
            Units::CodePoints => {
                let set = class.code_point_set(self.ir.ranges_mut());
                let set = set.expect("no bytes were pushed");
                if !set.is_wide() && set.ascii().is_power_of_two() {
                    // It is one character although the class was folded, so it has no other case.
                    let c = char::from(set.ascii().trailing_zeros() as u8);
                    self.push_char(c, Fold::None);
                    return Ok(());
                }
                self.end_run();
                self.ir.class(set)
            }
            Units::Bytes => {
                let set = class.byte_set().expect("no code points were pushed");
                self.end_run();
                self.ir.byte_class(set.0)
            }
        };
        self.push_part(node);
        self.count_class_work(0)
    }

    /// The units and the fold of classes under the current flags.
    fn class_kind(&self) -> (Units, Fold) {
        if self.flags.has(Flags::UNICODE) {
            (Units::CodePoints, self.fold())
        } else {
            (Units::Bytes, self.fold())
        }
    }

    fn push_operator(&mut self, operator: Operator) -> Result<(), Fault> {
        self.at += 2;
        let (units, fold) = self.class_kind();
        let level = self.stacks.classes.top();
        level.combine();
        level.operator = Some(operator);
        mem::swap(&mut level.class, &mut level.left);
        level.class.reset(units, fold);
        let work = level.left.ranges_len();
        self.count_class_work(work)
    }

    /// Refuses classes whose lists of ranges take more than a program may, in memory or because operators
    /// walk through them again and again.
    fn count_class_work(&mut self, ranges_len: usize) -> Result<(), Fault> {
        let classes = &mut self.stacks.classes;
        classes.work += ranges_len;
        let limit = self.syntax.limits.program_bytes_max.max(RANGE_BYTES_FREE);
        let bytes = size_of_val(self.ir.ranges());
        if classes.work > limit || bytes > limit {
            return Err(Fault::too_large(self.at..self.at));
        }
        Ok(())
    }

    #[cold]
    fn class_unclosed(&mut self) -> Fault {
        let at = self.stacks.classes.top().open_at;
        Fault::class_unclosed(at..at + 1)
    }

    /// Reads the bracket, `^`, and a `-` or `]` that stands for itself at the start.
    fn open_class(&mut self) -> Result<(), Fault> {
        let at = self.at;
        let depth = self.stacks.groups.len() + self.stacks.classes.len;
        if depth as u64 >= u64::from(self.syntax.limits.nest_max) {
            return Err(Fault::nest_too_deep(at..at + 1));
        }
        let (units, fold) = self.class_kind();
        self.stacks.classes.open(at).class.reset(units, fold);
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

    /// Ends the innermost level and adds it to the level around it, if there is one.
    fn close_class(&mut self) -> Result<(), Fault> {
        let level = self.stacks.classes.top();
        level.combine();
        level.class.close(level.negated);
        let work = level.class.ranges_len();
        if self.syntax.utf8 && level.class.units() == Units::Bytes && !level.class.is_ascii() {
            return Err(Fault::invalid_utf8(level.open_at..self.at));
        }
        let classes = &mut self.stacks.classes;
        classes.len -= 1;
        if let [.., outer, inner] = &mut classes.levels[..=classes.len] {
            outer.class.union(&mut inner.class);
        }
        self.count_class_work(work)
    }

    /// Reads an item, and the rest of the range if it starts one.
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
    /// Under `(?x)` it skips white space and one `#`, but not the comment behind the `#`, as `regex-syntax`
    /// does.
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

    /// The character that an item means. A byte is the character with its number.
    fn class_literal(&self, item: Item, span: Range<usize>) -> Result<char, Fault> {
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

    fn push_class_item(&mut self, item: Item, span: Range<usize>) -> Result<(), Fault> {
        match item {
            Item::Char(_) | Item::Hex(_) => {
                let c = self.class_literal(item, span)?;
                self.push_class_range(c, c);
            }
            Item::Perl(perl) => {
                let level = self.stacks.classes.top();
                match level.class.units() {
                    Units::CodePoints => {
                        level.class.push_property(perl.property(), perl.negated);
                    }
                    Units::Bytes if perl.negated && self.syntax.utf8 => {
                        return Err(Fault::invalid_utf8(span));
                    }
                    Units::Bytes => level.class.push_ascii(perl.ascii(), perl.negated),
                }
            }
            Item::Property(Named { property, negated }) => {
                let level = self.stacks.classes.top();
                level.class.push_property(property, negated);
            }
        }
        Ok(())
    }

    /// Adds a range to the innermost level. Without Unicode its ends are bytes.
    #[inline]
    fn push_class_range(&mut self, lo: char, hi: char) {
        let level = self.stacks.classes.top();
        level.class.push_range(u32::from(lo), u32::from(hi));
    }

    fn push_posix(&mut self, map: u128, negated: bool) -> Result<(), Fault> {
        let level = self.stacks.classes.top();
        level.class.push_ascii(map, negated);
        if negated && self.syntax.utf8 && level.class.units() == Units::Bytes {
            return Err(Fault::invalid_utf8(level.open_at..self.at));
        }
        Ok(())
    }

    /// Reads `[:name:]` and returns its members and whether it is complemented. `None` if something else
    /// stands here, which is then a class in brackets.
    fn parse_posix(&mut self) -> Option<(u128, bool)> {
        let rest = self.pattern[self.at..].strip_prefix("[:")?;
        let (negated, name) = match rest.strip_prefix('^') {
            Some(name) => (true, name),
            None => (false, rest),
        };
        // The longest name has six letters. Searching further would make many brackets quadratic.
        let len = name.bytes().take(7).position(|b| b == b':')?;
        let (name, behind) = name.split_at(len);
        if !behind.starts_with(":]") {
            return None;
        }
        let members = posix(name)?;
        self.at = self.pattern.len() - behind.len() + 2;
        Some((members, negated))
    }

    /// Adds a Perl class such as `\d`, outside of brackets.
    pub(super) fn push_perl(&mut self, perl: Perl, at: usize) -> Result<(), Fault> {
        let (ascii, negated) = (perl.ascii(), perl.negated);
        if self.flags.has(Flags::UNICODE) {
            let ascii = if negated { !ascii } else { ascii };
            let properties = [(perl.property(), negated)];
            let set = Set::code_points(ascii, &properties, 0, 0, false);
            self.end_run();
            let node = self.ir.class(set);
            self.push_part(node);
            return Ok(());
        }
        if self.syntax.utf8 && negated {
            return Err(Fault::invalid_utf8(at..self.at));
        }
        self.push_lone_class(|class| class.push_ascii(ascii, negated))
    }

    /// Adds `\p{…}`, outside of brackets.
    pub(super) fn push_property(&mut self, named: Named) -> Result<(), Fault> {
        self.push_lone_class(|class| class.push_property(named.property, named.negated))
    }

    /// Adds a class outside of brackets. It is not folded. A property folds itself.
    fn push_lone_class(&mut self, push: impl FnOnce(&mut Class)) -> Result<(), Fault> {
        let (units, fold) = self.class_kind();
        let class = &mut self.stacks.classes.open(self.at).class;
        class.reset(units, fold);
        push(class);
        let work = class.ranges_len();
        self.stacks.classes.len = 0;
        self.push_class()?;
        self.count_class_work(work)
    }

    /// Reads `.`.
    pub(super) fn parse_dot(&mut self) -> Result<(), Fault> {
        let at = self.at;
        self.at += 1;
        let line = self.syntax.line_terminator;
        let unicode = self.flags.has(Flags::UNICODE);
        let dot = if self.flags.has(Flags::DOT_MATCHES_NEW_LINE) {
            Dot::Any
        } else if self.flags.has(Flags::CRLF) {
            Dot::NotCrlf
        } else {
            Dot::NotLine(line)
        };
        if self.syntax.utf8 && (!unicode || !line.is_ascii()) {
            return Err(Fault::invalid_utf8(at..self.at));
        }
        if unicode && dot == Dot::NotLine(line) && !line.is_ascii() {
            return Err(Fault::line_terminator_invalid(at..self.at));
        }
        self.push_lone_class(|class| class.push_dot(dot))
    }
}
