//! The files and functions of this workspace that one call passes through.
//!
//! Callgrind lists the addresses of the executed instructions. The line tables of the program tell the function of
//! each address, and the functions that the compiler put into each other there. Only files below `crates/` count:
//! the standard library, other crates and this benchmark do not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use addr2line::Loader;

use crate::count;
use crate::rows::Row;

/// Options of callgrind for addresses, and for positions and names in full.
const OPTIONS: [&str; 3] = [
    "--dump-instr=yes",
    "--compress-pos=no",
    "--compress-strings=no",
];

/// Tells the path of a row: the number of files and functions, and a line for each file.
pub(crate) fn of(row: &Row, program: &Path, folder: &Path) -> Result<String, String> {
    let [profile, _] = count::profile(row, program, folder, &OPTIONS)?;
    let profile = profile.ok_or("callgrind wrote no profile")?;
    let file = program.file_name().ok_or("the program has no name")?;
    let addresses = addresses(&profile, &file.to_string_lossy());
    let loader = Loader::new(program).map_err(|error| error.to_string())?;
    let mut functions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for address in addresses {
        let mut frames = loader
            .find_frames(address)
            .map_err(|error| error.to_string())?;
        while let Some(frame) = frames.next().map_err(|error| error.to_string())? {
            let (Some(function), Some(location)) = (frame.function, frame.location) else {
                continue;
            };
            let name = function.demangle().map_err(|error| error.to_string())?;
            if let Some(file) = location.file.and_then(of_workspace) {
                let functions = functions.entry(file.to_owned()).or_default();
                functions.extend(short(&name).map(str::to_owned));
            }
        }
    }
    let len: usize = functions.values().map(BTreeSet::len).sum();
    let mut text = format!("{}: {} files, {len} functions\n", row.name, functions.len());
    for (file, functions) in &functions {
        let names: Vec<&str> = functions.iter().map(String::as_str).collect();
        writeln!(text, "  {file}: {}", names.join(", ")).expect("a string takes all");
    }
    Ok(text)
}

/// The executed addresses in the program itself, which is an object among others in the profile.
fn addresses(profile: &str, program: &str) -> BTreeSet<u64> {
    let mut addresses = BTreeSet::new();
    let mut is_program = false;
    for line in profile.lines() {
        if let Some(object) = line.strip_prefix("ob=") {
            is_program = object.rsplit('/').next() == Some(program);
        } else if is_program && let Some(position) = line.strip_prefix("0x") {
            let digits = position.split(' ').next().unwrap_or_default();
            addresses.extend(u64::from_str_radix(digits, 16));
        }
    }
    addresses
}

/// The path from the workspace's root, of a file below its `crates/`.
fn of_workspace(file: &str) -> Option<&str> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?.parent()?;
    let file = file.strip_prefix(root.to_str()?)?.trim_start_matches('/');
    file.starts_with("crates/").then_some(file)
}

/// The last part of a function's name, without parameters of types. A closure has none: it belongs to the function
/// around it, which is on the path too.
fn short(name: &str) -> Option<&str> {
    let bare = name.split('<').next()?.trim_end_matches("::");
    let last = bare.rsplit("::").next()?;
    (!last.starts_with("{")).then_some(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_of_the_program() {
        let profile =
            "ob=/lib/libc.so\n0x10 1 1\nob=/x/prog\nfn=f\n0x2a 3 1\ncalls=1 0x99 1\n0x2b 3 7\n";
        assert_eq!(addresses(profile, "prog"), BTreeSet::from([0x2a, 0x2b]));
    }

    #[test]
    fn names_are_short() {
        assert_eq!(short("find<repool::core::Regex>"), Some("find"));
        assert_eq!(short("repool::cache::Cache::global"), Some("global"));
        assert_eq!(short("a::b::{{closure}}"), None);
        assert_eq!(short("{closure#0}"), None);
    }
}
