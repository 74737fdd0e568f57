//! Programs assembled by hand, so that the engines are tested without the compiler.

use std::sync::Arc;

use repool_arena::{Ledger, Pool};
use repool_program::{
    Builder, Bump, Counter, Facts, Flags, Image, Needle, Op, Pc, Room, SetId, UNBOUNDED, verify,
};
use repool_text::{Fold, Look, LookSet, Set};
use repool_vm::forced::{heat, prefilter_of, search, search_with};
use repool_vm::{Engine, Input, Scratch, Slot};

/// A program under construction.
struct Assembler<'a> {
    builder: Builder<'a>,
    facts: Facts,
}

fn pc(index: usize) -> Pc {
    Pc::new(index).unwrap()
}

impl<'a> Assembler<'a> {
    fn new(arena: &'a Bump) -> Assembler<'a> {
        Assembler {
            builder: Builder::new_in(arena, Room::default()),
            facts: Facts {
                flags: Flags::default(),
                looks: LookSet::default(),
                len_min: 0,
                len_max: UNBOUNDED,
                group_len: 1,
                states: 0,
                line_terminator: b'\n',
                prefix: None,
                required: None,
                required_before_max: UNBOUNDED,
                first: None,
            },
        }
    }

    fn ascii(&mut self, members: impl Fn(u8) -> bool) -> SetId {
        let map = (0..128).fold(0u128, |map, b| if members(b) { map | 1 << b } else { map });
        self.builder
            .push_set(Set::code_points(map, &[], 0, 0, false))
    }

    /// Every code point but those of `ascii_not`.
    fn all_but(&mut self, ascii_not: &[u8]) -> SetId {
        let map = (0..128u8).fold(0u128, |map, b| {
            if ascii_not.contains(&b) {
                map
            } else {
                map | 1 << b
            }
        });
        self.builder
            .push_set(Set::code_points(map, &[], 0, 0, true))
    }

    fn op(&mut self, op: Op) -> Pc {
        self.builder.push(op).unwrap()
    }

    fn seal(mut self) -> Image {
        if self.facts.states == 0 {
            self.facts.states = self.builder.code_len() as u32;
        }
        let pool = Pool::new(Arc::new(Ledger::default()));
        let arena = self.builder.seal(&self.facts, pc(0), "", 0, &pool).unwrap();
        let image = Image::new(arena, None);
        assert_eq!(verify(&image.program()), Ok(()));
        image
    }
}

type Span = Option<(usize, usize)>;

fn spans(slots: &[Slot]) -> Vec<Span> {
    slots
        .chunks(2)
        .map(|pair| Some((pair[0].get()?, pair[1].get()?)))
        .collect()
}

/// Runs every engine that can; all must give `expected` (one span a group; none for no match).
#[track_caller]
fn check(image: &Image, input: Input<'_>, expected: &[Span]) {
    let program = image.program();
    let groups = program.group_len();
    let mut scratch = Scratch::new();
    for slot_len in [2 * groups, 2, 0] {
        let expected = &expected[..expected.len().min(slot_len / 2)];
        let is_match = !expected.is_empty() || slot_len == 0;
        let mut ran = 0;
        for engine in Engine::ALL.map(Some).into_iter().chain([None]) {
            let mut slots = vec![Slot::NONE; slot_len];
            let found = match engine {
                Some(engine) => search_with(engine, &program, &input, &mut scratch, &mut slots),
                None => Some(search(&program, &input, &mut scratch, &mut slots)),
            };
            let Some(found) = found else { continue };
            ran += 1;
            if slot_len == 0 {
                continue;
            }
            assert_eq!(found, is_match, "{engine:?} {input:?}");
            if found {
                assert_eq!(spans(&slots), expected, "{engine:?} {input:?}");
            }
        }
        assert!(ran >= 2);
    }
}

/// `(a*)(b|ab)` stepping code points.
fn two_groups() -> Image {
    let arena = Bump::new();
    let mut a = Assembler::new(&arena);
    a.facts.group_len = 3;
    let next = |i| pc(i);
    a.op(Op::Save {
        slot: 2,
        next: next(1),
    });
    a.op(Op::Split {
        first: next(2),
        second: next(3),
    });
    a.op(Op::Char {
        c: u32::from('a'),
        next: next(1),
    });
    a.op(Op::Save {
        slot: 3,
        next: next(4),
    });
    a.op(Op::Save {
        slot: 4,
        next: next(5),
    });
    a.op(Op::Split {
        first: next(6),
        second: next(7),
    });
    a.op(Op::Char {
        c: u32::from('b'),
        next: next(9),
    });
    let literal = a.builder.push_literal(b"ab", Fold::None, next(9)).unwrap();
    assert_eq!(literal, pc(7));
    a.op(Op::Save {
        slot: 5,
        next: next(10),
    });
    a.op(Op::Match);
    a.facts.len_min = 1;
    a.seal()
}

#[test]
fn captures_by_priority() {
    let image = two_groups();
    check(
        &image,
        Input::new(b"xaab"),
        &[Some((1, 4)), Some((1, 3)), Some((3, 4))],
    );
    check(&image, Input::new(b"aaa"), &[]);
    let from = |start, end| Input {
        start,
        end,
        ..Input::new(b"aabaab")
    };
    check(
        &image,
        from(1, 6),
        &[Some((1, 3)), Some((1, 2)), Some((2, 3))],
    );
    check(&image, from(3, 5), &[]);
    check(&image, from(5, 3), &[]);
    let anchored = Input {
        anchored: true,
        ..Input::new(b"xab")
    };
    check(&image, anchored, &[]);
}

/// `(?:[^x])?` or `` `.?` ``: can be empty; bytes or strings.
fn optional(utf8: bool) -> Image {
    let arena = Bump::new();
    let mut a = Assembler::new(&arena);
    a.facts.flags = Flags::UTF8.when(utf8);
    let set = a.all_but(b"x");
    a.op(Op::Split {
        first: pc(1),
        second: pc(2),
    });
    a.op(Op::Set { set, next: pc(2) });
    a.op(Op::Match);
    a.seal()
}

#[test]
fn empty_matches_inside_a_code_point() {
    let hay = "é€".as_bytes();
    let from = |start, end| Input {
        start,
        end,
        ..Input::new(hay)
    };
    let bytes = optional(false);
    check(&bytes, from(0, 5), &[Some((0, 2))]);
    check(&bytes, from(1, 5), &[Some((1, 1))]);
    check(&bytes, from(3, 5), &[Some((3, 3))]);
    check(&bytes, from(2, 4), &[Some((2, 2))]);
    let text = optional(true);
    check(&text, from(0, 5), &[Some((0, 2))]);
    check(&text, from(1, 5), &[Some((2, 5))]);
    check(&text, from(3, 5), &[Some((5, 5))]);
    check(&text, from(2, 4), &[Some((2, 2))]);
    check(&text, from(3, 4), &[]);
    check(&bytes, Input::new(b"\xFFa"), &[Some((0, 0))]);
}

#[test]
fn a_match_inside_a_code_point_waits_for_earlier_threads() {
    // `[^x][^x]z|\B{inner}`: a thread runs over the inner position and fails later.
    let arena = Bump::new();
    let mut a = Assembler::new(&arena);
    let set = a.all_but(b"x");
    a.op(Op::Split {
        first: pc(1),
        second: pc(4),
    });
    a.op(Op::Set { set, next: pc(2) });
    a.op(Op::Set { set, next: pc(3) });
    a.op(Op::Char {
        c: u32::from('z'),
        next: pc(5),
    });
    a.op(Op::Look {
        look: Look::EndLine,
        next: pc(5),
    });
    a.op(Op::Match);
    a.facts.looks = LookSet::default().with(Look::EndLine);
    // The line terminator is the second byte of é, so that the look holds inside of it.
    a.facts.line_terminator = 0xA9;
    let image = a.seal();
    check(&image, Input::new("éaz".as_bytes()), &[Some((0, 4))]);
    check(&image, Input::new("éab".as_bytes()), &[Some((1, 1))]);
    check(&image, Input::new("xéab".as_bytes()), &[Some((2, 2))]);
}

/// `(?:ab){2,3}` with `tail`, `{min,max}` by a counter.
fn counted(min: u32, max: u32, greedy: bool, tail: char) -> Image {
    let arena = Bump::new();
    let mut a = Assembler::new(&arena);
    let counter = Counter {
        min,
        max,
        body: pc(1),
        greedy,
        parent: None,
        lo: pc(1),
        len: 3,
        base: 6,
    };
    let id = a.builder.push_counter(&counter);
    a.op(Op::Enter {
        counter: id,
        next: pc(1),
    });
    a.builder.push_literal(b"ab", Fold::None, pc(3)).unwrap();
    a.op(Op::Repeat {
        counter: id,
        next: pc(4),
    });
    a.op(Op::Char {
        c: tail as u32,
        next: pc(5),
    });
    a.op(Op::Match);
    a.facts.states = 6 + counter.copies() * 3;
    a.facts.len_min = 2 * min + 1;
    a.seal()
}

#[test]
fn counters() {
    let image = counted(2, 3, true, 'x');
    check(&image, Input::new(b"abx"), &[]);
    check(&image, Input::new(b"-ababx"), &[Some((1, 6))]);
    check(&image, Input::new(b"abababx"), &[Some((0, 7))]);
    check(&image, Input::new(b"ababababx"), &[Some((2, 9))]);
    let image = counted(2, UNBOUNDED, true, 'x');
    check(&image, Input::new(b"abx"), &[]);
    check(&image, Input::new(b"abababababx"), &[Some((0, 11))]);
    let image = counted(1, 3, false, 'a');
    check(&image, Input::new(b"abababa"), &[Some((0, 3))]);
}

#[test]
fn literals_and_folds() {
    let literal = |text: &str, fold, flags: Flags| {
        let arena = Bump::new();
        let mut a = Assembler::new(&arena);
        a.builder
            .push_literal(text.as_bytes(), fold, pc(1 + text.len().div_ceil(8)))
            .unwrap();
        a.op(Op::Match);
        a.facts.flags = flags.with(Flags::LITERAL).with(Flags::UTF8);
        a.facts.len_min = if fold == Fold::Unicode {
            1
        } else {
            text.len() as u32
        };
        a.facts.prefix = Some(Needle {
            word: 1,
            len: text.len() as u32,
            fold,
        });
        a.facts.required = a.facts.prefix;
        a.seal()
    };
    let exact = literal("Sherlock", Fold::None, Flags::default());
    check(
        &exact,
        Input::new(b"Mr. SherlockSherlock"),
        &[Some((4, 12))],
    );
    check(&exact, Input::new(b"Mr. Sherloc"), &[]);
    let long = [b"Sherloc ".repeat(100), b"Sherlock".to_vec()].concat();
    check(&exact, Input::new(&long), &[Some((800, 808))]);
    let ascii = literal("holmes", Fold::Ascii, Flags::default());
    check(&ascii, Input::new(b"SHOLMES"), &[Some((1, 7))]);
    let unicode = literal("xks", Fold::Unicode, Flags::default());
    let hay = "xk xX\u{212A}\u{17F}".as_bytes();
    check(&unicode, Input::new(hay), &[Some((4, 10))]);
    let cut = Input {
        end: 9,
        ..Input::new(hay)
    };
    check(&unicode, cut, &[]);
}

#[test]
fn a_window_too_small_falls_to_lock_step() {
    // `[^x]*z`, and no z: the backtracker runs out of its window.
    let arena = Bump::new();
    let mut a = Assembler::new(&arena);
    let set = a.all_but(b"x");
    a.op(Op::Split {
        first: pc(1),
        second: pc(2),
    });
    a.op(Op::Set { set, next: pc(0) });
    a.op(Op::Char {
        c: u32::from('z'),
        next: pc(3),
    });
    a.op(Op::Match);
    let image = a.seal();
    let mut hay = "aé".repeat(50_000).into_bytes();
    check(&image, Input::new(&hay), &[]);
    hay.push(b'z');
    check(&image, Input::new(&hay), &[Some((0, hay.len()))]);
}

#[test]
fn anchors_and_first_sets() {
    let arena = Bump::new();
    let mut a = Assembler::new(&arena);
    let digit = a.ascii(|b| b.is_ascii_digit());
    let first = a.builder.push_set(Set::bytes([0x03FF << 48, 0, 0, 0]));
    a.op(Op::Set {
        set: digit,
        next: pc(1),
    });
    a.op(Op::Look {
        look: Look::End,
        next: pc(2),
    });
    a.op(Op::Match);
    a.facts.looks = LookSet::default().with(Look::End);
    a.facts.first = Some(first);
    a.facts.len_min = 1;
    a.facts.len_max = 1;
    a.facts.flags = Flags::ANCHORED_END;
    let image = a.seal();
    check(&image, Input::new(b"1 2 3"), &[Some((4, 5))]);
    check(&image, Input::new(b"1 2 3 "), &[]);
    let cut = Input {
        end: 3,
        ..Input::new(b"1 2 3")
    };
    check(&image, cut, &[]);
}

#[test]
fn earliest_is_the_smallest_end() {
    let image = two_groups();
    let program = image.program();
    let input = Input {
        earliest: true,
        ..Input::new(b"xaabaab")
    };
    let mut slots = [Slot::NONE; 2];
    let mut scratch = Scratch::new();
    assert!(search(&program, &input, &mut scratch, &mut slots));
    assert_eq!(spans(&slots), [Some((1, 4))]);
    assert!(search(&program, &input, &mut scratch, &mut []));
}

/// `x[0-9]+` in front of the end or of a final newline.
fn at_the_final_line() -> Image {
    let arena = Bump::new();
    let mut a = Assembler::new(&arena);
    let set = a.ascii(|b| b.is_ascii_digit());
    a.op(Op::Char {
        c: u32::from('x'),
        next: pc(1),
    });
    a.op(Op::Set { set, next: pc(2) });
    a.op(Op::Split {
        first: pc(1),
        second: pc(3),
    });
    a.op(Op::Look {
        look: Look::EndOrFinalLine,
        next: pc(4),
    });
    a.op(Op::Match);
    a.facts.looks = LookSet::default().with(Look::EndOrFinalLine);
    a.facts.len_min = 2;
    a.seal()
}

#[test]
fn a_match_ends_in_front_of_the_final_newline() {
    let hot = at_the_final_line();
    heat(&hot, b"x1 y2 x3\n", &mut Scratch::new());
    assert_eq!(prefilter_of(&hot.program()), "reverse");
    // No table reads two units behind a match.
    let runs = |engine: Engine| engine.runs(&hot.program(), &Input::new(b""), 0);
    assert!(!runs(Engine::Dfa) && !runs(Engine::LazyDfa) && runs(Engine::Pike));
    for image in [at_the_final_line(), hot] {
        let spans = |hay: &[u8], expected: &[Span]| check(&image, Input::new(hay), expected);
        spans(b"x1 x12", &[Some((3, 6))]);
        spans(b"x1 x12\n", &[Some((3, 6))]);
        spans(b"x1\nx12\n", &[Some((3, 6))]);
        spans(b"x1\n\n", &[]);
        spans(b"x1\nx", &[]);
        spans(b"\n", &[]);
        // The search ends in front of the newline, and starts behind its last match.
        let hay = b"x1 x12\n";
        for (start, end, expected) in [
            (0, 6, &[Some((3, 6))][..]),
            (3, 7, &[Some((3, 6))]),
            (4, 7, &[]),
            (6, 7, &[]),
            (7, 7, &[]),
            (0, 5, &[]),
        ] {
            let input = Input {
                start,
                end,
                ..Input::new(hay)
            };
            check(&image, input, expected);
        }
    }
}

#[test]
fn a_stray_byte_is_no_character() {
    let arena = Bump::new();
    let mut a = Assembler::new(&arena);
    a.op(Op::Char {
        c: 0x80,
        next: pc(1),
    });
    a.op(Op::Match);
    a.facts.len_min = 2;
    let image = a.seal();
    check(&image, Input::new(b"\x80 \xC2\x80"), &[Some((2, 4))]);
    check(&image, Input::new(b"\x80\x80"), &[]);
}

/// The end or a final newline, and nothing in front of it.
fn nothing_at_the_final_line() -> Image {
    let arena = Bump::new();
    let mut a = Assembler::new(&arena);
    a.op(Op::Look {
        look: Look::EndOrFinalLine,
        next: pc(1),
    });
    a.op(Op::Match);
    a.facts.looks = LookSet::default().with(Look::EndOrFinalLine);
    a.facts.len_max = 0;
    a.seal()
}

#[test]
fn an_empty_match_stands_in_front_of_the_final_newline_and_behind_it() {
    let hot = nothing_at_the_final_line();
    heat(&hot, b"ab\n", &mut Scratch::new());
    for image in [nothing_at_the_final_line(), hot] {
        for (hay, start, at) in [
            (&b"ab\n"[..], 0, 2),
            (b"ab\n", 2, 2),
            (b"ab\n", 3, 3),
            (b"ab", 0, 2),
            (b"\n\n", 0, 1),
            (b"\n", 0, 0),
            (b"", 0, 0),
        ] {
            let input = Input {
                start,
                ..Input::new(hay)
            };
            check(&image, input, &[Some((at, at))]);
        }
    }
}
