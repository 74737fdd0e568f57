//! `repool stats`, from the outside: as data, in a pipe, on a terminal, and interrupted.

mod command;

use command::repool;
use serde_json::Value;

const SHORT: [&str; 7] = [
    "stats",
    "--seconds",
    "0.6",
    "--max-bytes",
    "64K",
    "--threads",
    "2",
];

#[test]
fn statistics_are_data() {
    let ran = repool(&[&SHORT[..], &["--json", "--top", "3"]].concat(), b"");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let number = |name: &str| report["stats"][name].as_u64().unwrap();
    assert_eq!(report["threads"], 2);
    assert!(number("hits") > 0 && number("misses") > 0);
    assert!(number("evictions_capacity") > 0, "the budget is small");
    assert!(number("total_bytes") <= 64 << 10);
    assert!(number("peak_bytes") <= 64 << 10);
    assert!(report["lookups_per_second"].as_f64().unwrap() > 0.0);
    for (list, by) in [("top_by_hits", "hits"), ("top_by_bytes", "bytes")] {
        let entries = report[list].as_array().unwrap();
        let numbers: Vec<u64> = entries.iter().map(|e| e[by].as_u64().unwrap()).collect();
        assert_eq!(numbers.len(), 3);
        assert!(numbers.is_sorted_by(|one, other| one >= other), "{list}");
    }
}

#[test]
fn statistics_are_for_prometheus() {
    let ran = repool(&[&SHORT[..], &["--prometheus"]].concat(), b"");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.starts_with("# TYPE repool_hits_total counter\n"));
    assert!(ran.out.contains("repool_max_bytes 65536\n"), "{}", ran.out);
    let ran = repool(&["stats", "--prometheus", "--json"], b"");
    assert_eq!(ran.code, 2);
}

#[test]
fn a_pipe_gets_the_last_view() {
    let ran = repool(&SHORT, b"");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(ran.out.matches("repool stats").count(), 1, "{}", ran.out);
    assert!(!ran.out.contains('\u{1b}'), "no colours in a pipe");
    for word in [
        "lookups/s",
        "ghost hits",
        "for room",
        "programs",
        "total",
        "found most often",
    ] {
        assert!(ran.out.contains(word), "{word}: {}", ran.out);
    }
    for line in ran.out.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

#[test]
fn bad_input_is_told() {
    for (args, message) in [
        (["--seconds", "-1"], "-1"),
        (["--seconds", "nan"], "from 0"),
        (["--threads", "0"], "0"),
        (["--max-bytes", "1X"], "unknown unit"),
        (["--patterns", "0"], "--patterns 0"),
    ] {
        let ran = repool(&[&["stats"], &args[..]].concat(), b"");
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}");
        assert!(ran.err.contains(message), "{args:?}: {}", ran.err);
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_it_early_and_well() {
    use std::process::{Command, Stdio};
    use std::time::Duration;

    let child = Command::new(env!("CARGO_BIN_EXE_repool"))
        .args(["stats", "--seconds", "600", "--threads", "1"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Long enough for the handler to be there; if it is not, the exit code tells.
    std::thread::sleep(Duration::from_millis(800));
    let pid = child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &pid]).status().unwrap();
    assert!(sent.success());
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("found most often"), "{text}");
}

/// On a pseudo terminal, which `script` of util-linux makes; nothing is tested where there is none.
#[cfg(target_os = "linux")]
#[test]
fn a_terminal_is_drawn_in_place() {
    use std::process::{Command, Stdio};

    let size = "stty rows 50 cols 80";
    let stats = format!("{} {}", env!("CARGO_BIN_EXE_repool"), SHORT.join(" "));
    let ran = Command::new("script")
        .args(["-qec", &format!("{size}; {stats}"), "/dev/null"])
        .env("TERM", "xterm-256color")
        .env_remove("NO_COLOR")
        .stdin(Stdio::null())
        .output();
    let Ok(ran) = ran else {
        println!("no `script` here");
        return;
    };
    let text = String::from_utf8_lossy(&ran.stdout);
    if !text.contains("repool stats") {
        println!("another `script` here: {text}");
        return;
    }
    // Later views stand where the first one stood.
    let frames: Vec<&str> = text.split("A\r").collect();
    assert!(frames.len() >= 3, "{text}");
    let height = frames[0].matches("\x1b[K").count();
    assert!(frames[0].ends_with(&format!("\x1b[{height}")), "{text}");
    assert!(text.contains("\x1b[1mrepool stats\x1b[0m"), "{text}");
    assert!(
        !text.contains("\x1b[?"),
        "no mode of the terminal is changed"
    );
    for line in frames[1].lines() {
        let mut shown = String::new();
        let mut parts = line.split('\x1b');
        shown.push_str(parts.next().unwrap_or(""));
        for part in parts {
            let end = part.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(0);
            shown.push_str(&part[end + 1..]);
        }
        assert!(shown.trim_end().chars().count() < 80, "{shown}");
    }
}
