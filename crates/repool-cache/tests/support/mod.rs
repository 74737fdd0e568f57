//! Images without a compiler: as large as wanted, with the key as their text.

#![allow(dead_code, reason = "not every suite uses all of it")]

use std::sync::Arc;

use bumpalo::Bump;
use repool_arena::{Pool, Sealed};
use repool_cache::{Cache, Handle, Key, Refusal};
use repool_program::{Builder, Facts, Flags, Image, Op, Pc, Room};
use repool_text::LookSet;

pub(crate) type Error = String;

pub(crate) fn key(text: &str) -> Key<'_> {
    Key {
        text,
        options: [1, 2],
    }
}

/// An image of `text` with `code_len` instructions.
pub(crate) fn image(text: &str, code_len: usize, pool: &Arc<Pool>) -> Result<Image, Error> {
    Ok(Image::new(sealed(text, code_len, pool)?, None))
}

pub(crate) fn sealed(text: &str, code_len: usize, pool: &Arc<Pool>) -> Result<Sealed, Error> {
    thread_local! {
        static ARENA: std::cell::RefCell<Bump> = std::cell::RefCell::default();
    }
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
    ARENA.with(|arena| {
        // Taken if an observer compiles while this thread does.
        let mut fresh = Bump::new();
        let mut borrowed = arena.try_borrow_mut();
        let arena = borrowed.as_deref_mut().unwrap_or(&mut fresh);
        arena.reset();
        let room = Room {
            image: code_len.max(1) + text.len() / 8 + 2,
            ..Room::default()
        };
        let mut builder = Builder::new_in(arena, room);
        for _ in 0..code_len.max(1) {
            builder.push(Op::Match).map_err(|e| format!("{e:?}"))?;
        }
        let start = Pc::new(0).unwrap();
        builder
            .seal(&facts, start, text, 0, pool)
            .map_err(|e| format!("{e:?}"))
    })
}

/// Requests `text`; if it is missing, compiles it to an image of `code_len` instructions.
pub(crate) fn ask(
    cache: &Cache<Error>,
    text: &str,
    code_len: usize,
) -> Result<Handle, Refusal<Error>> {
    let handle = cache.get_or_compile(key(text), |pool| image(text, code_len, pool))?;
    assert_eq!(handle.program().text(), text);
    Ok(handle)
}

/// Numbers that look random (xorshift64*, Marsaglia and Vigna), the same each time.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % bound
    }
}

/// Runs `work` on `count` threads at a time and waits until they are gone, with what they kept for
/// themselves: the end of a scope alone does not wait for that.
pub(crate) fn on_threads(count: usize, work: impl Fn() + Sync) {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count).map(|_| scope.spawn(&work)).collect();
        for thread in threads {
            thread.join().expect("no panic");
        }
    });
}
