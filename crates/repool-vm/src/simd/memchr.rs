//! Finds one of a few bytes in a short haystack, eight bytes at a time.
//!
//! `memchr` is faster on hundreds of bytes. On tens of bytes its set-up costs more than this search. So haystacks of more
//! than [`WORDWISE_BYTES_MAX`] bytes go to `memchr`.
//!
//! Exercised by the tests below.

use memchr::{memchr, memchr2, memchr3};

use crate::simd::short::Short;
use crate::simd::short::first_of;
use crate::tuning::{SHORT_BYTES_MAX, WORDWISE_BYTES_MAX};

/// Bytes of a word. Longer haystacks are searched with masked loads, where the processor has them.
const WORD_BYTES: usize = 8;

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Returns the place of the first byte that equals `a`.
///
/// What is inlined here only picks the search: a function that has them all saves registers that most need not.
#[inline(always)]
pub(crate) fn find_one(a: u8, hay: &[u8]) -> Option<usize> {
    match at_once(hay) {
        Some(short) => one_at_once(short, a, hay),
        None if hay.len() > WORDWISE_BYTES_MAX => memchr(a, hay),
        None => one_wordwise(a, hay),
    }
}

#[inline(never)]
fn one_at_once(short: Short, a: u8, hay: &[u8]) -> Option<usize> {
    first(hay, |hay| short.one(hay, a))
}

#[inline(never)]
fn one_wordwise(a: u8, hay: &[u8]) -> Option<usize> {
    find(hay, |word| equal(word, a), |b| b == a)
}

/// Returns the place of the first byte that equals `a` or `b`.
#[inline]
pub(crate) fn find_two(a: u8, b: u8, hay: &[u8]) -> Option<usize> {
    match at_once(hay) {
        Some(short) => any_at_once(short, [a, b, b], hay),
        None if hay.len() > WORDWISE_BYTES_MAX => memchr2(a, b, hay),
        None => two_wordwise(a, b, hay),
    }
}

#[inline(never)]
fn any_at_once(short: Short, bytes: [u8; 3], hay: &[u8]) -> Option<usize> {
    first(hay, |hay| short.any(hay, bytes))
}

#[inline(never)]
fn two_wordwise(a: u8, b: u8, hay: &[u8]) -> Option<usize> {
    find(
        hay,
        |word| equal(word, a) | equal(word, b),
        |byte| byte == a || byte == b,
    )
}

/// Returns the place of the first byte that equals `a`, `b` or `c`.
#[inline]
pub(crate) fn find_three(a: u8, b: u8, c: u8, hay: &[u8]) -> Option<usize> {
    match at_once(hay) {
        Some(short) => any_at_once(short, [a, b, c], hay),
        None if hay.len() > WORDWISE_BYTES_MAX => memchr3(a, b, c, hay),
        None => three_wordwise(a, b, c, hay),
    }
}

#[inline(never)]
fn three_wordwise(a: u8, b: u8, c: u8, hay: &[u8]) -> Option<usize> {
    find(
        hay,
        |word| equal(word, a) | equal(word, b) | equal(word, c),
        |byte| byte == a || byte == b || byte == c,
    )
}

/// Returns the kernel of masked loads, if the processor has them and the haystack is of the right length.
#[inline(always)]
fn at_once(hay: &[u8]) -> Option<Short> {
    let is_short = (WORD_BYTES + 1..=SHORT_BYTES_MAX).contains(&hay.len());
    is_short.then(Short::new).flatten()
}

#[inline(always)]
fn first(hay: &[u8], marks: impl Fn(&[u8]) -> u64) -> Option<usize> {
    first_of(hay, marks, |_| true)
}

/// Marks the bytes of a word that equal `byte`. The lowest mark is right; marks above it may be wrong, since the
/// subtraction borrows only from a byte above one that is zero.
#[inline(always)]
const fn equal(word: u64, byte: u8) -> u64 {
    let word = word ^ (LOW * byte as u64);
    word.wrapping_sub(LOW) & !word & HIGH
}

#[inline(always)]
fn find(hay: &[u8], marks: impl Fn(u64) -> u64, is: impl Fn(u8) -> bool) -> Option<usize> {
    let place = |marks: u64| (marks.trailing_zeros() / 8) as usize;
    let mut rest = hay;
    while let Some((chunk, behind)) = rest.split_first_chunk() {
        let found = marks(u64::from_le_bytes(*chunk));
        if found != 0 {
            return Some(hay.len() - rest.len() + place(found));
        }
        rest = behind;
    }
    if rest.is_empty() {
        return None;
    }
    let Some(chunk) = hay.last_chunk() else {
        return rest.iter().position(|&b| is(b));
    };
    // The bytes that this chunk shares with the one before hold no match.
    let found = marks(u64::from_le_bytes(*chunk));
    (found != 0).then(|| hay.len() - 8 + place(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_them_is_found() {
        // The marks may go wrong at neighbours of the bytes searched for.
        for (a, b, c) in [(0, 1, 0xFF), (b'a', b'b', b'`'), (0x80, 0x7F, 0x81)] {
            let fillers = [a ^ 1, a.wrapping_add(0x80), b'x', 0x7E];
            for len in (0..=70).chain([128, 129, 200]) {
                for at in 0..=len {
                    for byte in [a, b, c] {
                        let fillers = fillers.iter().filter(|f| ![a, b, c].contains(f));
                        let mut hay: Vec<u8> = fillers.copied().cycle().take(len).collect();
                        if let Some(place) = hay.get_mut(at) {
                            *place = byte;
                        }
                        if let Some(place) = hay.get_mut(at + 1) {
                            *place = a;
                        }
                        let first = |of: &[u8]| hay.iter().position(|b| of.contains(b));
                        assert_eq!(find_one(a, &hay), first(&[a]), "{hay:?}");
                        assert_eq!(find_two(a, b, &hay), first(&[a, b]), "{hay:?}");
                        assert_eq!(find_three(a, b, c, &hay), first(&[a, b, c]), "{hay:?}");
                        // Processors without masked loads search every short haystack so.
                        let marks = |word| equal(word, a) | equal(word, b);
                        let wordwise = find(&hay, marks, |byte| byte == a || byte == b);
                        assert_eq!(wordwise, first(&[a, b]), "{hay:?}");
                    }
                }
            }
        }
    }
}
