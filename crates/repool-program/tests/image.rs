//! What a builder lays out is what a program reads, to the byte.

use std::sync::Arc;

use regex_automata::meta::Regex;
use repool_arena::{Account, Ledger, Pool};
use repool_program::{
    Builder, Bump, CounterId, Facts, Flags, Image, Name, Needle, Op, Pc, Program, Room, SetId,
    UNBOUNDED,
};
use repool_text::{Fold, Look, LookSet, Set, pack_range};

fn facts() -> Facts {
    Facts {
        flags: Flags::ANCHORED_END.with(Flags::ONE_PASS),
        looks: LookSet::default().with(Look::End).with(Look::WordAscii),
        len_min: 3,
        len_max: 70,
        group_len: 5,
        states: 0x1234_5678,
        line_terminator: b';',
        prefix: Some(Needle {
            word: 1,
            len: 7,
            fold: Fold::Ascii,
        }),
        required: Some(Needle {
            word: Pc::MAX.index() as u32,
            len: 4096,
            fold: Fold::Unicode,
        }),
        required_before_max: 9,
        first: Some(SetId(2)),
    }
}

/// The words of an image with these facts, and one instruction.
fn words(facts: &Facts) -> Vec<u64> {
    let arena = Bump::new();
    let mut builder = Builder::new_in(&arena, Room::default());
    builder.push(Op::Match).expect("room for one");
    let pool = Pool::new(Arc::new(Ledger::default()));
    let sealed = builder.seal(facts, Pc::START, "text", 11, &pool);
    sealed.expect("memory for it").words().to_vec()
}

fn read(facts: &Facts) -> Facts {
    let words = words(facts);
    Program::try_open(&words).expect("an image").facts()
}

#[test]
fn facts_survive_the_header() {
    assert_eq!(read(&facts()), facts());
    let none = Facts {
        flags: Flags(0),
        looks: LookSet::default(),
        len_min: 0,
        len_max: 0,
        group_len: 1,
        states: 0,
        line_terminator: 0,
        prefix: None,
        required: None,
        required_before_max: 0,
        first: None,
    };
    assert_eq!(read(&none), none);
    for fold in [Fold::None, Fold::Ascii, Fold::Unicode] {
        for word in [0, 1 << 23] {
            let needle = Needle { word, len: 1, fold };
            let facts = Facts {
                prefix: Some(needle),
                ..none
            };
            assert_eq!(read(&facts), facts);
        }
    }
}

#[test]
fn a_needle_without_a_fold_is_exact() {
    let (word, len) = (1, 2);
    let is_exact = |fold| Needle { word, len, fold }.is_exact();
    assert!(is_exact(Fold::None));
    assert!(!is_exact(Fold::Ascii) && !is_exact(Fold::Unicode));
}

#[test]
fn the_set_of_first_bytes_survives_the_header() {
    for kind in 0..12 {
        for row in [0, 1, 2, 0x5_5555, 0xF_FFFF] {
            let facts = Facts {
                first: Some(SetId(kind << 28 | row)),
                ..facts()
            };
            assert_eq!(read(&facts).first, facts.first, "kind {kind}, row {row}");
        }
    }
}

#[test]
fn bounds_saturate() {
    for (bound, max) in [
        (0xFFFE, 0xFFFE),
        (0xFFFF, UNBOUNDED),
        (0x1_0000, UNBOUNDED),
        (UNBOUNDED, UNBOUNDED),
    ] {
        let read = read(&Facts {
            len_min: bound,
            len_max: bound,
            required_before_max: bound,
            ..facts()
        });
        assert_eq!(read.len_min, bound.min(0xFFFF));
        assert_eq!((read.len_max, read.required_before_max), (max, max));
    }
}

