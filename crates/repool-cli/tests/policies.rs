//! `repool bench cache`, from the outside.

mod command;

use command::repool;
use serde_json::Value;

fn report(args: &[&str]) -> Value {
    let ran = repool(&[&["bench", "cache", "--json"], args].concat(), b"");
    assert_eq!(ran.code, 0, "{}", ran.err);
    serde_json::from_str(&ran.out).unwrap()
}

const SMALL: [&str; 4] = ["--requests", "6000", "--entries", "64"];

/// A file of this test alone.
fn temporary(name: &str) -> String {
    let name = format!("repool-policies-{}-{name}", std::process::id());
    std::env::temp_dir().join(name).to_str().unwrap().to_owned()
}

#[test]
fn courses_are_what_they_must_be() {
    let report = report(&SMALL);
    let max_bytes = report["max_bytes"].as_u64().unwrap();
    assert_eq!(report["policies"][2], "repool");
    let streams = report["streams"].as_array().unwrap();
    assert_eq!(streams.len(), 4);
    for stream in streams {
        let courses = stream["courses"].as_array().unwrap();
        let hits = |at: usize| courses[at]["hit_ratio"].as_f64().unwrap();
        let (lru, cpython, ours, optimal) = (hits(0), hits(1), hits(2), hits(3));
        assert!(lru <= optimal, "{stream}");
        // Its first dictionary holds patterns that the second may have dropped.
        assert!(cpython <= optimal + 0.05, "{stream}");
        assert!((0.0..=1.0).contains(&ours), "{stream}");
        assert!(courses[2]["peak_bytes"].as_u64().unwrap() <= max_bytes);
        for course in courses {
            let steps = course["at"].as_array().unwrap();
            assert_eq!(steps.last().unwrap(), 6000);
            assert_eq!(course["bytes"].as_array().unwrap().len(), steps.len());
            assert_eq!(course["hit_ratios"].as_array().unwrap().len(), steps.len());
        }
    }
    // The loop has a few patterns more than there are places, which is the worst for an LRU.
    assert_eq!(streams[2]["courses"][0]["hit_ratio"], 0.0);
}

#[test]
fn the_same_seed_does_the_same() {
    let ratio = |seed: &str| {
        let report = report(&[&SMALL[..], &["--seed", seed]].concat());
        report["streams"][0]["courses"][0]["hit_ratios"].clone()
    };
    assert_eq!(ratio("5"), ratio("5"));
    assert_ne!(ratio("5"), ratio("6"));
}

#[test]
fn courses_are_drawn() {
    let path = temporary("plot.svg");
    let args = [&["bench", "cache", "--plot", &path], &SMALL[..]].concat();
    let ran = repool(&args, b"");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains(&path), "{}", ran.out);
    assert!(ran.out.contains("Zipf 0.9"), "{}", ran.out);
    for line in ran.out.lines() {
        assert!(
            line.contains(&path) || line.chars().count() <= 100,
            "{line}"
        );
    }
    let svg = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(svg.starts_with("<svg xmlns"), "{svg}");
    assert!(svg.ends_with("</svg>\n"), "{svg}");
    // Four streams, two panels each, four policies.
    assert_eq!(svg.matches("<polyline").count(), 32);
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    for word in [
        "CPython’s re",
        "optimal",
        "budget",
        "requests",
        "hits",
        "bytes",
    ] {
        assert!(svg.contains(word), "{word}");
    }
}

#[test]
fn a_trace_is_read() {
    let (trace, plot) = (temporary("a<b>.txt"), temporary("trace.svg"));
    std::fs::write(&trace, "a+\nb\na+\n\nb\n".repeat(50)).unwrap();
    let report = report(&["--trace", &trace, "--entries", "8", "--plot", &plot]);
    let svg = std::fs::read_to_string(&plot).unwrap();
    let stream = &report["streams"][0];
    assert_eq!(stream["requests"], 250);
    assert_eq!(stream["patterns"], 3);
    for course in stream["courses"].as_array().unwrap() {
        assert_eq!(course["hit_ratio"], 247.0 / 250.0);
    }
    assert!(svg.contains("a&lt;b&gt;.txt"), "{svg}");

    std::fs::write(&trace, "a\nb\nx(y\n").unwrap();
    let bad = repool(&["bench", "cache", "--trace", &trace], b"");
    std::fs::write(&trace, "").unwrap();
    let empty = repool(&["bench", "cache", "--trace", &trace], b"");
    std::fs::remove_file(&trace).unwrap();
    std::fs::remove_file(&plot).unwrap();
    assert_eq!((bad.code, empty.code), (2, 2));
    assert!(bad.err.contains("a<b>.txt:3: "), "{}", bad.err);
    assert!(bad.err.contains("    x(y\n     ^\n"), "{}", bad.err);
    assert!(empty.err.contains("no patterns"), "{}", empty.err);
}

#[test]
fn bad_input_is_told() {
    for (args, message) in [
        (&["--trace", "no/such/file"] as &[&str], "no/such/file"),
        (&["--entries", "0"], "from 8"),
        (&["--requests", "1"], "100"),
        (&["--trace", "x", "--seed", "1"], "--seed"),
        (
            &["--requests", "200", "--plot", "no/such/folder/x.svg"],
            "no/such/folder/x.svg",
        ),
    ] {
        let ran = repool(&[&["bench", "cache"], args].concat(), b"");
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}");
        assert!(ran.err.contains(message), "{args:?}: {}", ran.err);
    }
    assert_eq!(repool(&["bench"], b"").code, 2);
    assert_eq!(repool(&["bench", "--rebar", "x", "cache"], b"").code, 2);
}
