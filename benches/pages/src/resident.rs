//! The resident memory of this process and the page faults of a thread, as the system counts them.

/// The resident bytes of this process that belong to no file.
///
/// `Anonymous` of `/proc/self/smaps_rollup`, which the system counts page by page. `statm` may be wrong by 64 pages and
/// more, because each core keeps a part of the sum. Pages of the program's own file are left out: a run with patterns
/// reads more of the code than its twin. Pages that were given back with `MADV_FREE` and that the system has not yet
/// taken are counted.
///
/// # Errors
///
/// If the system does not have that file.
pub fn bytes() -> Result<usize, String> {
    const FILE: &str = "/proc/self/smaps_rollup";
    let text = std::fs::read_to_string(FILE).map_err(|error| format!("{FILE}: {error}"))?;
    parse(&text).ok_or_else(|| format!("{FILE} has no line `Anonymous`"))
}

fn parse(text: &str) -> Option<usize> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("Anonymous:"))?;
    let kib: usize = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// The page faults of this thread so far that needed no disk; 0 if the system does not tell.
#[must_use]
pub fn faults() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/stat").unwrap_or_default();
    parse_faults(&text).unwrap_or(0)
}

fn parse_faults(text: &str) -> Option<u64> {
    // The second field is the program's name in parentheses, which may hold spaces.
    let (_, fields) = text.rsplit_once(')')?;
    fields.split_whitespace().nth(7)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;

    #[test]
    fn the_line_is_found() {
        let text = "Rss:   20 kB\nAnonymous:            1234 kB\nLazyFree:    0 kB\n";
        assert_eq!(parse(text), Some(1234 * 1024));
        assert_eq!(parse("Rss: 20 kB\n"), None);
    }

    #[test]
    fn faults_are_the_tenth_field() {
        let text = "77 (a b) c) S 1 2 3 0 -1 4194304 1234 5 0 0 10\n";
        assert_eq!(parse_faults(text), Some(1234));
        assert_eq!(parse_faults(""), None);
    }

    #[test]
    fn touched_pages_count() {
        let Ok(before) = bytes() else { return };
        // More than the tests beside this one free meanwhile.
        let touched = black_box(vec![1_u8; 256 << 20]);
        let after = bytes().expect("it was read before");
        assert!(after >= before + (128 << 20), "{before} {after}");
        drop(touched);
    }
}