/// A builder with an entry in each section, and the bytes of the sections.
fn filled(arena: &Bump) -> (Builder<'_>, usize) {
    let mut builder = Builder::new_in(arena, Room::default());
    builder.push(Op::Match).expect("room");
    let next = Pc::START;
    builder
        .push_literal(b"nine byte", Fold::None, next)
        .expect("room");
    let at = builder.push_ranges(&[pack_range(0x100, 0x200), pack_range(0x300, 0x400)]);
    builder.push_set(Set::code_points(1, &[], at, 2, false));
    builder.push_counter(&repool_program::Counter {
        min: 2,
        max: 3,
        body: next,
        greedy: false,
        parent: None,
        lo: next,
        len: 1,
        base: 4,
    });
    builder.push_name(Name::new(1, 0..2).expect("fits"));
    // One word of code and three of the literal, two rows, two ranges, three words, one name.
    (builder, (1 + 3 + 4 + 2 + 3 + 1) * 8)
}

#[test]
fn bytes_are_those_of_the_words() {
    for text in ["", "a", "ab name", "ab name?", "ab name??"] {
        let arena = Bump::new();
        let (builder, section_bytes) = filled(&arena);
        assert_eq!(builder.section_bytes(), section_bytes);
        assert_eq!(builder.code_len(), 4);
        assert_eq!(
            builder.ranges(),
            [pack_range(0x100, 0x200), pack_range(0x300, 0x400)]
        );
        let image_bytes = builder.image_bytes(text.len());
        let pool = Pool::new(Arc::new(Ledger::default()));
        let sealed = builder.seal(&facts(), Pc::START, text, 0, &pool);
        let sealed = sealed.expect("memory for it");
        let bytes = size_of_val(sealed.words());
        assert_eq!(bytes, 64 + section_bytes + text.len().next_multiple_of(8));
        assert_eq!(image_bytes, bytes);
        let program = Program::try_open(sealed.words()).expect("an image");
        assert_eq!(program.image_bytes(), bytes);
        assert_eq!(program.text(), text);
        assert_eq!((program.counter_len(), program.name_len()), (1, 1));
        assert_eq!((program.set_row_len(), program.ranges().len()), (2, 2));
        assert_eq!(program.code().len(), 4);
    }
}

#[test]
fn sections_beyond_their_room_grow() {
    let image = |room| {
        let arena = Bump::new();
        let mut builder = Builder::new_in(&arena, room);
        for _ in 0..100 {
            builder.push(Op::Fail).expect("room");
            builder.push_ranges(&[pack_range(0x100, 0x200)]);
            builder.push_set(Set::code_points(1, &[], 0, 1, false));
        }
        let pool = Pool::new(Arc::new(Ledger::default()));
        let sealed = builder.seal(&facts(), Pc::START, "text", 0, &pool);
        let words = sealed.expect("memory for it").words().to_vec();
        let program = Program::try_open(&words).expect("an image");
        assert_eq!(program.text(), "text");
        (program.code().to_vec(), program.ranges().to_vec())
    };
    let enough = Room {
        image: 1000,
        sets: 400,
        ranges: 100,
    };
    assert_eq!(image(Room::default()), image(enough));
}

#[test]
fn a_program_without_names_has_none() {
    let words = words(&facts());
    let program = Program::try_open(&words).expect("an image");
    assert_eq!((program.name_len(), program.names().len()), (0, 0));
}

#[test]
fn images_are_numbered() {
    let id = |words: &[u64]| Program::try_open(words).expect("an image").id();
    let (a, b) = (words(&facts()), words(&facts()));
    assert_ne!(id(&a), id(&b));
}

#[test]
fn sets_share_rows_and_equal_sets_are_one() {
    let arena = Bump::new();
    let mut builder = Builder::new_in(&arena, Room::default());
    let plain = |ascii| Set::code_points(ascii, &[], 0, 0, false);
    let (a, b) = (builder.push_set(plain(1)), builder.push_set(plain(2)));
    assert_ne!(a, b);
    assert_eq!(builder.push_set(plain(1)), a);
    // The same row with everything above ASCII.
    let negated = Set::code_points(2, &[], 0, 0, true);
    let wide = builder.push_set(negated);
    assert_eq!(builder.section_bytes(), 2 * 16);
    assert_eq!((builder.set(b), builder.set(wide)), (plain(2), negated));
    // A set with a pair of its own takes two rows, whatever the first holds.
    let ranged = Set::code_points(1, &[], 0, 1, false);
    let own = builder.push_set(ranged);
    assert_eq!(builder.section_bytes(), 4 * 16);
    assert_eq!(builder.set(own), ranged);
}

