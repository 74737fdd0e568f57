//! Every item of the interface over `&str`. `re` is the crate under test.

use std::borrow::Cow;
use std::fmt::{Debug, Display};
use std::iter::FusedIterator;
use std::ops::{Index, Range};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::str::FromStr;

use super::re;
use re::{
    CaptureLocations, CaptureMatches, CaptureNames, Captures, Error, Match, Matches, NoExpand,
    Regex, RegexBuilder, RegexSet, RegexSetBuilder, Replacer, ReplacerRef, SetMatches,
    SetMatchesIntoIter, SetMatchesIter, Split, SplitN, SubCaptureMatches,
};

fn shared<T: Send + Sync + UnwindSafe + RefUnwindSafe + Unpin>() {}
fn clone_debug<T: Clone + Debug>() {}
fn debug<T: Debug>() {}
fn fused<T: FusedIterator>() {}
fn exact<T: ExactSizeIterator + FusedIterator>() {}
fn both_ends<T: DoubleEndedIterator + FusedIterator>() {}

/// Builds only if every bound holds.
pub(crate) fn signatures() {
    bounds();
    regex();
    matches_and_captures("");
    sets();
    builders();
    replacers();
}

fn bounds() {
    shared::<Regex>();
    shared::<RegexBuilder>();
    shared::<RegexSet>();
    shared::<RegexSetBuilder>();
    shared::<SetMatches>();
    shared::<Match<'_>>();
    shared::<Captures<'_>>();
    shared::<CaptureLocations>();
    shared::<CaptureNames<'_>>();
    shared::<SubCaptureMatches<'_, '_>>();
    shared::<Error>();
    shared::<NoExpand<'_>>();
    clone_debug::<Regex>();
    clone_debug::<RegexBuilder>();
    clone_debug::<RegexSet>();
    clone_debug::<RegexSetBuilder>();
    clone_debug::<SetMatches>();
    clone_debug::<SetMatchesIter<'_>>();
    clone_debug::<Match<'_>>();
    clone_debug::<CaptureLocations>();
    clone_debug::<CaptureNames<'_>>();
    clone_debug::<SubCaptureMatches<'_, '_>>();
    clone_debug::<NoExpand<'_>>();
    clone_debug::<Error>();
    debug::<Captures<'_>>();
    debug::<Matches<'_, '_>>();
    debug::<CaptureMatches<'_, '_>>();
    debug::<Split<'_, '_>>();
    debug::<SplitN<'_, '_>>();
    debug::<SetMatchesIntoIter>();
    debug::<ReplacerRef<'_, &str>>();
    fused::<Matches<'_, '_>>();
    fused::<CaptureMatches<'_, '_>>();
    fused::<Split<'_, '_>>();
    fused::<SplitN<'_, '_>>();
    exact::<CaptureNames<'_>>();
    exact::<SubCaptureMatches<'_, '_>>();
    both_ends::<SetMatchesIter<'_>>();
    both_ends::<SetMatchesIntoIter>();
}

fn regex() {
    fn conversions<T>()
    where
        T: FromStr<Err = Error> + Display,
        T: for<'a> TryFrom<&'a str, Error = Error> + TryFrom<String, Error = Error>,
    {
    }
    conversions::<Regex>();
    let _: fn(&str) -> Result<Regex, Error> = Regex::new;
    let _: fn(&Regex, &str) -> bool = Regex::is_match;
    let _: fn(&Regex, &str, usize) -> bool = Regex::is_match_at;
    let _: for<'h> fn(&Regex, &'h str) -> Option<Match<'h>> = Regex::find;
    let _: for<'h> fn(&Regex, &'h str, usize) -> Option<Match<'h>> = Regex::find_at;
    let _: for<'r, 'h> fn(&'r Regex, &'h str) -> Matches<'r, 'h> = Regex::find_iter;
    let _: for<'h> fn(&Regex, &'h str) -> Option<Captures<'h>> = Regex::captures;
    let _: for<'h> fn(&Regex, &'h str, usize) -> Option<Captures<'h>> = Regex::captures_at;
    let _: for<'r, 'h> fn(&'r Regex, &'h str) -> CaptureMatches<'r, 'h> = Regex::captures_iter;
    let _: for<'r, 'h> fn(&'r Regex, &'h str) -> Split<'r, 'h> = Regex::split;
    let _: for<'r, 'h> fn(&'r Regex, &'h str, usize) -> SplitN<'r, 'h> = Regex::splitn;
    let _: for<'h> fn(&Regex, &'h str, String) -> Cow<'h, str> = Regex::replace::<String>;
    let _: for<'h> fn(&Regex, &'h str, String) -> Cow<'h, str> = Regex::replace_all::<String>;
    let _: for<'h> fn(&Regex, &'h str, usize, String) -> Cow<'h, str> = Regex::replacen::<String>;
    let _: fn(&Regex, &str) -> Option<usize> = Regex::shortest_match;
    let _: fn(&Regex, &str, usize) -> Option<usize> = Regex::shortest_match_at;
    let _: for<'h> fn(&Regex, &mut CaptureLocations, &'h str) -> Option<Match<'h>> =
        Regex::captures_read;
    let _: for<'h> fn(&Regex, &mut CaptureLocations, &'h str, usize) -> Option<Match<'h>> =
        Regex::captures_read_at;
    let _: for<'r> fn(&'r Regex) -> &'r str = Regex::as_str;
    let _: for<'r> fn(&'r Regex) -> CaptureNames<'r> = Regex::capture_names;
    let _: fn(&Regex) -> usize = Regex::captures_len;
    let _: fn(&Regex) -> Option<usize> = Regex::static_captures_len;
    let _: fn(&Regex) -> CaptureLocations = Regex::capture_locations;
    let _: fn(&str) -> String = re::escape;
    let _: &'static Regex = re::regex!(r"a+");
}

