//! What an engine keeps beside an image: worked out once, read by every thread.
//!
//! Like [`crate::tables`], but a value of the engine's own type instead of words: this crate does not
//! know what is in it, only how many bytes it takes. They are on [`Account::Tables`] as long as a cache
//! holds the image, and go with the image. To attach is allowed to fail, if no room can be made within the
//! ledger's limit.
//! Exercised by `tests/plans.rs` of `repool-vm`.

use std::any::Any;
use std::sync::OnceLock;

use repool_arena::{Account, Charge, Sealed};

use crate::tables::has_room;

/// The place of one image's value.
#[derive(Debug, Default)]
pub(crate) struct Attached {
    value: OnceLock<Box<Value>>,
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
