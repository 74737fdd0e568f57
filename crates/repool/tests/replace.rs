//! Replacing: templates, the types of replacers, and when no copy is made.

use std::borrow::Cow;

use repool::{Captures, NoExpand, Regex, Replacer, bytes};

/// Templates with every form of reference.
const TEMPLATES: &[&str] = &[
    "",
    "x",
    "$0",
    "$1",
    "$2",
    "$3",
    "$10",
    "$18446744073709551616",
    "$a",
    "$b",
    "$a1",
    "$1a",
    "${1}a",
    "${a}1",
    "${a}$b",
    "$$",
    "$$1",
    "$$$1",
    "$",
    "a$",
    "$ 1",
    "$-",
    "${",
    "${a",
    "${}",
    "${1",
    "${ 1}",
    "${+1}",
    "${a}}",
    "$é",
    "${é}",
    "$_",
    "$1_$2",
    "$1-$2",
    "[$1]($2)",
    "$a$$$b",
    "$\u{0}",
    "${a b}",
    "日$1本",
];

#[test]
fn templates_mean_what_they_mean_in_regex() {
    let patterns = [
        r"(?<a>\w)(?<b>\d)?",
        "x",
        "",
        r"(?<é>\w)|(?<a1>,)",
        r"(?<_>-)",
    ];
    for pattern in patterns {
        let (ours, theirs) = (
            Regex::new(pattern).unwrap(),
            regex::Regex::new(pattern).unwrap(),
        );
        let ours_bytes = bytes::Regex::new(pattern).unwrap();
        for template in TEMPLATES {
            for hay in ["", "x", "a1,b", "-é2", "--"] {
                let place = format!("{pattern:?} by {template:?} on {hay:?}");
                for limit in 0..3 {
                    let expected = theirs.replacen(hay, limit, *template);
                    assert_eq!(ours.replacen(hay, limit, *template), expected, "{place}");
                    let replaced = ours_bytes.replacen(hay.as_bytes(), limit, template.as_bytes());
                    if theirs.find_iter(hay).all(|m| !m.is_empty()) {
                        assert_eq!(replaced, expected.as_bytes(), "{place}");
                    }
                }
                if let (Some(a), Some(b)) = (ours.captures(hay), theirs.captures(hay)) {
                    let (mut expanded, mut expected) = ("+".to_owned(), "+".to_owned());
                    a.expand(template, &mut expanded);
                    b.expand(template, &mut expected);
                    assert_eq!(expanded, expected, "{place}");
                }
            }
        }
    }
}

#[test]
fn a_name_that_is_no_text_is_no_reference() {
    let (ours, theirs) = (
        bytes::Regex::new("(a)").unwrap(),
        regex::bytes::Regex::new("(a)").unwrap(),
    );
    for template in [&b"${\xFF}$1"[..], b"$\xFF", b"${1}\xFF", b"${a\xFF"] {
        assert_eq!(ours.replace(b"a", template), theirs.replace(b"a", template));
    }
}

#[test]
fn nothing_is_copied_without_a_match() {
    let re = Regex::new("z").unwrap();
    assert!(matches!(
        re.replace_all("abc", "$0$0"),
        Cow::Borrowed("abc")
    ));
    assert!(matches!(
        re.replace_all("abc", "plain"),
        Cow::Borrowed("abc")
    ));
    assert!(matches!(
        re.replace("abc", |_: &Captures<'_>| "x"),
        Cow::Borrowed("abc")
    ));
    let re = bytes::Regex::new("z").unwrap();
    assert!(matches!(re.replace(b"abc", b"x"), Cow::Borrowed(b"abc")));
}

#[test]
fn every_kind_of_replacer() {
    let re = Regex::new(r"(\d)").unwrap();
    let owned = String::from("<$1>");
    assert_eq!(re.replace("a1", "<$1>"), "a<1>");
    assert_eq!(re.replace("a1", &owned), "a<1>");
    assert_eq!(re.replace("a1", owned.clone()), "a<1>");
    assert_eq!(re.replace("a1", Cow::Borrowed("<$1>")), "a<1>");
    assert_eq!(re.replace("a1", &Cow::Borrowed("<$1>")), "a<1>");
    assert_eq!(re.replace("a1", NoExpand("<$1>")), "a<$1>");
    assert_eq!(re.replace("a1", |c: &Captures<'_>| c[1].repeat(3)), "a111");
    assert_eq!(re.replace("a1", owned.as_str().by_ref()), "a<1>");

    let re = bytes::Regex::new(r"(\d)").unwrap();
    let owned = b"<$1>".to_vec();
    assert_eq!(re.replace(b"a1", b"<$1>"), &b"a<1>"[..]);
    assert_eq!(re.replace(b"a1", *b"<$1>"), &b"a<1>"[..]);
    assert_eq!(re.replace(b"a1", &b"<$1>"[..]), &b"a<1>"[..]);
    assert_eq!(re.replace(b"a1", &owned), &b"a<1>"[..]);
    assert_eq!(re.replace(b"a1", owned.clone()), &b"a<1>"[..]);
    assert_eq!(re.replace(b"a1", Cow::Borrowed(&b"<$1>"[..])), &b"a<1>"[..]);
    assert_eq!(
        re.replace(b"a1", bytes::NoExpand(b"$1\xFF")),
        &b"a$1\xFF"[..]
    );
    assert_eq!(
        re.replace(b"a1", |c: &bytes::Captures<'_>| [c[1][0], b'!']),
        &b"a1!"[..]
    );
}

#[test]
fn a_replacer_may_search() {
    let word = Regex::new(r"\w+").unwrap();
    let vowel = Regex::new("[aeiou]").unwrap();
    let text = word.replace_all("one two three", |c: &Captures<'_>| {
        vowel
            .replace_all(&c[0], |v: &Captures<'_>| v[0].to_uppercase())
            .into_owned()
    });
    assert_eq!(text, "OnE twO thrEE");
}

#[test]
fn a_replacer_that_panics_leaves_the_thread_usable() {
    let re = Regex::new(r"(\w)").unwrap();
    let panicked = std::panic::catch_unwind(|| {
        let _ = re.replace_all("ab", |_: &Captures<'_>| -> String { panic!("on purpose") });
    });
    assert!(panicked.is_err());
    assert_eq!(re.replace_all("ab", "<$1>"), "<a><b>");
}
