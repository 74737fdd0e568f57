//! Courses as a picture: hit ratio above, bytes below, one panel pair for each stream.
//!
//! Written by hand as SVG: the picture needs lines, ticks and words only, and every coordinate is known here.
//! The colours are those of Okabe and Ito (2008), which people who are colour blind can tell apart. Each line also has
//! its own dashes.

use std::fmt::Write;

use super::course::{Course, Measured, POLICIES, REPOOL, Report};
use crate::report::{bytes, count, percent};

/// Colour, width and dashes of a policy's line.
const LINES: [(&str, f64, &str); POLICIES.len()] = [
    ("#d55e00", 1.6, "6 3"),
    ("#cc79a7", 1.6, "2 2.5"),
    ("#0072b2", 2.8, "none"),
    ("#4d4d4d", 1.3, "none"),
];

const BUDGET_COLOUR: &str = "#009e73";

/// Names in the legend.
const LEGEND: [&str; POLICIES.len()] = [
    "LRU by entries",
    "CPython’s re: FIFO before LRU",
    "repool",
    "optimal (Belady)",
];

/// Lengths from here on are in pixels.
const MARGIN: f64 = 28.0;
const HEAD: f64 = 104.0;
/// A stream's block: room for the ticks' labels, the panels, room for the lines' labels.
const LEFT: f64 = 78.0;
const PANEL: f64 = 380.0;
const RIGHT: f64 = 76.0;
const TITLE: f64 = 30.0;
const HITS: f64 = 180.0;
const GAP: f64 = 22.0;
const BYTES: f64 = 96.0;
const FOOT: f64 = 62.0;
const BLOCK_WIDTH: f64 = LEFT + PANEL + RIGHT;
const BLOCK_HEIGHT: f64 = TITLE + HITS + GAP + BYTES + FOOT;

/// Least distance between the labels of two lines.
const LABEL: f64 = 14.0;

/// Draws the report.
pub(super) fn svg(report: &Report) -> String {
    let columns = report.streams.len().min(2);
    let rows = report.streams.len().div_ceil(2);
    let width = 2.0 * MARGIN + columns as f64 * BLOCK_WIDTH;
    let height = HEAD + rows as f64 * BLOCK_HEIGHT + 8.0;
    let mut drawing = Drawing(String::new());
    drawing.push(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" font-size=\"12\" \
         font-family=\"system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif\">"
    ));
    drawing.push("<title>Hit ratio and bytes over time, by cache policy</title>");
    drawing.push(&format!(
        "<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>"
    ));
    drawing.head(report);
    for (at, stream) in report.streams.iter().enumerate() {
        let left = MARGIN + (at % 2) as f64 * BLOCK_WIDTH + LEFT;
        let top = HEAD + (at / 2) as f64 * BLOCK_HEIGHT;
        drawing.block(report, stream, left, top);
    }
    drawing.push("</svg>");
    drawing.0
}

/// Where a panel stands, and what its sides mean.
#[derive(Clone, Copy)]
struct Panel {
    left: f64,
    top: f64,
    height: f64,
    x_max: f64,
    y_max: f64,
}

impl Panel {
    fn x(&self, value: f64) -> f64 {
        self.left + PANEL * value / self.x_max
    }

    fn y(&self, value: f64) -> f64 {
        self.top + self.height * (1.0 - value / self.y_max)
    }
}

/// How a text stands.
#[derive(Clone, Copy)]
struct Font<'a> {
    size: f64,
    colour: &'a str,
    anchor: &'a str,
    weight: u32,
}

const PLAIN: Font<'static> = Font {
    size: 11.0,
    colour: "#595959",
    anchor: "start",
    weight: 400,
};

/// The SVG, as text that grows.
struct Drawing(String);

impl Drawing {
    fn push(&mut self, element: &str) {
        self.0.push_str(element);
        self.0.push('\n');
    }

