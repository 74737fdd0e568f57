//! Who compiles what right now, and what failed lately.
//!
//! The first to ask for a missing pattern gets a [`Ticket`] and compiles; others who ask meanwhile wait for its outcome, all
//! of them for one compile. If the one with the ticket panics, the ticket's drop wakes them and they start
//! over. A compile that itself asks the cache for something never waits, so no two compiles can wait for
//! each other.

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
    /// It panicked.
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
    /// Tells whether it is the outcome of this key. Flights are told apart by their hashes alone, and
    /// two keys can have the same.
    fn is_for(&self, probe: &Probe<'_>) -> bool {
        match self {
            Outcome::Ready(handle) => handle.text_bytes() == probe.text,
            Outcome::Failed(failure) => failure.probe().matches(probe),
            Outcome::NoRoom(_) | Outcome::Abandoned => true,
        }
    }
}

/// A compile under way, or one whose outcome has not reached all who wait.
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
    /// Cached errors and waits.
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

/// The desks of a cache, one for each shard.
#[derive(Debug)]
pub(crate) struct SingleFlight<E> {
    tables: Box<[Padded<Part<E>>]>,
    store: Arc<Store>,
}

#[derive(Debug)]
struct Part<E> {
    table: Mutex<FlightTable<E>, { rank::FLIGHTS }>,
    /// A flight for which somebody waits has landed.
    finished: Condvar,
}

/// What somebody who missed does next.
pub(crate) enum Turn<'a, E> {
    Compile(Ticket<'a, E>),
    Done(Outcome<E>),
    /// Somebody else compiled it in between.
    Hit(Handle),
}

/// The right and duty to compile a pattern for all who ask for it.
pub(crate) struct Ticket<'a, E> {
    flights: &'a SingleFlight<E>,
    at: usize,
    /// None if there is no flight: nobody will wait for it.
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

    /// Decides who compiles, waiting for a compile of the same key if there is one.
    pub(crate) fn turn(&self, probe: &Probe<'_>) -> Turn<'_, E> {
        let at = self.store.shard_of(probe.hash);
        let mut table = self.table(at);
        loop {
            // A compile may have ended since the caller looked.
            if let Some(handle) = self.store.lookup(probe) {
                return Turn::Hit(handle);
            }
            if let Some(failure) = table.failures.get(probe) {
                table.counters.hits += 1;
                table.counters.error_hits += 1;
                return Turn::Done(Outcome::Failed(failure));
            }
            // One that has landed is only there for those who waited.
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
                // Another key of the same hash. What it left is dropped outside the lock.
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

    /// The right to compile for oneself alone.
    pub(crate) fn ticket_without_flight(&self, probe: &Probe<'_>) -> Ticket<'_, E> {
        let at = self.store.shard_of(probe.hash);
        self.table(at).counters.misses += 1;
        Ticket {
            flights: self,
            at,
            id: None,
        }
    }

    /// Notes a compile for others to find. None if there is no memory for the note.
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

    /// Waits for the outcome of a flight. The last to get it removes the flight.
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
                    // Dropping the flight's own copy cannot be the last drop: `outcome` is another.
                    table.flights.swap_remove(flight);
                }
                return (table, outcome);
            }
            table = finished.wait(table);
        }
    }

    /// Drops the memory of past flights and of an empty list of failures.
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

    /// Forgets all failures.
    pub(crate) fn purge(&self) {
        for at in 0..self.tables.len() {
            while self.forget_oldest(at) {}
        }
        self.shrink();
    }

    /// Keeps what every desk has of failures within its share of `bytes`.
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
    /// Notes how long the compile took.
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

    /// Keeps the error, which holds `heap` bytes elsewhere, for whoever asks again: in at most `bytes_max`
    /// bytes for all desks.
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
        // Nothing left to do unless the compile panicked.
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
