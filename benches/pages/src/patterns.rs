//! The texts of the patterns, each a function of a number, so that no list of them need be resident.

use std::fmt::Write;

use repool::{Cache, Regex};

/// Searches after which a pattern of [`svc`] is hot and has its plan, as the test below shows.
const HOT_SEARCHES: usize = 60;

/// Searches after which it has all tables that hot patterns have, some 9 KB.
const HOTTEST_SEARCHES: usize = 400;

/// Hot patterns for each one that is searched until it has all tables. If all were, the tables would not fit into their share of
/// the budget of [`give_back`](crate::give_back), and building and dropping them would take most of the time.
const HOTTEST_EVERY: usize = 16;

/// A pattern as a service builds it from a name.
#[must_use]
pub fn svc(number: usize) -> String {
    format!(r"^svc-{number}/(\w+)/[0-9a-f]+$")
}

/// Searches a pattern of [`svc`] once, or until it is hot.
fn search(re: &Regex, number: usize, is_hot: bool) {
    let haystack = format!("svc-{number}/accounts/0f3a");
    let searches = match is_hot {
        false => 1,
        true if number.is_multiple_of(HOTTEST_EVERY) => HOTTEST_SEARCHES,
        true => HOT_SEARCHES,
    };
    for _ in 0..searches {
        assert!(re.is_match(&haystack), "{re:?}");
    }
}

/// Asks a cache for a pattern of [`svc`], and searches with it.
///
/// # Panics
///
/// If it does not compile, or finds nothing.
pub fn ask(cache: &Cache, number: usize, is_hot: bool) {
    let re = cache.compile(&svc(number)).expect("a valid pattern");
    search(&re, number, is_hot);
}

/// A pattern of 45 bytes, for numbers below 16 million.
#[must_use]
pub fn of_45_bytes(number: usize) -> String {
    format!(r"^/api/v1/tenant/{number:06x}/users/(\d+)/[a-z]+/ok$")
}

/// A pattern that holds about `bytes` bytes once it is compiled, some 200 at least: long literals, and a class.
#[must_use]
pub fn sized(number: usize, bytes: usize) -> String {
    // The compiled pattern holds its literals twice, in the program and in the text.
    let len = bytes.saturating_sub(200) / 2;
    let mut text = format!(r"^{number:x}\d");
    while text.len() < len {
        write!(text, "/item-{:04x}", text.len() & 0xFFFF).expect("a string takes all");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_their_lengths() {
        assert_eq!(of_45_bytes(0).len(), 45);
        assert_eq!(of_45_bytes(0xFF_FFFF).len(), 45);
    }

    #[test]
    fn compiled_patterns_have_their_sizes() {
        for bytes in [200, 1_000, 10_000, 200_000] {
            let re = Regex::new(&sized(7, bytes)).expect("a valid pattern");
            let held = re.memory_usage();
            assert!(
                held * 4 > bytes * 3 && held < bytes * 5 / 4 + 400,
                "{bytes}: {held}"
            );
        }
    }

    #[test]
    fn patterns_are_hot_after_the_searches() {
        let cache = Cache::builder().build();
        let tables_of = |number: usize, is_hot: bool| {
            let before = cache.stats().table_bytes;
            ask(&cache, number, is_hot);
            cache.stats().table_bytes - before
        };
        assert_eq!(tables_of(1, false), 0);
        let (hot, hottest) = (tables_of(1, true), tables_of(16, true));
        assert!(0 < hot && hot < hottest, "{hot} {hottest}");
        assert_eq!(tables_of(16, true), 0, "it had all tables before");
    }
}
