//! Patterns of corpora, each as many times as there are numbers.

use std::path::Path;

/// A list of patterns, and what makes a pattern of it for each number.
#[derive(Debug)]
pub enum Corpus {
    /// Generated, with the sizes of real patterns.
    Generated,
    /// Of a file in the folder that `REPOOL_CORPORA` names.
    Real(Vec<String>),
}

/// Shares of a hundred patterns, and the bytes of such a pattern once it is compiled: rounded from 10,119 real patterns. The
/// two in a thousand that hold more than the last are left out.
const SIZES: [(usize, usize); 6] = [
    (28, 190),
    (49, 380),
    (16, 760),
    (5, 1_500),
    (1, 3_000),
    (1, 6_000),
];

impl Corpus {
    /// The corpus of a name.
    ///
    /// # Errors
    ///
    /// If `REPOOL_CORPORA` is not set, or the file cannot be read.
    pub fn load(name: &str) -> Result<Corpus, String> {
        if name == "generated" {
            return Ok(Corpus::Generated);
        }
        let folder = std::env::var_os("REPOOL_CORPORA").ok_or("REPOOL_CORPORA is not set")?;
        let path = Path::new(&folder).join(name).with_extension("json");
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
        let patterns = serde_json::from_str(&text);
        patterns
            .map(Corpus::Real)
            .map_err(|error| format!("{name} is not a list of patterns: {error}"))
    }

    /// The pattern of a number. Each number has another one.
    ///
    /// The corpora hold some hundred patterns. So the number itself stands in front of the pattern.
    #[must_use]
    pub fn pattern(&self, number: usize) -> String {
        match self {
            Corpus::Generated => {
                let mut percent = number * 37 % 100;
                let size = SIZES.iter().find(|(share, _)| {
                    let is_here = percent < *share;
                    percent = percent.wrapping_sub(*share);
                    is_here
                });
                let (_, bytes) = size.expect("the shares are a hundred");
                crate::patterns::sized(number, *bytes)
            }
            Corpus::Real(patterns) => format!("{number:05}{}", patterns[number % patterns.len()]),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn patterns_differ() {
        let real = Corpus::Real(vec!["a+".to_owned(), "b|c".to_owned()]);
        for corpus in [Corpus::Generated, real] {
            let texts: HashSet<String> = (0..1_000).map(|n| corpus.pattern(n)).collect();
            assert_eq!(texts.len(), 1_000);
        }
    }

    #[test]
    fn shares_are_a_hundred() {
        assert_eq!(SIZES.iter().map(|(share, _)| share).sum::<usize>(), 100);
    }
}
