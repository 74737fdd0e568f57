//! The heap against a list of ranges, with pages of every size that systems have.

use std::collections::BTreeMap;

use super::*;
use crate::holes::tests::Numbers;

/// A heap, its ledger, and each run that it gave: by its address, its length, place and account.
struct Model {
    heap: Heap,
    ledger: Ledger,
    runs: BTreeMap<usize, (usize, Place, Account)>,
}

impl Model {
    fn new(page_bytes: usize, limit: usize) -> Model {
        Model {
            heap: Heap::new(Geometry::of(page_bytes)),
            ledger: Ledger::with_limit(limit),
            runs: BTreeMap::new(),
        }
    }

    fn take(&mut self, len: usize, account: Account, limit: Limit) -> Result<usize, Refusal> {
        let (place, ptr) = self.heap.take(len, account, &self.ledger, limit, None)?;
        let start = ptr.addr().get();
        let end = start + Heap::reserved_bytes(self.heap.geometry, len);
        assert!(start.is_multiple_of(16));
        if let Some((next, _)) = self.runs.range(start..).next() {
            assert!(end <= *next, "a run that is taken follows");
        }
        if let Some((before, (len, ..))) = self.runs.range(..start).next_back() {
            let end = before + Heap::reserved_bytes(self.heap.geometry, *len);
            assert!(end <= start, "a run that is taken precedes");
        }
        self.runs.insert(start, (len, place, account));
        Ok(start)
    }

    fn release(&mut self, start: usize) {
        let (len, place, account) = self.runs.remove(&start).unwrap();
        if let Some(map) = self.heap.release(place, len, account, &self.ledger) {
            self.ledger.sub(account, map.len());
        }
    }

    fn trim(&mut self) {
        while let Some(extent) = self.heap.take_free_extent(&self.ledger) {
            let bytes = extent.resident_pages() * self.heap.geometry.page_bytes();
            self.ledger.sub(Account::Spare, bytes);
            self.ledger.sub(Account::Overhead, extent.own_table_bytes());
        }
        self.heap.give_back(usize::MAX, &self.ledger);
        self.heap.free_lists(&self.ledger);
    }

    fn any(&self, numbers: &mut Numbers) -> Option<usize> {
        let len = self.runs.len();
        (len > 0).then(|| *self.runs.keys().nth(numbers.below(len)).unwrap())
    }

    fn validate(&mut self) {
        self.heap.validate(&self.ledger);
        for account in [Account::Programs, Account::Tables] {
            let bytes = self.runs.values().filter(|run| run.2 == account);
            let bytes = bytes.map(|run| Heap::reserved_bytes(self.heap.geometry, run.0));
            assert_eq!(self.ledger.bytes(account), bytes.sum::<usize>());
        }
        let sum: usize = Account::ALL.iter().map(|&a| self.ledger.bytes(a)).sum();
        assert_eq!(self.ledger.total_bytes(), sum);
    }
}

fn any_len(numbers: &mut Numbers) -> usize {
    match numbers.below(40) {
        0 => 0,
        1..30 => 8 * numbers.below(80),
        30..37 => 8 * numbers.below(512),
        37..39 => 8 * numbers.below(4_000),
        _ => 8 * numbers.below(40_000),
    }
}

#[test]
fn runs_never_overlap_and_every_byte_has_an_account() {
    for (page_bytes, limit, seed) in [
        (4 << 10, usize::MAX, 1),
        (4 << 10, 200 << 10, 2),
        (4 << 10, 3 << 20, 3),
        (16 << 10, 3 << 20, 4),
        (64 << 10, 8 << 20, 5),
    ] {
        let mut model = Model::new(page_bytes, limit);
        let mut numbers = Numbers(seed);
        for round in 0..if cfg!(miri) { 200 } else { 6_000 } {
            let account = [Account::Programs, Account::Tables][numbers.below(2)];
            if numbers.below(1_000 + round % 2_000) < 800 {
                let len = any_len(&mut numbers);
                let _ = model.take(len, account, Limit::Kept);
            } else if let Some(start) = model.any(&mut numbers) {
                model.release(start);
            }
            match numbers.below(400) {
                0 => model.trim(),
                1..4 => {
                    let pages = numbers.below(20);
                    let free = model.heap.spare_pages + model.heap.empty_pages;
                    let given = model.heap.give_back(pages, &model.ledger);
                    let does = cfg!(all(target_os = "linux", not(miri)));
                    assert_eq!(given, if does { pages.min(free) } else { 0 });
                }
                _ => {}
            }
            if round % 16 == 0 {
                model.validate();
            }
            assert!(model.ledger.peak_bytes() <= limit);
        }
        while let Some(start) = model.any(&mut numbers) {
            model.release(start);
        }
        model.trim();
        assert_eq!(model.ledger.total_bytes(), 0, "pages of {page_bytes} bytes");
    }
}

