//! What observers receive: every eviction and every compile, once, outside every lock, whatever they do then.

mod support;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

use repool_cache::{
    Cache, Cause, Compilation, Config, Eviction, Mode, Observer, Pressure, Refusal,
};
use support::{Error, Numbers, ask, image, key, on_threads};

/// Notes each event.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Notes {
    fn note(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Observer for Notes {
    fn evicted(&self, eviction: &Eviction<'_>) {
        let held = if eviction.is_held { ", held" } else { "" };
        let Eviction { pattern, cause, .. } = eviction;
        self.note(format!("{pattern}: {}{held}", cause.name()));
    }

    fn compiled(&self, compilation: &Compilation<'_>) {
        let Compilation { pattern, error, .. } = compilation;
        match error {
            Some(error) => self.note(format!("{pattern}: {error}")),
            None => self.note(format!("{pattern}: compiled")),
        }
    }

    fn pressed(&self, pressure: &Pressure) {
        let verb = if pressure.is_refused {
            "refused"
        } else {
            "exceeds"
        };
        assert!(pressure.total_bytes + pressure.needed > pressure.max_bytes);
        self.note(format!("{verb} {}", pressure.needed));
    }
}

fn observed(max_bytes: usize, mode: Mode, observer: Arc<dyn Observer>) -> Cache<Error> {
    Cache::new(Config {
        max_bytes,
        mode,
        shards: Some(1),
        observer: Some(observer),
        ..Config::default()
    })
}

#[test]
fn each_cause_is_told_with_the_pattern() {
    let notes = Arc::new(Notes::default());
    let cache = observed(64 << 10, Mode::Soft, notes.clone());
    ask(&cache, "a", 20).unwrap();
    ask(&cache, "a", 20).unwrap();
    let fail = |_: &_| Err("unclosed".to_owned());
    cache.get_or_compile(key("("), fail).unwrap_err();
    cache.get_or_compile(key("("), fail).unwrap_err();
    assert_eq!(notes.take(), ["a: compiled", "(: unclosed"]);

    let held = ask(&cache, "held", 20).unwrap();
    cache.purge();
    assert_eq!(
        notes.take(),
        ["held: compiled", "held: purge, held", "a: purge"]
    );
    drop(held);
    cache.validate();

    ask(&cache, "idle", 20).unwrap();
    cache.purge_idle(Duration::ZERO);
    ask(&cache, "b", 20).unwrap();
    cache.shrink_to(0);
    let owner = cache.owner("tenant");
    let ask_for = |text| {
        let compile = |pool: &_| image(text, 20, pool);
        let handle = cache.get_or_compile_for(&owner, key(text), compile);
        drop(handle.unwrap());
    };
    ask_for("c");
    cache.set_max_bytes(&owner, 0);
    cache.set_max_bytes(&owner, usize::MAX);
    ask_for("d");
    cache.release(&owner);
    ask(&cache, "e", 20).unwrap();
    cache.resize(0);
    let reported = notes.take();
    let evictions: Vec<&String> = reported
        .iter()
        .filter(|l| !l.ends_with("compiled"))
        .collect();
    assert_eq!(
        evictions,
        [
            "idle: idle",
            "b: pressure",
            "c: quota",
            "d: release",
            "e: resize"
        ]
    );
    cache.resize(64 << 10);
    ask(&cache, "last", 20).unwrap();
    drop(cache);
    assert_eq!(notes.take(), ["last: compiled", "last: purge"]);
}

/// Counts, and adds up.
#[derive(Default)]
struct Sums {
    compiles: AtomicU64,
    failures: AtomicU64,
    evictions: AtomicU64,
    nanos: AtomicU64,
    capacity: AtomicU64,
}

impl Observer for Sums {
    fn evicted(&self, eviction: &Eviction<'_>) {
        assert!(eviction.bytes > 0 && eviction.pattern.starts_with('p'));
        self.evictions.fetch_add(1, Ordering::Relaxed);
        let is_capacity = eviction.cause == Cause::Capacity;
        self.capacity
            .fetch_add(is_capacity.into(), Ordering::Relaxed);
    }

    fn compiled(&self, compilation: &Compilation<'_>) {
        assert_eq!(compilation.bytes == 0, compilation.error.is_some());
        self.compiles.fetch_add(1, Ordering::Relaxed);
        self.failures
            .fetch_add(compilation.error.is_some().into(), Ordering::Relaxed);
        let nanos = compilation.time.as_nanos() as u64;
        self.nanos.fetch_add(nanos, Ordering::Relaxed);
    }
}

#[test]
fn what_is_told_adds_up_to_the_statistics() {
    let sums = Arc::new(Sums::default());
    let observer: Arc<dyn Observer> = sums.clone();
    let cache: Cache<Error> = Cache::new(Config {
        max_bytes: 128 << 10,
        observer: Some(observer),
        ..Config::default()
    });
    let seed = AtomicU64::new(1);
    on_threads(4, || {
        let mut numbers = Numbers(seed.fetch_add(1, Ordering::Relaxed));
        let mut held = Vec::new();
        for i in 0..4_000 {
            let text = format!("p{}", numbers.below(600));
            if numbers.below(16) == 0 {
                let fail = |_: &_| Err(String::new());
                let bad = format!("({}", text.len());
                cache.get_or_compile(key(&bad), fail).unwrap_err();
            }
            let handle = ask(&cache, &text, 1 + i % 40).unwrap();
            if numbers.below(8) == 0 {
                held.push(handle);
                held.drain(..held.len().saturating_sub(50));
            }
            match numbers.below(500) {
                0 => cache.purge(),
                1 => drop(cache.purge_idle(Duration::ZERO)),
                _ => {}
            }
        }
    });
    let stats = cache.stats();
    let sum = |of: &AtomicU64| of.load(Ordering::Relaxed);
    assert_eq!(sum(&sums.compiles), stats.misses);
    assert_eq!(sum(&sums.failures), stats.errors);
    assert_eq!(sum(&sums.evictions), stats.evictions());
    assert_eq!(sum(&sums.capacity), stats.evictions_capacity);
    assert!(sum(&sums.capacity) > 1_000);
    assert_eq!(
        Duration::from_nanos(sum(&sums.nanos)),
        stats.compile_time_spent
    );
    assert_eq!(stats.pinned_bytes, 0);
    cache.validate();
}

/// Panics at every call.
struct Panics(AtomicU64);

impl Observer for Panics {
    fn evicted(&self, _: &Eviction<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
        panic!("at an eviction");
    }

    fn compiled(&self, _: &Compilation<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
        panic!("at a compile");
    }
}

#[test]
fn a_panic_in_an_observer_harms_nothing() {
    std::panic::set_hook(Box::new(|_| {}));
    let panics = Arc::new(Panics(AtomicU64::new(0)));
    let cache = observed(32 << 10, Mode::Soft, panics.clone());
    on_threads(2, || {
        for i in 0..500 {
            ask(&cache, &format!("p{}", i % 300), 20).unwrap();
        }
    });
    let _ = std::panic::take_hook();
    let stats = cache.stats();
    assert_eq!(stats.lookups(), 1_000);
    assert_eq!(
        panics.0.load(Ordering::Relaxed),
        stats.misses + stats.evictions()
    );
    assert!(stats.evictions() > 0);
    cache.validate();
}

/// Uses the cache that it observes, in every way.
#[derive(Default)]
struct Meddler {
    /// Weak, or neither would ever be freed.
    cache: OnceLock<Weak<Cache<Error>>>,
    is_in: AtomicBool,
    reported: AtomicU64,
}

impl Meddler {
    fn meddle(&self, pattern: &str) {
        assert!(
            !self.is_in.swap(true, Ordering::Relaxed),
            "not called while it is called"
        );
        let cache = self.cache.get().expect("set before the first event");
        // The cache reports its own end, too.
        let Some(cache) = cache.upgrade() else {
            return self.is_in.store(false, Ordering::Relaxed);
        };
        let cache = &*cache;
        self.reported.fetch_add(1, Ordering::Relaxed);
        // The very pattern, for which others may wait at this moment, and new ones, which evict.
        ask(cache, pattern, 20).unwrap();
        ask(
            cache,
            &format!("new {}", self.reported.load(Ordering::Relaxed)),
            20,
        )
        .unwrap();
        let _ = (cache.stats(), cache.entries().count());
        match self.reported.load(Ordering::Relaxed) % 50 {
            0 => cache.purge(),
            1 => drop(cache.shrink_to(10 << 10)),
            2 => drop(cache.purge_idle(Duration::ZERO)),
            _ => {}
        }
        self.is_in.store(false, Ordering::Relaxed);
    }
}

impl Observer for Meddler {
    fn evicted(&self, eviction: &Eviction<'_>) {
        self.meddle(eviction.pattern);
    }

    fn compiled(&self, compilation: &Compilation<'_>) {
        self.meddle(compilation.pattern);
    }
}

#[test]
fn an_observer_may_use_the_cache() {
    let meddler = Arc::new(Meddler::default());
    let cache = Arc::new(observed(32 << 10, Mode::Soft, meddler.clone()));
    assert!(meddler.cache.set(Arc::downgrade(&cache)).is_ok());
    for i in 0..1_000 {
        ask(&cache, &format!("p{}", i % 200), 20).unwrap();
        ask(&cache, "often", 20).unwrap();
    }
    assert!(meddler.reported.load(Ordering::Relaxed) > 1_000);
    cache.validate();
}

#[test]
fn held_budgets_are_told() {
    let notes = Arc::new(Notes::default());
    let cache = observed(32 << 10, Mode::Soft, notes.clone());
    let mut held = Vec::new();
    while cache.total_bytes() <= 32 << 10 {
        held.push(ask(&cache, &format!("p{}", held.len()), 50).unwrap());
    }
    let reported = notes.take();
    let exceeding: Vec<&String> = reported
        .iter()
        .filter(|l| l.starts_with("exceeds"))
        .collect();
    assert_eq!(exceeding.len(), 1, "{reported:?}");
    drop(held);
    ask(&cache, "again", 50).unwrap();
    assert!(!notes.take().iter().any(|line| line.starts_with("exceeds")));
    cache.validate();

    let notes = Arc::new(Notes::default());
    let cache = observed(32 << 10, Mode::Strict, notes.clone());
    let mut held = Vec::new();
    let needed = loop {
        match ask(&cache, &format!("p{}", held.len()), 50) {
            Ok(handle) => held.push(handle),
            Err(Refusal::Budget { needed, .. }) => break needed,
            Err(other) => panic!("{other}"),
        }
    };
    let reported = notes.take();
    assert_eq!(reported.last(), Some(&format!("refused {needed}")));
    assert_eq!(
        reported.iter().filter(|l| l.starts_with("refused")).count(),
        1
    );
    cache.validate();
}
