//! `repool inspect`, from the outside.

mod command;

use command::repool;
use serde_json::Value;

#[test]
fn shows_every_stage() {
    let ran = repool(&["inspect", r"(\w+)@(\w{2,300})"], b"");
    assert_eq!(ran.code, 0, "{}", ran.err);
    for part in [
        "pattern",
        "facts",
        "sizes",
        "strategy",
        "while cold",
        "once hot",
        "cost",
        "ir",
        "program",
        r"(\w+)@(\w{2,300})",
    ] {
        assert!(ran.out.contains(part), "{part} is missing in {}", ran.out);
    }
    assert!(!ran.out.contains('\u{1b}'), "no colours in a pipe");
}

#[test]
fn tells_the_same_as_json() {
    let inspect = |args: &[&str]| -> Value {
        let ran = repool(&[&["inspect", "--json"], args].concat(), b"");
        assert_eq!(ran.code, 0, "{}", ran.err);
        serde_json::from_str(&ran.out).unwrap()
    };
    let report = inspect(&["(a)(?<name>b)?"]);
    assert_eq!(report["pattern"], "(a)(?<name>b)?");
    assert_eq!(report["groups"], 3);
    assert!(report["image_bytes"].as_u64() <= report["reserved_bytes"].as_u64());
    assert!(report["program"].as_str().unwrap().lines().count() > 3);
    assert_eq!(report["strategy"], "candidates");
    assert!(report["why"].as_str().unwrap().contains("\"a\""));
    assert_eq!(report["facts"]["groups"], "1, 2 (name)");
    for part in ["cold", "hot", "cost"] {
        assert!(!report[part].as_object().unwrap().is_empty(), "{part}");
    }
    assert!(!report["engines"].as_array().unwrap().is_empty());

    // Every flag of the syntax changes what is compiled.
    let plain = inspect(&["a.k# *$"]);
    for flag in ["-i", "-m", "-s", "-x", "-U", "--no-unicode", "--bytes"] {
        if ["--no-unicode", "--bytes"].contains(&flag) {
            // Which a byte pattern shows: without Unicode `.` is one byte.
            let unicode = inspect(&["--bytes", "."]);
            let bytes = inspect(&["--bytes", "--no-unicode", "."]);
            assert_ne!(unicode["program"], bytes["program"]);
        } else {
            let flagged = inspect(&[flag, "a.k# *$"]);
            assert_ne!(plain["program"], flagged["program"], "{flag}");
        }
    }
}

#[test]
fn errors_point_at_the_pattern() {
    let ran = repool(&["inspect", r"a\p{Klingon}"], b"");
    assert_eq!(ran.code, 2);
    assert_eq!(ran.out, "");
    let expected = "    a\\p{Klingon}\n     ^^^^^^^^^^^\n";
    assert!(ran.err.contains(expected), "{}", ran.err);

    let ran = repool(&["inspect", r"(?-u:\xFF)"], b"");
    assert_eq!(ran.code, 2);
    assert_eq!(repool(&["inspect", "--bytes", r"(?-u:\xFF)"], b"").code, 0);
    assert_eq!(repool(&["inspect"], b"").code, 2);
}
