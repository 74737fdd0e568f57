//! What `(` starts: groups, named groups, flags.
//!
//! Exercised by `tests/acceptance.rs`, `tests/groups.rs` and `tests/meaning.rs`.

use super::super::flags::Flags;
use super::super::machine::Machine;
use crate::error::Fault;

impl Machine<'_> {
    pub(super) fn parse_group(&mut self) -> Result<(), Fault> {
        let open_at = self.at;
        self.at += 1;
        self.skip_space();
        if self.peek_byte() != Some(b'?') {
            return self.open_group(open_at, true, self.flags);
        }
        let rest = &self.pattern[self.at..];
        if ["?=", "?!", "?<=", "?<!"]
            .iter()
            .any(|p| rest.starts_with(p))
        {
            return Err(Fault::look_around(open_at..self.at + 2));
        }
        for prefix in ["?P<", "?<"] {
            if rest.starts_with(prefix) {
                self.at += prefix.len();
                let (at, end) = self.parse_name()?;
                self.open_group(open_at, true, self.flags)?;
                self.name_group(at, end);
                return Ok(());
            }
        }
        let flags_at = self.at;
        self.at += 1;
        let flags = self.parse_flags(open_at)?;
        if self.peek_byte() == Some(b':') {
            self.at += 1;
            return self.open_group(open_at, false, flags);
        }
        if self.at == flags_at + 1 {
            // `(?)` counts as a repetition of nothing.
            return Err(Fault::repetition_missing(flags_at..flags_at + 1));
        }
        self.at += 1;
        // The next characters may have another fold.
        self.end_run();
        self.flags = flags;
        self.repeatable = false;
        Ok(())
    }

    /// Reads a name and its `>`. Returns the place of the name.
    fn parse_name(&mut self) -> Result<(usize, usize), Fault> {
        let at = self.at;
        while let Some(c) = self.peek_char() {
            let end = self.at;
            let valid = match c {
                '>' if end > at => {
                    self.at += 1;
                    return Ok((at, end));
                }
                '_' => true,
                '.' | '[' | ']' => end > at,
                c if end > at => c.is_alphanumeric(),
                c => c.is_alphabetic(),
            };
            if !valid {
                return Err(Fault::group_name_invalid(end..end + c.len_utf8()));
            }
            self.at += c.len_utf8();
        }
        Err(Fault::group_name_invalid(at..self.at))
    }

    /// Reads flags up to `:` or `)` and returns those in force behind them.
    fn parse_flags(&mut self, open_at: usize) -> Result<Flags, Fault> {
        let mut flags = self.flags;
        let mut seen = Flags::default();
        let mut on = true;
        let mut dangling = false;
        loop {
            let flag = match self.peek_byte() {
                Some(b':' | b')') if !dangling => return Ok(flags),
                Some(b'-') if on => {
                    on = false;
                    dangling = true;
                    self.at += 1;
                    continue;
                }
                Some(b'i') => Flags::CASE_INSENSITIVE,
                Some(b'm') => Flags::MULTI_LINE,
                Some(b's') => Flags::DOT_MATCHES_NEW_LINE,
                Some(b'U') => Flags::SWAP_GREED,
                Some(b'u') => Flags::UNICODE,
                Some(b'R') => Flags::CRLF,
                Some(b'x') => Flags::IGNORE_WHITESPACE,
                Some(_) => return Err(Fault::flag_invalid(self.at..self.at + 1)),
                None => return Err(Fault::group_unclosed(open_at..open_at + 1)),
            };
            if seen.has(flag) {
                return Err(Fault::flag_invalid(self.at..self.at + 1));
            }
            seen = seen.with(flag, true);
            flags = flags.with(flag, on);
            dangling = false;
            self.at += 1;
        }
    }
}
