//! Values and slices in runs of a pool.
//!
//! | type | holds | who knows the type |
//! |---|---|---|
//! | [`Boxed`] | a value | its own type |
//! | [`BoxedSlice`] | elements that are copied | its own type |
//! | [`BoxedAny`] | a value | whoever asks with the right type |
//!
//! Each is one pointer to a value behind a header: the pool, the place, the bytes and the account. So a
//! value takes 24 bytes more than itself, and is reached as that of a `Box` is. A value that is built before it is known whether it
//! stays, or whose pool is not known, lies in the process's allocator until [`Boxed::move_into`] moves it. A `Box` can do
//! neither, as stable Rust has no boxes with an allocator of their own.
//!
//! A value may hold runs of its own, for example a plan its tables. Those stay on [`Account::Tables`], and a [`BoxedAny`]
//! knows their bytes: it takes them along when its account changes.
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
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::heap::Place;
use crate::ledger::Account;
use crate::pool::{OutOfMemory, Pool};

/// Every place of the heap is a multiple of this. A value that wants more is shifted in its run.
const PLACE_ALIGN: usize = 16;
/// The most that a value may want: vectors of 64 bytes.
const ALIGN_MAX: usize = 64;

/// What stands in front of every value.
#[repr(C)]
struct Header {
    /// Where the run lies; `None` for the allocator.
    pool: Option<Arc<Pool>>,
    place: Place,
    /// The bytes of the value.
    bytes: u32,
    /// The bytes of other runs that the value holds, which change their account with this one.
    held_bytes: u32,
    /// An [`Account`], by number.
    account: AtomicU8,
    /// What the value is aligned to, at least 8.
    align: u8,
    /// The bytes between the header and the value.
    note_bytes: u8,
}

/// A header, and what a type notes between it and the value. So a pointer to the value is a pointer to all of it.
#[repr(C)]
struct Front<N> {
    header: Header,
    note: N,
}

/// What [`BoxedAny`] notes.
#[derive(Clone, Copy)]
#[repr(C)]
struct Kind {
    /// Drops a value of the type, which is not used after this.
    drop_value: unsafe fn(NonNull<u8>),
    type_id: TypeId,
}

impl<N> Front<N> {
    const BYTES: usize = {
        assert!(align_of::<Front<N>>() == 8 && size_of::<Front<N>>() < 256);
        size_of::<Front<N>>()
    };
}

/// The bytes from the start of a run to its value, if the run is aligned as the value is.
const fn value_at(front_bytes: usize, align: usize) -> usize {
    front_bytes.next_multiple_of(align)
}

/// The bytes of a run, wherever a pool has place for it.
const fn run_bytes(front_bytes: usize, value: Layout) -> usize {
    let align = if value.align() < 8 { 8 } else { value.align() };
    value_at(front_bytes, align) + value.size() + align.saturating_sub(PLACE_ALIGN)
}

/// Takes a run of a pool on an account, or of the allocator, and writes what stands in front of its value. Returns the
/// address of the value, which has the layout and belongs to the caller until [`release`].
fn take<N>(
    home: Option<(&Arc<Pool>, Account)>,
    value: Layout,
    held_bytes: usize,
    note: N,
) -> Result<NonNull<u8>, OutOfMemory> {
    let value = value.align_to(8).map_err(|_| OutOfMemory)?;
    assert!(value.align() <= ALIGN_MAX);
    let fit = |bytes| u32::try_from(bytes).map_err(|_| OutOfMemory);
    let account = home.map_or(Account::Tables, |(_, account)| account);
    let mut header = Header {
        pool: home.map(|(pool, _)| Arc::clone(pool)),
        place: 0,
        bytes: fit(value.size())?,
        held_bytes: fit(held_bytes)?,
        account: AtomicU8::new(account as u8),
        align: value.align() as u8,
        note_bytes: (Front::<N>::BYTES - size_of::<Header>()) as u8,
    };
    let address = match home {
        Some((pool, account)) => {
            let (place, address) = pool.take(header.run_bytes(), account)?;
            header.place = place;
            in_pool(address, &header)
        }
        None => allocate(&header),
    };
    // SAFETY: `allocate` and `in_pool` return an address with room for the front before it and for the value behind it, and
    // the run is the caller's alone. The front's bytes are a multiple of 8, to which the address is aligned, as is the front.
    unsafe { front_ptr::<N>(address).write(Front { header, note }) };
    Ok(address)
}

