//! Values and slices in runs of a pool.
//!
//! | type | holds | who knows the type |
//! |---|---|---|
//! | [`Boxed`] | a value | its own type |
//! | [`BoxedSlice`] | elements that are copied | its own type |
//! | [`BoxedAny`] | a value | whoever asks with the right type |
//!
//! Each is one pointer to a run that starts with a header: the pool, the place, the bytes and the account. So a value takes
//! 24 bytes more than itself, and is reached as that of a `Box` is. A value that is built before it is known whether it
//! stays, or whose pool is not known, lies in the process's allocator until [`Boxed::move_into`] moves it. A `Box` can do
//! neither, as stable Rust has no boxes with an allocator of their own.
//!
//! A value may hold runs of its own, for example a plan its tables. Those stay on [`Account::Tables`], and a [`BoxedAny`]
//! is told their bytes: it takes them along when its account changes.
//!
//! With `--cfg repool_sanitize`, and under Miri, a run of a pool is an allocation of its own as well; see [`crate::sealed`].
//!
//! Exercised by `tests/boxed.rs`.
#![allow(
    unsafe_code,
    reason = "values of any type at an address that the heap gave; see above"
)]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::any::{Any, TypeId};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::heap::Place;
use crate::ledger::Account;
use crate::pool::{OutOfMemory, Pool};

/// Every place of the heap is a multiple of this. A value that wants more is shifted in its run.
const PLACE_ALIGN: usize = 16;
/// The most that a value may want: vectors of 64 bytes.
const ALIGN_MAX: usize = 64;

/// What every run here starts with.
#[repr(C)]
struct Header {
    /// Where the run lies; `None` for the allocator.
    pool: Option<Arc<Pool>>,
    place: Place,
    /// The bytes of this header and of what lies behind it.
    bytes: u32,
    /// The bytes of other runs that the value holds, which change their account with this one.
    held_bytes: u32,
    /// An [`Account`], by number.
    account: AtomicU8,
    /// What the header and what lies behind it are aligned to.
    align: u8,
}

/// A run with a value of a known type.
#[repr(C)]
struct Run<T> {
    header: Header,
    value: T,
}

/// A run with a value whose type is noted in front of it.
#[repr(C)]
struct AnyRun<T> {
    header: Header,
    type_id: TypeId,
    /// [`AnyRun::drop_value`] of the value's type.
    drop_value: unsafe fn(NonNull<Header>),
    value: T,
}

/// The bytes of a run that has room for a layout wherever it starts.
const fn run_bytes(layout: Layout) -> usize {
    layout.size() + layout.align().saturating_sub(PLACE_ALIGN)
}

/// Takes a run of a pool on an account, or of the allocator, and writes its header. Header and what lies behind it have the
/// layout, and belong to the caller until [`release`].
fn take(
    home: Option<(&Arc<Pool>, Account)>,
    layout: Layout,
    held_bytes: usize,
) -> Result<NonNull<Header>, OutOfMemory> {
    assert!(layout.size() >= size_of::<Header>() && layout.align() <= ALIGN_MAX);
    let fit = |bytes| u32::try_from(bytes).map_err(|_| OutOfMemory);
    let (bytes, held_bytes) = (fit(layout.size())?, fit(held_bytes)?);
    let (place, address) = match home {
        Some((pool, account)) => {
            let (place, address) = pool.take(run_bytes(layout), account)?;
            (place, in_pool(address, layout))
        }
        None => (0, allocate(layout)),
    };
    let run = address.cast::<Header>();
    debug_assert!(address.addr().get().is_multiple_of(layout.align()));
    let account = home.map_or(Account::Tables, |(_, account)| account);
    // SAFETY: the run is the caller's alone, has room for a header, and is aligned for it.
    unsafe {
        run.write(Header {
            pool: home.map(|(pool, _)| Arc::clone(pool)),
            place,
            bytes,
            held_bytes,
            account: AtomicU8::new(account as u8),
            align: layout.align() as u8,
        });
    }
    Ok(run)
}

