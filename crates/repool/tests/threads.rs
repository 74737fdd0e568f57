//! One pattern on many threads, searches inside searches, and the end of a thread.

use std::cell::RefCell;
use std::sync::Arc;

use repool::{Captures, Regex};

#[test]
fn one_pattern_on_many_threads() {
    let re = Arc::new(Regex::new(r"(?<key>\w+)=(\d+)").unwrap());
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let re = Arc::clone(&re);
            scope.spawn(move || {
                for i in 0..500 {
                    let hay = format!("x y{thread}={i} z");
                    let captures = re.captures(&hay).unwrap();
                    assert_eq!(&captures["key"], format!("y{thread}"));
                    assert_eq!(&captures[2], i.to_string());
                }
            });
        }
    });
}

#[test]
fn iterators_of_several_patterns_interleave() {
    let (a, b) = (Regex::new("[ab]+").unwrap(), Regex::new("(b)(c)?").unwrap());
    let mut seen = Vec::new();
    for outer in a.find_iter("aab bb cab") {
        for inner in b.captures_iter("abcb") {
            seen.push((outer.range(), inner.get_match().range()));
        }
    }
    assert_eq!(seen.len(), 6);
    assert_eq!(seen[5], (8..10, 3..4));
}

/// Searches after the thread's memory was dropped.
struct SearchesWhenDropped(Regex, Arc<Count>);

type Count = std::sync::atomic::AtomicUsize;

impl Drop for SearchesWhenDropped {
    fn drop(&mut self) {
        let found = self
            .0
            .replace_all("a1b2", |c: &Captures<'_>| format!("[{}]", &c[0]));
        assert_eq!(found, "a[1]b[2]");
        assert!(Regex::new(r"\d+z").unwrap().is_match("1z"));
        self.1.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    }
}

thread_local! {
    static LAST: RefCell<Option<SearchesWhenDropped>> = const { RefCell::new(None) };
}

#[test]
fn a_destructor_of_thread_local_data_may_search_and_compile() {
    let count = Arc::new(Count::new(0));
    let counter = Arc::clone(&count);
    std::thread::spawn(move || {
        let re = Regex::new(r"\d").unwrap();
        // Registered before the thread's scratch, so that it is still there afterwards on platforms
        // that destroy in reverse, and registered again after it by the search below.
        LAST.with(|last| *last.borrow_mut() = Some(SearchesWhenDropped(re.clone(), counter)));
        assert!(re.is_match("7"));
    })
    .join()
    .unwrap();
    assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), 1);
}
