//! A parsed pattern means what the HIR of `regex-syntax` means.
//!
//! One simple, exponential matcher runs both trees. It lists *all* ways to match in order of priority,
//! captures included. The facts of the IR are compared with what the matcher found, and with the properties
//! of the HIR.

mod common;

use common::{Rng, SYNTAXES, authority, corpora, generated_len, odd_forms, random_pattern, syntax};
use regex_syntax::hir::{self, Hir, HirKind};
use repool_syntax::{Greed, Ir, Node, NodeId, Stepping, Syntax, UNBOUNDED, parse};
use repool_text::{Fold, Look, decode, orbit};

/// Where a match ends, and the bounds of its groups.
type Way = (usize, Vec<Option<(usize, usize)>>);

/// Steps after which a case is given up. There are thousands of cases.
const STEPS_MAX: usize = 20_000;

/// One of the two trees, as the matcher uses it.
trait Tree: Copy {
    fn kind(self) -> Kind<Self>;
}

/// The length of what is consumed at a place; `None` if nothing is.
type Step = Box<dyn Fn(&[u8], usize) -> Option<usize>>;

enum Kind<T> {
    Empty,
    One(Step),
    Look(Look),
    Concat(Vec<T>),
    Alternation(Vec<T>),
    Repeat(T, u32, Option<u32>, bool),
    Group(T, usize),
}

struct Matcher<'h> {
    haystack: &'h [u8],
    line: u8,
    steps: usize,
}

impl Matcher<'_> {
    /// All ways to match from `at`, the preferred one first. Each end with its captures comes once.
    fn ways<T: Tree>(&mut self, tree: T, way: &Way) -> Option<Vec<Way>> {
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return None;
        }
        let at = way.0;
        let mut ways = match tree.kind() {
            Kind::Empty => vec![way.clone()],
            Kind::One(step) => match step(self.haystack, at) {
                Some(len) => vec![(at + len, way.1.clone())],
                None => vec![],
            },
            Kind::Look(look) if look.holds(self.haystack, at, self.line) => vec![way.clone()],
            Kind::Look(_) => vec![],
            Kind::Concat(parts) => {
                let mut ways = vec![way.clone()];
                for part in parts {
                    let mut next = vec![];
                    for way in &ways {
                        next.extend(self.ways(part, way)?);
                    }
                    ways = next;
                    dedup(&mut ways);
                }
                ways
            }
            Kind::Alternation(branches) => {
                let mut ways = vec![];
                for branch in branches {
                    ways.extend(self.ways(branch, way)?);
                }
                ways
            }
            Kind::Repeat(child, min, max, greedy) => {
                self.repeat(child, min, max, greedy, 0, way)?
            }
            Kind::Group(child, index) => {
                let mut ways = self.ways(child, way)?;
                for (end, groups) in &mut ways {
                    if groups.len() <= index {
                        groups.resize(index + 1, None);
                    }
                    groups[index] = Some((at, *end));
                }
                ways
            }
        };
        dedup(&mut ways);
        Some(ways)
    }

    fn repeat<T: Tree>(
        &mut self,
        child: T,
        min: u32,
        max: Option<u32>,
        greedy: bool,
        done: u32,
        way: &Way,
    ) -> Option<Vec<Way>> {
        let mut ways = vec![];
        if done < max.unwrap_or(u32::MAX) {
            for next in self.ways(child, way)? {
                // An iteration that consumes nothing ends the loop once `min` is reached.
                if next.0 == way.0 && done >= min {
                    if max.is_none() || max == Some(1) {
                        ways.push(next);
                    }
                } else {
                    ways.extend(self.repeat(child, min, max, greedy, done + 1, &next)?);
                }
            }
        }
        if done >= min {
            if greedy {
                ways.push(way.clone());
            } else {
                ways.insert(0, way.clone());
            }
        }
        dedup(&mut ways);
        Some(ways)
    }
}

fn dedup(ways: &mut Vec<Way>) {
    let mut seen = std::collections::HashSet::new();
    ways.retain(|way| seen.insert(way.clone()));
}

#[derive(Clone, Copy)]
struct Ours<'a>(&'a Ir, NodeId);

