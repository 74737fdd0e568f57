//! Generated classes against `regex-syntax`. Each class goes to its parser as text, and to [`Class`] as
//! calls. Then every border of both answers is compared, since neither can change between borders.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{self, HirKind};
use repool_text::{Fold, Property, Set, orbit, property_class, unpack_range};

use super::{Class, Dot, Units};

/// An item between brackets, as the parser would read it.
#[derive(Clone, Debug)]
enum Item {
    Range(u32, u32),
    Property(&'static str),
    /// A POSIX class: its name, its members, and whether it is complemented.
    Ascii(&'static str, u128, bool),
    Bracket(Box<Bracket>),
}

#[derive(Clone, Debug)]
struct Bracket {
    negated: bool,
    first: Vec<Item>,
    /// All operators bind alike, from left to right.
    rest: Vec<(&'static str, Vec<Item>)>,
}

#[derive(Clone, Copy, Debug)]
struct Mode {
    units: Units,
    ignore_case: bool,
}

impl Mode {
    fn fold(self) -> Fold {
        match self.ignore_case {
            false => Fold::None,
            true => Fold::Unicode,
        }
    }
}

const PROPERTIES: [&str; 24] = [
    r"\w",
    r"\W",
    r"\d",
    r"\D",
    r"\s",
    r"\S",
    r"\w",
    r"\d",
    r"\s",
    r"\p{L}",
    r"\P{L}",
    r"\p{Lu}",
    r"\P{Lu}",
    r"\p{Ll}",
    r"\p{Greek}",
    r"\P{Greek}",
    r"\p{Cyrillic}",
    r"\p{Zl}",
    r"\P{Zl}",
    r"\p{Any}",
    r"\P{Any}",
    r"\p{ASCII}",
    r"\p{scx!=Greek}",
    r"\p{Lt}",
];
const PERL: [&str; 6] = [r"\w", r"\W", r"\d", r"\D", r"\s", r"\S"];

const fn ascii_range(lo: u8, hi: u8) -> u128 {
    (u128::MAX >> (127 - (hi - lo))) << lo
}

const ASCII_CLASSES: [(&str, u128); 5] = [
    ("lower", ascii_range(b'a', b'z')),
    ("upper", ascii_range(b'A', b'Z')),
    ("digit", ascii_range(b'0', b'9')),
    ("ascii", u128::MAX),
    ("blank", 1 << b' ' | 1 << b'\t'),
];

/// Characters at which something changes: case, planes, orbits across ASCII's border. None is next to the
/// surrogates, since `regex-syntax` complements `[\x{D7FF}\x{E000}]` to a class that has U+D7FF.
const CHARACTERS: [u32; 36] = [
    0, 0x0A, 0x0D, 0x20, 0x2D, 0x30, 0x35, 0x39, 0x41, 0x4B, 0x53, 0x5A, 0x5D, 0x5F, 0x61, 0x6B,
    0x73, 0x7A, 0x7F, 0x80, 0xB5, 0xC5, 0xDF, 0xE9, 0xFF, 0x17F, 0x3A3, 0x3C2, 0x1E9E, 0x212A,
    0xD7FE, 0xE001, 0xFFFF, 0x1_0000, 0x1_E943, 0x10_FFFF,
];

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % n
    }

    fn character(&mut self, units: Units) -> u32 {
        match units {
            Units::CodePoints => CHARACTERS[self.below(CHARACTERS.len())],
            Units::Bytes => CHARACTERS[self.below(25)],
        }
    }

    fn item(&mut self, units: Units, depth: usize) -> Item {
        match self.below(if depth > 0 { 8 } else { 7 }) {
            0..3 => {
                let (a, b) = (self.character(units), self.character(units));
                if self.below(2) == 0 {
                    Item::Range(a, a)
                } else {
                    Item::Range(a.min(b), a.max(b))
                }
            }
            3..6 if units == Units::Bytes => Item::Property(PERL[self.below(PERL.len())]),
            3..6 => Item::Property(PROPERTIES[self.below(PROPERTIES.len())]),
            6 => {
                let (name, map) = ASCII_CLASSES[self.below(ASCII_CLASSES.len())];
                Item::Ascii(name, map, self.below(2) == 0)
            }
            _ => Item::Bracket(Box::new(self.bracket(units, depth - 1))),
        }
    }

    fn items(&mut self, units: Units, depth: usize) -> Vec<Item> {
        (0..=self.below(4))
            .map(|_| self.item(units, depth))
            .collect()
    }

    fn bracket(&mut self, units: Units, depth: usize) -> Bracket {
        let operators = self.below(4).saturating_sub(1);
        Bracket {
            negated: self.below(3) == 0,
            first: self.items(units, depth),
            rest: (0..operators)
                .map(|_| (["&&", "--", "~~"][self.below(3)], self.items(units, depth)))
                .collect(),
        }
    }
}

fn push(class: &mut Class, c: u32) {
    class.push_range(c, c);
}

/// The text of a class.
fn write(bracket: &Bracket, units: Units, text: &mut String) {
    use std::fmt::Write;
    let character = |c: &u32| match units {
        Units::CodePoints => format!(r"\x{{{c:X}}}"),
        Units::Bytes => format!(r"\x{c:02X}"),
    };
    let items = |items: &[Item], text: &mut String| {
        for item in items {
            match item {
                Item::Range(lo, hi) if lo == hi => text.push_str(&character(lo)),
                Item::Range(lo, hi) => write!(text, "{}-{}", character(lo), character(hi)).unwrap(),
                Item::Property(class) => text.push_str(class),
                Item::Ascii(name, _, false) => write!(text, "[:{name}:]").unwrap(),
                Item::Ascii(name, _, true) => write!(text, "[:^{name}:]").unwrap(),
                Item::Bracket(bracket) => self::write(bracket, units, text),
            }
        }
    };
    text.push('[');
    if bracket.negated {
        text.push('^');
    }
    items(&bracket.first, text);
    for (operator, operand) in &bracket.rest {
        text.push_str(operator);
        items(operand, text);
    }
    text.push(']');
}

/// The calls for a class.
fn read(bracket: &Bracket, mode: Mode) -> Class {
    let mut class = read_items(&bracket.first, mode);
    for (operator, operand) in &bracket.rest {
        let mut operand = read_items(operand, mode);
        match *operator {
            "&&" => class.intersect(&mut operand),
            "--" => class.subtract(&mut operand),
            _ => class.symmetric_difference(&mut operand),
        }
    }
    class.close(bracket.negated);
    class
}

fn read_items(items: &[Item], mode: Mode) -> Class {
    // Members that the class held before must not show.
    let mut class = Class::default();
    class.reset(Units::CodePoints, Fold::Unicode);
    class.push_range(0, 0x3000);
    class.push_property(Property::WORD, true);
    class.close(true);
    class.reset(mode.units, mode.fold());
    for item in items {
        match item {
            Item::Range(lo, hi) if lo == hi => push(&mut class, *lo),
            Item::Range(lo, hi) => class.push_range(*lo, *hi),
            Item::Property(text) => {
                let (property, not) = property_class(text).unwrap();
                if mode.units == Units::Bytes {
                    class.push_ascii(property.ascii(), not);
                } else {
                    class.push_property(property, not);
                }
            }
            Item::Ascii(_, map, negated) => class.push_ascii(*map, *negated),
            Item::Bracket(bracket) => class.union(&mut read(bracket, mode)),
        }
    }
    class
}

/// The members that `regex-syntax` finds, as ranges.
fn oracle(text: &str, mode: Mode) -> Vec<(u32, u32)> {
    let hir = ParserBuilder::new()
        .utf8(false)
        .unicode(mode.units == Units::CodePoints)
        .case_insensitive(mode.ignore_case)
        .build()
        .parse(text)
        .unwrap_or_else(|error| panic!("{text}: {error}"));
    match hir.kind() {
        HirKind::Class(hir::Class::Unicode(class)) => class
            .iter()
            .map(|r| (r.start().into(), r.end().into()))
            .collect(),
        HirKind::Class(hir::Class::Bytes(class)) => class
            .iter()
            .map(|r| (r.start().into(), r.end().into()))
            .collect(),
        HirKind::Literal(literal) if mode.units == Units::Bytes => {
            literal.0.iter().map(|&b| (b.into(), b.into())).collect()
        }
        HirKind::Literal(literal) => {
            let text = str::from_utf8(&literal.0).unwrap();
            text.chars().map(|c| (c.into(), c.into())).collect()
        }
        _ => panic!("{text} is no class"),
    }
}

fn is_member(ranges: &[(u32, u32)], c: u32) -> bool {
    let i = ranges.partition_point(|r| r.1 < c);
    ranges.get(i).is_some_and(|r| r.0 <= c)
}

/// Compares a class with the ranges it must have.
fn check(name: &str, mut class: Class, expected: &[(u32, u32)], mode: Mode) {
    check_queries(name, &mut class, expected);
    if mode.units == Units::Bytes {
        let set = class.byte_set().expect("bytes");
        for b in 0..=255 {
            assert_eq!(
                set.contains_byte(b),
                is_member(expected, b.into()),
                "{b:X} in {name}"
            );
        }
        return;
    }
    let mut ranges = vec![0xDEAD];
    let set = class.code_point_set(&mut ranges).expect("code points");
    assert_eq!(
        class.byte_set().is_some(),
        expected.iter().all(|r| r.1 < 0x80),
        "{name}"
    );
    let len = |&(lo, hi): &(u32, u32)| hi - lo + 1;
    if expected.iter().map(len).sum::<u32>() <= 4 {
        assert_eq!(set.properties().count(), 0, "{name} is not listed");
    }
    let borders = expected.iter().copied();
    for (lo, hi) in borders.chain(borders_of(&set, &ranges)) {
        for c in [lo.saturating_sub(1), lo, hi, (hi + 1).min(0x10_FFFF)] {
            if char::from_u32(c).is_some() {
                let expected = is_member(expected, c);
                assert_eq!(
                    set.contains(&ranges, c),
                    expected,
                    "{c:X} in {name} {set:?}"
                );
            }
        }
    }
    for c in 0..0x80 {
        assert_eq!(
            set.contains(&ranges, c),
            is_member(expected, c),
            "{c:X} in {name}"
        );
    }
}

fn borders_of(set: &Set, ranges: &[u64]) -> Vec<(u32, u32)> {
    let listed = &ranges[set.ranges_at()..][..set.ranges_len()];
    let listed: Vec<_> = listed.iter().map(|&r| unpack_range(r)).collect();
    assert!(
        listed
            .iter()
            .all(|&(lo, hi)| 0x80 <= lo && lo <= hi && hi <= 0x10_FFFF),
        "{listed:?}"
    );
    assert!(listed.windows(2).all(|w| w[0].1 + 1 < w[1].0), "{listed:?}");
    let named = set
        .properties()
        .flat_map(|(property, _)| property.ranges().iter().copied());
    listed.into_iter().chain(named).collect()
}

fn check_queries(name: &str, class: &mut Class, expected: &[(u32, u32)]) {
    assert_eq!(class.is_empty(), expected.is_empty(), "{name}");
    assert_eq!(
        class.is_ascii(),
        expected.iter().all(|r| r.1 < 0x80),
        "{name}"
    );
}

fn generated(seed: u64, count: usize, mode: Mode) {
    let mut random = Random(seed);
    for _ in 0..count {
        let bracket = random.bracket(mode.units, 3);
        let mut text = String::new();
        write(&bracket, mode.units, &mut text);
        let expected = oracle(&text, mode);
        check(
            &format!("{text} {mode:?}"),
            read(&bracket, mode),
            &expected,
            mode,
        );
    }
}

#[test]
fn generated_classes_of_code_points() {
    generated(
        0x1234_5678_9ABC_DEF1,
        2500,
        Mode {
            units: Units::CodePoints,
            ignore_case: false,
        },
    );
}

#[test]
fn generated_classes_of_code_points_without_case() {
    // There are fewer cases, since `regex-syntax` folds one code point at a time.
    generated(
        0x0FED_CBA9_8765_4321,
        300,
        Mode {
            units: Units::CodePoints,
            ignore_case: true,
        },
    );
}

#[test]
fn generated_classes_of_bytes() {
    for ignore_case in [false, true] {
        generated(
            0xABCD_EF01_2345_6789,
            3000,
            Mode {
                units: Units::Bytes,
                ignore_case,
            },
        );
    }
}

/// Builds a class outside of brackets by calls.
fn alone(mode: Mode, push: impl FnOnce(&mut Class)) -> Class {
    let mut class = Class::default();
    class.reset(mode.units, mode.fold());
    push(&mut class);
    class.close(false);
    class
}

#[test]
fn every_property_alone() {
    for ignore_case in [false, true] {
        let mode = Mode {
            units: Units::CodePoints,
            ignore_case,
        };
        for text in PROPERTIES {
            let (property, not) = property_class(text).unwrap();
            let class = alone(mode, |class| class.push_property(property, not));
            check(text, class, &oracle(text, mode), mode);
            // In brackets, `regex-syntax` also folds a class that it takes to be closed outside of them.
            let class = alone(mode, |class| class.push_property(property, not));
            check(text, class, &oracle(&format!("[{text}]"), mode), mode);
        }
    }
}

#[test]
fn every_orbit() {
    let mode = Mode {
        units: Units::CodePoints,
        ignore_case: true,
    };
    let cased = (0..0x1_F000).filter_map(char::from_u32);
    for c in cased.filter(|&c| !orbit(c).is_empty()) {
        let class = alone(mode, |class| push(class, c.into()));
        let expected: Vec<_> = orbit(c).iter().map(|&c| (c.into(), c.into())).collect();
        check("orbit", class, &expected, mode);
    }
}

#[test]
fn dots() {
    let dot = |text: &str, units, push| {
        let mode = Mode {
            units,
            ignore_case: true,
        };
        let class = alone(mode, |class| class.push_dot(push));
        check(text, class, &oracle(text, mode), mode);
    };
    for units in [Units::CodePoints, Units::Bytes] {
        dot(".", units, Dot::NotLine(b'\n'));
        dot("(?s).", units, Dot::Any);
        dot("(?R).", units, Dot::NotCrlf);
    }
    let mut class = Class::default();
    class.reset(Units::Bytes, Fold::None);
    class.push_dot(Dot::NotLine(0xFF));
    let all_but_last = [u64::MAX, u64::MAX, u64::MAX, u64::MAX >> 1];
    assert_eq!(class.byte_set(), Some(Set::bytes(all_but_last)));
}

/// The set and its ranges of a class in brackets.
fn finished(text: &str, read: impl FnOnce(&mut Class)) -> (Set, Vec<u64>) {
    let mut class = Class::default();
    class.reset(Units::CodePoints, Fold::None);
    read(&mut class);
    let mut ranges = Vec::new();
    let set = class
        .code_point_set(&mut ranges)
        .unwrap_or_else(|| panic!("{text}"));
    (set, ranges)
}

#[test]
fn usual_classes_stay_names() {
    type Parts = &'static [(Property, bool)];
    let classes: [(&str, Parts, bool); 7] = [
        (
            r"[\w\s.-]",
            &[(Property::WORD, false), (Property::SPACE, false)],
            false,
        ),
        (
            r"[^\w\s]",
            &[(Property::WORD, false), (Property::SPACE, false)],
            true,
        ),
        (r"[^\w]", &[(Property::WORD, true)], false),
        (r"[\w\d]", &[(Property::WORD, false)], false),
        (r"[\d\w]", &[(Property::WORD, false)], false),
        (
            r"[^\W\d]",
            &[(Property::WORD, true), (Property::DIGIT, false)],
            true,
        ),
        (r"[\s\S]", &[], true),
    ];
    for (text, expected, negated) in classes {
        let (set, ranges) = finished(text, |class| {
            let inner = text.trim_matches(['[', ']', '^']).replace(".-", "");
            for at in (0..inner.len()).step_by(2) {
                let (property, not) = property_class(&inner[at..at + 2]).unwrap();
                class.push_property(property, not);
            }
            class.close(text.starts_with("[^"));
        });
        assert_eq!(set.properties().collect::<Vec<_>>(), expected, "{text}");
        assert_eq!((set.is_negated(), ranges.len()), (negated, 0), "{text}");
    }
    // Intersection and difference of names are complements of unions.
    let (set, ranges) = finished(r"[\w--\d]", |class| {
        class.push_property(Property::WORD, false);
        let mut digit = Class::default();
        digit.reset(Units::CodePoints, Fold::None);
        digit.push_property(Property::DIGIT, false);
        class.subtract(&mut digit);
    });
    assert_eq!((set.properties().count(), ranges.len()), (2, 0));
}

#[test]
fn equal_classes_are_equal_sets() {
    let not_e = finished("[^é]", |class| {
        push(class, 0xE9);
        class.close(true);
    });
    let around_e = finished("[^é]", |class| {
        class.push_range(0xEA, 0xFFFF);
        class.push_range(0, 0xE8);
        class.push_range(0xE000, 0x10_FFFF);
    });
    assert_eq!(not_e, around_e);
    assert_eq!(not_e.1.len(), 1);
    let word_e = finished(r"[\wé]", |class| {
        push(class, 0xE9);
        class.push_property(Property::WORD, false);
    });
    let word = finished(r"\w", |class| class.push_property(Property::WORD, false));
    assert_eq!(word_e, word);
}

#[test]
fn what_is_pushed_often_is_kept_once() {
    let mut class = Class::default();
    class.reset(Units::CodePoints, Fold::None);
    for i in 0..100_000 {
        push(&mut class, 0x1000 - 2 * (i % 1000));
    }
    assert!(class.ranges_len() <= 4096, "{}", class.ranges_len());
    let mut ranges = Vec::new();
    class.code_point_set(&mut ranges).unwrap();
    assert_eq!(ranges.len(), 1000);
}

#[test]
fn neighbours_of_the_surrogates() {
    let mode = Mode {
        units: Units::CodePoints,
        ignore_case: false,
    };
    let both = |class: &mut Class| {
        push(class, 0xE000);
        push(class, 0xD7FF);
        class.push_range(0xD900, 0xDA00);
    };
    check(
        "both",
        alone(mode, both),
        &[(0xD7FF, 0xD7FF), (0xE000, 0xE000)],
        mode,
    );
    let mut class = alone(mode, both);
    class.close(true);
    check(
        "all but both",
        class,
        &[(0, 0xD7FE), (0xE001, 0x10_FFFF)],
        mode,
    );
    for (lo, hi) in [(0xD7FF, 0xD7FF), (0xE000, 0xE000), (0xD7F0, 0xE010)] {
        let other = || alone(mode, |class| class.push_range(lo, hi));
        let expected: Vec<_> = [0xD7FF, 0xE000]
            .into_iter()
            .map(|c| (c, lo <= c && c <= hi))
            .collect();
        let mut class = alone(mode, both);
        class.subtract(&mut other());
        let left: Vec<_> = expected
            .iter()
            .filter(|e| !e.1)
            .map(|e| (e.0, e.0))
            .collect();
        check("difference", class, &left, mode);
        let mut class = alone(mode, both);
        class.intersect(&mut other());
        let left: Vec<_> = expected
            .iter()
            .filter(|e| e.1)
            .map(|e| (e.0, e.0))
            .collect();
        check("intersection", class, &left, mode);
    }
    let mut class = alone(mode, both);
    class.symmetric_difference(&mut alone(mode, |class| class.push_range(0xD7F0, 0xE010)));
    check("either", class, &[(0xD7F0, 0xD7FE), (0xE001, 0xE010)], mode);
}
