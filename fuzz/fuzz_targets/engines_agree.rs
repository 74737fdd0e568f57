//! All engines that can run a search give the same slots, and those of `regex` if it is asked.
#![no_main]

use libfuzzer_sys::fuzz_target;
use repool_fuzz::{Case, compile};
use repool_vm::forced::{search, search_with};
use repool_vm::{Engine, Input, Scratch, Slot};

fuzz_target!(|data: &[u8]| {
    let Some(case) = Case::read(data) else { return };
    let Some((_, image)) = compile(case.pattern, &case.syntax) else {
        return;
    };
    let program = image.program();
    let mut scratch = Scratch::default();
    let mut expected = vec![Slot::NONE; program.group_len() * 2];
    let mut got = expected.clone();
    for anchored in [false, true] {
        let input = Input {
            anchored,
            ..Input::new(case.haystack)
        };
        expected.fill(Slot::NONE);
        let matched = search(&program, &input, &mut scratch, &mut expected);
        for engine in Engine::ALL {
            got.fill(Slot::NONE);
            let Some(also) = search_with(engine, &program, &input, &mut scratch, &mut got) else {
                continue;
            };
            let same = also == matched && (!matched || got == expected);
            assert!(same, "{case:?} {engine:?} {got:?}, expected {expected:?}");
        }
    }
});
