//! The constructors: the only way to a node.
//!
//! Parts are given away: a node is the child of one parent. That lets a list grow at the place where
//! its first part already stands, and keeps everything a tree. Flattening and joining never copy more
//! than a constant for each node made, so no nesting makes a parse quadratic.

use repool_text::{Fold, Look, LookSet, Set, canonical, decode, orbit, pack_range, unpack_range};

use super::{First, Greed, GroupName, Ir, Node, NodeFacts, NodeId, Stepping, UNBOUNDED};

/// A list inside a list is flattened by copying up to this many children, or by growing in place; a
/// longer one stays a child. Without a bound, lists nested to the limit would cost depth times length.
const FLATTEN_MAX: u32 = 64;

/// Two literals that do not stand side by side in the buffer are joined by copying up to this many
/// bytes; longer ones stay two nodes. Same reason.
const JOIN_MAX: u32 = 256;

impl Ir {
    fn push(&mut self, node: Node, facts: NodeFacts) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(node);
        self.facts.push(facts);
        id
    }

    /// Makes a node the top of the tree.
    pub fn set_root(&mut self, root: NodeId) {
        self.root = Some(root);
    }

    /// A node that matches the empty string.
    pub fn empty(&mut self) -> NodeId {
        self.push(Node::Empty, NodeFacts::EMPTY)
    }

    /// A node that matches nothing.
    pub fn fail(&mut self) -> NodeId {
        self.push(Node::Fail, NodeFacts::consuming(0, 0, First::NONE, 1))
    }

    /// A run of characters. Under a fold it must be UTF-8, and any case will do.
    ///
    /// # Example
    ///
    /// ```
    /// use repool_text::Fold;
    /// let mut ir = repool_syntax::Ir::new();
    /// let root = ir.literal_of(b"ab", Fold::None);
    /// ir.set_root(root);
    /// assert_eq!(ir.to_string(), "literal \"ab\"\n");
    /// ```
    pub fn literal_of(&mut self, bytes: &[u8], fold: Fold) -> NodeId {
        let at = self.literals.len();
        if fold == Fold::None {
            self.literals.extend_from_slice(bytes);
            return self.literal_run(at, Case::None);
        }
        let mut case = Case::None;
        for c in String::from_utf8_lossy(bytes).chars() {
            case = case.max(self.push_char(c, fold));
        }
        self.literal_run(at, case)
    }

    /// Appends a character to the run at the end of the literal buffer, in canonical form, and tells
    /// which case it has under the fold.
    pub(crate) fn push_char(&mut self, c: char, fold: Fold) -> Case {
        let (c, case) = match fold {
            Fold::None => (c, Case::None),
            _ if c.is_ascii() => {
                let lower = c.to_ascii_lowercase();
                let case = match lower {
                    // Their orbits have U+212A and U+017F.
                    'k' | 's' if fold == Fold::Unicode => Case::Unicode,
                    'a'..='z' => Case::Ascii,
                    _ => Case::None,
                };
                (lower, case)
            }
            Fold::Ascii => (c, Case::None),
            Fold::Unicode if orbit(c).len() > 1 => (canonical(c), Case::Unicode),
            Fold::Unicode => (c, Case::None),
        };
        if c.is_ascii() {
            self.literals.push(c as u8);
        } else {
            let mut buffer = [0; 4];
            self.literals
                .extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
        }
        case
    }

    pub(crate) fn literals_mut(&mut self) -> &mut Vec<u8> {
        &mut self.literals
    }

    /// The run from `at` to the end of the literal buffer.
    pub(crate) fn literal_run(&mut self, at: usize, case: Case) -> NodeId {
        self.literal_span(at, self.literals.len(), case)
    }

    /// The run from `at` to `end` in the literal buffer, whose characters are canonical and have at
    /// most the case told.
    pub(crate) fn literal_span(&mut self, at: usize, end: usize, case: Case) -> NodeId {
        if at == end {
            return self.empty();
        }
        let len = (end - at) as u32;
        let fold = case.fold();
        let facts = match case {
            Case::None => {
                NodeFacts::consuming(len, len, First::byte(self.literals[at]), literal_size(len))
            }
            _ => folded_facts(&self.literals[at..end], fold),
        };
        let at = at as u32;
        self.push(Node::Literal { at, len, fold }, facts)
    }

    /// A set of code points, whose ranges are the last of [`Ir::ranges`] (they were added with
    /// [`Ir::ranges_mut`], and nothing since).
    ///
    /// A set with one member is a literal, and one that is a letter in both its cases a folded one.
    pub fn class(&mut self, set: Set) -> NodeId {
        if let Some(node) = self.narrow(set) {
            return node;
        }
        let index = self.sets.intern(set, false);
        self.set_node(index)
    }

    /// A set of bytes, from its 256-bit map.
    pub fn byte_class(&mut self, map: [u64; 4]) -> NodeId {
        let ascii = u128::from(map[0]) | u128::from(map[1]) << 64;
        if map[2] | map[3] == 0 {
            return self.class(Set::code_points(
                ascii,
                &[],
                self.sets.ranges().len(),
                0,
                false,
            ));
        }
        if ascii == 0 && (map[2].count_ones() + map[3].count_ones()) == 1 {
            let byte = if map[2] == 0 {
                192 + map[3].trailing_zeros()
            } else {
                128 + map[2].trailing_zeros()
            };
            self.note_raw_byte();
            let at = self.literals.len();
            self.literals.push(byte as u8);
            return self.literal_run(at, Case::None);
        }
        let index = self.sets.intern(Set::bytes(map), true);
        self.set_node(index)
    }

    /// Notes that a byte from 0x80 up stands in a literal by itself.
    pub(crate) fn note_raw_byte(&mut self) {
        self.stepping = Stepping::Bytes;
    }

    /// The ranges that sets name, to add those of a set that is being built.
    pub fn ranges_mut(&mut self) -> &mut Vec<u64> {
        self.sets.ranges_mut()
    }

    pub(crate) fn set_node(&mut self, index: u32) -> NodeId {
        let facts = *self.sets.facts(index);
        self.push(Node::Set(index), facts)
    }

    /// The literal that a small set is, or failure for the empty one.
    fn narrow(&mut self, set: Set) -> Option<NodeId> {
        let ascii = set.ascii();
        if !set.is_wide() {
            let at = self.literals.len();
            return match ascii.count_ones() {
                0 => Some(self.fail()),
                1 => {
                    self.literals.push(ascii.trailing_zeros() as u8);
                    Some(self.literal_run(at, Case::None))
                }
                2 => {
                    let upper = ascii.trailing_zeros() as u8;
                    let lower = upper | 0x20;
                    let both = upper.is_ascii_uppercase() && ascii == 1 << upper | 1 << lower;
                    both.then(|| {
                        self.literals.push(lower);
                        self.literal_run(at, Case::Ascii)
                    })
                }
                _ => None,
            };
        }
        if set.is_negated() || ascii.count_ones() > 2 || set.properties().next().is_some() {
            return None;
        }
        let (members, len) = few_members(ascii, self.sets.slice(set))?;
        let members = &members[..len];
        let c = members[0];
        let case = if len == 1 {
            Case::None
        } else if orbit(c) == members {
            Case::Unicode
        } else {
            return None;
        };
        self.sets.ranges_mut().truncate(set.ranges_at());
        let at = self.literals.len();
        self.push_char(c, case.fold());
        Some(self.literal_run(at, case))
    }

    /// An assertion.
    pub fn look(&mut self, look: Look) -> NodeId {
        let facts = NodeFacts {
            looks: LookSet::default().with(look),
            anchored_start: look == Look::Start,
            anchored_end: look == Look::End,
            size: 1,
            ..NodeFacts::EMPTY
        };
        self.push(Node::Look(look), facts)
    }

    /// One part after the other.
    pub fn concat(&mut self, parts: &[NodeId]) -> NodeId {
        if let [part] = parts {
            return *part;
        }
        let mut facts = NodeFacts::EMPTY;
        let mut list = List::at_end(self);
        let mut literals = 0;
        for &part in parts {
            facts = facts.then(&self.facts[part.index()]);
            match self.nodes[part.index()] {
                Node::Empty => {}
                Node::Fail => {
                    list.undo(self);
                    return part;
                }
                Node::Concat { at, len } => {
                    list.extend(self, part, at, len);
                    // Its first or last child may be a literal that meets another.
                    literals += 1;
                }
                Node::Literal { .. } => {
                    list.push(self, part);
                    literals += 1;
                }
                _ => list.push(self, part),
            }
        }
        if literals > 1 {
            self.join_literals(&mut list);
        }
        match list.len(self) {
            0 => self.empty(),
            1 => list.take_only(self),
            len => {
                let at = list.at as u32;
                self.push(Node::Concat { at, len }, facts)
            }
        }
    }

    /// Joins neighbouring literals of a list that grew from `list.joined` on.
    fn join_literals(&mut self, list: &mut List) {
        let start = list.joined.max(list.at);
        let mut to = start;
        for from in start..self.children.len() {
            let next = self.children[from];
            let joined = if to > list.at {
                self.join(self.children[to - 1], next)
            } else {
                None
            };
            if let Some(joined) = joined {
                self.children[to - 1] = joined;
            } else {
                self.children[to] = next;
                to += 1;
            }
        }
        self.children.truncate(to);
    }

    /// One literal out of two, if they have the same fold.
    fn join(&mut self, first: NodeId, second: NodeId) -> Option<NodeId> {
        let (
            Node::Literal { at, len, fold },
            Node::Literal {
                at: second_at,
                len: second_len,
                fold: second_fold,
            },
        ) = (self.nodes[first.index()], self.nodes[second.index()])
        else {
            return None;
        };
        let contiguous = at + len == second_at;
        if fold != second_fold || !contiguous && len + second_len > JOIN_MAX {
            return None;
        }
        let joined_at = if contiguous {
            at
        } else {
            let joined_at = self.literals.len() as u32;
            for (at, len) in [(at, len), (second_at, second_len)] {
                self.literals
                    .extend_from_within(at as usize..(at + len) as usize);
            }
            joined_at
        };
        let len = len + second_len;
        let mut facts = self.facts[first.index()].then(&self.facts[second.index()]);
        facts.size = literal_size(len);
        Some(self.push(
            Node::Literal {
                at: joined_at,
                len,
                fold,
            },
            facts,
        ))
    }

    /// The first branch that leads to a match.
    pub fn alternation(&mut self, branches: &[NodeId]) -> NodeId {
        if let [branch] = branches {
            return *branch;
        }
        if let Some(set) = self.union_of_characters(branches) {
            return self.class(set);
        }
        let mut facts: Option<NodeFacts> = None;
        let mut list = List::at_end(self);
        let mut empty = false;
        for &branch in branches {
            match self.nodes[branch.index()] {
                Node::Fail => continue,
                // Whatever a second empty branch leads to, the first has led to.
                Node::Empty if std::mem::replace(&mut empty, true) => continue,
                Node::Alternation { at, len } => list.extend(self, branch, at, len),
                _ => list.push(self, branch),
            }
            let branch = &self.facts[branch.index()];
            facts = Some(facts.map_or(*branch, |facts| facts.or(branch)));
        }
        match (list.len(self), facts) {
            (0, _) | (_, None) => self.fail(),
            (1, _) => list.take_only(self),
            (len, Some(facts)) => {
                let at = list.at as u32;
                self.push(Node::Alternation { at, len }, facts)
            }
        }
    }

    /// The set that an alternation is, if each branch is exactly one code point: then all ways to
    /// match are equally long, and it does not matter which comes first.
    fn union_of_characters(&mut self, branches: &[NodeId]) -> Option<Set> {
        // Cheap to refuse: most alternations fail at their first branch.
        self.ascii_or_characters(*branches.first()?)?;
        let ranges_at = self.sets.ranges().len();
        let mut ascii = 0;
        for &branch in branches {
            let Some(characters) = self.ascii_or_characters(branch) else {
                self.sets.ranges_mut().truncate(ranges_at);
                return None;
            };
            match characters {
                Characters::Ascii(map) => ascii |= map,
                Characters::One(c) => self.sets.ranges_mut().push(pack_range(c, c)),
                Characters::Orbit(all) => {
                    for &c in all {
                        if c.is_ascii() {
                            ascii |= 1 << c as u32;
                        } else {
                            self.sets.ranges_mut().push(pack_range(c as u32, c as u32));
                        }
                    }
                }
            }
        }
        let len = merge_ranges(self.sets.ranges_mut(), ranges_at);
        Some(Set::code_points(ascii, &[], ranges_at, len, false))
    }

    fn ascii_or_characters(&self, id: NodeId) -> Option<Characters> {
        match self.nodes[id.index()] {
            Node::Set(index) => {
                let set = self.sets.get(index);
                (!self.sets.is_raw(index) && !set.is_wide()).then(|| Characters::Ascii(set.ascii()))
            }
            Node::Literal { at, len, fold } if len <= 4 => {
                let bytes = self.literal(at, len);
                let c = decode(bytes, 0).filter(|c| c.is_valid() && c.len == bytes.len())?;
                let character = char::from_u32(c.c)?;
                Some(match fold {
                    Fold::Unicode => Characters::Orbit(orbit(character)),
                    Fold::Ascii => {
                        Characters::Ascii(1 << c.c | 1 << character.to_ascii_uppercase() as u32)
                    }
                    Fold::None if c.c < 0x80 => Characters::Ascii(1 << c.c),
                    Fold::None => Characters::One(c.c),
                })
            }
            _ => None,
        }
    }

    /// The child `min` to `max` times; [`UNBOUNDED`] for no upper bound.
    ///
    /// # Panics
    ///
    /// If `min > max`.
    pub fn repeat(&mut self, child: NodeId, min: u32, max: u32, greed: Greed) -> NodeId {
        assert!(min <= max, "a repetition's bounds are in order");
        let (mut min, mut max) = (min, max);
        let inner = self.facts[child.index()];
        match self.nodes[child.index()] {
            Node::Empty => return child,
            Node::Fail if min > 0 => return child,
            Node::Fail => return self.empty(),
            _ => {}
        }
        // What only matches the empty string does so once or never: again makes no difference.
        if inner.len_max == 0 {
            min = min.min(1);
            max = max.min(1);
        }
        match (min, max) {
            (_, 0) => self.empty(),
            // Possessive `{1,1}` is atomic: only the child's first way to match counts.
            (1, 1) if greed == Greed::Possessive => self.atomic(child),
            (1, 1) => child,
            _ => {
                let facts = inner.repeated(min, max);
                self.push(
                    Node::Repeat {
                        child,
                        min,
                        max,
                        greed,
                    },
                    facts,
                )
            }
        }
    }

    /// A capture group.
    pub fn group(&mut self, child: NodeId, index: u32) -> NodeId {
        if self.nodes[child.index()] == Node::Fail {
            return child;
        }
        let mut facts = self.facts[child.index()];
        facts.captures = true;
        facts.size = facts.size.saturating_add(2);
        self.push(Node::Group { child, index }, facts)
    }

    /// What a group matched, again.
    pub fn backreference(&mut self, index: u32, fold: Fold) -> NodeId {
        self.push(
            Node::Backreference { index, fold },
            NodeFacts::consuming(0, UNBOUNDED, First::ANY, 1),
        )
    }

    /// A look-around: the child matches ahead or behind, or does not.
    pub fn look_around(&mut self, child: NodeId, behind: bool, negated: bool) -> NodeId {
        let inner = self.facts[child.index()];
        let facts = NodeFacts {
            looks: inner.looks,
            captures: inner.captures,
            anchored_start: !negated && !behind && inner.anchored_start,
            anchored_end: !negated && behind && inner.anchored_end,
            size: inner.size.saturating_add(2),
            ..NodeFacts::EMPTY
        };
        self.push(
            Node::LookAround {
                child,
                behind,
                negated,
            },
            facts,
        )
    }

    /// The child's first way to match, and no other.
    pub fn atomic(&mut self, child: NodeId) -> NodeId {
        let mut facts = self.facts[child.index()];
        facts.size = facts.size.saturating_add(2);
        self.push(Node::Atomic(child), facts)
    }

    /// One child if the group has matched, else the other.
    pub fn conditional(&mut self, index: u32, yes: NodeId, no: NodeId) -> NodeId {
        let facts = self.facts[yes.index()].or(&self.facts[no.index()]);
        self.push(Node::Conditional { index, yes, no }, facts)
    }

    /// Names a group, by rising index.
    pub(crate) fn add_name(&mut self, name: GroupName) {
        self.names.push(name);
    }

    pub(crate) fn set_group_len(&mut self, len: u32) {
        self.group_len = len;
    }

    /// Decides what the program will step over, and turns the sets into that form.
    ///
    /// Bytes are needed if one from 0x80 up stands by itself or in a set of bytes. They can express
    /// the rest if no set, and no folded literal, names a code point above ASCII.
    pub(crate) fn decide_stepping(&mut self) {
        if self.stepping == Stepping::CodePoints && !self.sets.any_raw() {
            return;
        }
        let folded = |node: &Node| {
            matches!(
                node,
                Node::Literal {
                    fold: Fold::Unicode,
                    ..
                }
            )
        };
        if !self.nodes.iter().any(folded) && self.sets.turn_into_bytes() {
            self.stepping = Stepping::Bytes;
        } else {
            self.clear_nodes();
            self.stepping = Stepping::Delegated;
        }
    }
}

