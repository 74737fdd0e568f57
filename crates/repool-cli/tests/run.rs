//! The report, from the outside, on a workload that takes no time.

mod command;

use command::repool;
use serde_json::Value;

const SMALL: [&str; 6] = ["--lookups", "300", "--patterns", "40", "--budget", "32K"];

fn report(args: &[&str]) -> Value {
    let ran = repool(&[&SMALL, args, &["--json"]].concat(), b"");
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    serde_json::from_str(&ran.out).unwrap()
}

#[test]
fn both_find_the_same() {
    let report = report(&[]);
    assert_eq!(report["workload"]["lookups"], 300);
    assert_eq!(report["workload"]["patterns"], 40);
    assert_eq!(report["agreement"]["lines"], 2400);
    assert_eq!(report["agreement"]["differing"], 0);
    assert!(report["agreement"]["matched"].as_u64().unwrap() > 0);
    for side in ["repool", "regex"] {
        let through = &report[side]["through"];
        let (hits, misses) = (through["hits"].as_u64(), through["misses"].as_u64());
        assert_eq!(hits.unwrap() + misses.unwrap(), 300);
        assert!(through["bytes"].as_u64().unwrap() > 0);
    }
    let total = report["books"]["total_bytes"].as_u64().unwrap();
    assert!(total <= 32 << 10, "{total}");
    assert_eq!(report["books"]["accounts"].as_array().unwrap().len(), 8);
}

#[test]
fn the_same_seed_does_the_same() {
    let work = |args: &[&str]| {
        let report = report(args);
        let matched = report["agreement"]["matched"].clone();
        let hits = report["repool"]["through"]["hits"].as_i64().unwrap();
        (report["workload"].clone(), matched, hits)
    };
    let (first, again, other) = (work(&[]), work(&[]), work(&["--seed", "2"]));
    assert_eq!((&first.0, &first.1), (&again.0, &again.1));
    assert_ne!((&first.0, &first.1), (&other.0, &other.1));
    // Which shard a pattern is in, each process decides anew, and so a few evictions.
    assert!((first.2 - again.2).abs() <= 20, "{} {}", first.2, again.2);
}

#[test]
fn threads_share_the_work() {
    let report = report(&["--threads", "3", "--one-shot", "0"]);
    assert_eq!(report["workload"]["one_shots"], 0);
    assert_eq!(report["agreement"]["lines"], 2400);
    assert_eq!(report["agreement"]["differing"], 0);
}

#[test]
fn the_report_is_readable() {
    let ran = repool(&SMALL, b"");
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("every span is the same"), "{}", ran.out);
    assert!(!ran.out.contains('\u{1b}'), "no colours in a pipe");
    assert_eq!(ran.err, "", "no bar in a pipe");
    for line in ran.out.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

#[test]
fn bad_input_is_told() {
    for (args, message) in [
        (["--budget", "12parsecs"], "parsecs"),
        (["--patterns", "0"], "--patterns 0"),
        (["--patterns", "100000"], "as many as are embedded"),
        (["--one-shot", "101"], "101"),
        (["--threads", "0"], "0"),
        (["--lookups", "-1"], "-1"),
    ] {
        let ran = repool(&args, b"");
        assert_eq!(ran.code, 2, "{args:?}");
        assert!(ran.err.contains(message), "{args:?}: {}", ran.err);
        assert_eq!(ran.out, "");
    }
}

#[test]
fn help_has_examples() {
    let ran = repool(&["--help"], b"");
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("Examples:"), "{}", ran.out);
    assert_eq!(repool(&["--version"], b"").code, 0);
}