fn allocate(layout: Layout) -> NonNull<u8> {
    // SAFETY: `take` calls this with layouts that have room for a header, so they are not empty.
    let address = unsafe { alloc(layout) };
    NonNull::new(address).unwrap_or_else(|| handle_alloc_error(layout))
}

/// The address in a run of a pool that has the layout.
#[cfg(not(any(miri, repool_sanitize)))]
fn in_pool(address: NonNull<u8>, layout: Layout) -> NonNull<u8> {
    let shift = address.align_offset(layout.align());
    debug_assert!(layout.size() + shift <= run_bytes(layout));
    // SAFETY: the run starts at a multiple of 16 bytes, and has as many bytes more than the layout as the alignment is above
    // 16. So the address is within the run, as is all that lies behind it in the layout.
    unsafe { address.add(shift) }
}

/// An allocation of its own instead of the run of a pool.
#[cfg(any(miri, repool_sanitize))]
fn in_pool(_: NonNull<u8>, layout: Layout) -> NonNull<u8> {
    allocate(layout)
}

/// Frees a run.
///
/// # Safety
///
/// The run is from [`take`] and is used by nobody after this. What lies behind the header was dropped or moved out.
unsafe fn release(run: NonNull<Header>) {
    // SAFETY: `take` wrote the header. It is read out once, here.
    let header = unsafe { run.read() };
    if header.pool.is_none() || cfg!(any(miri, repool_sanitize)) {
        // SAFETY: such a run is from `allocate`, with this layout.
        unsafe { dealloc(run.as_ptr().cast(), header.layout()) };
    }
    if let Some(pool) = &header.pool {
        pool.release(header.place, run_bytes(header.layout()), header.account());
    }
}

impl Header {
    fn layout(&self) -> Layout {
        let layout = Layout::from_size_align(self.bytes as usize, usize::from(self.align));
        layout.expect("the run was made with this layout")
    }

    fn account(&self) -> Account {
        Account::ALL[self.account.load(Ordering::Relaxed) as usize]
    }

    /// The bytes that the run and those held by its value take.
    fn reserved_bytes(&self) -> usize {
        let bytes = run_bytes(self.layout());
        let own = self.pool.as_ref().map_or(bytes, |p| p.run_bytes(bytes));
        own + self.held_bytes as usize
    }

    fn set_account(&self, account: Account) {
        let before = self.account.swap(account as u8, Ordering::Relaxed);
        if let Some(pool) = &self.pool {
            let before = Account::ALL[before as usize];
            pool.ledger()
                .transfer(before, account, self.reserved_bytes());
        }
    }

    /// Gives the bytes that the value holds back to the account that its runs have noted.
    fn leave_held(&self) {
        if let Some(pool) = &self.pool {
            let held_bytes = self.held_bytes as usize;
            pool.ledger()
                .transfer(self.account(), Account::Tables, held_bytes);
        }
    }
}

/// A value in a run of a pool, or for the time being in the allocator.
///
/// ```
/// use std::sync::Arc;
/// use repool_arena::{Account, Boxed, Ledger, Pool};
///
/// let pool = Pool::new(Arc::new(Ledger::default()));
/// let mut boxed = Boxed::new([7_u8; 100]);
/// boxed.move_into(&pool, Account::Tables)?;
/// assert_eq!(*boxed, [7; 100]);
/// assert_eq!(pool.ledger().bytes(Account::Tables), pool.run_bytes(Boxed::<[u8; 100]>::RUN_BYTES));
/// # Ok::<(), repool_arena::OutOfMemory>(())
/// ```
pub struct Boxed<T> {
    run: NonNull<Run<T>>,
    /// It drops a `T`.
    _value: PhantomData<T>,
}

// SAFETY: as for `Box<T>`; the header holds an `Arc<Pool>`, which any thread may use and drop.
unsafe impl<T: Send> Send for Boxed<T> {}
// SAFETY: as for `Box<T>`; of the header only an atomic changes.
unsafe impl<T: Sync> Sync for Boxed<T> {}

impl<T> Boxed<T> {
    /// The bytes of the run.
    pub const RUN_BYTES: usize = run_bytes(Layout::new::<Run<T>>());