#[test]
fn what_is_charged_is_used_before_a_page_is_charged() {
    let mut model = Model::new(4 << 10, usize::MAX);
    let starts: Vec<_> = (0..100)
        .map(|_| model.take(400, Account::Programs, Limit::Kept).unwrap())
        .collect();
    let total = model.ledger.total_bytes();
    // 10 in a page of 4,096 bytes, and one across each border that has room.
    assert_eq!(model.heap.empty_pages, 0);
    assert!(model.ledger.bytes(Account::Slack) < 4 << 10);
    for start in starts.iter().step_by(2) {
        model.release(*start);
    }
    for _ in 0..50 {
        model.take(400, Account::Tables, Limit::Kept).unwrap();
    }
    assert_eq!(model.ledger.total_bytes(), total);
    model.validate();
}

#[test]
fn a_run_that_would_pass_the_limit_is_refused_and_leaves_nothing() {
    let mut model = Model::new(4 << 10, 40 << 10);
    while model.take(4 << 10, Account::Programs, Limit::Kept).is_ok() {}
    let total = model.ledger.total_bytes();
    assert!(total > 36 << 10);
    for len in [8, 400, 8_000, 60_000] {
        let refused = model.take(len, Account::Programs, Limit::Kept);
        assert!(matches!(refused, Err(Refusal::Ledger(_))), "{len}");
        assert_eq!(model.ledger.total_bytes(), total);
        model.validate();
    }
    let start = model.take(8, Account::Programs, Limit::Passed).unwrap();
    assert!(model.ledger.is_over_limit());
    model.release(start);
    model.heap.give_back(1, &model.ledger);
    assert!(!model.ledger.is_over_limit());
}

#[test]
fn sparse_blocks_are_emptied_into_fuller_ones() {
    let mut model = Model::new(4 << 10, usize::MAX);
    let mut numbers = Numbers(9);
    let starts: Vec<_> = (0..4_000)
        .map(|_| {
            model
                .take(200 + 8 * numbers.below(60), Account::Programs, Limit::Kept)
                .unwrap()
        })
        .collect();
    for start in starts {
        if numbers.below(10) > 0 {
            model.release(start);
        }
    }
    model.trim();
    let before = model.ledger.total_bytes();
    let live = model.ledger.bytes(Account::Programs);
    assert!(before > 4 * live, "{before} for {live}");
    for round in 0..3 {
        if !model.heap.begin_compaction() {
            break;
        }
        assert!(!model.heap.begin_compaction(), "one at a time");
        let runs: Vec<_> = model
            .runs
            .iter()
            .map(|(start, run)| (*start, *run))
            .collect();
        let mut moved = 0;
        for (start, (len, place, account)) in runs {
            let granules = model.heap.geometry.granules(len);
            if !model.heap.block_mut(place >> 10).is_draining {
                continue;
            }
            let Some(to) = model.heap.take_hole(granules) else {
                continue;
            };
            assert!(!model.heap.block_mut(to >> 10).is_draining);
            model.heap.release_hole(place, granules);
            model.runs.remove(&start);
            let start = model.heap.address(to).addr().get();
            model.runs.insert(start, (len, to, account));
            moved += 1;
        }
        assert!(moved > 0 || round > 0);
        model.validate();
        model.heap.end_compaction();
        model.trim();
        model.validate();
    }
    let after = model.ledger.total_bytes();
    assert!(after * 4 < live * 5, "{after} for {live}");
}
