//! An iterator over the cached patterns.
//!
//! Exercised by `tests/cache.rs`.

use std::time::Duration;
use std::vec;

use crate::entry::handle::Handle;
use crate::entry::thread_ref::{Record, RecordRef};
use crate::store::Store;

/// One cached pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The pattern.
    pub pattern: String,
    /// The options of its key.
    pub options: [u64; 2],
    /// The bytes of its program, as reserved.
    pub bytes: usize,
    /// How often it was found.
    pub hits: u64,
    /// How long it took to compile.
    pub compile_time: Duration,
    /// The number of handles to it, at this moment.
    pub pins: usize,
}

/// A lazy iterator over the patterns of a cache; see [`crate::Cache::entries`].
#[derive(Debug)]
pub struct Entries<'a> {
    store: &'a Store,
    /// The next shard.
    at: usize,
    handles: vec::IntoIter<Handle>,
}

impl<'a> Entries<'a> {
    pub(crate) fn new(store: &'a Store) -> Entries<'a> {
        Entries {
            store,
            at: 0,
            handles: Vec::new().into_iter(),
        }
    }
}

impl Iterator for Entries<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        loop {
            if let Some(handle) = self.handles.next() {
                let record = handle.record();
                return Some(Entry {
                    pattern: record.image().program().text().to_owned(),
                    options: record.options,
                    bytes: record.image().memory_bytes(),
                    hits: record.hits(),
                    compile_time: record.compile_time(),
                    // Without the cache's own count and the iterator's.
                    pins: Record::pins(record, 2),
                });
            }
            if self.at == self.store.shard_count() {
                return None;
            }
            self.handles = handles(self.store, self.at).into_iter();
            self.at += 1;
        }
    }
}

/// Returns handles to the records of one shard. The list is allocated outside the lock, so it leaves out records added in
/// between.
fn handles(store: &Store, at: usize) -> Vec<Handle> {
    let is_weak = store.config().is_weak();
    let shard = store.shard(at);
    let count = if is_weak {
        shard.pinned.len()
    } else {
        shard.policy.len()
    };
    drop(shard);
    let mut handles = Vec::with_capacity(count);
    let hold = |record: &RecordRef| Handle::new(record.clone());
    let shard = store.shard(at);
    if is_weak {
        handles.extend(shard.pinned.iter().take(count).map(hold));
    } else {
        handles.extend(shard.policy.iter().take(count).map(hold));
    }
    handles
}