    /// Puts a value into the allocator.
    #[must_use]
    pub fn new(value: T) -> Boxed<T> {
        let run = take(None, Layout::new::<Run<T>>(), 0);
        let run: NonNull<Run<T>> = run.expect("a value of less than 4 GiB").cast();
        // SAFETY: the run was made with room for a `Run<T>`, aligned for it, and belongs to this function.
        unsafe { (&raw mut (*run.as_ptr()).value).write(value) };
        Boxed {
            run,
            _value: PhantomData,
        }
    }

    /// Moves the value into a run of a pool, on an account. If it is in one already, nothing happens.
    ///
    /// # Errors
    ///
    /// If the system has no memory, or the ledger's limit leaves no room for it. The value stays where it is.
    pub fn move_into(&mut self, pool: &Arc<Pool>, account: Account) -> Result<(), OutOfMemory> {
        self.run = moved(self.run.cast(), pool, account)?.cast();
        Ok(())
    }
}

/// Moves what lies in a run of the allocator into a run of a pool, and returns that.
fn moved(
    run: NonNull<Header>,
    pool: &Arc<Pool>,
    account: Account,
) -> Result<NonNull<Header>, OutOfMemory> {
    // SAFETY: the callers own the run, so its header is there.
    let (is_in_pool, layout) = unsafe {
        let header = run.as_ref();
        (header.pool.is_some(), header.layout())
    };
    if is_in_pool {
        return Ok(run);
    }
    let new = take(Some((pool, account)), layout, 0)?;
    let (at, len) = (size_of::<Header>(), layout.size() - size_of::<Header>());
    // SAFETY: both runs have room for the layout, and they are two. What lies behind the headers moves as any value in Rust may; it
    // is not used at the old place again. A byte that is padding is copied as such.
    unsafe {
        let (from, to) = (run.cast::<u8>().add(at), new.cast::<u8>().add(at));
        from.copy_to_nonoverlapping(to, len);
        release(run);
    }
    Ok(new)
}

impl<T> Deref for Boxed<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: `new` wrote the value, and it stays until `drop` or `move_into`, which have `&mut self`.
        unsafe { &(*self.run.as_ptr()).value }
    }
}

impl<T> std::ops::DerefMut for Boxed<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above. Nothing else leads to the value.
        unsafe { &mut (*self.run.as_ptr()).value }
    }
}

impl<T: Clone> Clone for Boxed<T> {
    /// The clone is in the allocator.
    fn clone(&self) -> Boxed<T> {
        Boxed::new((**self).clone())
    }
}

