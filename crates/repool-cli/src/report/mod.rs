//! Words, tables and bars for a terminal of a hundred columns.

mod bars;
mod progress;
mod quantity;
mod style;
mod table;

pub(crate) use bars::bar;
pub(crate) use progress::progress;
pub(crate) use quantity::{bytes, count, ns, percent, ratio, seconds, shown, throughput, times};
pub(crate) use style::Style;
pub(crate) use table::{Table, cut, cut_start};