/// The words of an image with these sets, and their names.
fn words_of_sets(flags: Flags, sets: &[Set], ranges: &[u64]) -> (Vec<u64>, Vec<SetId>) {
    let arena = Bump::new();
    let mut builder = Builder::new_in(&arena, Room::default());
    builder.push_ranges(ranges);
    let ids: Vec<SetId> = sets.iter().map(|&set| builder.push_set(set)).collect();
    let mut next = builder.push(Op::Match).expect("room");
    for &set in &ids {
        next = builder.push(Op::Set { set, next }).expect("room");
    }
    let facts = Facts {
        flags,
        prefix: None,
        required: None,
        first: None,
        ..facts()
    };
    let pool = Pool::new(Arc::new(Ledger::default()));
    let sealed = builder.seal(&facts, next, "", 0, &pool);
    (sealed.expect("memory for it").words().to_vec(), ids)
}

#[test]
fn a_program_knows_the_members_of_its_sets() {
    let ranges = [pack_range(0x100, 0x200), pack_range(0x1_F600, 0x1_F600)];
    let ascii = 1 << b'\0' | 1 << b'?' | 1 << b'@' | 1 << 0x7F;
    let sets = [false, true].map(|negated| Set::code_points(ascii, &[], 0, 2, negated));
    let (words, ids) = words_of_sets(Flags::default(), &sets, &ranges);
    let program = Program::try_open(&words).expect("an image");
    assert_eq!(program.set_len(), 2);
    for (id, negated) in ids.into_iter().zip([false, true]) {
        for c in (0..0x300).chain([0x1_F5FF, 0x1_F600, 0x1_F601, 0x10_FFFF]) {
            let expected = match c {
                0..0x80 => [0, 0x3F, 0x40, 0x7F].contains(&c),
                _ => ((0x100..=0x200).contains(&c) || c == 0x1_F600) != negated,
            };
            assert_eq!(program.set_contains(id, c), expected, "{c:#x} {negated}");
        }
        let members = program.set_members(id, 0x1_F600);
        assert_eq!(members, if negated { !1 } else { 1 });
    }
}

#[test]
fn a_program_knows_the_bytes_of_its_sets() {
    let sets = [[1, 1 << 63, 1, 1 << 63], [2, 0, u64::MAX, u64::MAX]];
    let (words, ids) = words_of_sets(Flags::BYTES, &sets.map(Set::bytes), &[]);
    let program = Program::try_open(&words).expect("an image");
    let members = |id| -> Vec<u8> {
        let bytes = 0..=u8::MAX;
        bytes
            .filter(|&byte| program.set_contains_byte(id, byte))
            .collect()
    };
    assert_eq!(members(ids[0]), [0, 127, 128, 255]);
    // Everything above ASCII is a kind of set, and takes no row of its own.
    let wide: Vec<u8> = std::iter::once(1).chain(128..=255).collect();
    assert_eq!(members(ids[1]), wide);
}

