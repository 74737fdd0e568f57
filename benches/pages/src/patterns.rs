//! The texts of the patterns, each a function of a number, so that no list of them need be resident.

use std::fmt::Write;

use repool::{Cache, Regex};

/// Searches after which a pattern of [`svc`] is hot and has its tables, as the test below shows.
const HOT_SEARCHES: usize = 200;

/// A pattern as a service builds it from a name.
#[must_use]
pub fn svc(number: usize) -> String {
    format!(r"^svc-{number}/(\w+)/[0-9a-f]+$")
}

/// Searches a pattern of [`svc`] once, or until it is hot.
pub fn search(re: &Regex, number: usize, is_hot: bool) {
    let haystack = format!("svc-{number}/accounts/0f3a");
    for _ in 0..if is_hot { HOT_SEARCHES } else { 1 } {
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

/// A pattern of 45 bytes, for numbers below a million.
#[must_use]
pub fn of_45_bytes(number: usize) -> String {
    format!(r"^/api/v1/tenants/{number:06}/users/(\d+)/[a-z]+/ok$")
}

/// A pattern that holds about `bytes` bytes once it is compiled, 200 at least: a few classes among literal text.
#[must_use]
pub fn sized(number: usize, bytes: usize) -> String {
    // A compiled pattern holds its text twice, once as literals of eight-byte instructions with the bytes behind them.
    let len = bytes.saturating_sub(150) / 2;
    let mut text = format!(r"^{number:x}/(\w+)");
    while text.len() < len {
        write!(text, "/item-{:04x}-of-the-list", text.len() & 0xFFFF).expect("a string takes all");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_their_lengths() {
        assert_eq!(of_45_bytes(0).len(), 45);
        assert_eq!(of_45_bytes(999_999).len(), 45);
    }

    #[test]
    fn compiled_patterns_have_their_sizes() {
        for bytes in [200, 1_000, 10_000, 200_000] {
            let re = Regex::new(&sized(7, bytes)).expect("a valid pattern");
            let held = re.memory_usage();
            println!("{bytes} {held}");
            assert!(
                held * 4 > bytes * 3 && held < bytes * 2 + 400,
                "{bytes}: {held}"
            );
        }
    }

    #[test]
    fn patterns_are_hot_after_the_searches() {
        let cache = Cache::builder().build();
        ask(&cache, 1, false);
        let cold = cache.stats();
        ask(&cache, 1, true);
        let hot = cache.stats();
        println!("{cold}\n{hot}");
        assert_eq!(cold.table_bytes, 0);
        assert!(hot.table_bytes > 0);
        ask(&cache, 1, true);
        assert_eq!(
            cache.stats().table_bytes,
            hot.table_bytes,
            "it was hot before"
        );
    }
}
