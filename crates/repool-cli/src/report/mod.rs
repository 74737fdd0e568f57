//! Words, tables and bars for a terminal, a hundred columns wide at most.

mod bars;
mod progress;
mod quantity;
mod style;
mod table;

pub(crate) use bars::{bar, sparkline};
pub(crate) use progress::progress;
pub(crate) use quantity::{bytes, count, ns, percent, ratio, seconds, shown, throughput, times};
pub(crate) use style::{COLUMNS, Style};
pub(crate) use table::{Table, cut, cut_start, fill};
