//! Single flight: one compile per key at a time, and the errors of late.
//!
//! The first thread that requests a missing pattern gets a [`Ticket`] and compiles. Threads that request it meanwhile wait
//! for the outcome. If the compile panics, dropping the ticket wakes them and they start over.
//!
//! A compile that itself requests a pattern never waits, so no two compiles wait for each other.
//!
//! Exercised by the tests below, `tests/cache.rs` and, in every order of threads, `tests/model.rs`.

pub(crate) mod failures;

use std::mem;
use std::sync::Arc;

use repool_arena::Account;

use crate::entry::handle::Handle;
use crate::key::{Keyed, Probe};
use crate::single_flight::failures::{Failure, Failures, Keep};
use crate::store::Store;
use crate::store::admit::NoRoom;
use crate::sync::{Condvar, Mutex, MutexGuard, Padded, rank};
use crate::thread_state::is_compiling;

/// How a compile ended.
#[derive(Debug)]
pub(crate) enum Outcome<E> {
    Ready(Handle),
    Failed(Arc<Failure<E>>),
    NoRoom(NoRoom),
    /// The compile panicked.
    Abandoned,
}

impl<E> Clone for Outcome<E> {
    fn clone(&self) -> Outcome<E> {
        match self {
            Outcome::Ready(handle) => Outcome::Ready(handle.clone()),
            Outcome::Failed(failure) => Outcome::Failed(Arc::clone(failure)),
            Outcome::NoRoom(no_room) => Outcome::NoRoom(*no_room),
            Outcome::Abandoned => Outcome::Abandoned,
        }
    }
}

impl<E> Outcome<E> {
    /// Tells whether this is the outcome of `probe`. Flights are distinguished by hash only, and two keys can share one.
    fn is_for(&self, probe: &Probe<'_>) -> bool {
        match self {
            Outcome::Ready(handle) => handle.text_bytes() == probe.text,
            Outcome::Failed(failure) => failure.probe().matches(probe),
            Outcome::NoRoom(_) | Outcome::Abandoned => true,
        }
    }
}

/// A compile under way, or one whose outcome some waiting threads have not received yet.
#[derive(Debug)]
struct Flight<E> {
    id: u64,
    hash: u64,
    options: [u64; 2],
    waiting: usize,
    outcome: Option<Outcome<E>>,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Hits on cached errors, and waits.
    pub(crate) hits: u64,
    pub(crate) misses: u64,
    pub(crate) coalesced: u64,
    pub(crate) error_hits: u64,
    pub(crate) errors: u64,
    pub(crate) refused: u64,
    pub(crate) compile_nanos: u64,
}

#[derive(Debug)]
pub(crate) struct FlightTable<E> {
    flights: Vec<Flight<E>>,
    next_id: u64,
    pub(crate) failures: Failures<E>,
    pub(crate) counters: Counters,
}

impl<E> FlightTable<E> {
    fn flight(&mut self, id: u64) -> Option<usize> {
        self.flights.iter().position(|f| f.id == id)
    }
}

/// The tables of a cache, one per shard.
#[derive(Debug)]
pub(crate) struct SingleFlight<E> {
    tables: Box<[Padded<Part<E>>]>,
    store: Arc<Store>,
}

#[derive(Debug)]
struct Part<E> {
    table: Mutex<FlightTable<E>, { rank::FLIGHTS }>,
    /// A flight that a thread waits for has finished.
    finished: Condvar,
}

/// What a thread does after a miss.
pub(crate) enum Turn<'a, E> {
    Compile(Ticket<'a, E>),
    Done(Outcome<E>),
    /// Another thread compiled it in between.
    Hit(Handle),
}

/// The duty to compile a pattern for every thread that requests it.
pub(crate) struct Ticket<'a, E> {
    flights: &'a SingleFlight<E>,
    at: usize,
    /// `None` if there is no flight: then no thread waits.
    id: Option<u64>,
}

impl<E> SingleFlight<E> {
    pub(crate) fn new(store: &Arc<Store>) -> SingleFlight<E> {
        let flights: Box<[_]> = (0..store.shard_count())
            .map(|_| {
                let table = FlightTable {
                    flights: Vec::new(),
                    next_id: 0,
                    failures: Failures::new(store.ledger()),
                    counters: Counters::default(),
                };
                Padded(Part {
                    table: Mutex::new(table),
                    finished: Condvar::new(),
                })
            })
            .collect();
        let bytes = size_of_val::<[_]>(&flights);
        store.ledger().add(Account::Overhead, bytes);
        SingleFlight {
            tables: flights,
            store: Arc::clone(store),
        }
    }