/// Allocates a run. Returns the address of its value.
fn allocate(header: &Header) -> NonNull<u8> {
    let layout = header.allocation();
    // SAFETY: a run has a header, so its layout is not empty.
    let address = unsafe { alloc(layout) };
    let address = NonNull::new(address).unwrap_or_else(|| handle_alloc_error(layout));
    // SAFETY: the layout has these bytes in front of the value.
    unsafe { address.add(header.value_at()) }
}

/// The address of the value in a run of a pool.
#[cfg(not(any(miri, repool_sanitize)))]
fn in_pool(address: NonNull<u8>, header: &Header) -> NonNull<u8> {
    let (start, align) = (address.addr().get(), usize::from(header.align));
    let at = (start + header.front_bytes()).next_multiple_of(align) - start;
    debug_assert!(start.is_multiple_of(PLACE_ALIGN));
    debug_assert!(at + header.bytes as usize <= header.run_bytes());
    // SAFETY: the run starts at a multiple of 16 bytes, and has as many bytes more than front and value as the alignment is
    // above 16. So the value lies within the run.
    unsafe { address.add(at) }
}

/// An allocation of its own instead of the run of a pool.
#[cfg(any(miri, repool_sanitize))]
fn in_pool(_: NonNull<u8>, header: &Header) -> NonNull<u8> {
    allocate(header)
}

/// Where the front of a value is that notes an `N`.
#[inline(always)]
fn front_ptr<N>(value: NonNull<u8>) -> *mut Front<N> {
    value.cast::<Front<N>>().as_ptr().wrapping_sub(1)
}

/// The front of a value that notes an `N`.
///
/// # Safety
///
/// The value is from [`take`] with an `N`, and nobody writes its front or releases it while the result lives.
#[inline(always)]
unsafe fn front<'a, N>(value: NonNull<u8>) -> &'a Front<N> {
    // SAFETY: as the caller promises. `take` wrote the front right before the value.
    unsafe { &*front_ptr::<N>(value) }
}

/// Frees a run.
///
/// # Safety
///
/// The value is from [`take`] with an `N`, was dropped or moved out, and is used by nobody after this.
unsafe fn release<N>(value: NonNull<u8>) {
    // SAFETY: `take` wrote the front. It is read out once, here.
    let Front { header, .. } = unsafe { front_ptr::<N>(value).read() };
    if header.pool.is_none() || cfg!(any(miri, repool_sanitize)) {
        let start = value.as_ptr().wrapping_sub(header.value_at());
        // SAFETY: such a run is from `allocate`, with this layout and this many bytes in front of the value.
        unsafe { dealloc(start, header.allocation()) };
    }
    if let Some(pool) = &header.pool {
        pool.release(header.place, header.run_bytes(), header.account());
    }
}

impl Header {
    fn front_bytes(&self) -> usize {
        size_of::<Header>() + usize::from(self.note_bytes)
    }

    fn value_at(&self) -> usize {
        value_at(self.front_bytes(), usize::from(self.align))
    }

    fn value_layout(&self) -> Layout {
        let layout = Layout::from_size_align(self.bytes as usize, usize::from(self.align));
        layout.expect("the run was made with this layout")
    }

    fn allocation(&self) -> Layout {
        let bytes = self.value_at() + self.bytes as usize;
        let layout = Layout::from_size_align(bytes, usize::from(self.align));
        layout.expect("a run is shorter than half of the address space")
    }

    fn run_bytes(&self) -> usize {
        run_bytes(self.front_bytes(), self.value_layout())
    }

    fn account(&self) -> Account {
        Account::ALL[self.account.load(Ordering::Relaxed) as usize]
    }

