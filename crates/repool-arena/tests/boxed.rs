//! Values in runs: each is dropped once, lies where its type may, and is on the account that it was put on.
//!
//! Worth most under AddressSanitizer (`RUSTFLAGS="-Zsanitizer=address --cfg repool_sanitize"`) or Miri.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use repool_arena::{Account, Boxed, BoxedAny, BoxedSlice, Ledger, OutOfMemory, Pool, page_bytes};

fn pool() -> Arc<Pool> {
    Pool::new(Arc::new(Ledger::default()))
}

/// Counts how often it is dropped.
#[derive(Clone)]
struct Counted(Arc<AtomicUsize>, [u64; 9]);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn counted() -> (Counted, Arc<AtomicUsize>) {
    let drops = Arc::new(AtomicUsize::new(0));
    (Counted(Arc::clone(&drops), [3; 9]), drops)
}

#[test]
fn a_value_is_dropped_once_wherever_it_is() {
    let pool = pool();
    let (value, drops) = counted();
    let mut boxed = Boxed::new(value);
    let copy = boxed.clone();
    boxed.move_into(&pool, Account::Tables).expect("room");
    boxed
        .move_into(&pool, Account::Tables)
        .expect("it is there");
    assert_eq!(drops.load(Ordering::Relaxed), 0);
    drop(boxed);
    assert_eq!(drops.load(Ordering::Relaxed), 1);
    drop(copy);
    assert_eq!(drops.load(Ordering::Relaxed), 2);
    let (value, drops) = counted();
    let any = BoxedAny::new(&pool, Account::Tables, value, 0).expect("room");
    assert!(any.get::<Counted>().is_some() && any.get::<[u64; 10]>().is_none());
    assert_eq!(drops.load(Ordering::Relaxed), 0);
    drop(any);
    assert_eq!(drops.load(Ordering::Relaxed), 1);
    pool.trim();
    assert_eq!(pool.paged_bytes(), 0);
}

#[test]
fn a_value_without_room_is_dropped_or_stays() {
    let pool = pool();
    pool.ledger().set_limit(pool.ledger().total_bytes());
    let (value, drops) = counted();
    assert!(BoxedAny::new(&pool, Account::Tables, value, 0).is_err());
    assert_eq!(drops.load(Ordering::Relaxed), 1);
    let (value, drops) = counted();
    let mut boxed = Boxed::new(value);
    assert_eq!(boxed.move_into(&pool, Account::Tables), Err(OutOfMemory));
    assert_eq!(boxed.1, [3; 9]);
    drop(boxed);
    assert_eq!(drops.load(Ordering::Relaxed), 1);
    assert!(BoxedSlice::new_in(&pool, Account::Tables, &[1_u8]).is_err());
    let mut slice = BoxedSlice::new(&[1_u16, 2]);
    assert_eq!(slice.move_into(&pool, Account::Tables), Err(OutOfMemory));
    assert_eq!(*slice, [1, 2]);
}

#[test]
fn values_lie_where_their_types_may() {
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(align(16))]
    struct Wide([u8; 16]);
    let pool = pool();
    let mut kept = Vec::new();
    for len in 0..60_u8 {
        let elements = vec![len; usize::from(len)];
        kept.push(BoxedSlice::new_in(&pool, Account::Tables, &elements).expect("room"));
        let mut wide = Boxed::new(Wide([len; 16]));
        assert!(std::ptr::from_ref(&*wide).is_aligned());
        wide.move_into(&pool, Account::Tables).expect("room");
        assert!(std::ptr::from_ref(&*wide).is_aligned());
        assert_eq!(*wide, Wide([len; 16]));
        let any = BoxedAny::new(&pool, Account::Tables, *wide, 0).expect("room");
        let value = any.get::<Wide>().expect("its type");
        assert!(std::ptr::from_ref(value).is_aligned());
        assert_eq!(value.0, [len; 16]);
        let wide = BoxedSlice::new_in(&pool, Account::Tables, &[*wide; 3]).expect("room");
        assert!(wide.as_ptr().is_aligned());
        assert_eq!(*wide, [Wide([len; 16]); 3]);
    }
    for (len, elements) in kept.iter().enumerate() {
        assert_eq!(**elements, *vec![len as u8; len]);
    }
    let empty = BoxedAny::new(&pool, Account::Tables, (), 0).expect("room");
    assert_eq!(empty.get::<()>(), Some(&()));
}

