//! What an engine keeps beside an image: worked out once, read by every thread.
//!
//! Like [`crate::tables`], but a value of the engine's own type instead of words: this crate does not
//! know what is in it, only how many bytes it takes. They are on [`Account::Tables`] as long as a cache
//! holds the image, and go with the image. To attach is allowed to fail, if no room can be made within the
//! ledger's limit.
//!
//! Beside it stands the *heat* of the image, by which engines decide when such a value is worth its
//! making. It is written only until then, so that threads which share a hot pattern share no line that
//! anyone writes. Each time that there was no room, the next try is sixteen times as far away: in a full
//! cache nothing is made over and over that cannot be kept.
//! Exercised by `tests/plans.rs` of `repool-vm`.

use std::any::Any;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicU8, Ordering};

use repool_arena::{Account, Charge, Sealed};

use crate::tables::has_room;

/// The heat that is missing after the first refusal, before any counts again.
const DEBT: i32 = 1 << 14;

/// The debt grows sixteenfold so many times: to 2^30.
const REFUSALS_MAX: u8 = 4;

/// The place of one image's value.
#[derive(Debug, Default)]
pub(crate) struct Attached {
    value: OnceLock<Box<Value>>,
    /// Less than nothing after a refusal.
    heat: AtomicI32,
    refusals: AtomicU8,
}

#[derive(Debug)]
pub(crate) struct Value {
    value: Box<dyn Any + Send + Sync>,
    /// The value, what it holds, and this.
    charge: Charge,
}

impl Attached {
    #[inline(always)]
    pub(crate) fn get<T: Any>(&self) -> Option<&T> {
        self.value.get()?.value.downcast_ref()
    }

    /// Keeps a value that holds `heap_bytes` on the heap, unless there is one.
    pub(crate) fn set<T>(&self, image: &Sealed, value: T, heap_bytes: usize) -> Option<&T>
    where
        T: Any + Send + Sync,
    {
        if self.value.get().is_none() {
            let bytes = size_of::<T>() + heap_bytes + size_of::<Value>();
            if !has_room(image.ledger(), bytes) {
                return None;
            }
            let charge = image.pool().reserve(Account::Tables, bytes).ok()?;
            let value = Box::new(value);
            // Another thread may have been faster; its value is as good.
            let _ = self.value.set(Box::new(Value { value, charge }));
        }
        // The image may have moved to another account meanwhile, and may again.
        loop {
            let account = image.account();
            self.set_account(account);
            if image.account() == account {
                break;
            }
        }
        self.get()
    }

    /// Adds to the heat, and tells how much there is. Threads that add at a time may lose some.
    #[inline]
    pub(crate) fn warm(&self, heat: u32) -> u32 {
        let heat = i32::try_from(heat).unwrap_or(i32::MAX);
        let heat = self.heat.load(Ordering::Relaxed).saturating_add(heat);
        self.heat.store(heat, Ordering::Relaxed);
        u32::try_from(heat).unwrap_or(0)
    }

    /// Puts off the next try, as there was no room.
    pub(crate) fn cool(&self) {
        let refusals = self.refusals.load(Ordering::Relaxed);
        self.heat
            .store(-(DEBT << (4 * refusals)), Ordering::Relaxed);
        let refusals = (refusals + 1).min(REFUSALS_MAX);
        self.refusals.store(refusals, Ordering::Relaxed);
    }

    /// Takes the value out: dropping it frees the memory.
    pub(crate) fn take(&mut self) -> Option<Box<Value>> {
        self.value.take()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.value.get().map_or(0, |value| value.charge.bytes())
    }

    /// Follows the image to an account.
    pub(crate) fn set_account(&self, image: Account) {
        let Some(value) = self.value.get() else {
            return;
        };
        let account = match image {
            Account::Programs => Account::Tables,
            other => other,
        };
        value.charge.move_to(account);
    }
}
