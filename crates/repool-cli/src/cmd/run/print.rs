//! The report as text, a hundred columns wide.

use std::io::Write;

use super::outcome::{Report, Side};
use crate::fault::Fault;
use crate::report::{Style, Table, bar, bytes, count, ns, percent, seconds, times};

/// The width of a full bar.
const BAR: usize = 50;

/// Prints the report.
pub(super) fn print(out: &mut impl Write, report: &Report) -> Result<(), Fault> {
    let style = Style::for_stdout();
    head(out, style, report)?;
    let (ours, theirs) = (&report.repool, &report.regex);
    writeln!(
        out,
        "\n{}",
        compile_table(ours, theirs, report.workload.patterns).render(style)
    )?;
    writeln!(out, "{}", cache_table(ours, theirs).render(style))?;
    budget(out, style, report)?;
    verdict(out, style, report)
}

fn head(out: &mut impl Write, style: Style, report: &Report) -> Result<(), Fault> {
    let work = &report.workload;
    let title = format!("repool {}", report.version);
    writeln!(
        out,
        "\n  {}  beside `regex` behind an LRU, on the same work",
        style.bold(&title)
    )?;
    writeln!(
        out,
        "\n  work      {} lookups, each one pattern over 8 log lines; {} in all, {}, seed {}",
        count(work.lookups as u64),
        bytes(work.searched_bytes as usize),
        match work.threads {
            1 => "1 thread".to_owned(),
            threads => format!("{threads} threads"),
        },
        work.seed,
    )?;
    writeln!(
        out,
        "  patterns  {} that come again (Zipf {}) and {} that come once",
        count(work.patterns as u64),
        crate::workload::ZIPF_EXPONENT,
        count(work.one_shots as u64),
    )?;
    writeln!(
        out,
        "  budget    {} for repool; the LRU may hold as many entries as that did: {}",
        bytes(report.budget_bytes),
        count(report.lru_capacity as u64),
    )?;
    Ok(())
}

/// One number of ours beside one of theirs.
fn row(table: &mut Table, name: &str, show: impl Fn(f64) -> String, ours: f64, theirs: f64) {
    table.row([
        name.to_owned(),
        show(ours),
        show(theirs),
        compared(ours, theirs),
    ]);
}

/// How much more or less the first is.
fn compared(ours: f64, theirs: f64) -> String {
    if (ours / theirs - 1.0).abs() < 0.005 {
        "the same".to_owned()
    } else if ours < theirs {
        format!("{} less", times(theirs / ours))
    } else {
        format!("{} more", times(ours / theirs))
    }
}

fn compile_table(ours: &Side, theirs: &Side, pattern_len: usize) -> Table {
    let (ours, theirs) = (&ours.cold, &theirs.cold);
    let title = format!("compiling {} patterns, no cache", count(pattern_len as u64));
    let mut table = Table::new(&[&title, "repool", "regex", "repool takes"], 44);
    row(&mut table, "a pattern, p50", ns, ours.p50_ns, theirs.p50_ns);
    row(&mut table, "a pattern, p99", ns, ours.p99_ns, theirs.p99_ns);
    row(
        &mut table,
        "all patterns",
        ns,
        ours.total_ns,
        theirs.total_ns,
    );
    let searched = (ours.total_searched_ns, theirs.total_searched_ns);
    row(
        &mut table,
        "all patterns, each with its first search",
        ns,
        searched.0,
        searched.1,
    );
    let held = |held: f64| bytes(held as usize);
    row(
        &mut table,
        "bytes allocated for all",
        held,
        ours.bytes as f64,
        theirs.bytes as f64,
    );
    let calls = |calls: f64| count(calls as u64);
    let allocations = (ours.allocations as f64, theirs.allocations as f64);
    row(
        &mut table,
        "calls of the allocator",
        calls,
        allocations.0,
        allocations.1,
    );
    table
}