    /// The bytes that the run and those held by its value take.
    fn reserved_bytes(&self) -> usize {
        let bytes = self.run_bytes();
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

/// Moves a value that notes an `N` from the allocator into a run of a pool. Returns where it is then.
///
/// # Safety
///
/// The value is from [`take`] with an `N`, and belongs to the caller, who goes on with the result alone.
unsafe fn moved<N: Copy>(
    value: NonNull<u8>,
    pool: &Arc<Pool>,
    account: Account,
) -> Result<NonNull<u8>, OutOfMemory> {
    // SAFETY: as the caller promises.
    let Front { header, note } = unsafe { front::<N>(value) };
    if header.pool.is_some() {
        return Ok(value);
    }
    let layout = header.value_layout();
    let new = take(Some((pool, account)), layout, 0, *note)?;
    // SAFETY: both runs have room for the layout, and they are two. The value moves as any in Rust may, padding and all.
    unsafe { value.copy_to_nonoverlapping(new, layout.size()) };
    // SAFETY: the value was moved out, and its old place is not used again.
    unsafe { release::<N>(value) };
    Ok(new)
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
    value: NonNull<T>,
    /// It drops a `T`.
    _value: PhantomData<T>,
}

// SAFETY: as for `Box<T>`; the header holds an `Arc<Pool>`, which any thread may use and drop.
unsafe impl<T: Send> Send for Boxed<T> {}
// SAFETY: as for `Box<T>`; of the header only an atomic changes.
unsafe impl<T: Sync> Sync for Boxed<T> {}

impl<T> Boxed<T> {
    /// The bytes of the run.
    pub const RUN_BYTES: usize = run_bytes(Front::<()>::BYTES, Layout::new::<T>());

    /// Puts a value into the allocator.
    #[must_use]
    pub fn new(value: T) -> Boxed<T> {
        let address = take(None, Layout::new::<T>(), 0, ());
        let address: NonNull<T> = address.expect("a value of less than 4 GiB").cast();
        // SAFETY: the run was made with room for a `T`, aligned for it, and belongs to this function.
        unsafe { address.write(value) };
        Boxed {
            value: address,
            _value: PhantomData,
        }
    }

    /// Moves the value into a run of a pool, on an account. If it is in one already, nothing happens.
    ///
    /// # Errors
    ///
    /// If the system has no memory, or the ledger's limit leaves no room for it. The value stays where it is.
    pub fn move_into(&mut self, pool: &Arc<Pool>, account: Account) -> Result<(), OutOfMemory> {
        // SAFETY: the value belongs to this box, which keeps the result.
        self.value = unsafe { moved::<()>(self.value.cast(), pool, account)? }.cast();
        Ok(())
    }
}

impl<T> Deref for Boxed<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: `new` wrote the value, and it stays until `drop` or `move_into`, which have `&mut self`.
        unsafe { self.value.as_ref() }
    }
}

impl<T> std::ops::DerefMut for Boxed<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above. Nothing else leads to the value.
        unsafe { self.value.as_mut() }
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
        // SAFETY: the value is dropped once, here.
        unsafe { self.value.drop_in_place() };
        // SAFETY: the run is not used after this.
        unsafe { release::<()>(self.value.cast()) };
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
    /// In front of the elements stands their number.
    elements: NonNull<E>,
    _elements: PhantomData<E>,
}

// SAFETY: as for `Box<[E]>`; see `Boxed`.
unsafe impl<E: Send> Send for BoxedSlice<E> {}
// SAFETY: as for `Box<[E]>`; see `Boxed`.
unsafe impl<E: Sync> Sync for BoxedSlice<E> {}

impl<E: Copy> BoxedSlice<E> {
    /// The bytes of a run with this number of elements.
    #[must_use]
    pub const fn run_bytes(len: usize) -> usize {
        let none = run_bytes(Front::<u32>::BYTES, Layout::new::<[E; 0]>());
        none + len * size_of::<E>()
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
        let len = u32::try_from(elements.len()).map_err(|_| OutOfMemory)?;
        let address = take(home, Layout::for_value(elements), 0, len)?.cast();
        // SAFETY: the run was made with room for the elements, aligned for them, and belongs to this function. So it does not
        // overlap with `elements`.
        unsafe {
            address.copy_from_nonoverlapping(NonNull::from(elements).cast(), elements.len());
        }
        Ok(BoxedSlice {
            elements: address,
            _elements: PhantomData,
        })
    }

