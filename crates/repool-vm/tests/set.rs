//! Sets of programs: the index finds every literal, wherever it stands, and starts are tried where told.

use std::sync::Arc;

use repool_arena::{Ledger, Pool};
use repool_compiler::Compiler;
use repool_program::{Image, UNBOUNDED};
use repool_syntax::{Ir, Syntax, parse};
use repool_vm::{Index, IndexBuilder, Literal, Scratch, Screen, search_set};

/// xorshift64*: good enough to draw haystacks.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % n
    }

    fn text(&mut self, len: usize, letters: &[u8]) -> Vec<u8> {
        (0..len)
            .map(|_| letters[self.below(letters.len())])
            .collect()
    }
}

fn compile(text: &str) -> Image {
    let syntax = Syntax {
        utf8: false,
        ..Syntax::default()
    };
    let mut ir = Ir::new();
    parse(text, &syntax, &mut ir).expect("the pattern is valid");
    let pool = Pool::new(Arc::new(Ledger::default()));
    Compiler::default()
        .compile(&ir, text, &syntax, 0, &pool)
        .expect("the pattern compiles")
}

struct Set {
    images: Vec<Image>,
    index: Vec<u64>,
    scratch: Scratch,
    screened: bool,
}

impl Set {
    fn matches(&mut self, hay: &[u8], start: usize) -> (bool, Vec<usize>) {
        // With its screen and without.
        self.screened = !self.screened;
        let screen = Screen::new(&Index::open(&self.index)).filter(|_| self.screened);
        let index = Index::open(&self.index).screened(screen.as_ref());
        let program = |i: usize| self.images[i].program();
        let any = search_set(&index, program, hay, start, &mut self.scratch, None);
        let mut bits = vec![0; self.images.len().div_ceil(64)];
        let matched = Some(bits.as_mut_slice());
        let found = search_set(&index, program, hay, start, &mut self.scratch, matched);
        let list: Vec<usize> = (0..self.images.len())
            .filter(|i| bits[i / 64] >> (i % 64) & 1 != 0)
            .collect();
        assert_eq!(found, !list.is_empty());
        (any, list)
    }
}

fn contains(hay: &[u8], word: &[u8], folded: bool) -> bool {
    let eq = |window: &[u8]| match folded {
        true => window.eq_ignore_ascii_case(word),
        false => window == word,
    };
    hay.windows(word.len()).any(eq)
}

/// Words of one to twelve bytes, in sets of any size, in haystacks of any length: also where they stand
/// at the very end.
#[test]
fn words_are_found_wherever_they_stand() {
    let mut random = Random(3);
    for len in [1, 2, 7, 40, 300, 2000] {
        for letters in [&b"abA "[..], b"abcdefghijklmnopqrstuvwxyzABC-_ "] {
            let words: Vec<(Vec<u8>, bool)> = (0..len)
                .map(|_| {
                    let len = 1 + random.below(12);
                    (random.text(len, letters), random.below(3) == 0)
                })
                .collect();
            let mut builder = IndexBuilder::default();
            let mut images = Vec::new();
            for (word, folded) in &words {
                let text = String::from_utf8(word.clone()).expect("ASCII");
                images.push(compile(&format!(
                    "{}{text}",
                    if *folded { "(?i)" } else { "" }
                )));
                let bytes = if *folded {
                    word.to_ascii_lowercase()
                } else {
                    word.clone()
                };
                builder.push(std::iter::once(Literal {
                    group: 0,
                    bytes: &bytes,
                    folded: *folded,
                    before_min: 0,
                    before_max: 0,
                }));
            }
            let mut set = Set {
                images,
                index: builder.build(),
                scratch: Scratch::new(),
                screened: false,
            };
            for len in (0..40).chain([64, 100, 2000]) {
                let hay: Box<[u8]> = random.text(len, letters).into();
                for start in [0, 0, len / 2, len / 2, len] {
                    let expected: Vec<usize> = (0..words.len())
                        .filter(|&i| contains(&hay[start..], &words[i].0, words[i].1))
                        .collect();
                    let (any, found) = set.matches(&hay, start);
                    assert_eq!(found, expected, "{words:?} in {hay:?} from {start}");
                    assert_eq!(any, !expected.is_empty());
                }
            }
        }
    }
}