#[test]
fn an_image_knows_its_bytes_without_being_opened() {
    let pool = Pool::new(Arc::new(Ledger::default()));
    let arena = Bump::new();
    let (builder, _) = filled(&arena);
    let sealed = builder.seal(&facts(), Pc::START, "ab name", 0, &pool);
    let image = Image::new(sealed.expect("memory for it"), None);
    assert_eq!((image.len_min(), image.group_len()), (3, 5));
    assert_eq!(image.text_bytes(), b"ab name");
    assert_eq!(image.memory_bytes(), image.arena_bytes());
    assert_eq!((image.table_bytes(), image.delegate_bytes()), (0, 0));
    assert_eq!(pool.ledger().bytes(Account::Programs), image.memory_bytes());
    assert!(image.is_charged());
    assert!(Arc::ptr_eq(image.ledger(), pool.ledger()));
    // What engines attach counts, too, on its own account.
    let program = image.program();
    let before = pool.ledger().total_bytes();
    assert_eq!((program.tables(), program.name_len()), (None, 1));
    assert_eq!(program.publish(&[1, 2, 3]), Some(&[1, 2, 3][..]));
    assert_eq!(program.tables(), Some(&[1, 2, 3][..]));
    let tables = image.table_bytes();
    assert!(tables >= 24);
    assert_eq!(program.attach(5_u32, 0), Some(&5));
    let both = image.table_bytes();
    assert!(both >= tables + 4);
    assert_eq!(image.memory_bytes(), image.arena_bytes() + both);
    // Both lie in a page that is charged already.
    assert_eq!(pool.ledger().total_bytes(), before);
    assert_eq!(pool.ledger().bytes(Account::Tables), both);
    // An image that no cache holds takes them along.
    image.set_account(Account::Pinned);
    assert_eq!(pool.ledger().bytes(Account::Pinned), image.memory_bytes());
    assert_eq!(pool.ledger().bytes(Account::Tables), 0);
}

#[test]
fn each_heap_byte_of_an_attached_value_counts_once() {
    let pool = Pool::new(Arc::new(Ledger::default()));
    let bytes = |heap_bytes| {
        let sealed = pool.seal(&words(&facts())).expect("memory for it");
        let image = Image::new(sealed, None);
        assert!(image.program().attach([7_u32; 5], heap_bytes).is_some());
        image.table_bytes()
    };
    assert!(bytes(0) >= size_of::<[u32; 5]>());
    assert_eq!(bytes(1_000), bytes(0) + 1_000);
}

#[test]
fn counters_are_numbered_in_their_order() {
    let arena = Bump::new();
    let mut builder = Builder::new_in(&arena, Room::default());
    let counter = |base| repool_program::Counter {
        min: 2,
        max: 3,
        body: Pc::START,
        greedy: false,
        parent: None,
        lo: Pc::START,
        len: 1,
        base,
    };
    for base in 0..5 {
        let id = builder.push_counter(&counter(base));
        assert_eq!(id, CounterId(base));
    }
    builder.patch_counter(CounterId(2), &counter(9));
    builder.push(Op::Match).expect("room");
    let pool = Pool::new(Arc::new(Ledger::default()));
    let sealed = builder.seal(&facts(), Pc::START, "", 0, &pool);
    let sealed = sealed.expect("memory for it");
    let program = Program::try_open(sealed.words()).expect("an image");
    let bases = (0..5).map(|id| program.counter(CounterId(id)).base);
    assert_eq!(bases.collect::<Vec<u32>>(), [0, 1, 9, 3, 4]);
}

#[test]
fn a_delegated_engine_is_charged_if_there_is_room() {
    let words = words(&facts());
    let regex = Box::new(Regex::new("a+").expect("a pattern"));
    let heap = regex.memory_usage();
    let pool = Pool::new(Arc::new(Ledger::default()));
    let sealed = pool.seal(&words).expect("memory for it");
    let image = Image::new(sealed, Some(regex.clone()));
    assert!(image.program().delegate().is_some() && image.is_charged());
    assert!(image.delegate_bytes() >= heap && heap > 0);
    let bytes = image.arena_bytes() + image.delegate_bytes();
    assert_eq!(image.memory_bytes(), bytes);
    assert_eq!(pool.ledger().bytes(Account::Programs), bytes);
    image.set_account(Account::Pinned);
    assert_eq!(pool.ledger().bytes(Account::Pinned), bytes);
    // Each byte of the engine's heap counts once.
    let larger = Box::new(Regex::new("a+|[b-y]{9}z").expect("a pattern"));
    let more = larger.memory_usage() - heap;
    assert!(more > 0);
    let sealed = pool.seal(&words).expect("memory for it");
    let larger = Image::new(sealed, Some(larger));
    assert_eq!(larger.delegate_bytes(), image.delegate_bytes() + more);
    // The arena fits this ledger, to the byte, and the engine does not.
    let pool = Pool::new(Arc::new(Ledger::default()));
    let sealed = pool.seal(&words).expect("memory for it");
    pool.ledger()
        .set_limit(pool.ledger().total_bytes() + image.delegate_bytes() - 1);
    assert!(!Image::new(sealed, Some(regex)).is_charged());
    // Without an engine there is nothing to run.
    assert!(
        Program::try_open(&words)
            .expect("an image")
            .delegate()
            .is_none()
    );
}

