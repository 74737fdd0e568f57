//! Properties against `regex-syntax`, for every code point.

use std::collections::HashSet;

use regex_syntax::hir::{Class, HirKind};
use repool_text::{Property, is_word, property, property_class, table_bytes};

/// One property of each kind, and the unusual ones: full, empty, one member, near the surrogates, only
/// ASCII.
const CLASSES: [&str; 34] = [
    r"\w",
    r"\d",
    r"\s",
    r"\p{L}",
    r"\pL",
    r"\p{Lu}",
    r"\p{Ll}",
    r"\p{Lt}",
    r"\p{Nd}",
    r"\p{P}",
    r"\p{Cn}",
    r"\p{Co}",
    r"\p{Zl}",
    r"\p{Any}",
    r"\p{ASCII}",
    r"\p{Assigned}",
    r"\p{Greek}",
    r"\p{Han}",
    r"\p{sc=Cyrillic}",
    r"\p{scx:Greek}",
    r"\p{Alphabetic}",
    r"\p{Uppercase}",
    r"\p{Emoji}",
    r"\p{Age=3.0}",
    r"\p{gcb=Extend}",
    r"\p{wb=ALetter}",
    r"\p{sb=Lower}",
    r"\p{White_Space}",
    r"\p{Cased}",
    r"\p{XIDC}",
    r"\p{AHex}",
    r"\p{Cf}",
    r"\p{cntrl}",
    r"\p{C}",
];

fn members(class: &str) -> Vec<(char, char)> {
    let hir = regex_syntax::parse(class).unwrap();
    match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => {
            class.iter().map(|r| (r.start(), r.end())).collect()
        }
        HirKind::Literal(literal) => {
            let text = String::from_utf8(literal.0.to_vec()).unwrap();
            text.chars().map(|c| (c, c)).collect()
        }
        _ => panic!("{class} is no class"),
    }
}

/// Compares every code point, the list and the ASCII bitmap.
fn check(property: Property, class: &str) {
    let members = members(class);
    let mut ranges = members.iter().peekable();
    for c in '\0'..=char::MAX {
        while ranges.peek().is_some_and(|r| r.1 < c) {
            ranges.next();
        }
        let expected = ranges.peek().is_some_and(|r| r.0 <= c);
        assert_eq!(property.contains(c.into()), expected, "{c:?} in {class}");
        if c.is_ascii() {
            assert_eq!(property.ascii() >> u32::from(c) & 1 != 0, expected);
        }
    }
    for c in [0x11_0000, 0x11_0000 | 'a' as u32, u32::MAX, u32::MAX - 255] {
        assert!(!property.contains(c));
    }
    let wide = || members.iter().filter(|r| r.1 >= '\u{80}');
    let tight = wide().next().map(|first| {
        let last = wide().next_back().map_or(0, |r| r.1.into());
        (u32::from(first.0).max(0x80), last)
    });
    match property {
        Property::WORD | Property::DIGIT => {
            assert_eq!(property.wide_bounds(), Some((0x80, 0x10_FFFF)));
        }
        _ => assert_eq!(property.wide_bounds(), tight, "{class}"),
    }
    let listed = property
        .ranges()
        .iter()
        .flat_map(|&(lo, hi)| lo..=hi)
        .filter_map(char::from_u32);
    assert!(
        listed.eq(members.iter().flat_map(|&(lo, hi)| lo..=hi)),
        "{class}"
    );
    assert!(property.ranges().windows(2).all(|w| w[0].1 + 1 < w[1].0));
}

#[test]
fn every_code_point() {
    for class in CLASSES {
        if regex_syntax::parse(class).is_err() {
            assert!(property(class).is_err(), "{class}");
            continue;
        }
        let resolved = property(class).unwrap();
        check(resolved, class);
        // In brackets, since `regex-syntax` takes `\w` to be closed elsewhere.
        check(resolved.folded(), &format!("(?i)[{class}]"));
        assert_eq!(resolved.folded().folded(), resolved.folded());
        assert_eq!(Property::from_index(resolved.index()), Some(resolved));
        assert_eq!(property(class), Ok(resolved));
    }
    assert!((0..0x11_0000).all(|c| is_word(c) == Property::WORD.contains(c)));
    for (class, constant) in [
        (r"\w", Property::WORD),
        (r"\d", Property::DIGIT),
        (r"\s", Property::SPACE),
        (r"\p{Nd}", Property::DIGIT),
        (r"\p{White_Space}", Property::SPACE),
    ] {
        assert_eq!(property(class), Ok(constant));
    }
}

