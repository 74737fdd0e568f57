//! The rows of the table: what is searched, through which function, on a hot or a cold image.
//!
//! Names are `function kind`, with ` cold` and ` long` where they apply; they identify a row in the accepted table.

/// The function of the API that a row calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// `is_match`.
    IsMatch,
    /// `find`.
    Find,
    /// `find_at(haystack, 1)`.
    FindAt,
    /// `find_iter`, to the end of the haystack.
    FindIter,
    /// `captures`, and the span of the last group.
    Captures,
    /// `captures_iter`, to the end of the haystack.
    CapturesIter,
    /// `Regex::new`.
    Compile,
    /// `repool::compile` of a pattern that the cache holds. `regex` has no such function.
    Hit,
}

/// How often the image was searched before the counted call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heat {
    /// Never. Another image of the same pattern was searched once, so that nothing global is set up in the count.
    Cold,
    /// Often enough for every table that the engines build.
    Hot,
}

/// The text that a row searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    /// A log line of 82 bytes.
    Line,
    /// A Russian sentence.
    Russian,
    /// A Chinese sentence.
    Chinese,
    /// 64 KiB of log lines, all different.
    Log,
    /// 64 KiB of Russian words.
    RussianLong,
    /// 64 KiB of Chinese characters.
    ChineseLong,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// Its name, unique in the table.
    pub(crate) name: &'static str,
    /// What is counted.
    pub(crate) call: Call,
    /// The state of the image.
    pub(crate) heat: Heat,
    /// The haystack.
    pub(crate) text: Text,
    /// The pattern.
    pub(crate) pattern: &'static str,
}

const fn row(name: &'static str, call: Call, heat: Heat, text: Text, pattern: &'static str) -> Row {
    Row {
        name,
        call,
        heat,
        text,
        pattern,
    }
}

use Call::{Captures, CapturesIter, Compile, Find, FindAt, FindIter, Hit, IsMatch};
use Heat::{Cold, Hot};
use Text::{Chinese, ChineseLong, Line, Log, Russian, RussianLong};

const MAIL: &str = r"[\w.+-]+@[\w-]+\.[\w.-]+";
const ADDRESS: &str = r"\b\d{1,3}(?:\.\d{1,3}){3}\b";
const AGENTS: &str =
    "Firefox|Chrome|Safari|Opera|curl|wget|python|Googlebot|bingbot|Yandex|Baidu|Slurp";
const PAIRS: &str = r"(\w+)=(\w+)";

