//! Classes of characters: the columns of a program's tables.
//!
//! Two characters that every set, literal and assertion of the program treats alike are of one *class* (the minterms of
//! symbolic automata: D'Antoni and Veanes 2014). A map of 256 entries gives the class of a byte. Above ASCII there
//! are three cases:
//!
//! - The program steps bytes, or tells no characters above ASCII apart: every byte is a unit.
//! - All characters above ASCII are alike and the haystack is valid UTF-8: the first byte of a character has the class,
//!   the other bytes change nothing, and nothing is decoded.
//! - Otherwise characters are decoded. Those that the program names one by one are looked up. The others have
//!   the class of their *signature*: one bit for each different set.
//!
//! A byte that is part of no character has a class of its own, which no instruction takes.
//! Exercised by `tests/dfa.rs`.

use repool_program::{Consumed, Flags, Program, SetId};
use repool_text::{Fold, Property, canonical, decode, is_word, orbit, unpack_range};

use crate::engine::dfa::look_context::ContextBits;
use crate::heap::vec_bytes;
use crate::nfa::unit::steps_bytes;
use crate::tuning::CLASS_SINGLES_MAX;

/// The most classes. The column of the end stands behind them, and its number has to fit a byte too.
const CLASSES_MAX: usize = 240;

/// The most different sets above ASCII. A signature is a byte, and its table has two to this power entries.
pub(crate) const PREDICATES_MAX: usize = 6;

/// Stands for `\w` among the predicates; the others are numbers of sets.
pub(crate) const WORD: u32 = u32::MAX;

/// The class of a signature that no character has.
pub(crate) const NO_CLASS: u8 = u8::MAX;

/// What represents a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rep {
    /// One of its members; a byte in a byte program.
    Unit(u32),
    /// The characters above ASCII with this signature.
    Signature(u8),
    /// Bytes that no instruction takes.
    Invalid,
    /// The bytes of a character after its first.
    Inner,
}

/// The members above ASCII of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wide {
    /// All or none.
    All(bool),
    /// The members of the predicate, or all others.
    Predicate { index: usize, not: bool },
}

/// The classes of one program.
#[derive(Debug)]
pub(crate) struct Classes {
    /// The class of each byte; above ASCII only if nothing is decoded.
    pub(crate) map: [u8; 256],
    /// The number of classes. The column behind them is the end of the haystack.
    pub(crate) len: usize,
    /// Whether bytes above ASCII have to be decoded.
    pub(crate) decodes: bool,
    /// The class of invalid bytes.
    pub(crate) invalid: u8,
    /// The look context that a neighbour of each class gives.
    pub(crate) contexts: Vec<u8>,
    /// What the bits of a signature mean.
    pub(crate) predicates: Vec<u32>,
    /// The class of each signature.
    pub(crate) signatures: Vec<u8>,
    /// Characters with a class of their own, sorted: `character << 8 | class`.
    pub(crate) singles: Vec<u64>,
    /// Whether the table gives up at an invalid byte: a Unicode assertion beside it depends on more than one unit.
    quits: bool,
    /// Whether a search has to end between two characters.
    pub(crate) needs_boundary: bool,
    /// What the bits of a look context mean.
    pub(crate) context_bits: ContextBits,
    reps: Vec<Rep>,
    wide: Vec<(SetId, Wide)>,
}

/// The classes of units while they are split.
struct Partition {
    class_of: [u16; 256],
    sizes: [u16; 256],
    len: usize,
    /// The number of units: 128 or 256.
    units: usize,
}

impl Partition {
    fn new(units: usize) -> Partition {
        let mut sizes = [0; 256];
        sizes[0] = units as u16;
        Partition {
            class_of: [0; 256],
            sizes,
            len: 1,
            units,
        }
    }