#[test]
fn names_are_loose_and_cannot_fill_the_registry() {
    let greek = property(r"\p{Greek}").unwrap();
    for spelling in [
        r"\p{greek}",
        r"\p{GREEK}",
        r"\p{Is_Greek}",
        r"\p{ G-r_e e k }",
        r"\p{isGreek}",
        r"\p{Grek}",
        r"\p{Script=Greek}",
        r"\p{sc:Greek}",
        r"\p{gré\u{65}ek}",
    ] {
        let oracle = regex_syntax::parse(spelling).is_ok();
        assert_eq!(property(spelling).is_ok(), oracle, "{spelling}");
        if oracle {
            assert_eq!(property(spelling), Ok(greek), "{spelling}");
        }
    }
    let _ = property(r"\p{Lu}").unwrap().ranges();
    let _ = property(r"\p{Lu}").unwrap().folded();
    let before = (table_bytes(), property(r"\p{Lu}").unwrap());
    for bits in 0..1 << 12 {
        // Every letter in either case, and characters between them that do not count.
        let name: String = "uppercaseletter"
            .chars()
            .enumerate()
            .flat_map(|(i, c)| {
                let other = bits >> (i % 12) & 1 != 0;
                [
                    if other { c.to_ascii_uppercase() } else { c },
                    if other { '_' } else { ' ' },
                ]
            })
            .collect();
        assert_eq!(property(&format!(r"\p{{{name}}}")), Ok(before.1));
    }
    // Other tests run at the same time, so this is a bound and no equality.
    assert!(table_bytes() < before.0 + (1 << 20));
}

#[test]
fn complements() {
    let greek = property(r"\p{scx=Greek}").unwrap();
    assert_eq!(property_class(r"\P{scx=Greek}"), Ok((greek, true)));
    assert_eq!(property_class(r"\p{scx!=Greek}"), Ok((greek, true)));
    assert_eq!(property_class(r"\P{scx!=Greek}"), Ok((greek, false)));
    assert_eq!(property_class(r"\D"), Ok((Property::DIGIT, true)));
    assert!(property(r"\W").is_err());
    assert!(property(r"\P{scx=Greek}").is_err());
}

#[test]
fn what_is_no_property() {
    for class in [
        "",
        "w",
        r"\",
        r"\b",
        r"\ww",
        r"\p",
        r"\p{",
        r"\p{}",
        r"\p}",
        r"\p{Greek",
        r"\pLu",
        r"\p{^Greek}",
        r"\p{Greek}}",
        r"\p{Greek}|a",
        r"\p{Greek}\w",
        r"\p{sc=}",
        r"\p{=Greek}",
        r"\p{sc=Greek=}",
        r"\p{sc:=Greek}",
        r"\p{nothing}",
        r"\pé",
        r"\p{é}",
        r"\p{(?i)}",
        r"\p{isc}",
        r"\p{is}",
    ] {
        assert!(property_class(class).is_err(), "{class}");
    }
    let long = format!(r"\p{{{}}}", "x".repeat(100_000));
    assert!(property(&long).is_err());
}

#[test]
fn every_general_category_and_script_by_two_letters() {
    // All names of one and two letters, which are the most ambiguous.
    let mut found = HashSet::new();
    for a in b'a'..=b'z' {
        for b in (b'a'..=b'z').chain([b' ']) {
            let class = format!(r"\p{{{}{}}}", char::from(a), char::from(b));
            let oracle = regex_syntax::parse(&class);
            assert_eq!(property(&class).is_ok(), oracle.is_ok(), "{class}");
            if let Ok(property) = property(&class) {
                let expected = members(&class);
                let first = expected.first().map(|r| u32::from(r.0));
                assert_eq!(property.ranges().first().map(|r| r.0), first, "{class}");
                found.insert(property);
            }
        }
    }
    assert!(found.len() > 30);
}

#[test]
fn a_property_is_named_as_patterns_ask_for_it() {
    assert_eq!(Property::WORD.class(false).as_deref(), Some(r"\w"));
    let georgian = property(r"\p{sc=georgian}").unwrap();
    assert_eq!(georgian.class(false).as_deref(), Some(r"\p{Sc=Georgian}"));
    assert_eq!(Property::SPACE.class(true).as_deref(), Some(r"\S"));
    // The shortest name wins.
    let georgian = property(r"\p{Georgian}").unwrap();
    assert_eq!(georgian.class(false).as_deref(), Some(r"\p{Georgian}"));
    // A closure is named by what it closes. Other tests may know a shorter name.
    let greek = property(r"\p{Greek}").unwrap();
    let closure = greek.folded().class(true).unwrap();
    assert!(
        closure.starts_with(r"\P{Gre") && closure.ends_with(", any case}"),
        "{closure}"
    );
}
