//! Long lists of words become trees and keep their meaning.

use repool_syntax::{Ir, Syntax, parse};

fn ir(pattern: &str) -> String {
    let mut ir = Ir::new();
    parse(pattern, &Syntax::default(), &mut ir).unwrap();
    ir.to_string()
}

/// Sixteen words without a common prefix.
const OTHERS: &str = "b|c1|d1|e1|f1|g1|h1|i1|j1|k1|l1|m1|n1|o1";

#[test]
fn neighbours_share_their_prefix() {
    let tree = ir(&format!("abandon|ability|able|{OTHERS}|éa|éb1"));
    let expected = "concat
    literal \"ab\"
    alternation
      literal \"andon\"
      literal \"ility\"
      literal \"le\"";
    assert!(tree.contains(expected), "{tree}");
    assert!(
        tree.contains(
            "concat\n    literal \"é\"\n    alternation\n      literal \"a\"\n      literal \"b1\""
        ),
        "{tree}"
    );
}

#[test]
fn the_shorter_of_two_words_keeps_its_place() {
    let tree = ir(&format!("ab|abc|{OTHERS}"));
    assert!(
        tree.contains("literal \"ab\"\n    alternation\n      empty\n      literal \"c\""),
        "{tree}"
    );
    let tree = ir(&format!("abc|ab|{OTHERS}"));
    assert!(
        tree.contains("literal \"ab\"\n    alternation\n      literal \"c\"\n      empty"),
        "{tree}"
    );
}

#[test]
fn order_is_never_changed() {
    let tree = ir(&format!("a1|{OTHERS}|a2"));
    assert!(!tree.contains("concat"), "{tree}");
    // Bytes that two characters share are no common prefix of characters.
    let tree = ir(&format!("é|è1|{OTHERS}"));
    assert!(!tree.contains("concat"), "{tree}");
}

#[test]
fn depth_is_bounded() {
    let words: Vec<String> = (1..500).map(|n| "a".repeat(n)).collect();
    let tree = ir(&words.join("|"));
    let deepest = tree
        .lines()
        .map(|l| l.len() - l.trim_start().len())
        .max()
        .unwrap();
    assert!(deepest < 100, "{deepest}");
}