    /// Splits each class into its members in `map` and the others.
    fn split(&mut self, map: [u64; 4]) {
        let mut counts = [0_u16; 256];
        let each = |f: &mut dyn FnMut(usize)| {
            for (i, mut word) in map.into_iter().enumerate().take(self.units / 64) {
                while word != 0 {
                    f(i * 64 + word.trailing_zeros() as usize);
                    word &= word - 1;
                }
            }
        };
        each(&mut |unit| counts[usize::from(self.class_of[unit])] += 1);
        let mut to = [0_u16; 256];
        let (class_of, sizes, len) = (&mut self.class_of, &mut self.sizes, &mut self.len);
        each(&mut |unit| {
            let old = usize::from(class_of[unit]);
            // A class is never empty, so a new one has a number below 256 and is not 0.
            if to[old] == 0 {
                if counts[old] == sizes[old] {
                    return;
                }
                to[old] = *len as u16;
                *len += 1;
            }
            class_of[unit] = to[old];
        });
        for old in 0..256 {
            if to[old] != 0 {
                sizes[old] -= counts[old];
                sizes[usize::from(to[old])] = counts[old];
            }
        }
    }
}

/// The sets, and the characters above ASCII, that instructions name.
#[derive(Default)]
struct Named {
    sets: Vec<SetId>,
    singles: Vec<u32>,
}

impl Classes {
    /// Computes the classes of a program. `None` if there are too many, or if an assertion depends on more than one unit
    /// on either side.
    pub(crate) fn new(program: &Program<'_>) -> Option<Classes> {
        let context_bits = ContextBits::of(program.looks())?;
        let bytes = steps_bytes(program);
        let utf8 = program.flags().contains(Flags::UTF8);
        if context_bits.unicode != 0 && bytes
            || !bytes && context_bits.line != 0 && program.line_terminator() >= 0x80
        {
            return None;
        }
        let mut partition = Partition::new(if bytes { 256 } else { 128 });
        let mut named = Named::default();
        name(program, bytes, &mut partition, &mut named)?;
        split_contexts(program, context_bits, &mut partition);
        let mut classes = Classes {
            map: [0; 256],
            len: partition.len,
            decodes: false,
            invalid: 0,
            contexts: Vec::new(),
            predicates: Vec::new(),
            signatures: Vec::new(),
            singles: Vec::new(),
            quits: context_bits.unicode != 0 && !utf8,
            needs_boundary: context_bits.unicode != 0 || utf8,
            context_bits,
            reps: Vec::new(),
            wide: Vec::new(),
        };
        classes.add_units(&partition);
        if !bytes {
            classes.add_wide(program, named, utf8)?;
        }
        classes.len = classes.reps.len();
        if classes.len > CLASSES_MAX {
            return None;
        }
        let line = u32::from(program.line_terminator());
        classes.contexts = classes
            .reps
            .iter()
            .map(|&rep| classes.context_of(rep, line))
            .collect();
        Some(classes)
    }

    fn add_units(&mut self, partition: &Partition) {
        self.reps = vec![Rep::Invalid; partition.len];
        for unit in (0..partition.units).rev() {
            let class = partition.class_of[unit];
            self.map[unit] = class as u8;
            self.reps[usize::from(class)] = Rep::Unit(unit as u32);
        }
    }

    fn push(&mut self, rep: Rep) -> u8 {
        self.reps.push(rep);
        // Wraps only with too many classes, which `new` refuses.
        (self.reps.len() - 1) as u8
    }

