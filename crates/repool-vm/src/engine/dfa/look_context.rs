//! Look contexts: what assertions ask about the neighbours of a position.
//!
//! There are six kinds of neighbours. A program asks for few of them, and these get the lowest bits. So a context is a
//! small number, and tables are indexed by it.
//! Exercised by the tests below, which compare with [`Look::holds`].

use repool_text::{Look, LookSet};

/// The bit of each kind of neighbour that a program's assertions ask for; 0 for the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ContextBits {
    /// An end of the haystack.
    pub(crate) edge: u8,
    /// The line terminator.
    pub(crate) line: u8,
    /// `\n`, where `\r\n` ends a line.
    pub(crate) lf: u8,
    /// `\r`, where `\r\n` ends a line.
    pub(crate) cr: u8,
    /// An ASCII word character.
    pub(crate) ascii: u8,
    /// A Unicode word character.
    pub(crate) unicode: u8,
}

/// The number of kinds.
pub(crate) const CONTEXT_BITS: u32 = 6;

impl ContextBits {
    /// The bits for these assertions. `None` if one neighbour on each side does not decide them.
    pub(crate) fn of(looks: LookSet) -> Option<ContextBits> {
        if looks.contains(Look::EndOrFinalLine) {
            return None;
        }
        let any = |of: &[Look]| of.iter().any(|&look| looks.contains(look));
        let line = any(&[Look::StartLine, Look::EndLine]);
        let crlf = any(&[Look::StartLineCrlf, Look::EndLineCrlf]);
        let ascii = any(&[
            Look::WordAscii,
            Look::NotWordAscii,
            Look::WordStartAscii,
            Look::WordEndAscii,
            Look::WordStartHalfAscii,
            Look::WordEndHalfAscii,
        ]);
        let unicode = any(&[
            Look::WordUnicode,
            Look::NotWordUnicode,
            Look::WordStartUnicode,
            Look::WordEndUnicode,
            Look::WordStartHalfUnicode,
            Look::WordEndHalfUnicode,
        ]);
        let mut next = 1;
        let mut bit = |wanted: bool| {
            let bit = if wanted { next } else { 0 };
            next <<= u8::from(wanted);
            bit
        };
        Some(ContextBits {
            edge: bit(line || crlf || any(&[Look::Start, Look::End])),
            line: bit(line),
            lf: bit(crlf),
            cr: bit(crlf),
            ascii: bit(ascii),
            unicode: bit(unicode),
        })
    }

    /// All bits: every value is at most this.
    pub(crate) const fn mask(self) -> u8 {
        self.edge | self.line | self.lf | self.cr | self.ascii | self.unicode
    }

    /// Tells whether the assertion holds between neighbours of these bits.
    pub(crate) const fn holds(self, look: Look, before: u8, after: u8) -> bool {
        let (line, cr, lf) = (self.edge | self.line, self.cr, self.lf);
        let (ascii_before, ascii_after) = (before & self.ascii != 0, after & self.ascii != 0);
        let (word_before, word_after) = (before & self.unicode != 0, after & self.unicode != 0);
        match look {
            Look::Start => before & self.edge != 0,
            Look::End => after & self.edge != 0,
            Look::EndOrFinalLine => false,
            Look::StartLine => before & line != 0,
            Look::EndLine => after & line != 0,
            Look::StartLineCrlf => {
                before & (self.edge | lf) != 0 || before & cr != 0 && after & lf == 0
            }
            Look::EndLineCrlf => {
                after & (self.edge | cr) != 0 || after & lf != 0 && before & cr == 0
            }
            Look::WordAscii => ascii_before != ascii_after,
            Look::NotWordAscii => ascii_before == ascii_after,
            Look::WordStartAscii => !ascii_before && ascii_after,
            Look::WordEndAscii => ascii_before && !ascii_after,
            Look::WordStartHalfAscii => !ascii_before,
            Look::WordEndHalfAscii => !ascii_after,
            Look::WordUnicode => word_before != word_after,
            Look::NotWordUnicode => word_before == word_after,
            Look::WordStartUnicode => !word_before && word_after,
            Look::WordEndUnicode => word_before && !word_after,
            Look::WordStartHalfUnicode => !word_before,
            Look::WordEndHalfUnicode => !word_after,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use repool_text::{LOOKS, is_word};

    fn value(bits: ContextBits, c: Option<char>) -> u8 {
        let Some(c) = c else {
            return bits.edge;
        };
        let when = |condition: bool, bit: u8| if condition { bit } else { 0 };
        when(c == ';', bits.line)
            | when(c == '\n', bits.lf)
            | when(c == '\r', bits.cr)
            | when(c.is_ascii_alphanumeric() || c == '_', bits.ascii)
            | when(is_word(c.into()), bits.unicode)
    }

    #[test]
    fn neighbours_decide_as_the_haystack_does() {
        let sides = [
            None,
            Some('a'),
            Some('é'),
            Some(' '),
            Some(';'),
            Some('\n'),
            Some('\r'),
        ];
        for look in LOOKS {
            let Some(bits) = ContextBits::of(LookSet::default().with(look)) else {
                assert_eq!(look, Look::EndOrFinalLine);
                continue;
            };
            for before in sides {
                for after in sides {
                    let mut hay: String = before.into_iter().collect();
                    let at = hay.len();
                    hay.extend(after);
                    assert_eq!(
                        bits.holds(look, value(bits, before), value(bits, after)),
                        look.holds(hay.as_bytes(), at, b';'),
                        "{look:?} in {hay:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn values_are_small() {
        let all = LOOKS
            .into_iter()
            .filter(|&look| look != Look::EndOrFinalLine)
            .fold(LookSet::default(), LookSet::with);
        let bits = ContextBits::of(all).expect("all can be decided");
        assert_eq!(u32::from(bits.mask()), (1 << CONTEXT_BITS) - 1);
        let word = LookSet::default().with(Look::WordUnicode);
        assert_eq!(ContextBits::of(word).map(ContextBits::mask), Some(1));
        assert_eq!(
            ContextBits::of(LookSet::default()).map(ContextBits::mask),
            Some(0)
        );
    }
}
