//! Words that no builder laid out: opening refuses them, or `verify` does, or they can be searched with.
#![no_main]

use libfuzzer_sys::fuzz_target;
use repool_fuzz::{Case, compile};
use repool_program::{Program, verify};
use repool_vm::forced::{search};
use repool_vm::{Input, Scratch, Slot};

fuzz_target!(|data: &[u8]| {
    let Some(words) = damaged(data) else { return };
    let Ok(program) = Program::try_open(&words) else {
        return;
    };
    if verify(&program).is_err() {
        return;
    }
    assert!(!program.to_string().is_empty());
    let mut slots = [Slot::NONE; 2];
    search(&program, &Input::new(b"ab a\xFF"), &mut Scratch::default(), &mut slots);
});

/// The image of a pattern with a few words changed, so that not every input fails at the first word.
fn damaged(data: &[u8]) -> Option<Vec<u64>> {
    let case = Case::read(data)?;
    let (_, image) = compile(case.pattern, &case.syntax)?;
    let mut words = image.words().to_vec();
    for change in case.haystack.chunks_exact(4) {
        let at = usize::from(change[0]) % words.len();
        let shift = u32::from(change[1]) % 64;
        words[at] ^= u64::from(u16::from_le_bytes([change[2], change[3]])) << shift;
    }
    Some(words)
}