    fn text(&mut self, x: f64, y: f64, font: Font<'_>, text: &str) {
        let Font {
            size,
            colour,
            anchor,
            weight,
        } = font;
        self.push(&format!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" fill=\"{colour}\" text-anchor=\"{anchor}\" \
             font-weight=\"{weight}\">{}</text>",
            escaped(text)
        ));
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64), stroke: &str) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.push(&format!(
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" {stroke}/>"
        ));
    }

    /// Title and legend.
    fn head(&mut self, report: &Report) {
        let title = Font {
            size: 18.0,
            colour: "#1a1a1a",
            weight: 600,
            ..PLAIN
        };
        self.text(MARGIN, 36.0, title, "What a cache of patterns keeps");
        let what = format!(
            "{} entries, or {} in repool, its index and all; the others: programs only",
            count(report.entries as u64),
            bytes(report.max_bytes)
        );
        self.text(
            MARGIN,
            56.0,
            Font {
                size: 12.0,
                ..PLAIN
            },
            &what,
        );
        let mut x = MARGIN;
        // Two to a line where there is room for one block only.
        let (mut y, narrow) = (80.0, report.streams.len() == 1);
        for (at, name) in LEGEND.iter().enumerate() {
            if narrow && at == 2 {
                (x, y) = (MARGIN, 97.0);
            }
            self.line((x, y), (x + 30.0, y), &stroke(at));
            let font = Font {
                size: 12.0,
                colour: "#1a1a1a",
                weight: if at == REPOOL { 600 } else { 400 },
                ..PLAIN
            };
            self.text(x + 37.0, y + 4.0, font, name);
            x += 37.0 + 6.8 * name.chars().count() as f64 + 24.0;
        }
    }

    /// The two panels of a stream.
    fn block(&mut self, report: &Report, stream: &Measured, left: f64, top: f64) {
        let title = Font {
            size: 13.0,
            colour: "#1a1a1a",
            weight: 600,
            ..PLAIN
        };
        self.text(left, top + 18.0, title, &stream.name);
        let x_max = stream.requests as f64;
        let hits = Panel {
            left,
            top: top + TITLE,
            height: HITS,
            x_max,
            y_max: 1.0,
        };
        self.y_axis(&hits, &[0.0, 0.25, 0.5, 0.75, 1.0], "hits", |share| {
            format!("{:.0} %", share * 100.0)
        });
        self.x_axis(&hits, false);
        self.courses(stream, &hits, |course, step| course.hit_ratios[step]);
        self.labels(stream, &hits, |course| {
            (course.hit_ratio, percent(course.hit_ratio))
        });

        let most = stream.courses.iter().map(|course| course.peak_bytes).max();
        let most = most.unwrap_or(0).max(report.max_bytes);
        let ticks = byte_ticks(most);
        let held = Panel {
            left,
            top: top + TITLE + HITS + GAP,
            height: BYTES,
            x_max,
            y_max: (most as f64 * 1.12).max(*ticks.last().unwrap_or(&1.0)),
        };
        self.y_axis(&held, &ticks, "bytes", |held| bytes(held as usize));
        self.x_axis(&held, true);
        let y = held.y(report.max_bytes as f64);
        let budget = format!(
            "stroke=\"{BUDGET_COLOUR}\" stroke-width=\"1.2\" stroke-dasharray=\"1 3\" stroke-linecap=\"round\""
        );
        self.line((left, y), (left + PANEL, y), &budget);
        let font = Font {
            colour: BUDGET_COLOUR,
            ..PLAIN
        };
        self.text(left + PANEL + 8.0, y + 4.0, font, "budget");
        self.courses(stream, &held, |course, step| course.bytes[step] as f64);
    }

    /// Ticks with labels and lines across the panel, and what they count.
    fn y_axis(&mut self, panel: &Panel, ticks: &[f64], name: &str, show: impl Fn(f64) -> String) {
        for &tick in ticks {
            let y = panel.y(tick);
            let across = "stroke=\"#e8e8e8\" stroke-width=\"1\"";
            self.line((panel.left, y), (panel.left + PANEL, y), across);
            let font = Font {
                anchor: "end",
                ..PLAIN
            };
            self.text(panel.left - 8.0, y + 4.0, font, &show(tick));
        }
        let (x, y) = (panel.left - 66.0, panel.top + panel.height / 2.0);
        let _ = writeln!(
            self.0,
            "<text transform=\"translate({x:.1} {y:.1}) rotate(-90)\" font-size=\"11\" fill=\"#595959\" \
             text-anchor=\"middle\">{name}</text>"
        );
    }

    /// The line below a panel, with ticks and labels if it is the lower one.
    fn x_axis(&mut self, panel: &Panel, labelled: bool) {
        let bottom = panel.top + panel.height;
        let axis = "stroke=\"#8c8c8c\" stroke-width=\"1\"";
        self.line((panel.left, bottom), (panel.left + PANEL, bottom), axis);
        for part in 0..=4 {
            let value = panel.x_max * f64::from(part) / 4.0;
            let x = panel.x(value);
            self.line((x, bottom), (x, bottom + 4.0), axis);
            if labelled {
                let font = Font {
                    anchor: "middle",
                    ..PLAIN
                };
                self.text(x, bottom + 17.0, font, &count(value.round() as u64));
            }
        }
        if labelled {
            let font = Font {
                anchor: "middle",
                ..PLAIN
            };
            self.text(panel.left + PANEL / 2.0, bottom + 34.0, font, "requests");
        }
    }

    /// A line for each policy, repool's on top.
    fn courses(&mut self, stream: &Measured, panel: &Panel, y: impl Fn(&Course, usize) -> f64) {
        for at in [3, 0, 1, REPOOL] {
            let course = &stream.courses[at];
            let mut points = String::new();
            for (step, &made) in course.at.iter().enumerate() {
                let (x, y) = (panel.x(made as f64), panel.y(y(course, step)));
                let _ = write!(points, "{x:.1},{y:.1} ");
            }
            self.push(&format!(
                "<polyline points=\"{}\" fill=\"none\" stroke-linejoin=\"round\" {}/>",
                points.trim_end(),
                stroke(at)
            ));
        }
    }

    /// A number for each policy to the right of the panel, at its height, without overlap.
    fn labels(
        &mut self,
        stream: &Measured,
        panel: &Panel,
        label: impl Fn(&Course) -> (f64, String),
    ) {
        let mut labels: Vec<(f64, usize, String)> = (0..POLICIES.len())
            .map(|at| {
                let (value, text) = label(&stream.courses[at]);
                (panel.y(value), at, text)
            })
            .collect();
        labels.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut below = panel.top;
        for place in &mut labels {
            place.0 = place.0.max(below);
            below = place.0 + LABEL;
        }
        let mut above = panel.top + panel.height;
        for place in labels.iter_mut().rev() {
            place.0 = place.0.min(above);
            above = place.0 - LABEL;
        }
        for (y, at, text) in labels {
            let font = Font {
                colour: LINES[at].0,
                weight: if at == REPOOL { 700 } else { 400 },
                ..PLAIN
            };
            self.text(panel.left + PANEL + 8.0, y + 4.0, font, &text);
        }
    }
}

