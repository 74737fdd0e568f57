//! `repool bench --rebar`, on a small collection of its own.

mod command;

use command::{file, repool};
use serde_json::Value;

fn bench(args: &[&str]) -> (i32, Value) {
    let folder = file("rebar");
    let args = [
        &["bench", "--rebar", &folder, "--json", "--time", "0.1ms"],
        args,
    ]
    .concat();
    let ran = repool(&args, b"");
    let report = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {}", ran.err));
    (ran.code, report)
}

#[test]
fn every_model_counts_right() {
    let (code, report) = bench(&["--filter", "^small/"]);
    assert_eq!(report["wrong"], serde_json::json!([]));
    assert_eq!(code, 0);
    let benchmarks = report["benchmarks"].as_array().unwrap();
    assert_eq!(benchmarks.len(), 7);
    let columns = ["repool", "regex", "cached"];
    assert_eq!(report["columns"], serde_json::json!(columns));
    for benchmark in benchmarks {
        let seconds = benchmark["seconds"].as_array().unwrap();
        assert_eq!(seconds.len(), columns.len());
        assert!(seconds.iter().all(|time| time.as_f64().unwrap() > 0.0));
    }
    assert_eq!(report["absent"], serde_json::json!([]));
    assert_eq!(benchmarks[1]["name"], "small/models/spans");
    assert_eq!(benchmarks[1]["model"], "count-spans");
    assert_eq!(benchmarks[1]["haystack_bytes"], 15);
}

#[test]
fn what_cannot_run_says_why() {
    let (code, report) = bench(&["--filter", "^skipped/"]);
    assert_eq!(code, 0);
    assert_eq!(report["benchmarks"], serde_json::json!([]));
    let reasons: Vec<&str> = report["skipped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|skipped| skipped["reason"].as_str().unwrap())
        .collect();
    let expected = [
        "model `regex-redux`",
        "not for rust/regex",
        "absent.txt",
        "2 patterns",
    ];
    assert_eq!(reasons.len(), expected.len());
    for (reason, expected) in reasons.into_iter().zip(expected) {
        assert!(reason.contains(expected), "{reason}");
    }
}

#[test]
fn a_wrong_count_is_told() {
    let folder = std::env::temp_dir().join(format!("repool-rebar-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("definitions")).unwrap();
    let definition = "[[bench]]\nmodel = 'count'\nname = 'wrong'\nregex = 'a'\nhaystack = 'aa'\n\
                      count = 3\nengines = ['rust/regex']\n";
    std::fs::write(folder.join("definitions/x.toml"), definition).unwrap();
    let ran = repool(&["bench", "--rebar", folder.to_str().unwrap()], b"");
    std::fs::write(folder.join("definitions/x.toml"), "[[bench]]\nname = 3\n").unwrap();
    let broken = repool(&["bench", "--rebar", folder.to_str().unwrap()], b"");
    std::fs::remove_dir_all(&folder).unwrap();

    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(
        ran.out.contains("x/wrong: repool counts 2, expected 3"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("x/wrong: regex counts 2, expected 3"),
        "{}",
        ran.out
    );
    assert_eq!(broken.code, 2);
    assert!(broken.err.contains("x.toml"), "{}", broken.err);
}

#[test]
fn the_report_is_readable() {
    let ran = repool(
        &["bench", "--rebar", &file("rebar"), "--time", "0.1ms"],
        b"",
    );
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("geometric means"), "{}", ran.out);
    assert!(ran.out.contains("4 not run"), "{}", ran.out);
    let missing = "1 whose haystack is not in the folder";
    assert!(ran.out.contains(missing), "{}", ran.out);
    assert!(!ran.out.contains('\u{1b}'), "no colours in a pipe");
}

#[test]
fn a_filter_that_fits_nothing_is_told() {
    let folder = file("rebar");
    let ran = repool(&["bench", "--rebar", &folder, "--filter", "nothing"], b"");
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("--filter"), "{}", ran.err);
}
