//! All cells, in the order in which they are printed.

use crate::cell::{Cell, Run};
use crate::{churn, flood, give_back, hands, hits, instructions, latency, miss, per_entry, trim};

/// The cells of the long or of the short form.
#[must_use]
pub fn all(run: &Run) -> Vec<Cell> {
    let mut cells = give_back::cells();
    cells.extend(flood::cells());
    cells.extend(churn::cells());
    cells.extend(trim::cells());
    cells.extend(per_entry::cells());
    cells.extend(hits::cells(run));
    cells.extend(hands::cells(run));
    cells.extend(instructions::cells(run));
    cells.extend(miss::cells(run));
    cells.extend(latency::cells());
    cells
}
