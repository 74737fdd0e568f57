//! The time of a hit when patterns change hands: each of two threads asks for one half, and then for the other's.

use crate::asks::Law;
use crate::cell::{Cell, Run};
use crate::contest::{Length, times};
use crate::hits::{OF_QUICK_CACHE, Peers};
use crate::report::Row;

/// Asks after which a thread goes on with the other half.
const TURN: usize = 1_000;

/// A cell for each number of patterns.
#[must_use]
pub fn cells(run: &Run) -> Vec<Cell> {
    let long: &[usize] = &[256, 1_000, 4_096, 32_768, 200_000];
    let short: &[usize] = &[4_096];
    let cells = run.pick(long, short).iter().map(|&patterns| {
        let name = format!("hands/{patterns}");
        let of_cell = name.clone();
        Cell::of_times(name, move |run| {
            vec![row(&of_cell, patterns, Length::of(run, 2))]
        })
    });
    cells.collect()
}

fn row(name: &str, patterns: usize, length: Length) -> Row {
    let peers = Peers::new(patterns);
    let half = patterns / 2;
    let mut asks = length.draw(half, Law::Uniform, 2);
    for (thread, asks) in asks.iter_mut().enumerate() {
        for (turn, asks) in asks.chunks_mut(TURN).enumerate() {
            let start = (turn + thread) % 2 * half;
            asks.iter_mut().for_each(|number| *number += start as u32);
        }
    }
    let times = times(
        length,
        &peers.texts,
        &asks,
        &[&|text| peers.of_cache(text), &|text| peers.of_quick(text)],
    );
    peers.check();
    Row::new(&format!("{name}, 2 threads"), "ns", times[0])
        .at_most(times[1] * OF_QUICK_CACHE)
        .note(format!("quick_cache {:.1}", times[1]))
}
