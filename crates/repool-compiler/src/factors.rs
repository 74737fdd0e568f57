//! *Necessary factors*: a few literals, at least one of them in every match.
//!
//! A set of patterns looks for the factors of all of them at once. It then searches only with the patterns
//! that have a factor in the haystack. The literals of [`crate::needle`] stand on the pattern's spine, one
//! at a time. Factors come from alternations as well:
//!
//! ```text
//! (?:get|post) /admin    "get /admin", "post /admin"
//! (?i)[ab]x\d+(foo|bar)  "ax", "bx", in either case      rarer than foo or bar
//! \w+@\w+|colou?r        "@", "color", "colour"
//! ```
//!
//! Each node, from the leaves up, has two facts. *Exact*: a few strings, and every match of the node is one
//! of them. *Required*: strings with at least one in every match of the node, and the bytes of the match in
//! front of it.
//!
//! The exact strings of neighbours are multiplied out while there are few. After that they become required
//! strings. The two rarest choices of required strings win, and every match contains one string of each.
//! The idea is from RE2 (`prefilter.cc`); the offsets are not.
//!
//! Every assertion counts as true. Strings compare as bytes, or without the case of ASCII letters. A
//! character that folds to others is multiplied out. The exceptions are `s` and `k`: their forms above
//! ASCII are so rare that these are factors themselves.
//!
//! Exercised by `tests/factors.rs`, which also compares factors with matches.

use repool_syntax::{Ir, Node, NodeId, Stepping, UNBOUNDED};
use repool_text::{Fold, Set, decode, orbit, unpack_range};

use crate::needle;
use crate::tuning::{
    FACTOR_CHARACTERS_MAX, FACTOR_EXACT_BYTES_MAX, FACTOR_EXACT_MAX, FACTOR_REQUIRED_MAX,
    FACTOR_SCORE_MIN, FACTOR_SECOND_BYTES_MIN, FACTOR_SECOND_SCORE_MIN, FACTOR_SINGLE_MAX,
    FACTOR_TIMES_MAX, FACTOR_WORK_MAX,
};

/// The long s and the Kelvin sign, which a folded `s` or `k` matches above ASCII.
const WIDE_FORMS: [(u8, &str); 2] = [(b's', "\u{17F}"), (b'k', "\u{212A}")];

/// The number of groups of factors. Each match contains a factor of every group.
pub const FACTOR_GROUPS: usize = 2;

/// One factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factor<'a> {
    /// Its group, below [`FACTOR_GROUPS`]. Each match contains a factor of every group that has any.
    pub group: usize,
    /// Its bytes, at least one; in lower case if `folded`.
    pub bytes: &'a [u8],
    /// Whether ASCII letters match either case.
    pub folded: bool,
    /// The fewest bytes of a match in front of it.
    pub before_min: u32,
    /// The most bytes of a match in front of it, or [`UNBOUNDED`].
    pub before_max: u32,
}

/// Finds factors. It keeps its memory from one pattern to the next.
///
/// # Example
///
/// ```
/// use repool_compiler::Factors;
/// use repool_syntax::{Ir, Syntax, parse};
///
/// let mut ir = Ir::new();
/// parse(r"\d+ (?:errors|warnings)", &Syntax::default(), &mut ir)?;
/// let mut factors = Factors::default();
/// let found = factors.find(&ir).expect("there are rare ones");
/// let texts: Vec<_> = found.map(|factor| factor.bytes).collect();
/// assert_eq!(texts, [b" errors".as_slice(), b" warnings"]);
/// # Ok::<(), repool_syntax::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Factors {
    bytes: Vec<u8>,
    strings: Vec<Text>,
    known: Vec<Known>,
    /// Which of [`WIDE_FORMS`] a folded literal of the pattern can match.
    wide: [bool; 2],
}

/// A run of `bytes`.
#[derive(Clone, Copy, Debug)]
struct Text {
    at: u32,
    len: u32,
    folded: bool,
    /// The bytes of a match in front of it, counted from where its choice starts.
    before: Span,
}

/// A run of `strings`.
#[derive(Clone, Copy, Debug)]
struct Texts {
    at: u32,
    len: u32,
}

impl Texts {
    fn range(self) -> std::ops::Range<usize> {
        self.at as usize..self.at as usize + self.len as usize
    }

