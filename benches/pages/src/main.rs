//! Runs every cell under three allocators, and prints one table. See the library for the options.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use repool_pages::cell::{Cell, Run, SHORT};
use repool_pages::cells;
use repool_pages::report::Row;

/// Keeps mimalloc from huge pages where bytes are counted. With huge pages the resident bytes rise in steps of 2 MiB. A cell
/// and its twin may differ by a step, which is more than the bounds allow.
const SMALL_PAGES: (&str, &str) = ("MIMALLOC_ALLOW_THP", "0");

const USAGE: &str = "usage: [--short] [--notes] [--list] [parts of cells' names]";

/// The allocators, the system's first. The program of each is `pages-` and its name.
const ALLOCATORS: [&str; 3] = ["system", "mimalloc", "jemalloc"];

fn main() -> ExitCode {
    match run() {
        Ok(over) => ExitCode::from(u8::from(over > 0)),
        Err(error) => {
            eprintln!("repool-pages: {error}");
            ExitCode::from(2)
        }
    }
}

/// What the command line asks for.
#[derive(Default)]
struct Options {
    run: Run,
    with_notes: bool,
    is_list: bool,
    parts: Vec<String>,
}

impl Options {
    fn read(args: impl Iterator<Item = String>) -> Result<Options, String> {
        let mut options = Options::default();
        for arg in args {
            match arg.as_str() {
                SHORT => options.run.is_short = true,
                "--notes" => options.with_notes = true,
                "--list" => options.is_list = true,
                option if option.starts_with('-') => return Err(USAGE.to_owned()),
                _ => options.parts.push(arg),
            }
        }
        Ok(options)
    }

    fn wants(&self, cell: &Cell) -> bool {
        self.parts.is_empty()
            || self
                .parts
                .iter()
                .any(|part| cell.name.contains(part.as_str()))
    }
}

/// Returns the number of figures over their bounds.
fn run() -> Result<usize, String> {
    let options = Options::read(std::env::args().skip(1))?;
    let mut cells = cells::all(&options.run);
    cells.retain(|cell| options.wants(cell));
    if options.is_list {
        cells.iter().for_each(|cell| println!("{}", cell.name));
        return Ok(0);
    }
    if cells.is_empty() {
        return Err(format!("no cell has such a name; {USAGE}"));
    }
    let folder = build()?;
    let start = Instant::now();
    println!(
        "figure / bound under each allocator; transparent huge pages: {}",
        huge_pages()
    );
    println!(
        "{:<52}{:<13}{}",
        "cell",
        "unit",
        ALLOCATORS.map(column).join(" ")
    );
    let (mut figures, mut over) = (0, 0);
    for cell in &cells {
        let rows = measure_all(&folder, cell, &options.run)?;
        print_rows(&rows, options.with_notes);
        figures += rows.iter().flatten().count();
        over += rows.iter().flatten().filter(|row| row.is_over()).count();
    }
    println!(
        "\n{figures} figures, {over} over their bounds, {:.0} s",
        start.elapsed().as_secs_f64()
    );
    Ok(over)
}

/// A text in a column for an allocator.
fn column(text: &str) -> String {
    format!("{text:<25}")
}

/// Whether the system may use huge pages, in its words.
fn huge_pages() -> String {
    let text = std::fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled");
    let text = text.unwrap_or_default();
    let chosen = text.split(['[', ']']).nth(1);
    chosen.unwrap_or("unknown").to_owned()
}

/// Builds the three programs, which stand beside this one. Returns their folder.
fn build() -> Result<PathBuf, String> {
    if cfg!(debug_assertions) {
        return Err("start it with --release".to_owned());
    }
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let folder = program.parent().ok_or("the program has no folder")?;
    let target = folder
        .parent()
        .ok_or("the program's folder has no parent")?;
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--release", "--quiet", "--bins"])
        .arg("--manifest-path")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target)
        .status()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !status.success() {
        return Err("the programs do not build".to_owned());
    }
    Ok(folder.to_owned())
}

/// Runs a cell under each allocator it is for: at the same time, unless its figures are times.
fn measure_all(folder: &Path, cell: &Cell, run: &Run) -> Result<Vec<Vec<Row>>, String> {
    let count = if cell.is_of_allocator {
        ALLOCATORS.len()
    } else {
        1
    };
    let allocators = &ALLOCATORS[..count];
    let mut arguments = vec![cell.name.as_str()];
    arguments.extend(run.is_short.then_some(SHORT));
    let variable = (!cell.is_timed).then_some(SMALL_PAGES);
    let measure = |allocator: &&str| measure(folder, allocator, &arguments, variable);
    if cell.is_timed {
        return allocators.iter().map(measure).collect();
    }
    std::thread::scope(|scope| {
        let measure = &measure;
        let start = |allocator| scope.spawn(move || measure(allocator));
        let started: Vec<_> = allocators.iter().map(start).collect();
        let rows = started
            .into_iter()
            .map(|thread| thread.join().expect("no panic"));
        rows.collect()
    })
}

/// Runs a cell under an allocator, in a process of its own.
fn measure(
    folder: &Path,
    allocator: &str,
    arguments: &[&str],
    variable: Option<(&str, &str)>,
) -> Result<Vec<Row>, String> {
    let output = Command::new(folder.join(format!("pages-{allocator}")))
        .args(arguments)
        .envs(variable)
        .output()
        .map_err(|error| format!("pages-{allocator} cannot be started: {error}"))?;
    let at_cell = |what: &str| format!("{} under {allocator}: {what}", arguments[0]);
    if !output.status.success() {
        return Err(at_cell(String::from_utf8_lossy(&output.stderr).trim()));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let rows = text.lines().map(Row::from_line);
    rows.collect::<Option<_>>()
        .ok_or_else(|| at_cell("prints no rows"))
}

/// Prints the rows of a cell, which has the same rows under each allocator.
fn print_rows(of_allocators: &[Vec<Row>], with_notes: bool) {
    for at in 0..of_allocators.iter().map(Vec::len).max().unwrap_or(0) {
        let rows: Vec<&Row> = of_allocators
            .iter()
            .filter_map(|rows| rows.get(at))
            .collect();
        let verdicts: Vec<String> = rows.iter().map(|row| column(&row.verdict())).collect();
        println!(
            "{:<52}{:<13}{}",
            rows[0].name,
            rows[0].unit,
            verdicts.join(" ").trim_end()
        );
        let skipped = rows[0].figure.is_none();
        for (row, allocator) in rows.iter().zip(ALLOCATORS) {
            if !row.note.is_empty() && (with_notes || (skipped && allocator == ALLOCATORS[0])) {
                println!("    {allocator}: {}", row.note);
            }
        }
    }
}