impl Tree for Ours<'_> {
    fn kind(self) -> Kind<Self> {
        let Ours(ir, id) = self;
        let list = |at, len| ir.children(at, len).iter().map(|&c| Ours(ir, c)).collect();
        match ir.node(id) {
            Node::Empty => Kind::Empty,
            Node::Fail => Kind::Alternation(vec![]),
            Node::Literal { at, len, fold } => {
                let literal = ir.literal(at, len).to_vec();
                Kind::One(Box::new(move |haystack, at| {
                    literal_len(&literal, fold, haystack, at)
                }))
            }
            Node::Set(index) => {
                let (set, ranges) = (ir.set(index), ir.ranges().to_vec());
                let bytes = ir.stepping() == Stepping::Bytes;
                Kind::One(Box::new(move |haystack, at| {
                    if bytes {
                        let byte = *haystack.get(at)?;
                        return set.contains_byte(byte).then_some(1);
                    }
                    let c = decode(haystack, at)?;
                    set.contains(&ranges, c.c).then_some(c.len)
                }))
            }
            Node::Look(look) => Kind::Look(look),
            Node::Concat { at, len } => Kind::Concat(list(at, len)),
            Node::Alternation { at, len } => Kind::Alternation(list(at, len)),
            Node::Repeat {
                child,
                min,
                max,
                greed,
            } => {
                let max = (max != UNBOUNDED).then_some(max);
                Kind::Repeat(Ours(ir, child), min, max, greed == Greed::Greedy)
            }
            Node::Group { child, index } => Kind::Group(Ours(ir, child), index as usize),
            other => panic!("the Rust dialect has no {other:?}"),
        }
    }
}

/// The length of what a literal matches; `None` if it does not match.
fn literal_len(literal: &[u8], fold: Fold, haystack: &[u8], at: usize) -> Option<usize> {
    if fold == Fold::None {
        return haystack[at..].starts_with(literal).then_some(literal.len());
    }
    if fold == Fold::Ascii {
        let got = haystack.get(at..at + literal.len())?;
        let equal = literal.iter().zip(got).all(|(want, got)| {
            assert!(!want.is_ascii_uppercase(), "canonical under the fold");
            *want == got.to_ascii_lowercase()
        });
        return equal.then_some(literal.len());
    }
    let (mut from, mut to) = (0, at);
    while let Some(want) = decode(literal, from) {
        let got = decode(haystack, to)?;
        let c = char::from_u32(want.c).expect("literals folded by Unicode are text");
        assert_eq!(c, repool_text::canonical(c), "canonical under the fold");
        if got.c != want.c && !orbit(c).iter().any(|&c| c as u32 == got.c) {
            return None;
        }
        from += want.len;
        to += got.len;
    }
    Some(to - at)
}

#[derive(Clone, Copy)]
struct Theirs<'a>(&'a Hir);

impl<'a> Tree for Theirs<'a> {
    fn kind(self) -> Kind<Self> {
        let list = |subs: &'a [Hir]| subs.iter().map(Theirs).collect();
        match self.0.kind() {
            HirKind::Empty => Kind::Empty,
            HirKind::Literal(literal) => {
                let literal = literal.0.to_vec();
                Kind::One(Box::new(move |haystack, at| {
                    haystack[at..]
                        .starts_with(&literal)
                        .then_some(literal.len())
                }))
            }
            HirKind::Class(hir::Class::Unicode(class)) => {
                let class = class.clone();
                Kind::One(Box::new(move |haystack, at| {
                    let c = decode(haystack, at)?;
                    let c_char = char::from_u32(c.c)?;
                    let inside =
                        |r: &hir::ClassUnicodeRange| r.start() <= c_char && c_char <= r.end();
                    class.ranges().iter().any(inside).then_some(c.len)
                }))
            }
            HirKind::Class(hir::Class::Bytes(class)) => {
                let class = class.clone();
                Kind::One(Box::new(move |haystack, at| {
                    let byte = *haystack.get(at)?;
                    let inside = |r: &hir::ClassBytesRange| r.start() <= byte && byte <= r.end();
                    class.ranges().iter().any(inside).then_some(1)
                }))
            }
            HirKind::Look(look) => Kind::Look(our_look(*look)),
            HirKind::Concat(subs) => Kind::Concat(list(subs)),
            HirKind::Alternation(subs) => Kind::Alternation(list(subs)),
            HirKind::Repetition(r) => Kind::Repeat(Theirs(&r.sub), r.min, r.max, r.greedy),
            HirKind::Capture(c) => Kind::Group(Theirs(&c.sub), c.index as usize),
        }
    }
}