    /// Moves the elements into a run of a pool, on an account. If they are in one already, nothing happens.
    ///
    /// # Errors
    ///
    /// If the system has no memory, or the ledger's limit leaves no room for them. The elements stay where they are.
    pub fn move_into(&mut self, pool: &Arc<Pool>, account: Account) -> Result<(), OutOfMemory> {
        // SAFETY: the elements belong to this box, which keeps the result.
        self.elements = unsafe { moved::<u32>(self.elements.cast(), pool, account)? }.cast();
        Ok(())
    }
}

impl<E> BoxedSlice<E> {
    fn header(&self) -> &Header {
        // SAFETY: `take` wrote the header, which stays until `drop` or `move_into`, which have `&mut self`.
        unsafe { &front::<u32>(self.elements.cast()).header }
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
        // SAFETY: `copied` noted the length, which stays until `drop` or `move_into`, which have `&mut self`.
        let len = unsafe { front::<u32>(self.elements.cast()) }.note;
        // SAFETY: `copied` wrote as many elements, and nobody writes them as long.
        unsafe { std::slice::from_raw_parts(self.elements.as_ptr(), len as usize) }
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
        unsafe { release::<u32>(self.elements.cast()) };
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
    value: NonNull<u8>,
}

// SAFETY: `new` takes only values that are `Send`; for the header see `Boxed`.
unsafe impl Send for BoxedAny {}
// SAFETY: `new` takes only values that are `Sync`; for the header see `Boxed`.
unsafe impl Sync for BoxedAny {}

/// Drops a value.
///
/// # Safety
///
/// There is a `T`, which is not used after this.
unsafe fn drop_value<T>(value: NonNull<u8>) {
    // SAFETY: as the caller promises.
    unsafe { value.cast::<T>().drop_in_place() };
}

impl BoxedAny {
    /// The bytes of a run with a value of this type.
    #[must_use]
    pub const fn run_bytes<T>() -> usize {
        run_bytes(Front::<Kind>::BYTES, Layout::new::<T>())
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
        let kind = Kind {
            drop_value: drop_value::<T>,
            type_id: TypeId::of::<T>(),
        };
        let home = Some((pool, account));
        let address = take(home, Layout::new::<T>(), held_bytes, kind)?;
        // SAFETY: the run was made with room for a `T`, aligned for it, and belongs to this function.
        unsafe { address.cast::<T>().write(value) };
        pool.ledger().transfer(Account::Tables, account, held_bytes);
        Ok(BoxedAny { value: address })
    }

    /// The value, if it is of this type.
    #[inline(always)]
    #[must_use]
    pub fn get<T: Any>(&self) -> Option<&T> {
        if self.kind().type_id != TypeId::of::<T>() {
            return None;
        }
        // SAFETY: only `new` makes such a run, and notes the type of its value. The types are equal, so there is a `T`. It
        // stays, unwritten, until `drop`, which has `&mut self`.
        Some(unsafe { self.value.cast().as_ref() })
    }

    #[inline(always)]
    fn kind(&self) -> &Kind {
        // SAFETY: `new` noted the kind in front of the value, where it stays until `drop`.
        unsafe { &front::<Kind>(self.value).note }
    }

    fn header(&self) -> &Header {
        // SAFETY: `take` wrote the header, which stays until `drop`.
        unsafe { &front::<Kind>(self.value).header }
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
        // SAFETY: `new` noted the function for the type of the value, which is dropped once, here.
        unsafe { (self.kind().drop_value)(self.value) };
        // SAFETY: the run is not used after this.
        unsafe { release::<Kind>(self.value) };
    }
}

impl fmt::Debug for BoxedAny {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoxedAny")
            .field("reserved_bytes", &self.reserved_bytes())
            .finish_non_exhaustive()
    }
}
