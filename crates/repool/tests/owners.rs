//! Owners as users see them: all compile methods, isolation, release.

use repool::{Cache, Error, Mode, Options};

#[test]
fn every_way_to_compile_is_charged() {
    let cache = Cache::builder().build();
    let tenant = cache.owner("tenant");
    let mut options = Options::new();
    options.case_insensitive(true);
    for _ in 0..2 {
        assert!(tenant.compile("a").unwrap().is_match("a"));
        assert!(tenant.compile_with("a", &options).unwrap().is_match("A"));
        assert!(tenant.compile_bytes("a").unwrap().is_match(b"a"));
        let re = tenant.compile_bytes_with("a", &options).unwrap();
        assert!(re.is_match(b"A"));
        assert!(matches!(tenant.compile("("), Err(Error::Syntax(_))));
    }
    let stats = tenant.stats();
    assert_eq!((stats.misses, stats.hits), (5, 5));
    assert_eq!((stats.errors, stats.entries), (1, 4));
    assert!(stats.compile_time_spent > std::time::Duration::ZERO);
    assert!(stats.bytes > cache.stats().program_bytes);
}

#[test]
fn a_tenant_that_floods_is_on_its_own() {
    let cache = Cache::builder()
        .max_bytes(256 << 10)
        .mode(Mode::Strict)
        .build();
    let (calm, loud) = (cache.owner("calm"), cache.owner("loud"));
    calm.set_share(64 << 10);
    let rules: Vec<String> = (0..40).map(|i| format!(r"^calm-{i}/(\w+)$")).collect();
    rules
        .iter()
        .for_each(|rule| drop(calm.compile(rule).unwrap()));
    for i in 0..3_000 {
        loud.compile(&format!(r"^loud-{i}/(\w+)$")).unwrap();
        assert!(cache.stats().total_bytes() <= 256 << 10);
    }
    rules
        .iter()
        .for_each(|rule| drop(calm.compile(rule).unwrap()));
    assert_eq!((calm.stats().misses, calm.stats().hits), (40, 40));
    assert!(loud.stats().evictions > 2_000);
}

#[test]
fn reloads_leave_nothing() {
    let cache = Cache::builder().build();
    let mut most = 0;
    for generation in 0..20 {
        let site = cache.owner("site");
        for i in 0..100 {
            site.compile(&format!(r"generation {generation} rule {i}"))
                .unwrap();
        }
        assert_eq!(cache.stats().entries, 100);
        site.release();
        assert_eq!(cache.stats().entries, 0);
        match generation {
            0 => most = cache.stats().total_bytes(),
            _ => assert!(cache.stats().total_bytes() <= most),
        }
    }
}