/// How far the case of the characters in a literal reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Case {
    /// None has case, or case matters.
    #[default]
    None,
    /// All orbits are ASCII.
    Ascii,
    /// Some orbit has a member above ASCII.
    Unicode,
}

impl Case {
    fn fold(self) -> Fold {
        match self {
            Case::None => Fold::None,
            Case::Ascii => Fold::Ascii,
            Case::Unicode => Fold::Unicode,
        }
    }
}

/// What a branch of one code point can be.
enum Characters {
    Ascii(u128),
    One(u32),
    Orbit(&'static [char]),
}

/// A list of children under construction, at the end of the buffer.
struct List {
    at: usize,
    /// The place from which neighbouring literals have not been joined yet.
    joined: usize,
}

impl List {
    fn at_end(ir: &Ir) -> List {
        let at = ir.children.len();
        List { at, joined: at }
    }

    fn len(&self, ir: &Ir) -> u32 {
        (ir.children.len() - self.at) as u32
    }

    fn push(&mut self, ir: &mut Ir, part: NodeId) {
        ir.children.push(part);
    }

    /// Adds the children of `part`, or `part` itself if they are too many to copy.
    fn extend(&mut self, ir: &mut Ir, part: NodeId, at: u32, len: u32) {
        let (at, end) = (at as usize, (at + len) as usize);
        if ir.children.len() == self.at && end == self.at {
            // They stand right here already: the list takes them over.
            self.at = at;
            self.joined = end;
        } else if len <= FLATTEN_MAX {
            ir.children.extend_from_within(at..end);
        } else {
            ir.children.push(part);
        }
    }

