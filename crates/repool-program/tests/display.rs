//! How the disassembler prints characters and sets.

use std::sync::Arc;

use repool_arena::{Ledger, Pool};
use repool_program::{Builder, Bump, Facts, Flags, Op, Pc, Program, Room, UNBOUNDED};
use repool_text::{Fold, LookSet, Set, pack_range, property};

/// The listing of a program with these flags: what `emit` pushes in front of a match, without indexes and
/// targets.
fn listing(flags: Flags, emit: impl FnOnce(&mut Builder<'_>)) -> Vec<String> {
    let arena = Bump::new();
    let mut builder = Builder::new_in(&arena, Room::default());
    emit(&mut builder);
    let facts = Facts {
        flags,
        looks: LookSet::default(),
        len_min: 0,
        len_max: UNBOUNDED,
        group_len: 1,
        states: 0,
        line_terminator: b'\n',
        prefix: None,
        required: None,
        required_before_max: 0,
        first: None,
    };
    let pool = Pool::new(Arc::new(Ledger::default()));
    let sealed = builder.seal(&facts, Pc::START, "", 0, &pool);
    let sealed = sealed.expect("memory for it");
    let program = Program::try_open(sealed.words()).expect("an image");
    let lines = program.to_string();
    let ops = lines.lines().skip(1).map(|line| {
        let line = line[4..].trim_start();
        line.strip_suffix(" -> 0").unwrap_or(line).to_owned()
    });
    ops.collect()
}

fn chars(flags: Flags, chars: &[u32]) -> Vec<String> {
    listing(flags, |b| {
        for &c in chars {
            b.push(Op::Char { c, next: Pc::START }).expect("room");
        }
    })
}

#[test]
fn characters_are_shown_and_bytes_above_ascii_are_numbers() {
    let text = chars(Flags::default(), &[0x61, 0x0A, 0xE9, 0x1_F600]);
    assert_eq!(text, ["char 'a'", "char '\\n'", "char 'é'", "char '😀'"]);
    let bytes = chars(Flags::BYTES, &[0x61, 0x0A, 0x7F, 0xE9]);
    let expected = ["char 'a'", "char '\\n'", "char '\\u{7f}'", "char '\\xE9'"];
    assert_eq!(bytes, expected);
}

#[test]
fn literals_are_shown_with_their_fold() {
    let literals = listing(Flags::BYTES, |b| {
        let next = Pc::START;
        b.push_literal(b"a\"b", Fold::None, next).expect("room");
        b.push_literal(b"a\xFF", Fold::Ascii, next).expect("room");
        b.push_literal("é".as_bytes(), Fold::Unicode, next)
            .expect("room");
    });
    let expected = [
        "literal \"a\\\"b\"",
        "literal b\"a\\xff\" (ascii fold)",
        "literal \"é\" (fold)",
    ];
    assert_eq!(literals, expected);
}

fn sets(flags: Flags, ranges: &[u64], sets: &[Set]) -> Vec<String> {
    let next = Pc::START;
    listing(flags, |b| {
        b.push_ranges(ranges);
        for &set in sets {
            let set = b.push_set(set);
            b.push(Op::Set { set, next }).expect("room");
        }
    })
}

#[test]
fn members_are_shown_as_ranges() {
    let ascii = |members: &[u8]| {
        let map = members.iter().fold(0, |map, &byte| map | 1_u128 << byte);
        Set::code_points(map, &[], 0, 0, false)
    };
    let found = sets(
        Flags::default(),
        &[],
        &[
            ascii(b""),
            ascii(b"a"),
            ascii(b"ab"),
            ascii(b"abc"),
            ascii(b"acdeghz"),
            ascii(b"-[\\]^"),
            ascii(b"\n\x7F "),
        ],
    );
    let expected = [
        "set []",
        "set [a]",
        "set [ab]",
        "set [a-c]",
        "set [ac-eghz]",
        "set [\\-\\[-\\^]",
        "set [\\x0A\\x20\\x7F]",
    ];
    assert_eq!(found, expected);
    let bytes = [
        [1, 0, 0, 0],
        [0, 0, 0, 1 << 63],
        [0, 0, 7, 0],
        [u64::MAX; 4],
    ];
    let found = sets(Flags::BYTES, &[], &bytes.map(Set::bytes));
    let expected = [
        "set [\\x00]",
        "set [\\xFF]",
        "set [\\x80-\\x82]",
        "set [\\x00-\\xFF]",
    ];
    assert_eq!(found, expected);
}

#[test]
fn what_lies_above_ascii_is_shown_by_name_or_range() {
    let ranges = [pack_range(0xE9, 0xE9), pack_range(0x100, 0x200)];
    let [word, digit, space] = [r"\w", r"\d", r"\s"].map(|p| property(p).expect("a property"));
    let greek = property(r"\p{Greek}").expect("a property");
    let of =
        |properties: &[_], len, negated| Set::code_points(1 << 97, properties, 0, len, negated);
    let found = sets(
        Flags::default(),
        &ranges,
        &[
            of(&[], 2, false),
            of(&[], 1, true),
            of(&[], 0, true),
            of(&[(word, false), (digit, true)], 0, false),
            of(&[(space, false)], 0, true),
        ],
    );
    let expected = [
        "set [a\\u{E9}\\u{100}-\\u{200}]",
        "set [a[\\u{80}-\\u{10FFFF}--\\u{E9}]]",
        "set [a\\u{80}-\\u{10FFFF}]",
        "set [a\\w\\D]",
        "set [a[\\u{80}-\\u{10FFFF}--\\s]]",
    ];
    assert_eq!(found, expected);
    let found = sets(Flags::default(), &[], &[of(&[(greek, true)], 0, false)]);
    assert_eq!(found, [r"set [a\P{Greek}]"]);
}
