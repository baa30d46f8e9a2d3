//! An input of several parts: a line of three dashes stands between two of them, so that seeds can be read and written
//! by people, and what a fuzzer finds can be too.

const SEPARATOR: &[u8] = b"\n---\n";

/// The parts, at most `limit`; the last one has all the rest.
#[must_use]
pub fn pieces(bytes: &[u8], limit: usize) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut rest = bytes;
    while pieces.len() + 1 < limit
        && let Some(place) = rest.windows(SEPARATOR.len()).position(|window| window == SEPARATOR)
    {
        pieces.push(&rest[..place]);
        rest = &rest[place + SEPARATOR.len()..];
    }
    pieces.push(rest);
    pieces
}

/// The parts as text, exactly `N`; missing ones are empty.
#[must_use]
pub fn texts<const N: usize>(bytes: &[u8]) -> [String; N] {
    let pieces = pieces(bytes, N);
    std::array::from_fn(|place| {
        pieces.get(place).map(|piece| String::from_utf8_lossy(piece).into_owned()).unwrap_or_default()
    })
}

/// The first byte, which chooses a variant, and the rest.
#[must_use]
pub fn choice(bytes: &[u8]) -> (u8, &[u8]) {
    bytes.split_first().map_or((0, bytes), |(first, rest)| (*first, rest))
}
