//! A bar of progress on standard error, drawn on terminals only.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar with `len` steps.
pub(crate) fn progress(len: u64, work: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(
        "  {prefix:<28} {bar:40.cyan/dim} {human_pos:>7}/{human_len} {elapsed:>4} {wide_msg:.dim}",
    )
    .expect("the template is well formed")
    .progress_chars("█▉▊▋▌▍▎▏░");
    let bar = ProgressBar::new(len)
        .with_style(style)
        .with_prefix(work.to_owned());
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
