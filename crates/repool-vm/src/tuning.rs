//! The numbers by which it is decided which way to search, how far, and how often.
//!
//! None of them changes an answer. Each states its unit, why it has this value, which benchmark chose it, and what
//! happens when it is doubled. Caps on memory stand in a section of their own.

use crate::backoff::Limits;
use crate::heat::Heat;

// ---- heat and back-off ----

/// A search counts one byte of heat for so many bytes that it may read. Most searches of a long haystack end at a
/// match before its end.
pub(crate) const HEAT_SHARE: usize = 4;

/// Bytes of heat that a search counts for its fixed cost: some 80 ns.
pub(crate) const HEAT_SEARCH_BYTES: u32 = 8;

/// The most bytes of heat that one search adds to an image. Each match of an iteration is a search of all that is
/// left, so more would end the pause after a refused build at once; less would keep one long search from its tables.
pub(crate) const HEAT_IMAGE_MAX: u32 = 16 << 10;

/// So many times the heat is needed while memory is short: what is built takes the place of other patterns
/// then, and goes with its own, mostly before it has paid.
pub(crate) const HEAT_SHORT_FACTOR: u32 = 16;

/// Back-off of ways that pay in one text and cost in another.
pub(crate) const TEXT_BACKOFF: Limits = Limits {
    failures: 8,
    pause: 64,
    pause_max: 4096,
};

// ---- engines ----

/// Heat from which a program's tables are built. A build takes 10 to 50 µs, and a table saves 10 ns a byte where
/// programs are run as they are.
pub(crate) const DFA_HEAT: Heat = Heat::of_bytes(4 << 10);

/// The same where a scan with all states in one word saves most of that already.
pub(crate) const DFA_HEAT_SCANNED: Heat = Heat::of_bytes(16 << 10);

/// Heat of searches for groups from which a program is fused: 16 searches, each of which counts its fixed cost alone,
/// since the bytes of a haystack do not tell how long its matches are. A build takes 2 to 20 µs.
pub(crate) const FUSED_HEAT: Heat = Heat::of_bytes(16 * HEAT_SEARCH_BYTES);

// ---- strategies ----

/// Heat from which a program has a plan with all that helps, attached to its image; and on one thread the heat from which it
/// has the table of a bit-parallel scan. A plan takes 1 to 10 µs, a table 1 to 5 µs.
pub(crate) const PLAN_HEAT: Heat = Heat::of_bytes(1 << 10);
