//! Changes bytes at random, the same way for the same seed. It knows nothing of what they are: a byte more, less or other,
//! a part that comes twice, numbers at the edges of their types, and parts of another input.

use fastrand::Rng;

/// Numbers at which mistakes are made, as they stand in bytes.
const EDGES: [&[u8]; 8] = [
    &[0],
    &[0xff],
    &[0x7f],
    &[0x80],
    &[0xff, 0xff],
    &[0xff, 0xff, 0xff, 0xff],
    &[0x7f, 0xff, 0xff, 0xff],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
];
/// How many changes are made at most.
const CHANGES: usize = 5;
/// How long a part is at most that is taken out or put in.
const PART: usize = 64;

/// These bytes with some changes; `other` is where parts are taken from.
#[must_use]
pub fn mutated(bytes: &[u8], other: &[u8], chance: &mut Rng) -> Vec<u8> {
    let mut made = bytes.to_vec();
    for _ in 0..chance.usize(1..=CHANGES) {
        change(&mut made, other, chance);
    }
    made
}

fn change(made: &mut Vec<u8>, other: &[u8], chance: &mut Rng) {
    let at = chance.usize(..=made.len());
    let end = made.len().min(at + chance.usize(1..PART));
    match chance.u8(..9) {
        0 => made.truncate(at),
        1 => _ = made.drain(at..end),
        2 => made.insert(at, chance.u8(..)),
        3 => {
            let part = made[at..end].to_vec();
            made.splice(at..at, part);
        }
        4 => {
            let edge = EDGES[chance.usize(..EDGES.len())];
            let end = made.len().min(at + edge.len());
            made.splice(at..end, edge.iter().copied());
        }
        5 if !other.is_empty() => {
            let from = chance.usize(..other.len());
            let to = other.len().min(from + chance.usize(1..PART));
            made.splice(at..at, other[from..to].iter().copied());
        }
        6 if at < made.len() => made[at] = chance.u8(..),
        7 if at < made.len() => made[at] = made[at].wrapping_add(chance.u8(..3)).wrapping_sub(1),
        _ if at < made.len() => made[at] ^= 1 << chance.u8(..8),
        _ => made.push(chance.u8(..)),
    }
}
