//! The embedded patterns.
//!
//! `patterns.txt` has a section a line (`% name`) and below it one pattern a line, as it is: a pattern
//! may hold anything but a line feed. The last section holds templates of one-shot patterns, where
//! `<hex>`, `<num>` and `<word>` stand for what changes from request to request.

use super::random::Random;
use super::words::WORDS;

const TEXT: &str = include_str!("patterns.txt");
const ONE_SHOT: &str = "one-shot";

/// Patterns that a service asks for repeatedly, and templates of those that it asks for once.
#[derive(Clone, Debug)]
pub(crate) struct Catalogue {
    /// Patterns, in the order of the file.
    pub(crate) patterns: Vec<&'static str>,
    /// Templates of patterns that are asked for once.
    pub(crate) templates: Vec<&'static str>,
    /// The number of sections that `patterns` come from.
    pub(crate) section_len: usize,
}

impl Catalogue {
    /// Reads the embedded file.
    pub(crate) fn embedded() -> Catalogue {
        let mut catalogue = Catalogue {
            patterns: Vec::new(),
            templates: Vec::new(),
            section_len: 0,
        };
        let mut section = "";
        for line in TEXT.lines() {
            if let Some(name) = line.strip_prefix("% ") {
                section = name;
                catalogue.section_len += usize::from(name != ONE_SHOT);
            } else if section == ONE_SHOT {
                catalogue.templates.push(line);
            } else {
                catalogue.patterns.push(line);
            }
        }
        catalogue
    }

    /// A pattern that was not asked for before, with high probability.
    pub(crate) fn one_shot(&self, random: &mut Random) -> String {
        let template = random.pick(&self.templates);
        let mut pattern = String::with_capacity(template.len() + 16);
        let mut rest = template;
        while let Some((at, name, width)) = next_hole(rest) {
            pattern.push_str(&rest[..at]);
            match name {
                "<hex>" => pattern.push_str(&format!("{:010x}", random.below(1 << 40))),
                "<num>" => pattern.push_str(&random.between(100_000, 99_999_999).to_string()),
                _ => pattern.push_str(random.pick(&WORDS)),
            }
            rest = &rest[at + width..];
        }
        pattern.push_str(rest);
        pattern
    }
}

/// The first hole of a template: where it starts, its name, its length.
fn next_hole(template: &str) -> Option<(usize, &'static str, usize)> {
    ["<hex>", "<num>", "<word>"]
        .into_iter()
        .filter_map(|name| Some((template.find(name)?, name, name.len())))
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn holds_some_hundreds_of_different_patterns() {
        let catalogue = Catalogue::embedded();
        assert!(catalogue.patterns.len() >= 300);
        let different: HashSet<_> = catalogue.patterns.iter().collect();
        assert_eq!(different.len(), catalogue.patterns.len());
        assert!(catalogue.section_len >= 10);
    }

    #[test]
    fn regex_accepts_every_pattern() {
        let catalogue = Catalogue::embedded();
        for pattern in &catalogue.patterns {
            if let Err(error) = regex::Regex::new(pattern) {
                panic!("{error}");
            }
        }
        let mut random = Random::new(1);
        for _ in 0..200 {
            let pattern = catalogue.one_shot(&mut random);
            assert!(regex::Regex::new(&pattern).is_ok(), "{pattern}");
            assert!(next_hole(&pattern).is_none(), "{pattern}");
        }
    }
}