/// All rows, in the order of the table.
pub(crate) const ROWS: &[Row] = &[
    row("is_match literal", IsMatch, Hot, Line, "took="),
    row("is_match literal absent", IsMatch, Hot, Line, "refused"),
    row(
        "is_match words absent",
        IsMatch,
        Hot,
        Line,
        "ERROR|WARN|FATAL",
    ),
    row("is_match class then digit", IsMatch, Hot, Line, r"[a-z]+\d"),
    row("is_match mail absent", IsMatch, Hot, Line, MAIL),
    row("find literal", Find, Hot, Line, "user="),
    row("find words", Find, Hot, Line, "ready|waiting|closed"),
    row(
        "find words, any case",
        Find,
        Hot,
        Line,
        "(?i)READY|WAITING|CLOSED",
    ),
    row("find class then digit", Find, Hot, Line, r"[a-z]+\d"),
    row("find word", Find, Hot, Line, r"\w+"),
    row("find upper case", Find, Hot, Line, "[A-Z]+"),
    row("find unit", Find, Hot, Line, r"\b\d+ms\b"),
    row("find counted", Find, Hot, Line, r"[a-z]{3,6}=[a-z]{4}"),
    row("find start", Find, Hot, Line, r"^\d{4}-\d{2}-\d{2}"),
    row("find end", Find, Hot, Line, r"[a-z/]+$"),
    row("find russian", Find, Hot, Russian, "[а-яё]+"),
    row(
        "find russian, any case",
        Find,
        Hot,
        Russian,
        "(?i)ОКНО|ДВЕРЬ",
    ),
    row("find chinese", Find, Hot, Chinese, r"\p{Han}{2}\d"),
    row("find_at literal", FindAt, Hot, Line, "user="),
    row("find_at words", FindAt, Hot, Line, "ready|waiting|closed"),
    row("find_at class then digit", FindAt, Hot, Line, r"[a-z]+\d"),
    row("find_at word", FindAt, Hot, Line, r"\w+"),
    row("find_at unit", FindAt, Hot, Line, r"\b\d+ms\b"),
    row("find_at end", FindAt, Hot, Line, r"[a-z/]+$"),
    row("find_at russian", FindAt, Hot, Russian, "[а-яё]+"),
    row("find_iter word", FindIter, Hot, Line, r"\w+"),
    row("find_iter digits", FindIter, Hot, Line, r"\d+"),
    row("find_iter literal", FindIter, Hot, Line, "="),
    row("find_iter chinese", FindIter, Hot, Chinese, r"\p{Han}+"),
    row("captures pair", Captures, Hot, Line, PAIRS),
    row(
        "captures fields",
        Captures,
        Hot,
        Line,
        r"^(\S+) (\S+) (\w+) (\w+)",
    ),
    row(
        "captures literal first",
        Captures,
        Hot,
        Line,
        r"took=(\d+)(ms|s)",
    ),
    row("captures_iter pairs", CapturesIter, Hot, Line, PAIRS),
    row("is_match literal cold", IsMatch, Cold, Line, "took="),
    row("find class then digit cold", Find, Cold, Line, r"[a-z]+\d"),
    row("find words cold", Find, Cold, Line, "ready|waiting|closed"),
    row("find unit cold", Find, Cold, Line, r"\b\d+ms\b"),
    row(
        "find_at class then digit cold",
        FindAt,
        Cold,
        Line,
        r"[a-z]+\d",
    ),
    row("find russian cold", Find, Cold, Russian, "[а-яё]+"),
    row("find_iter word cold", FindIter, Cold, Line, r"\w+"),
    row("captures pair cold", Captures, Cold, Line, PAIRS),
    row(
        "is_match literal absent long",
        IsMatch,
        Hot,
        Log,
        "refused by 127",
    ),
    row("is_match mail absent long", IsMatch, Hot, RussianLong, MAIL),
    row(
        "find class then digits long",
        Find,
        Hot,
        Log,
        "[a-z]{5}[0-9]{9}",
    ),
    row("find_iter words long", FindIter, Hot, Log, AGENTS),
    row("find_iter address long", FindIter, Hot, Log, ADDRESS),
    row("find_iter word long", FindIter, Hot, Log, r"\w+"),
    row(
        "find_iter lines long",
        FindIter,
        Hot,
        Log,
        r"(?m)^.*ERROR.*$",
    ),
    row("find_iter any case long", FindIter, Hot, Log, "(?i)error"),
    row(
        "find_iter russian long",
        FindIter,
        Hot,
        RussianLong,
        "[а-яё]+ь",
    ),
    row(
        "find_iter chinese long",
        FindIter,
        Hot,
        ChineseLong,
        r"\p{Han}+。",
    ),
    row(
        "captures_iter agents long",
        CapturesIter,
        Hot,
        Log,
        r"(Firefox|Chrome|Safari)/(\d+)\.(\d+)",
    ),
    row("captures_iter pairs long", CapturesIter, Hot, Log, PAIRS),
    row("find mail long cold", Find, Cold, Log, MAIL),
    row("find_iter words long cold", FindIter, Cold, Log, AGENTS),
    row(
        "find_iter russian long cold",
        FindIter,
        Cold,
        RussianLong,
        "[а-яё]+ь",
    ),
    row("compile literal", Compile, Hot, Line, "user="),
    row("compile classes", Compile, Hot, Line, MAIL),
    row("compile words", Compile, Hot, Line, AGENTS),
    row(
        "compile groups",
        Compile,
        Hot,
        Line,
        r"^/api/v(\d+)/users/([^/]+)/orders/(\d+)$",
    ),
    row("hit", Hit, Hot, Line, r"[a-z]+\d"),
];