    fn len(self) -> usize {
        self.len as usize
    }
}

/// A distance in bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    min: u32,
    max: u32,
}

impl Span {
    fn then(self, other: Span) -> Span {
        Span {
            min: self.min.saturating_add(other.min),
            // `UNBOUNDED` is the largest number, so it survives saturating addition.
            max: self.max.saturating_add(other.max),
        }
    }

    fn or(self, other: Span) -> Span {
        Span {
            min: self.min.min(other.min),
            max: self.max.max(other.max),
        }
    }
}

/// A choice of strings. Every match contains one of them.
#[derive(Clone, Copy, Debug)]
struct Required {
    texts: Texts,
    /// The bytes of the node's match in front of the place from which the strings count.
    before: Span,
    score: f32,
}

/// The best choices of required strings, the rarest first.
type Groups = [Option<Required>; FACTOR_GROUPS];

/// What is known of a node.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    exact: Option<Texts>,
    required: Groups,
}

impl Known {
    fn exact(texts: Texts) -> Known {
        Known {
            exact: Some(texts),
            ..Known::default()
        }
    }
}

impl Factors {
    /// Finds the factors of a pattern, one group after the other.
    ///
    /// Yields none if the pattern never matches. Returns `None` if the pattern has no rare factors.
    pub fn find(&mut self, ir: &Ir) -> Option<impl Iterator<Item = Factor<'_>>> {
        let groups = self.required(ir)?;
        let this = &*self;
        let factors = groups
            .into_iter()
            .enumerate()
            .flat_map(move |(group, required)| {
                let texts = required.map_or(0..0, |required| required.texts.range());
                let before = required.map_or(Span::default(), |required| required.before);
                let strings = this.strings[texts].iter();
                strings.map(move |text| this.factor(text, group, before.then(text.before)))
            });
        Some(factors)
    }

    fn factor(&self, text: &Text, group: usize, before: Span) -> Factor<'_> {
        let bytes = &self.bytes[text.at as usize..][..text.len as usize];
        let is_wide_form = WIDE_FORMS.iter().any(|(_, form)| form.as_bytes() == bytes);
        Factor {
            group,
            bytes,
            folded: text.folded,
            // Such a form may stand for any `s` or `k` of the match, so its place is unknown.
            before_min: if is_wide_form { 0 } else { before.min },
            before_max: if is_wide_form { UNBOUNDED } else { before.max },
        }
    }

    /// The bytes of working memory that are kept for the next pattern.
    #[must_use]
    pub fn scratch_bytes(&self) -> usize {
        self.bytes.capacity()
            + self.strings.capacity() * size_of::<Text>()
            + self.known.capacity() * size_of::<Known>()
    }

    fn required(&mut self, ir: &Ir) -> Option<Groups> {
        if ir.stepping() == Stepping::Delegated {
            return None;
        }
        self.bytes.clear();
        self.strings.clear();
        self.known.clear();
        self.wide = [false; 2];
        for node in ir.node_ids() {
            let known = self.know(ir, node);
            self.known.push(known);
            if self.bytes.len() + self.strings.len() > FACTOR_WORK_MAX {
                return None;
            }
        }
        let mut groups = self.as_required(self.known[ir.root().index()]);
        groups[0].filter(|best| best.score >= FACTOR_SCORE_MIN)?;
        groups[1] = groups[1].filter(|next| {
            let mut lens = self.strings[next.texts.range()].iter().map(|text| text.len);
            next.score >= FACTOR_SECOND_SCORE_MIN && lens.all(|len| len >= FACTOR_SECOND_BYTES_MIN)
        });
        if self.wide != [false; 2] {
            for required in groups.iter_mut().flatten().filter(|r| r.texts.len() > 0) {
                required.texts = self.with_wide_forms(required.texts);
            }
        }
        Some(groups)
    }

    fn with_wide_forms(&mut self, texts: Texts) -> Texts {
        let at = self.strings.len();
        self.strings.extend_from_within(texts.range());
        for (i, (_, form)) in WIDE_FORMS.iter().enumerate() {
            if self.wide[i] {
                self.string(form.as_bytes(), false);
            }
        }
        self.since(at)
    }

    fn know(&mut self, ir: &Ir, id: NodeId) -> Known {
        match ir.node(id) {
            // Assertions of any kind consume nothing.
            Node::Empty | Node::Look(_) | Node::LookAround { .. } => Known::exact(self.nothing()),
            Node::Fail => Known::exact(self.since(self.strings.len())),
            Node::Literal { at, len, fold } => self.literal(ir.literal(at, len), fold),
            Node::Set(index) => Known {
                exact: self.characters(ir, ir.set(index)),
                ..Known::default()
            },
            Node::Group { child, .. } | Node::Atomic(child) => self.known[child.index()],
            Node::Concat { at, len } => {
                let mut run = Run::new(self);
                for &child in ir.children(at, len) {
                    let facts = ir.facts(child);
                    let len = Span {
                        min: facts.len_min,
                        max: facts.len_max,
                    };
                    run.push(self, self.known[child.index()], len);
                }
                run.end(self)
            }
            Node::Alternation { at, len } => self.either(ir.children(at, len)),
            Node::Repeat {
                child, min, max, ..
            } => self.repeated(self.known[child.index()], min, max),
            Node::Backreference { .. } | Node::Conditional { .. } => Known::default(),
        }
    }

    /// Appends a string. If `folded`, its ASCII letters match either case.
    fn string(&mut self, bytes: &[u8], folded: bool) {
        let at = self.bytes.len() as u32;
        self.bytes.extend_from_slice(bytes);
        self.strings.push(Text {
            at,
            len: bytes.len() as u32,
            folded,
            before: Span::default(),
        });
    }

    /// The strings from index `at` on.
    fn since(&self, at: usize) -> Texts {
        Texts {
            at: at as u32,
            len: (self.strings.len() - at) as u32,
        }
    }

    /// The empty string.
    fn nothing(&mut self) -> Texts {
        let at = self.strings.len();
        self.string(b"", false);
        self.since(at)
    }

    fn literal(&mut self, bytes: &[u8], fold: Fold) -> Known {
        let mut run = Run::new(self);
        let mut at = 0;
        // The bytes from here on have one form only.
        let mut plain = 0;
        while at < bytes.len() {
            let c = match decode(bytes, at) {
                Some(d) if fold == Fold::Unicode => char::from_u32(d.c).map(|c| (c, d.len)),
                _ => None,
            };
            let (c, len) = c.unwrap_or((char::from(bytes[at] & 0x7F), 1));
            let forms = match fold {
                Fold::Unicode if c.is_ascii() => {
                    self.note_wide(c as u8);
                    &[]
                }
                Fold::Unicode => orbit(c),
                _ => &[],
            };
            if forms.len() > 1 || at - plain >= FACTOR_EXACT_BYTES_MAX {
                self.plain(&mut run, &bytes[plain..at], fold);
                plain = at;
            }
            at += len;
            if forms.len() > 1 {
                plain = at;
                let from = self.strings.len();
                let mut length = Span { min: 4, max: 1 };
                for form in forms {
                    self.string(form.encode_utf8(&mut [0; 4]).as_bytes(), false);
                    let len = form.len_utf8() as u32;
                    length = length.or(Span { min: len, max: len });
                }
                run.push_exact(self, self.since(from), length);
            }
        }
        self.plain(&mut run, &bytes[plain..], fold);
        run.end(self)
    }

    /// Appends bytes that have no other form than the other case of ASCII letters.
    fn plain(&mut self, run: &mut Run, bytes: &[u8], fold: Fold) {
        if bytes.is_empty() {
            return;
        }
        let is_folded = fold != Fold::None && bytes.iter().any(u8::is_ascii_alphabetic);
        let from = self.strings.len();
        self.string(bytes, is_folded);
        let mut len = Span {
            min: bytes.len() as u32,
            max: bytes.len() as u32,
        };
        if fold == Fold::Unicode {
            // Each `s` may stand there in a form of two bytes, and each `k` in one of three.
            let count = |letter| bytes.iter().filter(|&&b| b == letter).count() as u32;
            len.max += count(b's') + 2 * count(b'k');
        }
        run.push_exact(self, self.since(from), len);
    }

    fn note_wide(&mut self, byte: u8) {
        for (wide, (letter, _)) in self.wide.iter_mut().zip(WIDE_FORMS) {
            *wide |= byte == letter;
        }
    }

    /// The members of a small set, as strings.
    fn characters(&mut self, ir: &Ir, set: Set) -> Option<Texts> {
        let at = self.strings.len();
        if ir.stepping() == Stepping::Bytes {
            let len: u32 = set.0.iter().map(|word| word.count_ones()).sum();
            if len as usize > FACTOR_CHARACTERS_MAX {
                return None;
            }
            for byte in (0..=u8::MAX).filter(|&byte| set.contains_byte(byte)) {
                self.string(&[byte], false);
            }
            return Some(self.since(at));
        }
        if set.is_negated() || set.properties().next().is_some() {
            return None;
        }
        let ranges = &ir.ranges()[set.ranges_at()..][..set.ranges_len()];
        let wide = ranges.iter().map(|&range| {
            let (lo, hi) = unpack_range(range);
            (hi - lo) as usize + 1
        });
        let len = wide.fold(set.ascii().count_ones() as usize, usize::saturating_add);
        if len > FACTOR_CHARACTERS_MAX {
            return None;
        }
        let ascii = (0..0x80u8).filter(|&byte| set.ascii() >> byte & 1 != 0);
        for byte in ascii {
            self.string(&[byte], false);
        }
        for &range in ranges {
            let (lo, hi) = unpack_range(range);
            for c in (lo..=hi).filter_map(char::from_u32) {
                self.string(c.encode_utf8(&mut [0; 4]).as_bytes(), false);
            }
        }
        Some(self.since(at))
    }

    /// The required strings of a node whose exact strings are of no further use.
    fn as_required(&self, known: Known) -> Groups {
        match known.exact {
            Some(texts) => [self.rated(texts, Span::default()), None],
            None => known.required,
        }
    }

    /// The strings with their score; `None` if one of them is empty.
    fn rated(&self, texts: Texts, before: Span) -> Option<Required> {
        let (mut share, mut single) = (0.0_f32, 0);
        for text in &self.strings[texts.range()] {
            if text.len == 0 {
                return None;
            }
            single += usize::from(text.len == 1);
            if single > FACTOR_SINGLE_MAX {
                return None;
            }
            let bytes = &self.bytes[text.at as usize..][..text.len as usize];
            let fold = if text.folded { Fold::Ascii } else { Fold::None };
            share += (-(needle::score(bytes, fold) as f32)).exp2();
        }
        Some(Required {
            texts,
            before,
            score: -share.log2(),
        })
    }

    fn either(&mut self, branches: &[NodeId]) -> Known {
        let at = self.strings.len();
        let exact = branches.iter().try_for_each(|branch| {
            let texts = self.known[branch.index()].exact?;
            let few = self.strings.len() - at + texts.len() <= FACTOR_EXACT_MAX;
            few.then(|| self.strings.extend_from_within(texts.range()))
        });
        if exact.is_some() {
            return Known::exact(self.since(at));
        }
        self.strings.truncate(at);
        Known {
            exact: None,
            required: [self.either_required(branches, at), None],
        }
    }

    fn either_required(&mut self, branches: &[NodeId], at: usize) -> Option<Required> {
        for branch in branches {
            let [required, _] = self.as_required(self.known[branch.index()]);
            let few = |required: &Required| {
                self.strings.len() - at + required.texts.len() <= FACTOR_REQUIRED_MAX
            };
            let Some(required) = required.filter(few) else {
                self.strings.truncate(at);
                return None;
            };
            for text in required.texts.range() {
                let text = self.strings[text];
                self.strings.push(Text {
                    before: required.before.then(text.before),
                    ..text
                });
            }
        }
        self.rated(self.since(at), Span::default())
    }

    fn repeated(&mut self, child: Known, min: u32, max: u32) -> Known {
        if let Some(once) = child.exact
            && max <= FACTOR_TIMES_MAX
            && let Some(exact) = self.times(once, min, max)
        {
            return Known::exact(exact);
        }
        if min == 0 {
            return Known::default();
        }
        let required = match child.exact.and_then(|once| self.times(once, min, min)) {
            Some(texts) => [self.rated(texts, Span::default()), None],
            None => self.as_required(child),
        };
        Known {
            exact: None,
            required,
        }
    }

    /// The strings repeated `min` to `max` times; `None` if they become too many.
    fn times(&mut self, once: Texts, min: u32, max: u32) -> Option<Texts> {
        if min > FACTOR_TIMES_MAX {
            return None;
        }
        let mut power = self.nothing();
        let mut powers = [power; FACTOR_TIMES_MAX as usize + 1];
        for times in 1..=max {
            power = self.product(power, once)?;
            powers[times as usize] = power;
        }
        let at = self.strings.len();
        for power in &powers[min as usize..=max as usize] {
            self.strings.extend_from_within(power.range());
        }
        (self.strings.len() - at <= FACTOR_EXACT_MAX).then(|| self.since(at))
    }

    /// Each of `heads` followed by each of `tails`; `None` if they become too many or too long.
    fn product(&mut self, heads: Texts, tails: Texts) -> Option<Texts> {
        if heads.len() * tails.len() > FACTOR_EXACT_MAX {
            return None;
        }
        let longest = |texts: Texts| {
            let lens = self.strings[texts.range()].iter().map(|text| text.len);
            lens.max().unwrap_or(0) as usize
        };
        if longest(tails) == 0 && tails.len() == 1 {
            return Some(heads);
        }
        if longest(heads) == 0 && heads.len() == 1 {
            return Some(tails);
        }
        if longest(heads) + longest(tails) > FACTOR_EXACT_BYTES_MAX {
            return None;
        }
        let from = self.strings.len();
        for head in heads.range() {
            for tail in tails.range() {
                let (head, tail) = (self.strings[head], self.strings[tail]);
                self.join(head, tail);
            }
        }
        Some(self.since(from))
    }

    /// Joins two strings. If the case of only one of them matters, the result ignores case.
    fn join(&mut self, head: Text, tail: Text) {
        let at = self.bytes.len();
        for text in [head, tail] {
            let from = text.at as usize;
            self.bytes
                .extend_from_within(from..from + text.len as usize);
        }
        let folded = head.folded || tail.folded;
        if folded {
            self.bytes[at..].make_ascii_lowercase();
        }
        self.strings.push(Text {
            at: at as u32,
            len: head.len + tail.len,
            folded,
            before: Span::default(),
        });
    }
}

