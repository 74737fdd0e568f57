//! The results of each stream under each policy: the data behind the tables and the picture.

use serde::Serialize;

use super::policy::Policy;
use super::streams::Stream;

/// The policies, in the order of tables and legends.
pub(super) const POLICIES: [&str; 4] = ["LRU", "CPython", "repool", "optimal"];

/// Index of repool in [`POLICIES`].
pub(super) const REPOOL: usize = 2;

/// Steps that a course is cut into, each one point of the picture.
const POINTS: usize = 100;

/// All results.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// Entries of the policies that count entries.
    pub(super) entries: usize,
    /// The budget of repool's cache.
    pub(super) max_bytes: usize,
    pub(super) policies: [&'static str; POLICIES.len()],
    pub(super) streams: Vec<Measured>,
}

/// The results of one stream.
#[derive(Debug, Serialize)]
pub(super) struct Measured {
    pub(super) name: String,
    pub(super) requests: usize,
    /// Different patterns among the requests.
    pub(super) patterns: usize,
    /// Patterns that repool's cache held at the end.
    pub(super) repool_entries: usize,
    /// By policy.
    pub(super) courses: Vec<Course>,
}

/// Hits and bytes of one policy over time.
#[derive(Debug, Serialize)]
pub(super) struct Course {
    /// The share of all requests that hit.
    pub(super) hit_ratio: f64,
    /// The most bytes held at the end of a step.
    pub(super) peak_bytes: usize,
    /// The requests made by the end of each step.
    pub(super) at: Vec<usize>,
    /// The share of a step's requests that hit.
    pub(super) hit_ratios: Vec<f64>,
    /// The bytes held at the end of each step.
    pub(super) bytes: Vec<usize>,
}

impl Course {
    pub(super) fn of(policy: &mut impl Policy, stream: &Stream) -> Course {
        let mut course = Course {
            hit_ratio: 0.0,
            peak_bytes: 0,
            at: Vec::new(),
            hit_ratios: Vec::new(),
            bytes: Vec::new(),
        };
        let (mut hits, mut made) = (0, 0);
        for step in stream.keys.chunks(stream.keys.len().div_ceil(POINTS)) {
            let hit = policy.run(step);
            hits += hit;
            made += step.len();
            course.at.push(made);
            course.hit_ratios.push(hit as f64 / step.len() as f64);
            course.bytes.push(policy.bytes());
        }
        course.hit_ratio = hits as f64 / made as f64;
        course.peak_bytes = course.bytes.iter().copied().max().unwrap_or(0);
        course
    }
}
