//! Every accepted pattern compiles to a program that verifies and prints.
#![no_main]

use libfuzzer_sys::fuzz_target;
use repool_fuzz::{Case, compile};
use repool_program::verify;

fuzz_target!(|data: &[u8]| {
    let Some(case) = Case::read(data) else { return };
    let Some((ir, image)) = compile(case.pattern, &case.syntax) else {
        return;
    };
    let program = image.program();
    if let Err(fault) = verify(&program) {
        panic!("{:?}: {fault:?}\n{program}", case.pattern);
    }
    assert_eq!(program.text(), case.pattern);
    assert_eq!(program.group_len(), ir.group_len() as usize);
    assert!(!program.to_string().is_empty());
    assert!(image.memory_bytes() >= size_of_val(program.code()));
});
