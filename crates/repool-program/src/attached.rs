//! A value that an engine attaches to an image: computed once, read by every thread.
//!
//! It works as [`crate::tables`] does, with a value of the engine's own type instead of words. This crate
//! knows the value's size in bytes and nothing else of it. The bytes stand on [`Account::Tables`] while a
//! cache holds the image, and are freed with the image. Attaching fails if the ledger's limit leaves no
//! room.
//!
//! Exercised by the tests below and `tests/plans.rs` of `repool-vm`.

use std::any::Any;
use std::sync::OnceLock;

use repool_arena::{Account, BoxedAny, Sealed};

use crate::tables::has_room;

/// One image's attached value.
#[derive(Debug, Default)]
pub(crate) struct Attached {
    value: OnceLock<BoxedAny>,
}

impl Attached {
    #[inline(always)]
    pub(crate) fn get<T: Any>(&self) -> Option<&T> {
        self.value.get()?.get()
    }

    /// Attaches a value, unless one is attached already. `held_bytes` are those of the runs that it holds.
    pub(crate) fn set<T>(&self, image: &Sealed, value: T, held_bytes: usize) -> Option<&T>
    where
        T: Any + Send + Sync,
    {
        if self.value.get().is_none() {
            let pool = image.pool();
            if !has_room(image.ledger(), pool.run_bytes(BoxedAny::run_bytes::<T>())) {
                return None;
            }
            let value = BoxedAny::new(pool, Account::Tables, value, held_bytes).ok()?;
            // If another thread attached first, its value serves as well.
            let _ = self.value.set(value);
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
    pub(crate) fn take(&mut self) -> Option<BoxedAny> {
        self.value.take()
    }

    /// The bytes of the value's run and of the runs that it holds.
    pub(crate) fn bytes(&self) -> usize {
        self.value.get().map_or(0, BoxedAny::reserved_bytes)
    }

    /// Moves the value's bytes to the account that goes with the image's account.
    pub(crate) fn set_account(&self, image: Account) {
        let Some(value) = self.value.get() else {
            return;
        };
        value.set_account(match image {
            Account::Programs => Account::Tables,
            other => other,
        });
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
        assert_eq!(image.program().attach(text.clone(), 0), Some(&text));
        assert_eq!(image.attached_value::<String>(), Some(&text));
        // Types of other sizes, of the same size, and of the same layout.
        assert_eq!(image.attached_value::<u8>(), None);
        assert_eq!(image.attached_value::<[u64; 3]>(), None);
        assert_eq!(image.attached_value::<Vec<u8>>(), None);
        assert_eq!(image.program().attach(7_u8, 0), None);
        assert_eq!(image.attached_value::<String>(), Some(&text));
    }
}
