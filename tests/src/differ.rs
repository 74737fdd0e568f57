//! One pattern against `regex`: every way to search, and the published interface.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use repool_vm::forced::Way;
use repool_vm::{Input, Slot};

use crate::answers::offsets;
use crate::lab::{Lab, Subject, ways};
use crate::outcome::{About, Outcome, Span, regex_bytes, regex_text, repool_bytes, repool_text};
use crate::setting::Setting;
use crate::window::Window;

/// Compares, and keeps what it takes to.
#[derive(Debug)]
pub struct Differ {
    lab: Lab,
    ways: Vec<Way>,
}

impl Default for Differ {
    fn default() -> Differ {
        Differ {
            lab: Lab::default(),
            ways: ways(),
        }
    }
}

/// One pattern, compiled by both sides.
#[derive(Debug)]
pub struct Pair {
    sides: Sides,
    /// What every way searches for.
    subject: Subject,
}

/// The judge first.
#[derive(Debug)]
enum Sides {
    Text(Box<(regex::Regex, repool::Regex)>),
    Bytes(Box<(regex::bytes::Regex, repool::bytes::Regex)>),
}

impl Differ {
    /// Compiles a pattern on both sides: `Ok(None)` if both refuse it with the same words.
    ///
    /// # Errors
    ///
    /// What differs, in words.
    pub fn compile(&mut self, pattern: &str, setting: &Setting) -> Result<Option<Pair>, String> {
        let sides = if setting.text {
            let judge = regex_text::build(pattern, setting);
            let ours = self.guard("repool", |_| repool_text::build(pattern, setting))?;
            agreed(judge, ours)?.map(|sides| {
                let about = self.guard("repool", |_| repool_text::about(&sides.1));
                let difference = differs(about, &regex_text::about(&sides.0));
                (Sides::Text(Box::new(sides)), difference)
            })
        } else {
            let judge = regex_bytes::build(pattern, setting);
            let ours = self.guard("repool", |_| repool_bytes::build(pattern, setting))?;
            agreed(judge, ours)?.map(|sides| {
                let about = self.guard("repool", |_| repool_bytes::about(&sides.1));
                let difference = differs(about, &regex_bytes::about(&sides.0));
                (Sides::Bytes(Box::new(sides)), difference)
            })
        };
        let Some((sides, difference)) = sides else {
            return Ok(None);
        };
        difference?;
        let ways = std::mem::take(&mut self.ways);
        // The pattern is text that has its bytes: as good a sample as any.
        let sample = pattern.as_bytes();
        let subject = self.guard("repool", |lab| {
            lab.subject(pattern, &setting.syntax(), sample, &ways)
        });
        self.ways = ways;
        let subject = subject??;
        Ok(Some(Pair { sides, subject }))
    }

    /// Searches one haystack on both sides, in every way and through the published interface. False if the judge
    /// does not tell: there are patterns that `regex` panics at. Then only a panic of this side is a difference.
    ///
    /// # Errors
    ///
    /// What differs, in words.
    ///
    /// # Panics
    ///
    /// If the haystack is not UTF-8 and the pattern is for text.
    pub fn search(&mut self, pair: &Pair, haystack: &[u8]) -> Result<bool, String> {
        let (expected, got) = self.both(pair, haystack);
        let got = got?;
        let Some(expected) = expected else {
            return Ok(false);
        };
        self.engines(pair, haystack, &expected)?;
        match got.difference(&expected) {
            Some(difference) => Err(difference),
            None => Ok(true),
        }
    }

    /// What the judge says of one haystack, unless it panics, and what the published interface says.
    fn both(&mut self, pair: &Pair, haystack: &[u8]) -> (Option<Outcome>, Result<Outcome, String>) {
        match &pair.sides {
            Sides::Text(sides) => {
                let text = std::str::from_utf8(haystack).expect("text is UTF-8");
                (
                    judged(|| regex_text::deduced(&sides.0, text)),
                    self.guard("repool", |_| repool_text::outcome(&sides.1, text)),
                )
            }
            Sides::Bytes(sides) => (
                judged(|| regex_bytes::deduced(&sides.0, haystack)),
                self.guard("repool", |_| repool_bytes::outcome(&sides.1, haystack)),
            ),
        }
    }

    /// Asks the judge itself for everything, and not only for what [`crate::deduce`] needs.
    ///
    /// # Errors
    ///
    /// What differs from what was deduced, in words.
    ///
    /// # Panics
    ///
    /// If the haystack is not UTF-8 and the pattern is for text.
    pub fn deduction(pair: &Pair, haystack: &[u8]) -> Result<(), String> {
        let both = match &pair.sides {
            Sides::Text(sides) => {
                let text = std::str::from_utf8(haystack).expect("text is UTF-8");
                judged(|| {
                    let deduced = regex_text::deduced(&sides.0, text);
                    (deduced, regex_text::outcome(&sides.0, text))
                })
            }
            Sides::Bytes(sides) => judged(|| {
                let deduced = regex_bytes::deduced(&sides.0, haystack);
                (deduced, regex_bytes::outcome(&sides.0, haystack))
            }),
        };
        let Some((deduced, asked)) = both else {
            return Ok(());
        };
        match deduced.difference(&asked) {
            Some(difference) => Err(format!("deduction: {difference}")),
            None => Ok(()),
        }
    }