fn our_look(look: hir::Look) -> Look {
    match look {
        hir::Look::Start => Look::Start,
        hir::Look::End => Look::End,
        hir::Look::StartLF => Look::StartLine,
        hir::Look::EndLF => Look::EndLine,
        hir::Look::StartCRLF => Look::StartLineCrlf,
        hir::Look::EndCRLF => Look::EndLineCrlf,
        hir::Look::WordAscii => Look::WordAscii,
        hir::Look::WordAsciiNegate => Look::NotWordAscii,
        hir::Look::WordUnicode => Look::WordUnicode,
        hir::Look::WordUnicodeNegate => Look::NotWordUnicode,
        hir::Look::WordStartAscii => Look::WordStartAscii,
        hir::Look::WordEndAscii => Look::WordEndAscii,
        hir::Look::WordStartUnicode => Look::WordStartUnicode,
        hir::Look::WordEndUnicode => Look::WordEndUnicode,
        hir::Look::WordStartHalfAscii => Look::WordStartHalfAscii,
        hir::Look::WordEndHalfAscii => Look::WordEndHalfAscii,
        hir::Look::WordStartHalfUnicode => Look::WordStartHalfUnicode,
        hir::Look::WordEndHalfUnicode => Look::WordEndHalfUnicode,
    }
}

const PIECES: &[&[u8]] = &[
    b"a",
    b"a",
    b"b",
    b"ab",
    b"A",
    b"k",
    b"K",
    b"s",
    "\u{212A}".as_bytes(),
    "é".as_bytes(),
    "É".as_bytes(),
    "ß".as_bytes(),
    "☃".as_bytes(),
    b"1",
    b"_",
    b" ",
    b"\n",
    b"\r",
    b"\r\n",
];
const BROKEN: &[&[u8]] = &[b"\xFF", b"\xC3", b"\xA9", b"\xE2\x98"];

fn haystack(rng: &mut Rng, utf8: bool) -> Vec<u8> {
    let mut haystack = vec![];
    for _ in 0..rng.below(6) {
        let pieces = if !utf8 && rng.one_in(4) {
            BROKEN
        } else {
            PIECES
        };
        haystack.extend_from_slice(pieces[rng.below(pieces.len())]);
    }
    haystack
}

/// Compares one pattern on some haystacks. Returns whether it was comparable.
fn check(pattern: &str, syntax: &Syntax, ir: &mut Ir, rng: &mut Rng) -> bool {
    let Ok(hir) = authority(pattern, syntax) else {
        return false;
    };
    parse(pattern, syntax, ir).expect("accepted");
    check_names(pattern, ir, &hir);
    if ir.stepping() == Stepping::Delegated {
        assert!(!syntax.utf8, "{pattern:?} {syntax:?}");
        return false;
    }
    check_facts(pattern, syntax, ir, &hir);
    for _ in 0..6 {
        let haystack = haystack(rng, syntax.utf8);
        let start = rng.below(haystack.len() + 1);
        if syntax.utf8 && !repool_text::is_boundary(&haystack, start) {
            continue;
        }
        check_ways(pattern, syntax, ir, &hir, &haystack, start);
    }
    true
}

