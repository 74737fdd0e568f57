//! Calls the observer of a cache.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use crate::cause::Cause;
use crate::entry::handle::Handle;
use crate::entry::thread_ref::Record;
use crate::observer::{Compilation, Eviction, Observer, Pressure};
use crate::thread_state::Notifying;

/// Calls an observer, unless this thread is inside such a call already.
fn call_out(call: impl FnOnce()) {
    if let Some(_notifying) = Notifying::begin() {
        // The panic hook printed the message; the payload is dropped.
        drop(catch_unwind(AssertUnwindSafe(call)));
    }
}

/// The observer of a cache, if there is one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notifier(Option<Arc<dyn Observer>>);

impl Notifier {
    pub(crate) fn new(observer: Option<Arc<dyn Observer>>) -> Notifier {
        Notifier(observer)
    }

    #[inline]
    pub(crate) fn has_observer(&self) -> bool {
        self.0.is_some()
    }

    /// Reports that a record was evicted.
    pub(crate) fn evicted(&self, record: &Record, cause: Cause, is_held: bool) {
        if let Some(observer) = &self.0 {
            let image = record.image();
            call_out(|| {
                observer.evicted(&Eviction {
                    pattern: image.program().text(),
                    bytes: image.memory_bytes(),
                    cause,
                    hits: record.hits(),
                    compile_time: record.compile_time(),
                    is_held,
                });
            });
        }
    }

    /// Reports how a compile ended.
    #[inline]
    pub(crate) fn compiled<E: fmt::Display>(
        &self,
        pattern: &str,
        nanos: u64,
        result: &Result<Handle, E>,
    ) {
        if let Some(observer) = &self.0 {
            call_out(|| {
                observer.compiled(&Compilation {
                    pattern,
                    time: Duration::from_nanos(nanos),
                    bytes: result.as_ref().map_or(0, |handle| handle.memory_bytes()),
                    error: result
                        .as_ref()
                        .err()
                        .map(|error| error as &dyn fmt::Display),
                });
            });
        }
    }

    /// Reports that the budget has no room.
    pub(crate) fn pressed(&self, pressure: impl FnOnce() -> Pressure) {
        if let Some(observer) = &self.0 {
            let pressure = pressure();
            call_out(|| observer.pressed(&pressure));
        }
    }
}
