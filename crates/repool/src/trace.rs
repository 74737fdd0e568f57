//! Events of `tracing` for what a cache does.
//!
//! Exercised by `tests/trace.rs`.

use repool_cache::{Compilation, Eviction, Observer, Pressure};

/// An observer that emits `tracing` events with the target `repool`: compiles and evictions at
/// level `DEBUG`, failed compiles at `INFO`, and budgets that handles use up at `WARN`.
///
/// # Example
///
/// ```
/// use std::sync::Arc;
///
/// let observer = Arc::new(repool::TracingObserver);
/// let cache = repool::Cache::builder().observer(observer).build();
/// cache.compile("a")?; // DEBUG repool: compiled pattern="a" bytes=240 micros=2
/// # Ok::<(), repool::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingObserver;

/// The time in microseconds, as a type that `tracing` accepts.
fn micros(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl Observer for TracingObserver {
    fn evicted(&self, eviction: &Eviction<'_>) {
        tracing::debug!(
            target: "repool",
            pattern = eviction.pattern,
            bytes = eviction.bytes,
            cause = eviction.cause.name(),
            hits = eviction.hits,
            is_held = eviction.is_held,
            "evicted"
        );
    }

    fn compiled(&self, compilation: &Compilation<'_>) {
        let Compilation { pattern, bytes, .. } = *compilation;
        let micros = micros(compilation.time);
        match compilation.error {
            None => tracing::debug!(target: "repool", pattern, bytes, micros, "compiled"),
            Some(error) => tracing::info!(target: "repool", pattern, %error, micros, "failed"),
        }
    }

    fn pressed(&self, pressure: &Pressure) {
        tracing::warn!(
            target: "repool",
            needed = pressure.needed,
            total_bytes = pressure.total_bytes,
            pinned_bytes = pressure.pinned_bytes,
            max_bytes = pressure.max_bytes,
            is_refused = pressure.is_refused,
            "no room"
        );
    }
}