fn check_ways(pattern: &str, syntax: &Syntax, ir: &Ir, hir: &Hir, haystack: &[u8], start: usize) {
    let line = syntax.line_terminator;
    let from = (start, vec![]);
    let matcher = || Matcher {
        haystack,
        line,
        steps: 0,
    };
    let ours = matcher().ways(Ours(ir, ir.root()), &from);
    let theirs = matcher().ways(Theirs(hir), &from);
    let (Some(ours), Some(theirs)) = (ours, theirs) else {
        return;
    };
    let case = || format!("{pattern:?} {syntax:?} on {haystack:?} at {start}\n{ir}");
    assert_eq!(ours, theirs, "{}", case());
    let facts = ir.facts(ir.root());
    for (end, _) in ours {
        let len = (end - start) as u32;
        assert!(facts.len_min <= len && len <= facts.len_max, "{}", case());
        assert!(!facts.anchored_start || start == 0, "{}", case());
        assert!(!facts.anchored_end || end == haystack.len(), "{}", case());
        if len > 0 {
            let first = haystack[start];
            let expected = match first {
                0..0x80 => facts.first.ascii >> first & 1 != 0,
                _ => facts.first.wide,
            };
            assert!(expected, "first of {}", case());
        }
    }
}

fn check_facts(pattern: &str, syntax: &Syntax, ir: &Ir, hir: &Hir) {
    let facts = ir.facts(ir.root());
    let properties = hir.properties();
    let case = || format!("{pattern:?} {syntax:?} {facts:?}\n{ir}");
    // A tree that cannot match has no least length in the HIR. The IR has 0.
    if let Some(min) = properties.minimum_len() {
        assert!(facts.len_min as usize <= min, "{}", case());
    }
    match properties.maximum_len() {
        Some(max) => assert!(facts.len_max as usize >= max, "{}", case()),
        None if properties.minimum_len().is_some() => {
            assert!(facts.len_max == UNBOUNDED || has_fail(hir), "{}", case());
        }
        None => {}
    }
    let theirs = properties.look_set().iter().map(our_look);
    let theirs = theirs.fold(0, |set, look| set | 1u32 << look as u32);
    assert_eq!(facts.looks.0 & !theirs, 0, "{}", case());
    assert!(has_fail(hir) || facts.looks.0 == theirs, "{}", case());
}

fn has_fail(hir: &Hir) -> bool {
    let mut stack = vec![hir];
    while let Some(hir) = stack.pop() {
        if hir.properties().minimum_len().is_none() {
            return true;
        }
        stack.extend(hir.kind().subs());
    }
    false
}

fn check_names(pattern: &str, ir: &Ir, hir: &Hir) {
    let mut stack = vec![hir];
    while let Some(hir) = stack.pop() {
        stack.extend(hir.kind().subs());
        if let HirKind::Capture(capture) = hir.kind() {
            assert!(capture.index < ir.group_len());
            let name = ir.names().iter().find(|name| name.index == capture.index);
            let name = name.map(|name| &pattern[name.span.clone()]);
            assert_eq!(name, capture.name.as_deref());
        }
    }
    assert!(ir.group_len() as usize > hir.properties().explicit_captures_len());
    assert!(ir.names().is_sorted_by_key(|name| name.index));
}

#[test]
fn odd_forms_mean_the_same() {
    let (mut ir, mut rng) = (Ir::new(), Rng::new(11));
    for pattern in odd_forms() {
        for _ in 0..8 {
            let syntax = syntax(rng.below(SYNTAXES));
            check(&pattern, &syntax, &mut ir, &mut rng);
        }
        for i in 0..4 {
            check(&pattern, &syntax(i), &mut ir, &mut rng);
        }
    }
}

#[test]
fn generated_patterns_mean_the_same() {
    let (mut ir, mut rng) = (Ir::new(), Rng::new(12));
    let mut compared = 0;
    for _ in 0..generated_len() {
        let pattern = random_pattern(&mut rng, 3);
        let i = if rng.one_in(2) {
            rng.below(4)
        } else {
            rng.below(SYNTAXES)
        };
        compared += usize::from(check(&pattern, &syntax(i), &mut ir, &mut rng));
    }
    assert!(compared * 4 > generated_len(), "only {compared} compared");
}

#[test]
fn corpora_mean_the_same() {
    let (mut ir, mut rng) = (Ir::new(), Rng::new(13));
    for pattern in corpora() {
        for i in [0, 2, 4, 7] {
            check(&pattern, &syntax(i), &mut ir, &mut rng);
        }
    }
}