    /// Adds the classes above ASCII.
    fn add_wide(&mut self, program: &Program<'_>, named: Named, utf8: bool) -> Option<()> {
        let mut keys: Vec<(u64, &[u64])> = Vec::new();
        for &set in &named.sets {
            let wide = self.wide_of(program, set, &mut keys)?;
            self.wide.push((set, wide));
        }
        if self.context_bits.unicode != 0 && !self.predicates.contains(&WORD) {
            self.predicates.push(WORD);
        }
        self.invalid = self.push(Rep::Invalid);
        let all = self.wide.iter().any(|(_, wide)| *wide == Wide::All(true));
        let alike = self.predicates.is_empty() && named.singles.is_empty();
        if alike && (utf8 || !all) {
            let first = if all {
                self.push(Rep::Signature(0))
            } else {
                self.invalid
            };
            // In a haystack that may be invalid, an empty match may stand between any two bytes.
            let inner = if utf8 { self.push(Rep::Inner) } else { first };
            self.map[0x80..0xC0].fill(inner);
            self.map[0xC0..].fill(first);
            return Some(());
        }
        // In such a haystack an empty match may stand inside a character, unless it starts at the haystack's start.
        let is_anchored = program.flags().contains(Flags::ANCHORED_START);
        let may_split = !utf8 && program.len_min() == 0 && !is_anchored;
        if may_split || self.predicates.len() > PREDICATES_MAX {
            return None;
        }
        self.decodes = true;
        self.add_signatures(program);
        let mut singles = named.singles;
        singles.sort_unstable();
        singles.dedup();
        if singles.len() > CLASS_SINGLES_MAX || self.reps.len() + singles.len() > CLASSES_MAX {
            return None;
        }
        for c in singles {
            let class = self.push(Rep::Unit(c));
            self.singles.push(u64::from(c) << 8 | u64::from(class));
        }
        Some(())
    }

    /// The members of a set above ASCII. `keys` are those of the predicates so far.
    fn wide_of<'p>(
        &mut self,
        program: &Program<'p>,
        id: SetId,
        keys: &mut Vec<(u64, &'p [u64])>,
    ) -> Option<Wide> {
        let set = program.set(id);
        let ranges = program
            .ranges()
            .get(set.ranges_at()..set.ranges_at() + set.ranges_len())?;
        let mut properties = set.properties();
        let (one, two) = (properties.next(), properties.next());
        let (key, not) = match (one, two) {
            (None, _) if ranges.is_empty() => return Some(Wide::All(set.is_negated())),
            (Some((property, not)), None) if ranges.is_empty() => {
                (u64::from(property.index()), not != set.is_negated())
            }
            // No property has so large a number, since the upper slots are filled with ones.
            _ => (set.0[2], set.is_negated()),
        };
        let known = keys.iter().position(|&k| k == (key, ranges));
        if let Some(index) = known {
            // The predicate tests for the members of the first set with this key, complemented or not.
            let base = self.predicates[index] != WORD && self.is_negated(program, index);
            return Some(Wide::Predicate {
                index,
                not: not != base,
            });
        }
        let index = keys.len();
        keys.push((key, ranges));
        if key == u64::from(Property::WORD.index()) && ranges.is_empty() {
            self.predicates.push(WORD);
            return Some(Wide::Predicate { index, not });
        }
        self.predicates.push(id.0);
        Some(Wide::Predicate { index, not: false })
    }

    /// Tells whether the set of a predicate is the complement of its key; see [`Classes::wide_of`].
    fn is_negated(&self, program: &Program<'_>, index: usize) -> bool {
        let set = program.set(SetId(self.predicates[index]));
        let mut properties = set.properties();
        match (properties.next(), properties.next()) {
            (Some((_, not)), None) if set.ranges_len() == 0 => not != set.is_negated(),
            _ => set.is_negated(),
        }
    }

