//! Texts that a parsed pattern may match, for patterns that come as text.

use repool_syntax::{Ir, Node, NodeId, Stepping, UNBOUNDED};

use crate::rng::Rng;

/// The characters that stand for a set, if they are members.
const CANDIDATES: &str = concat!(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    " -_.:;,/\\|!?\"'`()[]{}<>=+*&%$#@~^\t\n\r\0\u{B}\u{C}\u{7F}",
    "éßſσб本😀\u{80}\u{2003}\u{301}",
);

/// The most bytes of a sample, give or take one repetition.
const BYTES_MAX: usize = 600;

/// Appends a text that the node may match; assertions are taken to hold, and Python's nodes are passed
/// over.
pub fn sample(rng: &mut Rng, ir: &Ir, id: NodeId, out: &mut Vec<u8>) {
    if out.len() > BYTES_MAX {
        return;
    }
    match ir.node(id) {
        Node::Literal { at, len, .. } => out.extend_from_slice(ir.literal(at, len)),
        Node::Set(set) => member(rng, ir, set, out),
        Node::Concat { at, len } => {
            for &child in ir.children(at, len) {
                sample(rng, ir, child, out);
            }
        }
        Node::Alternation { at, len } => {
            let child = *rng.pick(ir.children(at, len));
            sample(rng, ir, child, out);
        }
        Node::Repeat {
            child, min, max, ..
        } => {
            let max = if max == UNBOUNDED { min + 4 } else { max };
            let count = rng.range(min as usize, max.min(min + 4) as usize);
            for _ in 0..count.min(BYTES_MAX) {
                sample(rng, ir, child, out);
            }
        }
        Node::Group { child, .. } => sample(rng, ir, child, out),
        _ => {}
    }
}

fn member(rng: &mut Rng, ir: &Ir, set: u32, out: &mut Vec<u8>) {
    let set = ir.set(set);
    if ir.stepping() == Stepping::Bytes {
        let from = rng.below(256);
        let mut bytes = (from..from + 256).map(|b| b as u8);
        out.extend(bytes.find(|&b| set.contains_byte(b)));
        return;
    }
    let members: Vec<char> = CANDIDATES
        .chars()
        .filter(|&c| set.contains(ir.ranges(), u32::from(c)))
        .collect();
    if !members.is_empty() {
        let c = *rng.pick(&members);
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}
