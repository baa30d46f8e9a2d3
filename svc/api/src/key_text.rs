//! What an API key looks like, and what is kept of it.
//!
//! A key is `unkey_` and 32 bytes of the system's random numbers in base64url. Only its SHA-256 is kept. A slow hash,
//! as for passwords, would protect nothing: it makes guessing dear, and among 2^256 keys there is nothing to guess. For
//! the same reason a lookup by the digest needs no constant time: nobody can choose a text whose digest comes near one
//! that is kept.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use runtime::Secret;
use sha2::{Digest as _, Sha256};

/// What a key begins with, so that a scanner for leaked secrets can tell it.
const PREFIX: &str = "unkey_";

/// How many random bytes a key holds.
const BYTES: usize = 32;

/// What is kept of a key.
pub(crate) type Digest = [u8; 32];

/// A new key, and what is kept of it.
///
/// # Errors
///
/// When the system has no random numbers.
pub(crate) fn generate() -> Result<(Secret, Digest), getrandom::Error> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes)?;
    let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
    let digest = Sha256::digest(&text).into();
    Ok((Secret::new(text), digest))
}

/// What is kept of the key `text`; nothing where it cannot be a key.
pub(crate) fn digest(text: &str) -> Option<Digest> {
    let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
    (bytes.len() == BYTES).then(|| Sha256::digest(text).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_is_one_and_no_two_are_the_same() {
        let ((one, kept), (other, _)) = (generate().expect("a key"), generate().expect("a key"));
        assert_eq!(one.expose().len(), PREFIX.len() + 43);
        assert_eq!(digest(one.expose()), Some(kept));
        assert_ne!(one, other);
    }

    #[test]
    fn what_cannot_be_a_key() {
        let right = format!("unkey_{}", "A".repeat(43));
        assert!(digest(&right).is_some());
        let wrong = [
            String::new(),
            "unkey_".to_owned(),
            "A".repeat(43),
            right.replace("unkey_", "Unkey_"),
            format!("{right}A"),
            format!("{right}="),
            format!(" {right}"),
            right[..right.len() - 1].to_owned(),
            // Bits beyond the last byte: the same bytes in a second form.
            format!("unkey_{}B", "A".repeat(42)),
            format!("unkey_{}+", "A".repeat(42)),
        ];
        for text in wrong {
            assert_eq!(digest(&text), None, "{text}");
        }
    }
}
