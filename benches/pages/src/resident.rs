//! The resident memory of this process, as the system counts it.

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
    fn touched_pages_count() {
        let Ok(before) = bytes() else { return };
        // More than the tests beside this one free meanwhile.
        let touched = black_box(vec![1_u8; 256 << 20]);
        let after = bytes().expect("it was read before");
        assert!(after >= before + (128 << 20), "{before} {after}");
        drop(touched);
    }
}
