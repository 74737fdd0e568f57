//! `repool bench --patterns`, from the outside.

mod command;

use command::{Ran, file, repool};
use serde_json::{Value, json};

/// Runs the benchmark with these patterns in a file.
fn bench(name: &str, patterns: &str, args: &[&str]) -> Ran {
    let path = std::env::temp_dir().join(format!("repool-bench-{name}-{}", std::process::id()));
    std::fs::write(&path, patterns).unwrap();
    let haystack = file("rebar/haystacks/lines.txt");
    let fixed = [
        "bench",
        "--patterns",
        path.to_str().unwrap(),
        "--haystack",
        &haystack,
    ];
    let ran = repool(
        &[&fixed as &[&str], &["--time", "0.1ms"], args].concat(),
        b"",
    );
    std::fs::remove_file(&path).unwrap();
    ran
}

#[test]
fn patterns_are_lines() {
    let ran = bench("lines", "o\n\n(f)(\\w+)\nа(\n[unclosed\n", &["--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["contenders"], json!(["repool", "regex"]));
    assert_eq!(report["patterns"].as_array().unwrap().len(), 2);
    assert_eq!(report["patterns"][0]["count"], 4);
    assert_eq!(report["patterns"][1]["count"], 2);
    for list in [
        "compile_seconds",
        "search_seconds",
        "bytes",
        "bytes_searched",
    ] {
        assert!(
            report["patterns"][0][list][1].as_f64().unwrap() >= 0.0,
            "{list}"
        );
    }
    assert_eq!(report["skipped"].as_array().unwrap().len(), 2);
    let reason = report["skipped"][1]["reason"].as_str().unwrap();
    assert!(
        reason.contains("repool refuses it: error: unclosed"),
        "{reason}"
    );
    assert!(
        reason.contains("regex refuses it: error: unclosed"),
        "{reason}"
    );
    assert_eq!(report["wrong"], json!([]));
}

#[test]
fn patterns_are_json() {
    let ran = bench("json", "[\"a\\nb\", \"THREE\"]", &["-i", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["patterns"][0]["pattern"], "a\nb");
    assert_eq!(report["patterns"][1]["count"], 1);
}

#[test]
fn the_report_is_readable() {
    let ran = bench("report", "o\n\\w+\n", &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("compile time"), "{}", ran.out);
    let summary = bench("summary", "o\n\\w+\n", &["--summary"]);
    assert!(summary.out.lines().count() < ran.out.lines().count());
    let filtered = bench("filter", "o\n\\w+\n", &["--filter", "^o$", "--json"]);
    let report: Value = serde_json::from_str(&filtered.out).unwrap();
    assert_eq!(report["patterns"].as_array().unwrap().len(), 1);
}

#[test]
fn bad_input_is_told() {
    assert_eq!(bench("empty", "\n", &[]).code, 2);
    assert_eq!(bench("filter-bad", "a", &["--filter", "("]).code, 2);
    assert_eq!(bench("time-bad", "a", &["--time", "5"]).code, 2);
    assert_eq!(repool(&["bench"], b"").code, 2);
    assert_eq!(repool(&["bench", "--patterns", "x"], b"").code, 2);
    let ran = repool(
        &["bench", "--patterns", "no/such", "--haystack", "no/such"],
        b"",
    );
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("no/such"), "{}", ran.err);
}