#[test]
fn values_of_vectors_are_shifted_in_their_runs() {
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(align(64))]
    struct Vector([u8; 64]);
    let pool = pool();
    let mut kept = Vec::new();
    for round in 0..100_u8 {
        // Places of all multiples of 16.
        let words = vec![u64::from(round); usize::from(round) % 9];
        let words = BoxedSlice::new_in(&pool, Account::Tables, &words).expect("room");
        let mut boxed = Boxed::new(Vector([round; 64]));
        boxed.move_into(&pool, Account::Tables).expect("room");
        let any = BoxedAny::new(&pool, Account::Tables, *boxed, 0).expect("room");
        let value = any.get::<Vector>().expect("its type");
        assert!(std::ptr::from_ref(&*boxed).is_aligned() && std::ptr::from_ref(value).is_aligned());
        kept.push((words, boxed, any));
    }
    for (round, (words, boxed, any)) in kept.iter().enumerate() {
        let vector = Vector([round as u8; 64]);
        assert!(words.iter().all(|&word| word == round as u64));
        assert_eq!((**boxed, any.get()), (vector, Some(&vector)));
    }
    pool.validate();
    drop(kept);
    pool.trim();
    assert_eq!(pool.paged_bytes(), 0);
}

#[test]
fn types_of_one_layout_are_told_apart() {
    let pool = pool();
    let text = String::from("what an engine found out");
    let any = BoxedAny::new(&pool, Account::Tables, text.clone(), 0).expect("room");
    assert_eq!(any.get::<String>(), Some(&text));
    assert_eq!(any.get::<Vec<u8>>(), None);
    assert_eq!(any.get::<[usize; 3]>(), None);
    assert_eq!(any.get::<()>(), None);
}

#[test]
fn runs_are_on_their_accounts() {
    let pool = pool();
    let on = |account| pool.ledger().bytes(account);
    // In a block, of whole pages, and in a map of its own.
    for len in [10, 3 * page_bytes(), 1 << 21] {
        let elements = vec![9_u8; len];
        let slice = BoxedSlice::new_in(&pool, Account::Tables, &elements).expect("room");
        let bytes = pool.run_bytes(BoxedSlice::<u8>::run_bytes(len));
        assert_eq!(
            (slice.reserved_bytes(), on(Account::Tables)),
            (bytes, bytes)
        );
        slice.set_account(Account::Pinned);
        assert_eq!((on(Account::Tables), on(Account::Pinned)), (0, bytes));
        assert_eq!(*slice, elements);
        drop(slice);
        assert_eq!(on(Account::Pinned), 0);
    }
    // What is in the allocator is on no account.
    let total = pool.ledger().total_bytes();
    let slice = BoxedSlice::new(&[1_u64; 10]);
    slice.set_account(Account::Pinned);
    assert_eq!(slice.reserved_bytes(), BoxedSlice::<u64>::run_bytes(10));
    assert_eq!(
        (on(Account::Pinned), pool.ledger().total_bytes()),
        (0, total)
    );
    pool.validate();
}

#[test]
fn runs_that_a_value_holds_go_with_it() {
    let pool = pool();
    let on = |account| pool.ledger().bytes(account);
    for first in [Account::Tables, Account::Pinned] {
        let mut part = Boxed::new([5_u64; 20]);
        part.move_into(&pool, Account::Tables).expect("room");
        let held = pool.run_bytes(Boxed::<[u64; 20]>::RUN_BYTES);
        assert_eq!(on(Account::Tables), held);
        let any = BoxedAny::new(&pool, first, part, held).expect("room");
        let all = held + pool.run_bytes(BoxedAny::run_bytes::<Boxed<[u64; 20]>>());
        assert_eq!((any.reserved_bytes(), on(first)), (all, all));
        any.set_account(Account::Pinned);
        assert_eq!((on(Account::Tables), on(Account::Pinned)), (0, all));
        assert_eq!(**any.get::<Boxed<[u64; 20]>>().expect("its type"), [5; 20]);
        drop(any);
        assert_eq!((on(Account::Tables), on(Account::Pinned)), (0, 0));
    }
    pool.validate();
}

#[test]
fn threads_read_and_drop_what_others_made() {
    const ROUNDS: usize = if cfg!(miri) { 20 } else { 2_000 };
    let pool = pool();
    let (send, receive) = mpsc::channel::<(usize, Arc<BoxedAny>, Boxed<String>)>();
    let reader = thread::spawn(move || {
        for (round, any, text) in receive {
            any.set_account(Account::Pinned);
            assert_eq!(any.get::<Vec<usize>>(), Some(&vec![round; 3]));
            assert_eq!(*text, round.to_string());
        }
    });
    for round in 0..ROUNDS {
        let any = BoxedAny::new(&pool, Account::Tables, vec![round; 3], 0).expect("room");
        let any = Arc::new(any);
        let mut text = Boxed::new(round.to_string());
        text.move_into(&pool, Account::Tables).expect("room");
        send.send((round, Arc::clone(&any), text))
            .expect("a reader");
        any.set_account(Account::Tables);
        assert_eq!(any.get::<Vec<usize>>(), Some(&vec![round; 3]));
    }
    drop(send);
    reader.join().expect("no panic");
    pool.trim();
    assert_eq!(pool.paged_bytes(), 0);
    pool.validate();
}
