//! What `verify` accepts and refuses. It never panics.

use std::sync::Arc;

use repool_arena::{Ledger, Pool};
use repool_program::{
    Builder, Bump, Counter, CounterId, Facts, Fault, Flags, Name, Needle, Op, Pc, Program, Room,
    SetId, UNBOUNDED, verify,
};
use repool_text::{Fold, Look, LookSet, Set, pack_range, property};

fn pc(index: usize) -> Pc {
    Pc::new(index).expect("in range")
}

/// `^(?P<word>[a-z\u{E9}\w]{2,3}hello)+`, laid out as the compiler would.
fn build(change: impl FnOnce(&mut Builder<'_>, &mut Facts, &mut usize)) -> Vec<u64> {
    let arena = Bump::new();
    let mut builder = Builder::new_in(&arena, Room::default());
    let word = property(r"\w").expect("a property");
    let at = builder.push_ranges(&[pack_range(0xE9, 0xE9), pack_range(0x100, 0x10_FFFF)]);
    let set = builder.push_set(Set::code_points(0x7F << 97, &[(word, false)], at, 2, false));
    let counter = CounterId(0);
    let ops = [
        (Op::Match, 0),
        (
            Op::Split {
                first: pc(8),
                second: pc(0),
            },
            1,
        ),
        (
            Op::Save {
                slot: 3,
                next: pc(1),
            },
            2,
        ),
    ];
    for (op, at) in ops {
        assert_eq!(builder.push(op), Ok(pc(at)));
    }
    assert_eq!(builder.push_literal(b"hello", Fold::None, pc(2)), Ok(pc(3)));
    let rest = [
        Op::Repeat {
            counter,
            next: pc(3),
        },
        Op::Set { set, next: pc(5) },
        Op::Enter {
            counter,
            next: pc(6),
        },
        Op::Save {
            slot: 2,
            next: pc(7),
        },
        Op::Look {
            look: Look::Start,
            next: pc(8),
        },
    ];
    for (op, at) in rest.into_iter().zip(5..) {
        assert_eq!(builder.push(op), Ok(pc(at)));
    }
    builder.push_counter(&COUNTER());
    builder.push_name(Name::new(1, 5..9).expect("fits"));
    let mut facts = Facts {
        flags: Flags::ANCHORED_START,
        looks: LookSet::default().with(Look::Start),
        len_min: 7,
        len_max: UNBOUNDED,
        group_len: 2,
        states: 16,
        line_terminator: b'\n',
        prefix: None,
        required: Some(Needle {
            word: 4,
            len: 5,
            fold: Fold::None,
        }),
        required_before_max: 12,
        first: Some(SetId(0)),
    };
    let mut start = 9;
    change(&mut builder, &mut facts, &mut start);
    let pool = Pool::new(Arc::new(Ledger::default()));
    let text = r"^(?P<word>[a-z\u{E9}\w]{2,3}hello)+";
    builder
        .seal(&facts, pc(start), text, 7, &pool)
        .expect("memory for one image")
        .words()
        .to_vec()
}

#[expect(
    non_snake_case,
    reason = "a constant, but `Pc` has no constant constructor to unwrap"
)]
fn COUNTER() -> Counter {
    Counter {
        min: 2,
        max: 3,
        body: pc(6),
        greedy: true,
        parent: None,
        lo: pc(5),
        len: 2,
        base: 10,
    }
}