    pub(crate) fn table(&self, at: usize) -> MutexGuard<'_, FlightTable<E>> {
        self.tables[at].0.table.lock()
    }

    /// Decides who compiles. Waits for a compile of the same key if there is one.
    pub(crate) fn turn(&self, probe: &Probe<'_>) -> Turn<'_, E> {
        let at = self.store.shard_of(probe.hash);
        let mut table = self.table(at);
        loop {
            // A compile may have finished since the caller looked.
            if let Some(handle) = self.store.lookup(probe) {
                return Turn::Hit(handle);
            }
            if let Some(failure) = table.failures.get(probe) {
                table.counters.hits += 1;
                table.counters.error_hits += 1;
                return Turn::Done(Outcome::Failed(failure));
            }
            // A finished flight is only there for the threads that waited.
            let same = |f: &Flight<E>| {
                f.outcome.is_none() && f.hash == probe.hash && f.options == probe.options
            };
            let Some(flight) = table.flights.iter().position(same) else {
                table.counters.misses += 1;
                let id = self.open_flight(&mut table, probe);
                return Turn::Compile(Ticket {
                    flights: self,
                    at,
                    id,
                });
            };
            let id = table.flights[flight].id;
            if !is_compiling() {
                let outcome;
                (table, outcome) = self.wait(at, table, id);
                if matches!(outcome, Outcome::Abandoned) {
                    continue;
                }
                if outcome.is_for(probe) {
                    table.counters.hits += 1;
                    table.counters.coalesced += 1;
                    if matches!(outcome, Outcome::Failed(_)) {
                        table.counters.error_hits += 1;
                    }
                    return Turn::Done(outcome);
                }
                // The flight had another key with the same hash. Its outcome is dropped outside the lock.
                drop(table);
                drop(outcome);
                table = self.table(at);
            }
            table.counters.misses += 1;
            return Turn::Compile(Ticket {
                flights: self,
                at,
                id: None,
            });
        }
    }

    /// A ticket for which no other thread waits.
    pub(crate) fn ticket_without_flight(&self, probe: &Probe<'_>) -> Ticket<'_, E> {
        let at = self.store.shard_of(probe.hash);
        self.table(at).counters.misses += 1;
        Ticket {
            flights: self,
            at,
            id: None,
        }
    }

    /// Notes a compile for other threads to find. `None` if there is no memory for that.
    fn open_flight(&self, table: &mut FlightTable<E>, probe: &Probe<'_>) -> Option<u64> {
        if table.flights.len() == table.flights.capacity() {
            let more = table.flights.len().max(2);
            let bytes = more * size_of::<Flight<E>>();
            self.store.ledger().try_add(Account::Index, bytes).ok()?;
            if table.flights.try_reserve_exact(more).is_err() {
                self.store.ledger().sub(Account::Index, bytes);
                return None;
            }
        }
        table.next_id += 1;
        table.flights.push(Flight {
            id: table.next_id,
            hash: probe.hash,
            options: probe.options,
            waiting: 0,
            outcome: None,
        });
        Some(table.next_id)
    }

    /// Waits for the outcome of a flight. The last thread to receive it removes the flight.
    fn wait<'a>(
        &'a self,
        at: usize,
        mut table: MutexGuard<'a, FlightTable<E>>,
        id: u64,
    ) -> (MutexGuard<'a, FlightTable<E>>, Outcome<E>) {
        let finished = &self.tables[at].0.finished;
        let flight = table.flight(id).expect("a flight that was just found");
        table.flights[flight].waiting += 1;
        loop {
            let flight = table.flight(id).expect("a flight stays while one waits");
            if let Some(outcome) = table.flights[flight].outcome.clone() {
                table.flights[flight].waiting -= 1;
                if table.flights[flight].waiting == 0 {
                    // This drops the flight's copy of the outcome, never the last one: `outcome` is another.
                    table.flights.swap_remove(flight);
                }
                return (table, outcome);
            }
            table = finished.wait(table);
        }
    }

    /// Frees the memory of finished flights, and of the error table if it is empty.
    pub(crate) fn shrink(&self) {
        for at in 0..self.tables.len() {
            let mut table = self.table(at);
            table.failures.shrink();
            if table.flights.is_empty() {
                let bytes = table.flights.capacity() * size_of::<Flight<E>>();
                table.flights = Vec::new();
                self.store.ledger().sub(Account::Index, bytes);
            }
        }
    }

    /// Drops all cached errors.
    pub(crate) fn purge(&self) {
        for at in 0..self.tables.len() {
            while self.forget_oldest(at) {}
        }
        self.shrink();
    }

    /// Drops cached errors until each table is within its share of `bytes`.
    pub(crate) fn resize(&self, bytes: usize) {
        let share = bytes / self.tables.len();
        for at in 0..self.tables.len() {
            loop {
                let bytes = self.table(at).failures.bytes();
                if bytes <= share || !self.forget_oldest(at) {
                    break;
                }
            }
        }
        self.shrink();
    }

    fn forget_oldest(&self, at: usize) -> bool {
        let mut table = self.table(at);
        let failure = table.failures.pop_oldest();
        drop(table);
        failure.is_some()
    }

    pub(crate) fn validate(&self) {
        let mut bytes = 0;
        for at in 0..self.tables.len() {
            let table = self.table(at);
            table.failures.validate();
            bytes += table.failures.bytes();
        }
        let errors = self.store.ledger().bytes(Account::Errors);
        assert_eq!(errors, bytes, "errors");
    }
}

