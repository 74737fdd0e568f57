//! The events that `TracingObserver` emits.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use repool::{Cache, Mode, TracingObserver};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Stores each event as a line.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Times and sizes differ between machines.
        if !matches!(
            field.name(),
            "micros" | "bytes" | "needed" | "total_bytes" | "pinned_bytes"
        ) {
            self.0 += &format!(" {field}={value:?}");
        }
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "repool"
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn events_have_levels_and_fields() {
    let lines = Lines::default();
    tracing::subscriber::with_default(lines.clone(), || {
        let observer = Arc::new(TracingObserver);
        let builder = Cache::builder().observer(observer);
        let cache = builder.clone().build();
        cache.compile("a").unwrap();
        cache.compile("a").unwrap();
        cache.compile("a{2,1}").unwrap_err();
        cache.purge();
        let none = builder.max_bytes(0).mode(Mode::Strict).build();
        none.compile("b").unwrap_err();
    });
    let lines = lines.0.lock().unwrap();
    assert_eq!(lines[0], r#"DEBUG message=compiled pattern="a""#);
    assert!(lines[1].starts_with(r#"INFO message=failed pattern="a{2,1}" error="#));
    assert_eq!(
        lines[2],
        r#"DEBUG message=evicted pattern="a" cause="purge" hits=1 is_held=false"#
    );
    assert!(lines[3].starts_with(r#"INFO message=failed pattern="b" error=no room for "#));
    assert_eq!(lines[4], "WARN message=no room max_bytes=0 is_refused=true");
    assert_eq!(lines.len(), 5);
}
