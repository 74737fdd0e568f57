//! Patterns as trees that can be printed, sampled and made smaller.

use std::fmt;

use crate::rng::Rng;

/// A pattern before it is text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The empty pattern.
    Empty,
    /// A literal, escaped when it is printed.
    Literal(String),
    /// One atom as it is written, and some texts it matches (none for an assertion).
    Atom(&'static str, &'static [&'static str]),
    /// One after the other.
    Concat(Vec<Shape>),
    /// The first that leads to a match.
    Alternation(Vec<Shape>),
    /// A repetition: the child, the quantifier as it is written, and the counts to sample from.
    Repeat(Box<Shape>, Quantifier),
    /// A capture group, with or without a name.
    Group(Box<Shape>, Option<String>),
    /// A group under flags: `(?flags:child)`.
    Flags(&'static str, Box<Shape>),
}

/// A quantifier: its text, its least count, and its greatest if it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantifier {
    /// As it is written, such as `{2,5}?`.
    pub text: String,
    /// The fewest times.
    pub min: usize,
    /// The most times.
    pub max: Option<usize>,
}

impl Quantifier {
    /// `{min,max}` in its shortest spelling.
    #[must_use]
    pub fn new(min: usize, max: Option<usize>, lazy: bool) -> Quantifier {
        let mut text = match (min, max) {
            (0, None) => "*".to_owned(),
            (1, None) => "+".to_owned(),
            (0, Some(1)) => "?".to_owned(),
            (min, None) => format!("{{{min},}}"),
            (min, Some(max)) if min == max => format!("{{{min}}}"),
            (min, Some(max)) => format!("{{{min},{max}}}"),
        };
        if lazy {
            text.push('?');
        }
        Quantifier { text, min, max }
    }
}

impl Shape {
    /// Whether a quantifier may follow the printed shape as it is.
    fn is_atomic(&self) -> bool {
        match self {
            Shape::Literal(text) => text.chars().count() == 1,
            Shape::Atom(..) | Shape::Group(..) | Shape::Flags(..) => true,
            _ => false,
        }
    }

    /// Appends a text that the shape may match; assertions are taken to hold.
    pub fn sample(&self, rng: &mut Rng, out: &mut Vec<u8>) {
        // Nested counts multiply; nobody needs a haystack of a megabyte here.
        if out.len() > 4096 {
            return;
        }
        match self {
            Shape::Empty => {}
            Shape::Literal(text) => out.extend_from_slice(text.as_bytes()),
            Shape::Atom(_, samples) => {
                if !samples.is_empty() {
                    out.extend_from_slice(rng.pick(samples).as_bytes());
                }
            }
            Shape::Concat(parts) => parts.iter().for_each(|part| part.sample(rng, out)),
            Shape::Alternation(parts) => rng.pick(parts).sample(rng, out),
            Shape::Repeat(child, quantifier) => {
                let max = quantifier.max.unwrap_or(quantifier.min + 3);
                let count = match rng.below(4) {
                    0 => quantifier.min,
                    1 => max,
                    _ => rng.range(quantifier.min, max.min(quantifier.min + 3)),
                };
                (0..count.min(300)).for_each(|_| child.sample(rng, out));
            }
            Shape::Group(child, _) | Shape::Flags(_, child) => child.sample(rng, out),
        }
    }

    /// Shapes that are smaller by one step, for the search of a minimal reproduction.
    #[must_use]
    pub fn smaller(&self) -> Vec<Shape> {
        let mut out = Vec::new();
        let wrapped = |child: &Shape, wrap: &dyn Fn(Box<Shape>) -> Shape| -> Vec<Shape> {
            let children = child.smaller();
            children.into_iter().map(|c| wrap(Box::new(c))).collect()
        };
        match self {
            Shape::Empty => {}
            Shape::Literal(text) => {
                out.push(Shape::Empty);
                if text.chars().count() > 1 {
                    for (at, c) in text.char_indices() {
                        let rest = format!("{}{}", &text[..at], &text[at + c.len_utf8()..]);
                        out.push(Shape::Literal(rest));
                    }
                }
            }
            Shape::Atom(..) => out.push(Shape::Empty),
            Shape::Concat(parts) | Shape::Alternation(parts) => {
                let make = |parts: Vec<Shape>| match self {
                    Shape::Concat(_) => Shape::Concat(parts),
                    _ => Shape::Alternation(parts),
                };
                out.push(Shape::Empty);
                out.extend(parts.iter().cloned());
                for i in 0..parts.len() {
                    let mut fewer = parts.clone();
                    fewer.remove(i);
                    if fewer.len() > 1 {
                        out.push(make(fewer));
                    }
                }
                for (i, part) in parts.iter().enumerate() {
                    for smaller in part.smaller() {
                        let mut changed = parts.clone();
                        changed[i] = smaller;
                        out.push(make(changed));
                    }
                }
            }
            Shape::Repeat(child, quantifier) => {
                out.push(Shape::clone(child));
                let lazy = quantifier.text.len() > 1 && quantifier.text.ends_with('?');
                for (min, max) in quantifier.smaller() {
                    let quantifier = Quantifier::new(min, max, lazy);
                    out.push(Shape::Repeat(child.clone(), quantifier));
                }
                if lazy {
                    let greedy = Quantifier::new(quantifier.min, quantifier.max, false);
                    out.push(Shape::Repeat(child.clone(), greedy));
                }
                out.extend(wrapped(child, &|c| Shape::Repeat(c, quantifier.clone())));
            }
            Shape::Group(child, name) => {
                out.push(Shape::clone(child));
                if name.is_some() {
                    out.push(Shape::Group(child.clone(), None));
                }
                out.extend(wrapped(child, &|c| Shape::Group(c, name.clone())));
            }
            Shape::Flags(flags, child) => {
                out.push(Shape::clone(child));
                out.extend(wrapped(child, &|c| Shape::Flags(flags, c)));
            }
        }
        out
    }
}

impl Quantifier {
    fn smaller(&self) -> Vec<(usize, Option<usize>)> {
        let mut out = Vec::new();
        if self.min > 0 {
            out.push((self.min - 1, self.max));
            out.push((self.min / 2, self.max));
        }
        if let Some(max) = self.max {
            if max > self.min {
                out.push((self.min, Some(max - 1)));
            }
            if max > 2 * self.min.max(1) {
                out.push((self.min, Some(max / 2)));
            }
            if max > 1 && self.min == max {
                out.push((max - 1, Some(max - 1)));
            }
        }
        out
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shape::Empty => Ok(()),
            Shape::Literal(text) => f.write_str(&regex::escape(text)),
            Shape::Atom(text, _) => f.write_str(text),
            Shape::Concat(parts) => parts.iter().try_for_each(|part| match part {
                Shape::Alternation(_) => write!(f, "(?:{part})"),
                _ => part.fmt(f),
            }),
            Shape::Alternation(parts) => {
                for (i, part) in parts.iter().enumerate() {
                    if i > 0 {
                        f.write_str("|")?;
                    }
                    part.fmt(f)?;
                }
                Ok(())
            }
            Shape::Repeat(child, quantifier) if child.is_atomic() => {
                write!(f, "{child}{}", quantifier.text)
            }
            Shape::Repeat(child, quantifier) => write!(f, "(?:{child}){}", quantifier.text),
            Shape::Group(child, None) => write!(f, "({child})"),
            Shape::Group(child, Some(name)) => write!(f, "(?P<{name}>{child})"),
            Shape::Flags(flags, child) => write!(f, "(?{flags}:{child})"),
        }
    }
}