fn fault(change: impl FnOnce(&mut Builder<'_>, &mut Facts, &mut usize)) -> Option<Fault> {
    let words = build(change);
    Program::try_open(&words).and_then(|p| verify(&p)).err()
}

fn patched(at: usize, op: Op) -> Option<Fault> {
    fault(|b, _, _| b.patch(pc(at), op))
}

fn counted(change: impl FnOnce(&mut Counter)) -> Option<Fault> {
    let mut counter = COUNTER();
    change(&mut counter);
    fault(|b, _, _| b.patch_counter(CounterId(0), &counter))
}

#[test]
fn accepts_and_prints_a_program() {
    assert_eq!(fault(|_, _, _| {}), None);
    let words = build(|_, _, _| {});
    let program = Program::try_open(&words).expect("an image");
    assert_eq!(program.options(), 7);
    assert_eq!(program.names().collect::<Vec<_>>(), [(1, "word")]);
    assert_eq!(program.group_named("word"), Some(1));
    for other in ["", "wor", "words", "wird"] {
        assert_eq!(program.group_named(other), None, "{other:?}");
    }
    let text = program.to_string();
    let (head, code) = text.split_once('\n').expect("lines");
    assert!(
        head.starts_with("10 words, 1 set, 2 ranges, 2 groups, "),
        "{head}"
    );
    assert!(
        head.ends_with("states 16, length 7..inf; anchored-start"),
        "{head}"
    );
    assert_eq!(
        // The set of first bytes is a set of code points here, and no bytes worth comparing.
        code.lines()
            .filter(|line| !line.starts_with("first"))
            .collect::<Vec<_>>(),
        [
            "required \"hello\" after at most 12 bytes",
            "looks start",
            "   0  match",
            "   1  split 8, 0",
            "   2  save 3 -> 1",
            "   3  literal \"hello\" -> 2",
            "   5  repeat c0 -> 3",
            "   6  set [a-g\\w\\u{E9}\\u{100}-\\u{10FFFF}] -> 5",
            "   7  enter c0 -> 6",
            "   8  save 2 -> 7",
            ">  9  look start -> 8",
            "c0 {2,3} greedy, body 6, words 5..7, states from 10",
            "group 1 is \"word\"",
        ]
    );
}

#[test]
fn refuses_bad_instructions() {
    let next = pc(0);
    assert_eq!(
        patched(9, Op::Char { c: 97, next: pc(4) }),
        Some(Fault::Target(pc(9)))
    );
    assert_eq!(
        patched(
            9,
            Op::Char {
                c: 97,
                next: pc(10)
            }
        ),
        Some(Fault::Target(pc(9)))
    );
    assert_eq!(
        patched(9, Op::Char { c: 0xD800, next }),
        Some(Fault::Operand(pc(9)))
    );
    assert_eq!(
        patched(9, Op::Save { slot: 4, next }),
        Some(Fault::Operand(pc(9)))
    );
    assert_eq!(
        patched(9, Op::Save { slot: 1, next }),
        Some(Fault::Operand(pc(9)))
    );
    let look = Look::End;
    assert_eq!(
        patched(9, Op::Look { look, next }),
        Some(Fault::Operand(pc(9)))
    );
    let set = SetId(1);
    assert_eq!(
        patched(9, Op::Set { set, next }),
        Some(Fault::Operand(pc(9)))
    );
    let counter = CounterId(1);
    assert_eq!(
        patched(9, Op::Enter { counter, next }),
        Some(Fault::Operand(pc(9)))
    );
    let fold = Fold::None;
    assert_eq!(
        patched(3, Op::Literal { len: 0, fold, next }),
        Some(Fault::Literal(pc(3)))
    );
    assert_eq!(
        patched(
            3,
            Op::Literal {
                len: 99,
                fold,
                next
            }
        ),
        Some(Fault::Literal(pc(3)))
    );
    assert_eq!(fault(|_, _, start| *start = 4), Some(Fault::Start));
    assert_eq!(fault(|_, _, start| *start = 6), Some(Fault::Start));
}

#[test]
fn refuses_ways_around_a_counter() {
    assert_eq!(patched(6, Op::Match), Some(Fault::Nesting(pc(6))));
    let out = Op::Char { c: 97, next: pc(3) };
    assert_eq!(patched(6, out), Some(Fault::Nesting(pc(6))));
    let into = Op::Char { c: 97, next: pc(6) };
    assert_eq!(patched(9, into), Some(Fault::Nesting(pc(9))));
    let counter = CounterId(0);
    let again = Op::Enter {
        counter,
        next: pc(6),
    };
    assert_eq!(patched(6, again), Some(Fault::Nesting(pc(6))));
    let stay = Op::Repeat {
        counter,
        next: pc(6),
    };
    assert_eq!(patched(5, stay), Some(Fault::Nesting(pc(5))));
    let none = Op::Char { c: 97, next: pc(6) };
    assert_eq!(patched(5, none), Some(Fault::Counter(counter)));
}

#[test]
fn refuses_inconsistent_counters() {
    let bad = Some(Fault::Counter(CounterId(0)));
    assert_eq!(counted(|c| c.min = 4), bad);
    assert_eq!(counted(|c| c.base = 9), bad);
    assert_eq!(counted(|c| c.len = 0), bad);
    assert_eq!(counted(|c| c.len = 6), bad);
    // A region behind the last word of code.
    assert_eq!(counted(|c| (c.lo, c.len) = (pc(10), 1)), bad);
    assert_eq!(counted(|c| c.body = pc(7)), bad);
    assert_eq!(counted(|c| c.parent = Some(CounterId(0))), bad);
    assert_eq!(counted(|c| c.max = UNBOUNDED - 1), bad);
    assert_eq!(counted(|c| c.max = 4), Some(Fault::Facts));
    // As many times as at most.
    assert_eq!(counted(|c| c.min = 3), None);
}

#[test]
fn accepts_a_counter_at_the_end_of_the_code() {
    let arena = Bump::new();
    let mut builder = Builder::new_in(&arena, Room::default());
    let set = builder.push_set(Set::code_points(1 << 97, &[], 0, 0, false));
    let counter = builder.push_counter(&Counter {
        body: pc(3),
        lo: pc(2),
        base: 4,
        ..COUNTER()
    });
    let next = pc(3);
    for op in [
        Op::Match,
        Op::Enter { counter, next },
        Op::Repeat {
            counter,
            next: pc(0),
        },
        Op::Set { set, next: pc(2) },
    ] {
        builder.push(op).expect("room");
    }
    let facts = Facts {
        flags: Flags::default(),
        looks: LookSet::default(),
        len_min: 2,
        len_max: 3,
        group_len: 1,
        states: 4 + 3 * 2,
        line_terminator: b'\n',
        prefix: None,
        required: None,
        required_before_max: 0,
        first: None,
    };
    let pool = Pool::new(Arc::new(Ledger::default()));
    let sealed = builder.seal(&facts, pc(1), "a{2,3}", 0, &pool);
    let sealed = sealed.expect("memory for it");
    let program = Program::try_open(sealed.words()).expect("an image");
    assert_eq!(verify(&program), Ok(()));
}

#[test]
fn refuses_bad_sections() {
    let unknown = Set([0, 0, 0xFFFF_FFFF_FFFF_7FFF, 0]);
    let bad_set = |set: Set| {
        fault(move |b, _, _| {
            let set = b.push_set(set);
            b.patch(pc(9), Op::Set { set, next: pc(0) });
        })
    };
    assert_eq!(bad_set(unknown), Some(Fault::Set(SetId(2))));
    let beyond = Set::code_points(0, &[], 1, 2, false);
    assert_eq!(bad_set(beyond), Some(Fault::Set(SetId(2))));
    let unsorted = fault(|b, _, _| {
        let at = b.push_ranges(&[pack_range(0x100, 0x200), pack_range(0x200, 0x300)]);
        let set = b.push_set(Set::code_points(0, &[], at, 2, false));
        b.patch(pc(9), Op::Set { set, next: pc(0) });
    });
    assert_eq!(unsorted, Some(Fault::Set(SetId(2))));
    let name =
        |group, span| fault(move |b, _, _| b.push_name(Name::new(group, span).expect("fits")));
    assert_eq!(name(1, 5..6), Some(Fault::Names));
    assert_eq!(name(2, 5..6), Some(Fault::Names));
    // A name of a third group, up to the end of the text and one byte behind it.
    let end = build(|_, _, _| {});
    let end = Program::try_open(&end).expect("an image").text().len();
    let third = |span| {
        fault(move |b, f, _| {
            f.group_len = 3;
            b.push_name(Name::new(2, span).expect("fits"));
        })
    };
    assert_eq!(third(end - 1..end), None);
    assert_eq!(third(end..end + 1), Some(Fault::Names));
    assert_eq!(fault(|_, f, _| f.group_len = 0), Some(Fault::Names));
    assert_eq!(fault(|_, f, _| f.len_max = 6), Some(Fault::Facts));
    assert_eq!(
        fault(|_, f, _| f.first = Some(SetId(1))),
        Some(Fault::Facts)
    );
    assert_eq!(
        fault(|_, f, _| f.flags = Flags::LITERAL),
        Some(Fault::Facts)
    );
    assert_eq!(
        fault(|_, f, _| f.flags = Flags::DELEGATED),
        Some(Fault::Facts)
    );
    assert_eq!(
        fault(|_, f, _| f.flags = Flags::ASCII),
        Some(Fault::Set(SetId(0)))
    );
    let needle = Needle {
        word: 9,
        len: 9,
        fold: Fold::None,
    };
    assert_eq!(
        fault(|_, f, _| f.prefix = Some(needle)),
        Some(Fault::Needle)
    );
    // One byte less, and it ends with the code.
    let last = Needle { len: 8, ..needle };
    assert_eq!(fault(|_, f, _| f.prefix = Some(last)), None);
}

/// The program with these flags, an ASCII set, and one more change.
fn flagged(flags: Flags, change: impl FnOnce(&mut Builder<'_>)) -> Option<Fault> {
    fault(|b, facts, _| {
        facts.flags = flags;
        let set = if flags.contains(Flags::BYTES) {
            Set::bytes([0, 1 << 33, 0, 0])
        } else {
            Set::code_points(1 << 97, &[], 0, 0, false)
        };
        let set = b.push_set(set);
        b.patch(pc(6), Op::Set { set, next: pc(5) });
        change(b);
    })
}

/// Overwrites the literal of the program with these bytes and zeros. The word decodes to some instruction,
/// but nothing leads there.
fn literal_is(bytes: [u8; 4], b: &mut Builder<'_>) {
    let c = u32::from_le_bytes(bytes);
    let next = Pc::START;
    b.patch(pc(4), Op::Char { c, next });
}

#[test]
#[cfg(target_endian = "little")]
fn literals_are_of_the_kind_of_their_program() {
    let refused = Some(Fault::Literal(pc(3)));
    let (text, bytes, ascii) = (Flags::default(), Flags::BYTES, Flags::ASCII);
    // The fifth byte is the first of the zeros.
    let invalid = [0xFF, b'a', b'b', b'c'];
    assert_eq!(flagged(text, |b| literal_is(invalid, b)), refused);
    assert_eq!(flagged(bytes, |b| literal_is(invalid, b)), None);
    assert_eq!(flagged(ascii, |b| literal_is(invalid, b)), refused);
    let accented = [0xC3, 0xA9, b'b', b'c'];
    assert_eq!(flagged(text, |b| literal_is(accented, b)), None);
    assert_eq!(flagged(bytes, |b| literal_is(accented, b)), None);
    assert_eq!(flagged(ascii, |b| literal_is(accented, b)), refused);
    assert_eq!(flagged(ascii, |b| literal_is(*b"abcd", b)), None);
    assert_eq!(
        flagged(bytes.with(ascii), |b| literal_is(accented, b)),
        refused
    );
}

#[test]
fn ascii_programs_fold_no_further() {
    let folded = |flags, fold| {
        flagged(flags, |b| {
            let next = pc(2);
            b.patch(pc(3), Op::Literal { len: 5, fold, next });
        })
    };
    assert_eq!(folded(Flags::ASCII, Fold::Ascii), None);
    assert_eq!(
        folded(Flags::ASCII, Fold::Unicode),
        Some(Fault::Literal(pc(3)))
    );
    assert_eq!(folded(Flags::default(), Fold::Unicode), None);
}

#[test]
fn characters_are_of_the_kind_of_their_program() {
    let char = |flags, c| flagged(flags, |b| b.patch(pc(9), Op::Char { c, next: pc(8) }));
    let refused = Some(Fault::Operand(pc(9)));
    for (flags, last) in [
        (Flags::ASCII, 0x7F),
        (Flags::ASCII.with(Flags::BYTES), 0x7F),
        (Flags::BYTES, 0xFF),
        (Flags::default(), 0x10_FFFF),
    ] {
        assert_eq!(char(flags, last), None, "{flags:?}");
        assert_eq!(char(flags, last + 1), refused, "{flags:?}");
    }
}

#[test]
fn sets_of_ascii_bytes_have_no_others() {
    let of = |flags, set| {
        flagged(flags, move |b| {
            let set = b.push_set(set);
            b.patch(pc(9), Op::Set { set, next: pc(8) });
        })
    };
    // The program's first set takes rows 0 and 1, its ASCII set row 2.
    let refused = Some(Fault::Set(SetId(3)));
    let both = Flags::BYTES.with(Flags::ASCII);
    assert_eq!(of(both, Set::bytes([5, 6, 0, 0])), None);
    for wide in [[5, 6, 1 << 63, 0], [5, 6, 0, 1]] {
        assert_eq!(of(both, Set::bytes(wide)), refused, "{wide:?}");
        assert_eq!(of(Flags::BYTES, Set::bytes(wide)), None, "{wide:?}");
    }
}

#[test]
fn ranges_rise_and_are_code_points() {
    let ranges = |ranges: &[(u32, u32)]| {
        let words: Vec<u64> = ranges.iter().map(|&(lo, hi)| pack_range(lo, hi)).collect();
        fault(move |b, _, _| {
            let at = b.push_ranges(&words);
            let set = b.push_set(Set::code_points(0, &[], at, words.len(), false));
            b.patch(pc(9), Op::Set { set, next: pc(8) });
        })
    };
    let refused = Some(Fault::Set(SetId(2)));
    assert_eq!(ranges(&[(0x100, 0x10_FFFF)]), None);
    assert_eq!(ranges(&[(0x100, 0x11_0000)]), refused);
    assert_eq!(ranges(&[(0x100, 0x100)]), None);
    assert_eq!(ranges(&[(0x101, 0x100)]), refused);
    assert_eq!(ranges(&[(0x100, 0x200), (0x201, 0x300)]), None);
    assert_eq!(ranges(&[(0x100, 0x200), (0x200, 0x300)]), refused);
}

#[test]
fn sets_are_of_a_kind_that_there_is() {
    let named = |id| {
        patched(
            9,
            Op::Set {
                set: SetId(id),
                next: pc(8),
            },
        )
    };
    assert_eq!(named(11 << 28), None);
    assert_eq!(named(12 << 28), Some(Fault::Operand(pc(9))));
    assert_eq!(named(15 << 28), Some(Fault::Operand(pc(9))));
}

#[test]
fn faults_say_what_and_where() {
    for (fault, text) in [
        (Fault::Magic, "the words are not a program image"),
        (
            Fault::Length,
            "the sections are not as long as the header says",
        ),
        (Fault::Target(pc(7)), "a target at 7 is no instruction"),
        (
            Fault::Set(SetId(1 << 28 | 3)),
            "the set in row 3 is malformed",
        ),
        (Fault::Counter(CounterId(2)), "counter 2 is inconsistent"),
    ] {
        assert_eq!(fault.to_string(), text);
    }
}

#[test]
fn refuses_cut_and_foreign_words() {
    let words = build(|_, _, _| {});
    for len in 0..words.len() {
        assert!(Program::try_open(&words[..len]).is_err());
    }
    assert!(Program::try_open(&[&words[..], &[0]].concat()).is_err());
    assert_eq!(Program::try_open(&[0; 64]).map(|_| ()), Err(Fault::Magic));
}

/// Every image that differs in one bit is refused or can be printed, so no index is out of range.
#[test]
fn survives_every_flipped_bit() {
    let words = build(|_, _, _| {});
    for word in 0..words.len() {
        for bit in 0..64 {
            let mut mutant = words.clone();
            mutant[word] ^= 1 << bit;
            let Ok(program) = Program::try_open(&mutant) else {
                continue;
            };
            if verify(&program) == Ok(()) {
                assert!(!program.to_string().is_empty());
            }
        }
    }
}