    fn undo(&self, ir: &mut Ir) {
        ir.children.truncate(self.at);
    }

    /// Its one child; the list is gone.
    fn take_only(&self, ir: &mut Ir) -> NodeId {
        let only = ir.children[self.at];
        self.undo(ir);
        only
    }
}

/// About one word, and one for each eight bytes that stand in a section.
const fn literal_size(len: u32) -> u32 {
    1 + len / 8
}

fn folded_facts(bytes: &[u8], fold: Fold) -> NodeFacts {
    let mut facts = NodeFacts::EMPTY;
    if fold == Fold::Ascii {
        let len = bytes.len() as u32;
        let lower = First::byte(bytes[0]);
        let first = lower.union(First::byte(bytes[0].to_ascii_uppercase()));
        return NodeFacts::consuming(len, len, first, literal_size(len));
    }
    let mut at = 0;
    while let Some(c) = decode(bytes, at) {
        let mut one = NodeFacts::consuming(c.len as u32, c.len as u32, First::NONE, 0);
        if facts.len_min == 0 {
            one.first = First::byte(bytes[at]);
        }
        for &other in char::from_u32(c.c).map_or(&[][..], orbit) {
            one.len_min = one.len_min.min(other.len_utf8() as u32);
            one.len_max = one.len_max.max(other.len_utf8() as u32);
            if facts.len_min == 0 {
                one.first = one.first.union(match u8::try_from(other) {
                    Ok(byte) => First::byte(byte),
                    Err(_) => First {
                        ascii: 0,
                        wide: true,
                    },
                });
            }
        }
        facts = facts.then(&one);
        at += c.len;
    }
    facts.size = literal_size(bytes.len() as u32);
    facts
}

/// All members of a set, sorted, if there are at most four: an orbit has no more.
fn few_members(ascii: u128, ranges: &[u64]) -> Option<([char; 4], usize)> {
    let mut members = ['\0'; 4];
    let mut len = 0;
    let lows = (0..128).filter(|c| ascii >> c & 1 != 0).map(|c| (c, c));
    for (lo, hi) in lows.chain(ranges.iter().map(|&r| unpack_range(r))) {
        for c in lo..=hi {
            *members.get_mut(len)? = char::from_u32(c)?;
            len += 1;
        }
    }
    (len > 0).then_some((members, len))
}

/// Sorts the ranges from `at` on and merges those that touch; returns how many are left.
fn merge_ranges(ranges: &mut Vec<u64>, at: usize) -> usize {
    ranges[at..].sort_unstable_by_key(|&r| unpack_range(r));
    let mut to = at;
    for from in at..ranges.len() {
        let (lo, hi) = unpack_range(ranges[from]);
        match to.checked_sub(1).filter(|&last| last >= at) {
            Some(last) if lo <= unpack_range(ranges[last]).1 + 1 => {
                let (last_lo, last_hi) = unpack_range(ranges[last]);
                ranges[last] = pack_range(last_lo, last_hi.max(hi));
            }
            _ => {
                ranges[to] = pack_range(lo, hi);
                to += 1;
            }
        }
    }
    ranges.truncate(to);
    to - at
}