    /// Tells whether a difference is one of `regex` with itself: its engines together say something else than the
    /// simplest of them alone, and this side says what that says.
    ///
    /// # Panics
    ///
    /// If the haystack is not UTF-8 and the pattern is for text.
    #[must_use]
    pub fn is_contradiction(
        &mut self,
        pattern: &str,
        setting: &Setting,
        pair: &Pair,
        haystack: &[u8],
    ) -> bool {
        let (together, ours) = self.both(pair, haystack);
        let alone = Window::careful(pattern, setting).ok().and_then(|alone| {
            judged(|| {
                let from = |at| alone.find_at(haystack, at);
                let found: Vec<_> = offsets(haystack.len()).map(from).collect();
                (alone.captures(haystack), found)
            })
        });
        let (Some(mut expected), Some(alone), Ok(ours)) = (together, alone, ours) else {
            return false;
        };
        let differs = (&expected.captures, &expected.find_at) != (&alone.0, &alone.1);
        (expected.captures, expected.find_at) = alone;
        differs
            && ours.captures == expected.captures
            && ours.find_at == expected.find_at
            && self.engines(pair, haystack, &expected).is_ok()
    }

    /// Searches a part of a haystack in every way, as [`crate::window`] says.
    ///
    /// # Errors
    ///
    /// What differs, in words.
    pub fn window(&mut self, judge: &Window, pair: &Pair, input: &Input<'_>) -> Result<(), String> {
        let Some(expected) = judged(|| judge.search(input)) else {
            return Ok(());
        };
        let subject = &pair.subject;
        for forced in subject.ways() {
            let way = forced.way();
            let got = self.guard(way, |lab| lab.search(subject, forced, input))?;
            let span = self.guard(way, |lab| lab.span(subject, forced, input))?;
            let early = Input {
                earliest: true,
                ..*input
            };
            let is_match = self.guard(way, |lab| lab.is_match(subject, forced, &early))?;
            let expected_span = expected
                .as_ref()
                .and_then(|slots| Some((slots[0].get()?, slots[1].get()?)));
            let same = got.as_ref().is_none_or(|got| *got == expected)
                && span.is_none_or(|span| span == expected_span)
                && is_match.is_none_or(|is_match| is_match == expected.is_some());
            if !same {
                let (start, end, anchored) = (input.start, input.end, input.anchored);
                return Err(format!(
                    "{way} window: {start}..{end}, anchored: {anchored}: got {got:?} {span:?} \
                     {is_match:?}, expected {expected:?}"
                ));
            }
        }
        Ok(())
    }

    fn engines(&mut self, pair: &Pair, haystack: &[u8], expected: &Outcome) -> Result<(), String> {
        let subject = &pair.subject;
        let input = Input::new(haystack);
        let expected = &expected.captures;
        let group_len = subject.cold.program().group_len();
        for forced in subject.ways() {
            let way = forced.way();
            let is_match = self.guard(way, |lab| lab.is_match(subject, forced, &input))?;
            if is_match.is_some_and(|is_match| is_match == expected.is_empty()) {
                return Err(format!("{way}: got {is_match:?} for is_match"));
            }
            // With groups, and by the span alone: other code finds that.
            for len in [group_len, 1] {
                let got = self.guard(way, |lab| {
                    lab.compare(subject, forced, haystack, (len, expected))
                })?;
                if let Some(Err((i, got))) = got {
                    let (got, expected) = (got.as_deref().map(spans), expected.get(i));
                    return Err(format!(
                        "{way}: got {got:?}, expected {expected:?} as match {i}, {len} groups"
                    ));
                }
                if group_len == 1 {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Runs `f`; a panic becomes a difference, and the lab is a new one then.
    fn guard<T>(
        &mut self,
        by: impl fmt::Display,
        f: impl FnOnce(&mut Lab) -> T,
    ) -> Result<T, String> {
        catch_unwind(AssertUnwindSafe(|| f(&mut self.lab))).map_err(|cause| {
            self.lab = Lab::default();
            format!("{by}: {}", panic_text(&*cause))
        })
    }
}

/// What the judge says; nothing, if it panics.
fn judged<T>(ask: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(ask)).ok()
}

/// Both, if both accept; nothing, if both refuse in the same words.
fn agreed<A, B>(
    judge: Result<A, String>,
    ours: Result<B, String>,
) -> Result<Option<(A, B)>, String> {
    match (judge, ours) {
        (Ok(judge), Ok(ours)) => Ok(Some((judge, ours))),
        (Err(expected), Err(got)) if got == expected => Ok(None),
        (Err(expected), Err(got)) => Err(format!("error text: got {got:?}, expected {expected:?}")),
        // Both count what a program takes, each in its own way.
        (Err(error), Ok(_)) if error.contains("size limit") => Ok(None),
        (Err(expected), Ok(_)) => Err(format!("accepted, expected {expected:?}")),
        (Ok(_), Err(got)) => Err(format!("refused: {got:?}")),
    }
}

fn differs(got: Result<About, String>, expected: &About) -> Result<(), String> {
    let got = got?;
    if got == *expected {
        return Ok(());
    }
    Err(format!("about: got {got:?}, expected {expected:?}"))
}

fn spans(slots: &[Slot]) -> Vec<Option<Span>> {
    slots
        .chunks(2)
        .map(|pair| Some((pair[0].get()?, pair[1].get()?)))
        .collect()
}

fn panic_text(cause: &(dyn std::any::Any + Send)) -> String {
    let text = cause
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| cause.downcast_ref::<&str>().copied());
    format!("panic: {}", text.unwrap_or("(no text)"))
}