#[test]
fn a_program_knows_whether_memory_is_short() {
    let pool = Pool::new(Arc::new(Ledger::default()));
    let image = Image::new(pool.seal(&words(&facts())).expect("memory for it"), None);
    let total = pool.ledger().total_bytes();
    // A sixteenth and more of the budget is left, and less.
    pool.ledger().set_limit(2 * total);
    assert!(!image.program().is_memory_short());
    pool.ledger().set_limit(total);
    assert!(image.program().is_memory_short());
}

#[test]
fn what_engines_attached_can_be_taken_out() {
    let words = words(&facts());
    let pool = Pool::new(Arc::new(Ledger::default()));
    let mut image = Image::new(pool.seal(&words).expect("memory for it"), None);
    assert!(image.take_tables().is_none());
    assert!(image.program().publish(&[1]).is_some());
    drop(image.take_tables().expect("tables"));
    assert!(image.take_tables().is_none());
    assert!(image.program().attach('x', 0).is_some());
    drop(image.take_tables().expect("a value"));
    assert_eq!(image.table_bytes(), 0);
    assert_eq!(image.attached_value::<char>(), None);
}

#[test]
fn a_moved_image_is_the_same_at_another_address() {
    let words = words(&facts());
    let pool = Pool::new(Arc::new(Ledger::default()));
    let seal = || Image::new(pool.seal(&words).expect("memory for it"), None);
    // The last is alone in its block, and there are holes among the first.
    let mut others: Vec<Image> = (0..1_000).map(|_| seal()).collect();
    let mut image = seal();
    assert!(image.program().publish(&[1, 2]).is_some());
    others.truncate(300);
    let (at, total) = (image.words().as_ptr(), pool.ledger().total_bytes());
    assert!(!image.is_draining() && !image.relocate());
    let compaction = pool.begin_compaction().expect("a page to free");
    assert!(image.is_draining() && image.relocate());
    assert_ne!(image.words().as_ptr(), at);
    assert_eq!(image.words(), words);
    assert_eq!(image.table_words(), Some(&[1, 2][..]));
    assert_eq!(pool.ledger().total_bytes(), total);
    drop(compaction);
    assert_eq!(image.program().facts(), facts());
}

#[test]
fn heat_counts_up_and_falls_far_when_memory_was_short() {
    let words = words(&facts());
    let pool = Pool::new(Arc::new(Ledger::default()));
    let image = Image::new(pool.seal(&words).expect("memory for it"), None);
    let program = image.program();
    assert_eq!((program.warm(5), program.warm(7)), (5, 12));
    assert_eq!(program.warm(u32::MAX), i32::MAX as u32);
    // Each refusal is sixteen times as far away, up to the fifth.
    for debt in [1 << 14, 1 << 18, 1 << 22, 1 << 26, 1 << 30, 1 << 30_u32] {
        program.cool();
        assert_eq!(program.warm(debt - 1), 0, "{debt}");
        assert_eq!(program.warm(3), 2, "{debt}");
    }
    assert!(!program.are_tables_refused());
    program.refuse_tables();
    assert!(program.are_tables_refused());
    // Without an image there is nothing to count.
    let bare = Program::try_open(&words).expect("an image");
    assert_eq!(bare.warm(5), 0);
    bare.cool();
    bare.refuse_tables();
    assert!(!bare.are_tables_refused() && !bare.is_memory_short());
    assert_eq!((bare.publish(&[1]), bare.attach(1_u8, 0)), (None, None));
}

#[test]
fn an_index_fits_an_instruction_or_is_none() {
    let last = Pc::new(Pc::MAX.index()).expect("the last");
    assert_eq!((last, last.index()), (Pc::MAX, (1 << 24) - 1));
    assert_eq!(Pc::new(Pc::MAX.index() + 1), None);
}