    /// Adds a class for each signature that some character above ASCII has.
    fn add_signatures(&mut self, program: &Program<'_>) {
        let count = self.predicates.len();
        self.signatures = vec![NO_CLASS; 1 << count];
        let add = |classes: &mut Classes, signature: usize| {
            if classes.signatures[signature] == NO_CLASS {
                classes.signatures[signature] = classes.push(Rep::Signature(signature as u8));
            }
        };
        // One set, neither empty nor full above ASCII, has both signatures.
        if count <= 1 {
            (0..1 << count).for_each(|signature| add(self, signature));
            return;
        }
        // Signatures change only where a range of some set starts or ends.
        let predicates = self.predicates.clone();
        let probe = |classes: &mut Classes, c: u32| {
            let c = c.max(0x80);
            if c <= 0x10_FFFF && char::from_u32(c).is_some() {
                add(classes, signature(program, &predicates, c));
            }
        };
        probe(self, 0x80);
        probe(self, 0xE000);
        for &predicate in &predicates {
            let mut ends = |lo: u32, hi: u32| {
                probe(self, lo);
                probe(self, hi + 1);
            };
            if predicate == WORD {
                Property::WORD
                    .ranges()
                    .iter()
                    .for_each(|&(lo, hi)| ends(lo, hi));
                continue;
            }
            let set = program.set(SetId(predicate));
            for (property, _) in set.properties() {
                property.ranges().iter().for_each(|&(lo, hi)| ends(lo, hi));
            }
            let at = set.ranges_at();
            for &range in &program.ranges()[at..at + set.ranges_len()] {
                let (lo, hi) = unpack_range(range);
                ends(lo, hi);
            }
        }
    }

    fn context_of(&self, rep: Rep, line: u32) -> u8 {
        let bits = self.context_bits;
        match rep {
            Rep::Unit(c) => {
                let when = |condition: bool, bit: u8| if condition { bit } else { 0 };
                when(c == line, bits.line)
                    | when(c == u32::from(b'\n'), bits.lf)
                    | when(c == u32::from(b'\r'), bits.cr)
                    | when(c < 0x80 && is_word(c), bits.ascii)
                    | when(bits.unicode != 0 && is_word(c), bits.unicode)
            }
            Rep::Signature(signature) => {
                let word = self.predicates.iter().position(|&p| p == WORD);
                if word.is_some_and(|bit| signature >> bit & 1 != 0) {
                    bits.unicode
                } else {
                    0
                }
            }
            Rep::Invalid | Rep::Inner => 0,
        }
    }

    /// Tells whether the class is that of a character's further bytes, which change nothing.
    pub(crate) fn is_inner(&self, class: usize) -> bool {
        self.reps[class] == Rep::Inner
    }

    /// Tells whether the table gives up at this class.
    pub(crate) fn is_quit(&self, class: usize) -> bool {
        self.quits && class == usize::from(self.invalid)
    }

    /// Tells whether the set has the members of the class.
    pub(crate) fn in_set(&self, program: &Program<'_>, set: SetId, class: usize) -> bool {
        match self.reps[class] {
            Rep::Unit(c) if steps_bytes(program) => program.set_contains_byte(set, c as u8),
            Rep::Unit(c) => program.set_contains(set, c),
            Rep::Signature(signature) => match self.wide.iter().find(|(id, _)| *id == set) {
                Some((_, Wide::All(all))) => *all,
                Some((_, Wide::Predicate { index, not })) => (signature >> index & 1 != 0) != *not,
                None => false,
            },
            Rep::Invalid | Rep::Inner => false,
        }
    }

    /// Tells whether the class is that of the character alone.
    pub(crate) fn is_char(&self, c: u32, class: usize) -> bool {
        self.reps[class] == Rep::Unit(c)
    }

    /// The bytes of the first unit of `literal`, if the class stands for that unit.
    pub(crate) fn in_literal(
        &self,
        program: &Program<'_>,
        literal: &[u8],
        fold: Fold,
        class: usize,
    ) -> Option<usize> {
        let Rep::Unit(c) = self.reps[class] else {
            return None;
        };
        if steps_bytes(program) {
            let &byte = literal.first()?;
            let equal = match fold {
                Fold::None => u32::from(byte) == c,
                Fold::Ascii | Fold::Unicode => byte.eq_ignore_ascii_case(&(c as u8)),
            };
            return equal.then_some(1);
        }
        let expected = decode(literal, 0)?;
        let c = match fold {
            Fold::None => c,
            Fold::Ascii if c < 0x80 => {
                let equal =
                    expected.c < 0x80 && (expected.c as u8).eq_ignore_ascii_case(&(c as u8));
                return equal.then_some(1);
            }
            Fold::Ascii => c,
            Fold::Unicode => char::from_u32(c).map_or(c, |c| canonical(c).into()),
        };
        (expected.c == c).then_some(expected.len)
    }