fn stroke(at: usize) -> String {
    let (colour, width, dashes) = LINES[at];
    format!("stroke=\"{colour}\" stroke-width=\"{width}\" stroke-dasharray=\"{dashes}\"")
}

/// About four round numbers of bytes, up to `most`.
fn byte_ticks(most: usize) -> Vec<f64> {
    let unit = 1024_f64.powi((most.max(1) as f64).log(1024.0).floor() as i32);
    let most = most as f64 / unit;
    let power = 10_f64.powf((most / 4.0).log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
    let step = steps.into_iter().find(|step| most / step <= 4.0);
    let step = step.unwrap_or(most).max(1.0 / unit);
    let last = (most / step).floor() as u32;
    (0..=last).map(|at| f64::from(at) * step * unit).collect()
}

/// The text with XML's special characters escaped, and without the characters that XML forbids.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        let kib = |most: usize| {
            byte_ticks(most << 10)
                .iter()
                .map(|t| t / 1024.0)
                .collect::<Vec<_>>()
        };
        assert_eq!(kib(300), [0.0, 100.0, 200.0, 300.0]);
        assert_eq!(kib(999), [0.0, 500.0]);
        assert_eq!(kib(3), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(byte_ticks(5 << 20).len(), 3);
        for most in [0, 1, 7, 1023, 1024, usize::MAX] {
            let ticks = byte_ticks(most);
            assert!((1..=6).contains(&ticks.len()), "{most}: {ticks:?}");
            assert!(ticks.is_sorted());
        }
    }

    #[test]
    fn names_are_escaped() {
        assert_eq!(escaped("a<b & \"c\"\u{1b}"), "a&lt;b &amp; &quot;c&quot; ");
    }
}
