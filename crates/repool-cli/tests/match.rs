//! `repool match`, from the outside.

mod command;

use command::repool;
use serde_json::{Value, json};

const LOG: &[u8] =
    b"start\nuser=ann level=error\r\n\nuser=bob level=info\nuser=\xffeve level=error";

/// Checks exit code and output for the log above.
#[track_caller]
fn check(args: &[&str], code: i32, out: &str) {
    let ran = repool(&[&["match"], args].concat(), LOG);
    assert_eq!((ran.code, ran.out.as_str()), (code, out), "{}", ran.err);
}

#[test]
fn prints_matching_lines() {
    check(&["level=info"], 0, "user=bob level=info\n");
    check(
        &["-n", "ann|bob"],
        0,
        "2:user=ann level=error\n4:user=bob level=info\n",
    );
    check(&["-i", "ANN"], 0, "user=ann level=error\n");
    check(&["ANN"], 1, "");
    check(&["-v", "user"], 0, "start\n\n");
    check(&["--max-count", "1", "user"], 0, "user=ann level=error\n");
    check(&["-q", "user"], 0, "");
    check(&["-q", "nobody"], 1, "");
    check(&["^$"], 0, "\n");
    check(
        &["error$", "-"],
        0,
        "user=ann level=error\nuser=\u{fffd}eve level=error\n",
    );
}

#[test]
fn prints_what_matched() {
    check(
        &["-o", r"\w+=\w+"],
        0,
        "user=ann\nlevel=error\nuser=bob\nlevel=info\nlevel=error\n",
    );
    check(
        &["-on", "r|x*"],
        0,
        "1:r\n2:r\n2:r\n2:r\n2:r\n4:r\n5:r\n5:r\n5:r\n5:r\n",
    );
    check(&["-c", "level"], 0, "3\n");
    check(&["-c", "nobody"], 1, "0\n");
    check(&["-c", "--json", "level"], 0, "{\"lines\":3}\n");
}

#[test]
fn lines_that_are_no_utf8_are_searched_too() {
    check(&["-o", "eve "], 0, "eve \n");
    check(&["-c", "--bytes", r"(?-u:\xFF)eve"], 0, "1\n");
    check(&["-c", "--bytes", "--no-unicode", "user=.eve"], 0, "1\n");
    let refused = repool(&["match", r"(?-u:\xFF)"], LOG);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("UTF-8"), "{}", refused.err);
}

#[test]
fn groups_are_json() {
    let ran = repool(
        &["match", "--captures", r"(?<key>\w+)=(b)?(\w+)"],
        b"a=1 x=by\nno\n",
    );
    let lines: Vec<Value> = ran
        .out
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(ran.code, 0);
    assert_eq!(lines.len(), 2);
    assert_eq!(
        lines[0],
        json!({ "line": 1, "offset": 0, "groups": [
            { "start": 0, "end": 3, "text": "a=1" },
            { "name": "key", "start": 0, "end": 1, "text": "a" },
            null,
            { "start": 2, "end": 3, "text": "1" },
        ]})
    );
    assert_eq!(lines[1]["groups"][2]["text"], "b");
}

#[test]
fn lines_are_json() {
    let ran = repool(&["match", "--json", "b+"], b"a\nabb\xff b\n");
    assert_eq!(ran.code, 0);
    let line: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(line["line"], 2);
    assert_eq!(line["offset"], 2);
    assert_eq!(line["text"], "abb\u{fffd} b");
    assert_eq!(
        line["matches"][0],
        json!({ "start": 1, "end": 3, "text": "bb" })
    );
    assert_eq!(line["matches"][1]["start"], 5);
}

#[test]
fn bad_input_is_told() {
    let ran = repool(&["match", "a(b"], b"");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("unclosed group"), "{}", ran.err);
    assert!(ran.err.contains("    a(b\n     ^\n"), "{}", ran.err);

    let ran = repool(&["match", "a", "no/such/file"], b"");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("no/such/file"), "{}", ran.err);

    for args in [
        &["match"] as &[&str],
        &["match", "--count", "--captures", "a"],
        &["mtach"],
    ] {
        assert_eq!(repool(args, b"").code, 2, "{args:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_went_away_is_no_fault() {
    use std::io::{Read, Write};
    use std::process::{Command, Stdio};

    let mut child = Command::new(env!("CARGO_BIN_EXE_repool"))
        .args(["match", "x"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut input = child.stdin.take().unwrap();
    // More than all buffers on the way hold, so that the command does write.
    let _ = input.write_all("x\n".repeat(1 << 17).as_bytes());
    drop(input);
    let mut err = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(err, "");
}