/// A literal that stands after other bytes of the match, or whose match ends far behind it.
#[test]
fn starts_are_tried_around_literals() {
    let mut builder = IndexBuilder::default();
    let word = |group, bytes, before_min, before_max| Literal {
        group,
        bytes,
        folded: false,
        before_min,
        before_max,
    };
    builder.push([word(0, b"xyz", 1, 3)].into_iter());
    builder.push([word(0, b"xyz", 0, UNBOUNDED), word(1, b"end", 3, UNBOUNDED)].into_iter());
    builder.push_without_literals();
    builder.push_unconditional();
    builder.push(std::iter::empty());
    let texts = [
        r"\b[0-9]{1,3}xyz",
        "a?b*xyz.*end",
        "[0-9]{4}",
        "c*",
        "[^\\x00-\\xFF]",
    ];
    let mut set = Set {
        images: texts.iter().map(|text| compile(text)).collect(),
        index: builder.build(),
        scratch: Scratch::new(),
        screened: false,
    };
    let far = ".".repeat(5000);
    let both = format!("{far}12xyz {far} xyz{far}end");
    for (hay, start, expected) in [
        ("12xyz", 0, &[0, 3][..]),
        ("1234xyz", 0, &[2, 3]),
        ("a 123xyz xyz xyz xyz end", 0, &[0, 1, 3]),
        ("12xyz", 1, &[3]),
        ("12xyz", 3, &[3]),
        ("xyzend", 0, &[1, 3]),
        ("endxyz", 0, &[3]),
        (&both, 0, &[0, 1, 3]),
        (&both, 5003, &[1, 3]),
    ] {
        let (any, found) = set.matches(hay.as_bytes(), start);
        assert_eq!(found, expected, "{start} of {hay:.60}");
        assert!(any);
    }
}

/// A program that needs two literals is tried where both are found, whatever else the set looks for.
#[test]
fn both_literals_of_a_program_are_looked_for() {
    let literal = |group, bytes| Literal {
        group,
        bytes,
        folded: false,
        before_min: 0,
        before_max: UNBOUNDED,
    };
    let others: Vec<String> = (0..100).map(|i| format!("word{i:03}")).collect();
    for first in [true, false] {
        let mut builder = IndexBuilder::default();
        let mut texts = Vec::new();
        for i in 0..=others.len() {
            // The program stands in front of the others, or behind them.
            if (i == 0) == first && (i == 0 || i == others.len()) {
                texts.push("wordy.*words");
                builder.push([literal(0, b"wordy"), literal(1, b"words")].into_iter());
            }
            if let Some(other) = others.get(i) {
                texts.push(other);
                builder.push([literal(0, other.as_bytes())].into_iter());
            }
        }
        let mut set = Set {
            images: texts.iter().map(|text| compile(text)).collect(),
            index: builder.build(),
            scratch: Scratch::new(),
            screened: false,
        };
        let at = |text: &str| texts.iter().position(|own| *own == text).expect("one");
        for (hay, expected) in [
            ("a wordy few words", &["wordy.*words"][..]),
            ("words are wordy", &[]),
            ("wordy", &[]),
            ("wordy word007 words", &["wordy.*words", "word007"]),
            ("word099 words wordy", &["word099"]),
        ] {
            let mut expected: Vec<usize> = expected.iter().map(|text| at(text)).collect();
            expected.sort_unstable();
            assert_eq!(set.matches(hay.as_bytes(), 0).1, expected, "{hay}");
        }
    }
}

/// A set that is too large for plans tries every start up to the end, which is the start of an empty match.
#[test]
fn programs_without_literals_match_at_the_very_end() {
    let mut texts = vec!["[^\\x00-\\xFF]"; 18];
    texts.extend(["[0-9]", "$", "z$", "a[0-9]"]);
    let mut builder = IndexBuilder::default();
    texts.iter().for_each(|_| builder.push_without_literals());
    let mut set = Set {
        images: texts.iter().map(|text| compile(text)).collect(),
        index: builder.build(),
        scratch: Scratch::new(),
        screened: false,
    };
    for (hay, start, expected) in [
        ("", 0, &[19][..]),
        ("ab7", 0, &[18, 19]),
        ("ab7", 2, &[18, 19]),
        ("ab7", 3, &[19]),
        ("7bz", 1, &[19, 20]),
        ("ba7", 0, &[18, 19, 21]),
    ] {
        let (any, found) = set.matches(hay.as_bytes(), start);
        assert_eq!(found, expected, "{start} of {hay:?}");
        assert!(any);
    }
}

#[test]
fn memory_is_given_back_after_a_large_set() {
    let mut builder = IndexBuilder::default();
    for i in 0..60_000 {
        let text = format!("word{i}");
        builder.push(std::iter::once(Literal {
            group: 0,
            bytes: text.as_bytes(),
            folded: false,
            before_min: 0,
            before_max: 0,
        }));
    }
    let words = builder.build();
    // What a literal takes, with its place in the filter.
    assert!(words.len() * 8 < 60_000 * 64, "{} bytes", words.len() * 8);
    let image = compile("none");
    let mut scratch = Scratch::new();
    let index = Index::open(&words);
    for _ in 0..3 {
        assert!(!search_set(
            &index,
            |_| image.program(),
            b"word17",
            0,
            &mut scratch,
            None
        ));
        assert!(scratch.bytes() < 256 << 10, "{} bytes", scratch.bytes());
    }
}