    pub(crate) fn bytes(&self) -> usize {
        size_of::<Classes>()
            + vec_bytes(&self.contexts)
            + vec_bytes(&self.predicates)
            + vec_bytes(&self.signatures)
            + vec_bytes(&self.singles)
            + vec_bytes(&self.reps)
            + vec_bytes(&self.wide)
    }
}

/// The signature of a character above ASCII.
#[inline]
pub(crate) fn signature(program: &Program<'_>, predicates: &[u32], c: u32) -> usize {
    let mut signature = 0;
    for (bit, &predicate) in predicates.iter().enumerate() {
        let holds = if predicate == WORD {
            is_word(c)
        } else {
            program.set_contains(SetId(predicate), c)
        };
        signature |= usize::from(holds) << bit;
    }
    signature
}

/// Splits the classes by each instruction, and collects what instructions name above ASCII.
fn name(
    program: &Program<'_>,
    bytes: bool,
    partition: &mut Partition,
    named: &mut Named,
) -> Option<()> {
    for (pc, op) in program.instructions() {
        let Some((consumed, _)) = op.consumed() else {
            continue;
        };
        match consumed {
            Consumed::Set(set) => {
                if !named.sets.contains(&set) {
                    named.sets.push(set);
                    partition.split(program.set(set).0);
                }
            }
            Consumed::Char(c) => name_char(c, Fold::None, bytes, partition, named),
            Consumed::Literal { len, fold } => {
                let literal = program.literal(pc, len);
                let mut rest = 0;
                while rest < literal.len() {
                    let (c, len) = if bytes {
                        (u32::from(literal[rest]), 1)
                    } else {
                        let d = decode(literal, rest)?;
                        (d.c, d.len)
                    };
                    name_char(c, fold, bytes, partition, named);
                    rest += len;
                }
            }
        }
        if named.singles.len() > 16 * CLASS_SINGLES_MAX {
            return None;
        }
    }
    Some(())
}

fn name_char(c: u32, fold: Fold, bytes: bool, partition: &mut Partition, named: &mut Named) {
    let mut map = [0; 4];
    let mut add = |c: u32| {
        if c < 0x80 || bytes {
            map[(c >> 6) as usize & 3] |= 1 << (c & 63);
        } else {
            named.singles.push(c);
        }
    };
    add(c);
    match (fold, char::from_u32(c)) {
        (Fold::Unicode, Some(c)) if !bytes => orbit(c).iter().for_each(|&c| add(c.into())),
        (Fold::Ascii | Fold::Unicode, Some(c)) if c.is_ascii_alphabetic() => {
            add(u32::from(c) ^ 0x20);
        }
        _ => {}
    }
    partition.split(map);
}

/// Splits the classes by the look contexts that they give.
fn split_contexts(program: &Program<'_>, bits: ContextBits, partition: &mut Partition) {
    let mut split = |wanted: u8, is_member: &dyn Fn(u8) -> bool| {
        if wanted != 0 {
            let mut map = [0; 4];
            for byte in (0..=255).filter(|&b| is_member(b)) {
                map[usize::from(byte >> 6)] |= 1 << (byte & 63);
            }
            partition.split(map);
        }
    };
    split(bits.line, &|b| b == program.line_terminator());
    split(bits.lf, &|b| b == b'\n');
    split(bits.cr, &|b| b == b'\r');
    split(bits.ascii | bits.unicode, &|b| {
        b < 0x80 && is_word(b.into())
    });
}