impl<E> Ticket<'_, E> {
    /// Counts the time that the compile took.
    pub(crate) fn took(&self, nanos: u64) {
        self.flights.table(self.at).counters.compile_nanos += nanos;
    }

    pub(crate) fn ready(mut self, handle: &Handle) {
        self.finish(|| Outcome::Ready(handle.clone()));
    }

    pub(crate) fn refuse(mut self, no_room: NoRoom) {
        self.flights.table(self.at).counters.refused += 1;
        self.finish(|| Outcome::NoRoom(no_room));
    }

    /// Caches the error, which holds `heap` bytes elsewhere, within `bytes_max` for all tables together.
    pub(crate) fn fail(
        mut self,
        probe: &Probe<'_>,
        text: &str,
        error: E,
        heap: usize,
        bytes_max: usize,
    ) {
        let share = bytes_max / self.flights.tables.len();
        let pool = self.flights.store.pool();
        let failure = Failure::new(probe, text, error, heap, share, pool);
        self.flights.table(self.at).counters.errors += 1;
        loop {
            let mut table = self.flights.table(self.at);
            let keep = table.failures.keep(&failure, share);
            drop(table);
            if matches!(keep, Keep::Done) {
                break;
            }
        }
        self.finish(|| Outcome::Failed(failure));
    }

    fn finish(&mut self, outcome: impl FnOnce() -> Outcome<E>) {
        let Some(id) = mem::take(&mut self.id) else {
            return;
        };
        let mut table = self.flights.table(self.at);
        let flight = table.flight(id).expect("a flight stays until it lands");
        if table.flights[flight].waiting == 0 {
            table.flights.swap_remove(flight);
            return;
        }
        table.flights[flight].outcome = Some(outcome());
        drop(table);
        self.flights.tables[self.at].0.finished.notify_all();
    }
}

impl<E> Drop for Ticket<'_, E> {
    fn drop(&mut self) {
        // Has an effect only if the compile panicked.
        self.finish(|| Outcome::Abandoned);
    }
}

impl<E> Drop for SingleFlight<E> {
    fn drop(&mut self) {
        self.purge();
        let bytes = size_of_val::<[_]>(&self.tables);
        self.store.ledger().sub(Account::Overhead, bytes);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use repool_arena::Pool;

    use super::*;
    use crate::config::Config;
    use crate::test_support::image;

    fn probe(text: &str) -> Probe<'_> {
        Probe {
            hash: 7,
            options: [0; 2],
            text: text.as_bytes(),
        }
    }

    #[test]
    fn keys_of_one_hash_do_not_get_each_others_errors() {
        let store = Store::new(Config::default());
        let flights: SingleFlight<&str> = SingleFlight::new(&store);
        let Turn::Compile(first) = flights.turn(&probe("a")) else {
            panic!("nobody else compiles");
        };
        thread::scope(|scope| {
            let others = ["a", "b", "a", "b"].map(|text| {
                let flights = &flights;
                scope.spawn(move || match flights.turn(&probe(text)) {
                    Turn::Compile(ticket) => {
                        ticket.fail(&probe(text), text, text, 0, 1 << 16);
                        text
                    }
                    Turn::Done(Outcome::Failed(failure)) => failure.error,
                    _ => panic!("neither handle nor panic is about"),
                })
            });
            while flights.table(store.shard_of(7)).flights[0].waiting < 4 {
                thread::yield_now();
            }
            first.fail(&probe("a"), "a", "a", 0, 1 << 16);
            let errors = others.map(|other| other.join().unwrap());
            assert_eq!(errors, ["a", "b", "a", "b"]);
        });
        assert_eq!(flights.table(store.shard_of(7)).failures.len(), 2);
        assert!(flights.table(store.shard_of(7)).flights.is_empty());
        flights.validate();
    }

    #[test]
    fn all_who_wait_get_a_program_that_is_not_cached() {
        let store = Store::new(Config::default());
        let flights: SingleFlight<&str> = SingleFlight::new(&store);
        let Turn::Compile(first) = flights.turn(&probe("a")) else {
            panic!("nobody else compiles");
        };
        let image = image("a", Pool::global()).expect("an image");
        // As of a program that is too large: nobody finds it in the store.
        let handle = Handle::uncached(image);
        thread::scope(|scope| {
            let others = [(); 4].map(|()| {
                scope.spawn(|| match flights.turn(&probe("a")) {
                    Turn::Done(Outcome::Ready(handle)) => handle,
                    _ => panic!("compiled again"),
                })
            });
            while flights.table(store.shard_of(7)).flights[0].waiting < 4 {
                thread::yield_now();
            }
            first.ready(&handle);
            for other in others {
                assert!(other.join().unwrap().ptr_eq(&handle));
            }
        });
        assert_eq!(flights.table(store.shard_of(7)).counters.coalesced, 4);
    }
}