fn matches_and_captures<'h>(_: &'h str) {
    fn match_traits<'m, T: Copy + Eq + Debug + Into<&'m str> + Into<Range<usize>>>() {}
    match_traits::<Match<'_>>();
    let _: fn(&Match<'h>) -> usize = Match::start;
    let _: fn(&Match<'h>) -> usize = Match::end;
    let _: fn(&Match<'h>) -> usize = Match::len;
    let _: fn(&Match<'h>) -> bool = Match::is_empty;
    let _: fn(&Match<'h>) -> Range<usize> = Match::range;
    let _: fn(&Match<'h>) -> &'h str = Match::as_str;

    fn captures_traits<T: Index<usize, Output = str> + for<'n> Index<&'n str, Output = str>>() {}
    captures_traits::<Captures<'_>>();
    let _: fn(&Captures<'h>, usize) -> Option<Match<'h>> = Captures::get;
    let _: fn(&Captures<'h>) -> Match<'h> = Captures::get_match;
    let _: fn(&Captures<'h>, &str) -> Option<Match<'h>> = Captures::name;
    let _: fn(&Captures<'h>) -> (&'h str, [&'h str; 2]) = Captures::extract::<2>;
    let _: fn(&Captures<'h>, &str, &mut String) = Captures::expand;
    let _: for<'c> fn(&'c Captures<'h>) -> SubCaptureMatches<'c, 'h> = Captures::iter;
    let _: fn(&Captures<'h>) -> usize = Captures::len;

    let _: fn(&CaptureLocations, usize) -> Option<(usize, usize)> = CaptureLocations::get;
    let _: fn(&CaptureLocations) -> usize = CaptureLocations::len;

    fn items<'m, T: Iterator<Item = Option<Match<'m>>>>() {}
    items::<SubCaptureMatches<'_, '_>>();
    fn names<'r, T: Iterator<Item = Option<&'r str>>>() {}
    names::<CaptureNames<'_>>();
}

fn sets() {
    fn whole<T: IntoIterator<Item = usize, IntoIter = SetMatchesIntoIter>>() {}
    whole::<SetMatches>();
    fn lent<'a, T: IntoIterator<Item = usize, IntoIter = SetMatchesIter<'a>>>() {}
    lent::<&SetMatches>();
    fn default<T: Default>() {}
    default::<RegexSet>();
    let _: fn([&'static str; 1]) -> Result<RegexSet, Error> = RegexSet::new::<[&str; 1], &str>;
    let _: fn(Vec<String>) -> Result<RegexSet, Error> = RegexSet::new::<Vec<String>, String>;
    let _: fn() -> RegexSet = RegexSet::empty;
    let _: fn(&RegexSet, &str) -> bool = RegexSet::is_match;
    let _: fn(&RegexSet, &str, usize) -> bool = RegexSet::is_match_at;
    let _: fn(&RegexSet, &str) -> SetMatches = RegexSet::matches;
    let _: fn(&RegexSet, &str, usize) -> SetMatches = RegexSet::matches_at;
    let _: fn(&RegexSet) -> usize = RegexSet::len;
    let _: fn(&RegexSet) -> bool = RegexSet::is_empty;
    let _: for<'s> fn(&'s RegexSet) -> &'s [String] = RegexSet::patterns;
    let _: fn(&SetMatches) -> bool = SetMatches::matched_any;
    let _: fn(&SetMatches) -> bool = SetMatches::matched_all;
    let _: fn(&SetMatches, usize) -> bool = SetMatches::matched;
    let _: fn(&SetMatches) -> usize = SetMatches::len;
    let _: for<'s> fn(&'s SetMatches) -> SetMatchesIter<'s> = SetMatches::iter;
}

fn builders() {
    let mut one = RegexBuilder::new("a");
    let chained: &mut RegexBuilder = one
        .unicode(true)
        .case_insensitive(false)
        .multi_line(false)
        .dot_matches_new_line(false)
        .crlf(false)
        .line_terminator(b'\n')
        .swap_greed(false)
        .ignore_whitespace(false)
        .octal(false)
        .size_limit(1 << 20)
        .dfa_size_limit(1 << 20)
        .nest_limit(100);
    let _: Result<Regex, Error> = chained.build();
    let mut many = RegexSetBuilder::new(["a", "b"]);
    let chained: &mut RegexSetBuilder = many
        .unicode(true)
        .case_insensitive(false)
        .multi_line(false)
        .dot_matches_new_line(false)
        .crlf(false)
        .line_terminator(b'\n')
        .swap_greed(false)
        .ignore_whitespace(false)
        .octal(false)
        .size_limit(1 << 20)
        .dfa_size_limit(1 << 20)
        .nest_limit(100);
    let _: Result<RegexSet, Error> = chained.build();
}

fn replacers() {
    fn replacer<T: Replacer>() {}
    replacer::<&str>();
    replacer::<String>();
    replacer::<&String>();
    replacer::<Cow<'_, str>>();
    replacer::<&Cow<'_, str>>();
    replacer::<NoExpand<'_>>();
    replacer::<ReplacerRef<'_, String>>();
    replacer::<fn(&Captures<'_>) -> String>();
    replacer::<fn(&Captures<'_>) -> &'static str>();
    replacer::<fn(&Captures<'_>) -> Cow<'static, str>>();
    fn unsized_replacer(_: &mut dyn FnMut(&Captures<'_>) -> String) {}
    unsized_replacer(&mut |caps| caps[0].to_owned());
}

/// What the types print, and the lengths that iterators report.
pub(crate) fn prints() -> Vec<String> {
    let re = Regex::new(r"(?<first>\w+)\s(?:(\d+)|(?<rest>.+))").unwrap();
    let hay = "añb 12, \"q\" x\ty\u{7f}\u{1b}";
    let caps = re.captures(hay).unwrap();
    let second = re.captures_at(hay, 9).unwrap();
    let bad_pattern = String::from("(a");
    let set = RegexSet::new([r"\d+", "[a-z]", "\\p{Greek}"]).unwrap();
    let hits = set.matches("a1");
    let mut locs = re.capture_locations();
    let unused = (locs.get(0), locs.get(9), locs.len());
    re.captures_read(&mut locs, hay).unwrap();
    vec![
        format!("{re} {re:?} {re:#?}"),
        format!("{:?} {:#?}", re.find(hay), re.find(hay)),
        format!("{caps:?}"),
        format!("{second:#?}"),
        format!("{:?}", caps.iter().collect::<Vec<_>>()),
        format!("{:?} {:?}", caps.iter().size_hint(), caps.iter().count()),
        format!("{:?}", caps.iter().clone().nth(2)),
        format!("{:?}", re.capture_names().collect::<Vec<_>>()),
        format!(
            "{:?} {:?}",
            re.capture_names().size_hint(),
            re.capture_names().len()
        ),
        format!("{:?} {:?} {:?}", unused, locs.get(1), locs.get(3)),
        format!("{set:?} {:?} {:?}", set.patterns(), set.len()),
        format!("{:?} {:?}", hits.iter().collect::<Vec<_>>(), hits.len()),
        format!("{:?}", hits.clone().into_iter().rev().collect::<Vec<_>>()),
        format!(
            "{} {} {}",
            hits.matched_any(),
            hits.matched_all(),
            hits.matched(7)
        ),
        format!("{:?}", re.splitn("a 1 b", 3).size_hint()),
        format!("{:?}", NoExpand("$1")),
        format!("{:?}", "ab".by_ref()),
        format!("{:?}", caps.name("first").map(<&str>::from)),
        format!("{:?}", caps.name("rest")),
        format!("{:?}", Range::from(caps.get_match())),
        format!(
            "{} {:?}",
            Regex::new(&bad_pattern).unwrap_err(),
            Regex::new(&bad_pattern).unwrap_err()
        ),
        format!(
            "{} {:?}",
            Error::CompiledTooBig(9),
            Error::CompiledTooBig(9)
        ),
        format!(
            "{}",
            Regex::new(&bad_pattern).unwrap_err() == Regex::new(&bad_pattern).unwrap_err()
        ),
        format!("{:?}", "x".parse::<Regex>().map(|re| re.to_string())),
        format!("{:?}", Regex::try_from("[").is_err()),
        format!(
            "{:?}",
            Regex::try_from("[a]".to_owned()).map(|re| re.captures_len())
        ),
        re::escape("a.b*c\\d(e)f[g]h{i}j^k$l|m+n?o#p&q-r~s \n"),
    ]
}
