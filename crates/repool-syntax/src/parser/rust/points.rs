use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};
use repool_text::{Property, Set, pack_range};

#[derive(Debug)]
pub(super) struct Points(ClassUnicode);
impl Default for Points {
    fn default() -> Self {
        Points(ClassUnicode::empty())
    }
}
impl Points {
    pub(super) fn clear(&mut self) {
        self.0 = ClassUnicode::empty();
    }
    pub(super) fn push_range(&mut self, lo: char, hi: char) {
        self.0.push(ClassUnicodeRange::new(lo, hi));
    }
    pub(super) fn push_ascii(&mut self, map: u128) {
        for c in (0..128u8).filter(|c| map >> c & 1 != 0) {
            self.push_range(c as char, c as char);
        }
    }
    pub(super) fn push_property(&mut self, p: Property, negated: bool) {
        let f = |c: u32, d: char| char::from_u32(c).unwrap_or(d);
        let mut class = ClassUnicode::new(
            p.ranges()
                .iter()
                .map(|&(l, h)| ClassUnicodeRange::new(f(l, '\u{E000}'), f(h, '\u{D7FF}'))),
        );
        if negated {
            class.negate();
        }
        self.0.union(&class);
    }
    pub(super) fn union(&mut self, o: &Points) {
        self.0.union(&o.0);
    }
    pub(super) fn intersect(&mut self, o: &Points) {
        self.0.intersect(&o.0);
    }
    pub(super) fn difference(&mut self, o: &Points) {
        self.0.difference(&o.0);
    }
    pub(super) fn symmetric_difference(&mut self, o: &Points) {
        self.0.symmetric_difference(&o.0);
    }
    pub(super) fn fold(&mut self) {
        self.0.case_fold_simple();
    }
    pub(super) fn negate(&mut self) {
        self.0.negate();
    }
    pub(super) fn finish(&self, ranges: &mut Vec<u64>) -> Set {
        let at = ranges.len();
        let mut ascii = 0u128;
        for r in self.0.ranges() {
            for c in r.start() as u32..=(r.end() as u32).min(127) {
                ascii |= 1 << c;
            }
            if r.end() as u32 >= 128 {
                ranges.push(pack_range((r.start() as u32).max(128), r.end() as u32));
            }
        }
        Set::code_points(ascii, &[], at, ranges.len() - at, false)
    }
    pub(super) fn scratch_bytes(&self) -> usize {
        0
    }
}
