//! Finds the data suite that ships inside the published `regex` package.
//!
//! `cargo metadata` names the folder of every dependency, whether it comes from a registry, a vendored
//! copy or a checkout. The folder is handed to the tests as `REGEX_TESTDATA`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../Cargo.lock");
    let folder = regex_folder().expect("cargo metadata names the folder of regex");
    let data = folder.join("testdata");
    println!("cargo::rustc-env=REGEX_TESTDATA={}", data.display());
}

fn regex_folder() -> Option<PathBuf> {
    // Without the filter, cargo wants the packages of every platform, also those never downloaded.
    let output = Command::new(env::var_os("CARGO")?)
        .args(["metadata", "--format-version", "1", "--filter-platform"])
        .arg(env::var_os("TARGET")?)
        .args(["--offline", "--manifest-path"])
        .arg(Path::new(&env::var_os("CARGO_MANIFEST_DIR")?).join("Cargo.toml"))
        .output()
        .ok()?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    let regex = metadata["packages"]
        .as_array()?
        .iter()
        .find(|package| package["name"] == "regex")?;
    let manifest = Path::new(regex["manifest_path"].as_str()?);
    manifest.parent().map(Path::to_path_buf)
}
