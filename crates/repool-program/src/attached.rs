//! A value that an engine attaches to an image: computed once, read by every thread.
//!
//! It works as [`crate::tables`] does, with a value of the engine's own type instead of words. This crate
//! knows the value's size in bytes and nothing else of it. The bytes stand on [`Account::Tables`] while a
//! cache holds the image, and are freed with the image. Attaching fails if the ledger's limit leaves no
//! room.
//!
//! Each short search reads the value, so reading it must be cheap. `Any::type_id` is a call that writes two
//! words, and a comparison that reads them as one has to wait until they have left the store buffer. That
//! stall costs a tenth of a short search or more. So [`Value`] stores the type beside the box and compares
//! it there.
//!
//! Exercised by the tests below and `tests/plans.rs` of `repool-vm`.
#![expect(
    unsafe_code,
    reason = "a cast to the type that is noted beside the value; see above"
)]

use std::any::{Any, TypeId};
use std::ptr;
use std::sync::OnceLock;

use repool_arena::{Account, Charge, Sealed};

use crate::tables::has_room;

/// One image's attached value.
#[derive(Debug, Default)]
pub(crate) struct Attached {
    value: OnceLock<Box<Value>>,
}

#[derive(Debug)]
pub(crate) struct Value {
    value: Box<dyn Any + Send + Sync>,
    /// The type of the boxed value. Neither changes after `new`.
    type_id: TypeId,
    /// The bytes of the value, of what it holds on the heap, and of this struct.
    charge: Charge,
}

impl Value {
    fn new<T: Any + Send + Sync>(value: T, charge: Charge) -> Value {
        Value {
            value: Box::new(value),
            type_id: TypeId::of::<T>(),
            charge,
        }
    }
}

impl Attached {
    #[inline(always)]
    pub(crate) fn get<T: Any>(&self) -> Option<&T> {
        let value = self.value.get()?;
        if value.type_id != TypeId::of::<T>() {
            return None;
        }
        let any: *const (dyn Any + Send + Sync) = ptr::from_ref(&*value.value);
        // SAFETY: only `Value::new` makes a `Value`, and it stores the type of what it boxes. The types are
        // equal, so the box holds a `T`. While `self` is borrowed, the value is neither moved nor written.
        Some(unsafe { &*any.cast::<T>() })
    }

    /// Attaches a value that holds `heap_bytes` on the heap, unless one is attached already.
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
            // If another thread attached first, its value serves as well.
            let _ = self.value.set(Box::new(Value::new(value, charge)));
        }
        // The image may have changed its account in the meantime, and may do so again.
        loop {
            let account = image.account();
            self.set_account(account);
            if image.account() == account {
                break;
            }
        }
        self.get()
    }

    /// Takes the value out. Dropping the result frees the memory.
    pub(crate) fn take(&mut self) -> Option<Box<Value>> {
        self.value.take()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.value.get().map_or(0, |value| value.charge.bytes())
    }

    /// Moves the value's bytes to the account that goes with the image's account.
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

#[cfg(test)]
mod tests {
    use repool_arena::Pool;
    use repool_text::LookSet;

    use crate::{Builder, Bump, Facts, Flags, Image, Op, Pc, Room};

    fn image() -> Image {
        let facts = Facts {
            flags: Flags::default(),
            looks: LookSet::default(),
            len_min: 0,
            len_max: 0,
            group_len: 1,
            states: 1,
            line_terminator: b'\n',
            prefix: None,
            required: None,
            required_before_max: 0,
            first: None,
        };
        let arena = Bump::new();
        let mut builder = Builder::new_in(&arena, Room::default());
        builder.push(Op::Match).expect("room for one");
        let start = Pc::new(0).expect("the first");
        let sealed = builder.seal(&facts, start, "", 0, Pool::global());
        Image::new(sealed.expect("memory for it"), None)
    }

    #[test]
    fn a_value_is_seen_as_what_it_is_and_as_nothing_else() {
        let image = image();
        assert_eq!(image.attached_value::<String>(), None);
        let text = String::from("what an engine found out");
        assert_eq!(image.program().attach(text.clone(), 24), Some(&text));
        assert_eq!(image.attached_value::<String>(), Some(&text));
        // Types of other sizes, of the same size, and of the same layout.
        assert_eq!(image.attached_value::<u8>(), None);
        assert_eq!(image.attached_value::<[u64; 3]>(), None);
        assert_eq!(image.attached_value::<Vec<u8>>(), None);
        assert_eq!(image.program().attach(7_u8, 0), None);
        assert_eq!(image.attached_value::<String>(), Some(&text));
    }
}
