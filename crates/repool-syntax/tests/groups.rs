//! Which groups a pattern has: those that some match can take part in, and those with smaller numbers.

use repool_syntax::{Ir, Syntax, parse};

#[track_caller]
fn check(pattern: &str, len: u32, names: &[(u32, &str)]) {
    let mut ir = Ir::new();
    parse(pattern, &Syntax::default(), &mut ir).unwrap();
    let found: Vec<(u32, &str)> = ir
        .names()
        .iter()
        .map(|name| (name.index, &pattern[name.span.clone()]))
        .collect();
    assert_eq!(
        (ir.group_len(), found.as_slice()),
        (len, names),
        "{pattern}"
    );
}

/// The number of groups that `regex` counts.
#[test]
fn what_is_repeated_zero_times_has_no_groups() {
    check("(a)(?P<n>b)", 3, &[(2, "n")]);
    check("(){0}", 1, &[]);
    check("(?P<n>a){0}", 1, &[]);
    check("(a){0}(b)", 3, &[]);
    check("(?P<n>a){0}(b)", 3, &[]);
    check("(b)(?P<n>a){0}", 2, &[]);
    check("((a){0})", 2, &[]);
    check("(a){0}(?P<m>b)(c){0}", 3, &[(2, "m")]);
    check("(a)(b){0}(c){0}", 2, &[]);
    check("(?:(a)(?P<n>b)){0}x{0}", 1, &[]);
    check("(a)x{0}", 2, &[]);
    check("(?:(a){0}(b)){0}(c)", 4, &[]);
    check("(a){0}{0}(?:(b))", 3, &[]);
    check("(a)+?(?:b|(c){0})", 2, &[]);
}