impl<T> Drop for Boxed<T> {
    fn drop(&mut self) {
        // SAFETY: the value is dropped once, here, and the run is not used after it.
        unsafe {
            ptr::drop_in_place(&raw mut (*self.run.as_ptr()).value);
            release(self.run.cast());
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Boxed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// Elements in a run of a pool, or for the time being in the allocator.
///
/// ```
/// use std::sync::Arc;
/// use repool_arena::{Account, BoxedSlice, Ledger, Pool};
///
/// let pool = Pool::new(Arc::new(Ledger::default()));
/// let words = BoxedSlice::new_in(&pool, Account::Tables, &[1_u64, 2, 3])?;
/// assert_eq!(*words, [1, 2, 3]);
/// assert_eq!(pool.ledger().bytes(Account::Tables), words.reserved_bytes());
/// # Ok::<(), repool_arena::OutOfMemory>(())
/// ```
pub struct BoxedSlice<E> {
    /// The value is the number of elements, which lie behind it.
    run: NonNull<Run<usize>>,
    _elements: PhantomData<E>,
}

// SAFETY: as for `Box<[E]>`; see `Boxed`.
unsafe impl<E: Send> Send for BoxedSlice<E> {}
// SAFETY: as for `Box<[E]>`; see `Boxed`.
unsafe impl<E: Sync> Sync for BoxedSlice<E> {}

impl<E: Copy> BoxedSlice<E> {
    /// Where the first element is.
    const AT: usize = {
        assert!(size_of::<Run<usize>>().is_multiple_of(align_of::<E>()));
        size_of::<Run<usize>>()
    };
    /// What a run with elements is aligned to.
    const ALIGN: usize = if align_of::<E>() > align_of::<Run<usize>>() {
        align_of::<E>()
    } else {
        align_of::<Run<usize>>()
    };

    /// The bytes of a run with so many elements.
    #[must_use]
    pub const fn run_bytes(len: usize) -> usize {
        Self::AT + len * size_of::<E>() + Self::ALIGN.saturating_sub(PLACE_ALIGN)
    }

    /// Copies elements into the allocator.
    #[must_use]
    pub fn new(elements: &[E]) -> BoxedSlice<E> {
        Self::copied(None, elements).expect("elements of less than 4 GiB")
    }

    /// Copies elements into a run of a pool, on an account.
    ///
    /// # Errors
    ///
    /// If the system has no memory, or the ledger's limit leaves no room for them.
    pub fn new_in(
        pool: &Arc<Pool>,
        account: Account,
        elements: &[E],
    ) -> Result<BoxedSlice<E>, OutOfMemory> {
        Self::copied(Some((pool, account)), elements)
    }

    fn copied(
        home: Option<(&Arc<Pool>, Account)>,
        elements: &[E],
    ) -> Result<BoxedSlice<E>, OutOfMemory> {
        let bytes = Self::AT + size_of_val(elements);
        let layout = Layout::from_size_align(bytes, Self::ALIGN).map_err(|_| OutOfMemory)?;
        let run: NonNull<Run<usize>> = take(home, layout, 0)?.cast();
        // SAFETY: the run was made with room for the length and the elements, aligned for both, and belongs to this function.
        // So it does not overlap with `elements`.
        unsafe {
            (&raw mut (*run.as_ptr()).value).write(elements.len());
            let to = run.cast::<u8>().add(Self::AT).cast::<E>();
            to.copy_from_nonoverlapping(NonNull::from(elements).cast(), elements.len());
        }
        Ok(BoxedSlice {
            run,
            _elements: PhantomData,
        })
    }

    /// Moves the elements into a run of a pool, on an account. If they are in one already, nothing happens.
    ///
    /// # Errors
    ///
    /// If the system has no memory, or the ledger's limit leaves no room for them. The elements stay where they are.
    pub fn move_into(&mut self, pool: &Arc<Pool>, account: Account) -> Result<(), OutOfMemory> {
        self.run = moved(self.run.cast(), pool, account)?.cast();
        Ok(())
    }
}

impl<E> BoxedSlice<E> {
    fn header(&self) -> &Header {
        // SAFETY: `take` wrote the header, which stays until `drop` or `move_into`, which have `&mut self`.
        unsafe { &(*self.run.as_ptr()).header }
    }

    /// The bytes that the run takes: whole granules of a block, or whole pages.
    #[must_use]
    pub fn reserved_bytes(&self) -> usize {
        self.header().reserved_bytes()
    }

    /// Moves its bytes to another account.
    pub fn set_account(&self, account: Account) {
        self.header().set_account(account);
    }
}

impl<E: Copy> Deref for BoxedSlice<E> {
    type Target = [E];

    #[inline(always)]
    fn deref(&self) -> &[E] {
        // SAFETY: `copied` wrote the length and as many elements behind it, and nobody writes them until `drop` or `move_into`,
        // which have `&mut self`.
        unsafe {
            let len = (*self.run.as_ptr()).value;
            let elements = self.run.cast::<u8>().add(Self::AT).cast::<E>();
            std::slice::from_raw_parts(elements.as_ptr(), len)
        }
    }
}

impl<E: Copy> Clone for BoxedSlice<E> {
    /// The clone is in the allocator.
    fn clone(&self) -> BoxedSlice<E> {
        BoxedSlice::new(self)
    }
}

impl<E> Drop for BoxedSlice<E> {
    fn drop(&mut self) {
        // SAFETY: the elements are `Copy`, so there is nothing to drop, and the run is not used after this.
        unsafe { release(self.run.cast()) };
    }
}

impl<E: Copy + fmt::Debug> fmt::Debug for BoxedSlice<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// A value in a run of a pool, whose type only the run knows.
///
/// Reading it is on the path of every short search. `Any::type_id` is a call that writes two words, and a comparison that
/// reads them as one has to wait until they have left the store buffer: a tenth of a short search or more. So the type is
/// noted in front of the value and compared there.
pub struct BoxedAny {
    run: NonNull<AnyRun<()>>,
}

// SAFETY: `new` takes only values that are `Send`; for the header see `Boxed`.
unsafe impl Send for BoxedAny {}
// SAFETY: `new` takes only values that are `Sync`; for the header see `Boxed`.
unsafe impl Sync for BoxedAny {}

impl<T> AnyRun<T> {
    /// Drops the value of a run.
    ///
    /// # Safety
    ///
    /// The run is an `AnyRun<T>` with its value, which is not used after this.
    unsafe fn drop_value(run: NonNull<Header>) {
        let run = run.cast::<AnyRun<T>>().as_ptr();
        // SAFETY: as the caller promises.
        unsafe { ptr::drop_in_place(&raw mut (*run).value) };
    }
}

impl BoxedAny {
    /// The bytes of a run with a value of this type.
    #[must_use]
    pub const fn run_bytes<T>() -> usize {
        run_bytes(Layout::new::<AnyRun<T>>())
    }

    /// Puts a value into a run of a pool, on an account. `held_bytes` are those of the runs that the value holds: runs of the
    /// same pool on [`Account::Tables`]. They are moved to the same account, as long as the value lives.
    ///
    /// # Errors
    ///
    /// If the system has no memory, or the ledger's limit leaves no room for it. The value is dropped then.
    pub fn new<T: Any + Send + Sync>(
        pool: &Arc<Pool>,
        account: Account,
        value: T,
        held_bytes: usize,
    ) -> Result<BoxedAny, OutOfMemory> {
        let run = take(
            Some((pool, account)),
            Layout::new::<AnyRun<T>>(),
            held_bytes,
        )?;
        let run = run.cast::<AnyRun<T>>().as_ptr();
        // SAFETY: the run was made with room for an `AnyRun<T>`, aligned for it, and belongs to this function.
        unsafe {
            (&raw mut (*run).type_id).write(TypeId::of::<T>());
            (&raw mut (*run).drop_value).write(AnyRun::<T>::drop_value);
            (&raw mut (*run).value).write(value);
        }
        pool.ledger().transfer(Account::Tables, account, held_bytes);
        let run = NonNull::new(run).expect("the address of a run");
        Ok(BoxedAny { run: run.cast() })
    }

    /// The value, if it is of this type.
    #[inline(always)]
    #[must_use]
    pub fn get<T: Any>(&self) -> Option<&T> {
        let run = self.run.as_ptr();
        // SAFETY: `new` wrote the type. It stands where it does in `AnyRun<()>`: in `repr(C)`, the place of a field depends on
        // the fields in front of it alone.
        if unsafe { (*run).type_id } != TypeId::of::<T>() {
            return None;
        }
        // SAFETY: only `new` makes such a run, and writes the type of its value. The types are equal, so this is an
        // `AnyRun<T>`. The value stays, unwritten, until `drop`, which has `&mut self`.
        Some(unsafe { &(*run.cast::<AnyRun<T>>()).value })
    }

    fn header(&self) -> &Header {
        // SAFETY: `take` wrote the header, which stays until `drop`.
        unsafe { &(*self.run.as_ptr()).header }
    }

    /// The bytes that the run and the runs held by the value take.
    #[must_use]
    pub fn reserved_bytes(&self) -> usize {
        self.header().reserved_bytes()
    }

    /// Moves its bytes, and those of the runs that the value holds, to another account.
    pub fn set_account(&self, account: Account) {
        self.header().set_account(account);
    }
}

impl Drop for BoxedAny {
    fn drop(&mut self) {
        self.header().leave_held();
        // SAFETY: `new` wrote the function for the type of the value. The value is dropped once, here, and the run is not used
        // after it.
        unsafe {
            ((*self.run.as_ptr()).drop_value)(self.run.cast());
            release(self.run.cast());
        }
    }
}

impl fmt::Debug for BoxedAny {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoxedAny")
            .field("reserved_bytes", &self.reserved_bytes())
            .finish_non_exhaustive()
    }
}