fn cache_table(ours: &Side, theirs: &Side) -> Table {
    let (ours, theirs) = (&ours.through, &theirs.through);
    let heads = ["through the cache", "repool", "regex + LRU", "repool has"];
    let mut table = Table::new(&heads, 44);
    row(
        &mut table,
        "time for all lookups",
        seconds,
        ours.seconds,
        theirs.seconds,
    );
    let rate = |rate: f64| count(rate as u64);
    let lookups = (ours.lookups_per_second, theirs.lookups_per_second);
    row(&mut table, "lookups a second", rate, lookups.0, lookups.1);
    let rate = |rate: f64| format!("{:.1} MB/s", rate * 1e-6);
    row(
        &mut table,
        "text searched",
        rate,
        ours.bytes_per_second,
        theirs.bytes_per_second,
    );
    row(
        &mut table,
        "asking the cache, in all",
        seconds,
        ours.get_seconds,
        theirs.get_seconds,
    );
    row(
        &mut table,
        "asking the cache, p50",
        ns,
        ours.get_p50_ns,
        theirs.get_p50_ns,
    );
    row(
        &mut table,
        "asking the cache, p99",
        ns,
        ours.get_p99_ns,
        theirs.get_p99_ns,
    );
    row(
        &mut table,
        "a hit, in a loop",
        ns,
        ours.hit_ns,
        theirs.hit_ns,
    );
    let points = (ours.hit_ratio() - theirs.hit_ratio()) * 100.0;
    table.row([
        "hits".to_owned(),
        percent(ours.hit_ratio()),
        percent(theirs.hit_ratio()),
        format!("{points:+.1} points"),
    ]);
    let whole = |number: f64| count(number as u64);
    row(
        &mut table,
        "cold compiles",
        whole,
        ours.misses as f64,
        theirs.misses as f64,
    );
    let held = |held: f64| bytes(held as usize);
    row(
        &mut table,
        "bytes allocated at the end",
        held,
        ours.bytes as f64,
        theirs.bytes as f64,
    );
    let each = (
        ours.bytes as f64 / ours.entries.max(1) as f64,
        theirs.bytes as f64 / theirs.entries.max(1) as f64,
    );
    row(&mut table, "bytes an entry", held, each.0, each.1);
    table
}

/// Bytes by account, a bar each.
fn budget(out: &mut impl Write, style: Style, report: &Report) -> Result<(), Fault> {
    let budget = report.budget_bytes;
    let title = format!("the budget of {} at the end", bytes(budget));
    writeln!(out, "  {}", style.bold(&title))?;
    writeln!(out, "  {}", style.dim(&"─".repeat(12 + BAR + 20)))?;
    let mut line = |name: &str, held: usize| {
        let share = held as f64 / budget.max(1) as f64;
        let bar = style.cyan(&bar(share, BAR));
        writeln!(
            out,
            "  {name:<10}  {bar}  {:>8}  {:>8}",
            bytes(held),
            percent(share)
        )
    };
    for account in &report.books.accounts {
        line(account.name, account.bytes)?;
    }
    line("total", report.books.total_bytes)?;
    line("peak", report.books.peak_bytes)?;
    let theirs = report.regex.through.bytes as f64 / budget.max(1) as f64;
    let note = format!(
        "{} evicted; the LRU of `regex` holds {} times the budget for as many entries",
        count(report.books.evictions),
        times(theirs).trim_end_matches('×'),
    );
    writeln!(out, "  {}", style.dim(&note))?;
    let note = format!(
        "outside of the budget: {} of scratch memory, once a thread, whatever the patterns",
        bytes(report.books.scratch_bytes),
    );
    writeln!(out, "  {}", style.dim(&note))?;
    Ok(())
}

fn verdict(out: &mut impl Write, style: Style, report: &Report) -> Result<(), Fault> {
    let agreement = &report.agreement;
    if agreement.differing == 0 {
        writeln!(
            out,
            "\n  {} {} lines searched by both, {} of them with a match: every span is the same",
            style.green("✓"),
            count(agreement.lines as u64),
            count(agreement.matched as u64),
        )?;
        return Ok(());
    }
    let title = format!(
        "{} lines have other spans",
        count(agreement.differing as u64)
    );
    writeln!(out, "\n  {} {}", style.red("✗"), style.red(&title))?;
    for one in &agreement.disagreements {
        writeln!(out, "    pattern  {}", one.pattern)?;
        writeln!(out, "    line     {}", one.line)?;
        writeln!(out, "    repool   {:?}", one.repool)?;
        writeln!(out, "    regex    {:?}\n", one.regex)?;
    }
    Ok(())
}