/// A sequence under construction, from its start to its end.
struct Run {
    /// What the parts since `since` match.
    exact: Texts,
    since: Span,
    /// The bytes of the sequence.
    len: Span,
    /// Whether `exact` is all of the sequence.
    is_all: bool,
    best: Groups,
}

impl Run {
    fn new(factors: &mut Factors) -> Run {
        Run {
            exact: factors.nothing(),
            since: Span::default(),
            len: Span::default(),
            is_all: true,
            best: Groups::default(),
        }
    }

    fn push(&mut self, factors: &mut Factors, known: Known, len: Span) {
        if let Some(exact) = known.exact {
            return self.push_exact(factors, exact, len);
        }
        self.flush(factors);
        for mut required in known.required.into_iter().flatten() {
            required.before = self.len.then(required.before);
            self.consider(required);
        }
        self.len = self.len.then(len);
        self.since = self.len;
        self.exact = factors.nothing();
    }

    fn push_exact(&mut self, factors: &mut Factors, exact: Texts, len: Span) {
        match factors.product(self.exact, exact) {
            Some(product) => self.exact = product,
            None => {
                self.flush(factors);
                (self.exact, self.since) = (exact, self.len);
            }
        }
        self.len = self.len.then(len);
    }

    fn flush(&mut self, factors: &Factors) {
        self.is_all = false;
        if let Some(required) = factors.rated(self.exact, self.since) {
            self.consider(required);
        }
    }

    fn consider(&mut self, required: Required) {
        let is_better = |than: Option<Required>| than.is_none_or(|r| required.score > r.score);
        if is_better(self.best[0]) {
            self.best = [Some(required), self.best[0]];
        } else if is_better(self.best[1]) {
            self.best[1] = Some(required);
        }
    }

    fn end(mut self, factors: &Factors) -> Known {
        if self.is_all {
            return Known::exact(self.exact);
        }
        self.flush(factors);
        Known {
            exact: None,
            required: self.best,
        }
    }
}
