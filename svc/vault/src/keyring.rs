//! The keys of the vault and what they seal. Owns the one form of a ciphertext: `v1.KEY.DATA`.
//!
//! DATA is base64url without padding of a random nonce of 12 bytes, the AES-256-GCM ciphertext and its tag of 16 bytes.
//! What is authenticated beside the plaintext is `v1.KEY.` and then the caller's additional data: neither part in front
//! can hold a dot, so no two callers' data can look the same. A nonce is random: one key seals at most 2^32 plaintexts
//! (NIST SP 800-38D, section 8.3), and is to be rotated before.

use std::fmt;
use std::str::FromStr;

use aes_gcm::aead::{Aead as _, Nonce, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use runtime::Secret;

/// The version of the form that this crate writes and reads.
const VERSION: &str = "v1";

/// The length of a nonce, in bytes.
const NONCE: usize = 12;

/// The length of a tag, in bytes.
const TAG: usize = 16;

/// The name of a key: 1 to 40 of `a-z`, `0-9` and `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyId(String);

/// Why a text is no name of a key.
#[derive(Debug, thiserror::Error)]
#[error("must be 1 to 40 of `a-z`, `0-9` and `-`, such as `2026-01`, not `{}`", .0.escape_debug())]
pub(crate) struct InvalidKeyId(String);

impl FromStr for KeyId {
    type Err = InvalidKeyId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let valid = (1..=40).contains(&text.len()) && text.bytes().all(allowed);
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidKeyId(text.to_owned())) }
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A named key. It shows its name alone.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) id: KeyId,
    cipher: Aes256Gcm,
}

/// Why a secret is no key, as a continuation of its name.
#[derive(Debug, thiserror::Error)]
#[error("must hold 32 bytes in base64")]
pub(crate) struct InvalidKey;

impl Key {
    pub(crate) fn new(id: KeyId, secret: &Secret) -> Result<Self, InvalidKey> {
        let bytes = STANDARD.decode(secret.expose()).map_err(|_| InvalidKey)?;
        let cipher = Aes256Gcm::new_from_slice(&bytes).map_err(|_| InvalidKey)?;
        Ok(Self { id, cipher })
    }

    /// What a ciphertext of this key begins with.
    fn head(&self) -> String {
        format!("{VERSION}.{}.", self.id)
    }

    /// What is authenticated beside the plaintext.
    fn associated(&self, additional_data: &str) -> Vec<u8> {
        (self.head() + additional_data).into_bytes()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Why a plaintext is not sealed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SealError {
    /// The system gives no random bytes.
    #[error("the system has no random bytes")]
    Random(#[source] getrandom::Error),
    /// It is longer than AES-GCM takes.
    #[error("the plaintext is too long")]
    TooLong,
}

/// Why a ciphertext is not opened. It tells what the caller can see for themselves, and nothing of the plaintext.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum OpenError {
    /// It has not the form of one.
    #[error("the ciphertext is not of the form `v1.KEY.DATA`, or is cut short")]
    Malformed,
    /// Another version has written it.
    #[error("the ciphertext is of another version than `v1`")]
    Version,
    /// Its key is not in the configuration, or no longer.
    #[error("unknown key id `{0}`")]
    UnknownKey(KeyId),
    /// It is not what was sealed with this additional data.
    #[error("the ciphertext or its additional data is not what was encrypted")]
    Changed,
}

/// The keys of one vault: at least one, no two of one name.
#[derive(Clone, Debug)]
pub(crate) struct Keyring {
    older: Vec<Key>,
    newest: Key,
}

/// Why keys make no keyring, as a continuation of the key's name.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidKeyring {
    /// There would be nothing to encrypt with.
    #[error("must hold at least one key")]
    Empty,
    /// A ciphertext would not tell which of them it is under.
    #[error("must not repeat the id `{0}`")]
    Repeated(KeyId),
}

impl Keyring {
    /// The last of `keys` is the newest.
    pub(crate) fn new(mut keys: Vec<Key>) -> Result<Self, InvalidKeyring> {
        for (index, key) in keys.iter().enumerate() {
            if keys[..index].iter().any(|earlier| earlier.id == key.id) {
                return Err(InvalidKeyring::Repeated(key.id.clone()));
            }
        }
        let newest = keys.pop().ok_or(InvalidKeyring::Empty)?;
        Ok(Self { older: keys, newest })
    }

    /// The key that encrypts.
    pub(crate) fn newest(&self) -> &Key {
        &self.newest
    }

    /// The ciphertext of `plaintext` under the newest key.
    pub(crate) fn seal(&self, plaintext: &[u8], additional_data: &str) -> Result<String, SealError> {
        let mut nonce = Nonce::<Aes256Gcm>::default();
        getrandom::fill(&mut nonce).map_err(SealError::Random)?;
        let associated = self.newest.associated(additional_data);
        let payload = Payload { msg: plaintext, aad: &associated };
        let sealed = self.newest.cipher.encrypt(&nonce, payload).map_err(|_| SealError::TooLong)?;
        let mut text = self.newest.head();
        URL_SAFE_NO_PAD.encode_string([nonce.as_slice(), &sealed].concat(), &mut text);
        Ok(text)
    }

    /// The plaintext of `ciphertext`, and the key that it was under.
    pub(crate) fn open(&self, ciphertext: &str, additional_data: &str) -> Result<(Vec<u8>, &Key), OpenError> {
        let (version, rest) = ciphertext.split_once('.').ok_or(OpenError::Malformed)?;
        if version != VERSION {
            return Err(OpenError::Version);
        }
        let (id, data) = rest.split_once('.').ok_or(OpenError::Malformed)?;
        let id: KeyId = id.parse().map_err(|_| OpenError::Malformed)?;
        let data = URL_SAFE_NO_PAD.decode(data).map_err(|_| OpenError::Malformed)?;
        if data.len() < NONCE + TAG {
            return Err(OpenError::Malformed);
        }
        let (nonce, sealed) = data.split_at(NONCE);
        let nonce = Nonce::<Aes256Gcm>::try_from(nonce).map_err(|_| OpenError::Malformed)?;
        let Some(key) = self.keys().find(|key| key.id == id) else { return Err(OpenError::UnknownKey(id)) };
        let associated = key.associated(additional_data);
        let payload = Payload { msg: sealed, aad: &associated };
        let plaintext = key.cipher.decrypt(&nonce, payload).map_err(|_| OpenError::Changed)?;
        Ok((plaintext, key))
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        self.older.iter().chain([&self.newest])
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A key of this name, made of one byte.
    pub(crate) fn key(id: &str, byte: u8) -> Key {
        Key::new(id.parse().expect("an id"), &Secret::new(STANDARD.encode([byte; 32]))).expect("a key")
    }

    fn keyring(ids: &[(&str, u8)]) -> Keyring {
        Keyring::new(ids.iter().map(|(id, byte)| key(id, *byte)).collect()).expect("a keyring")
    }

    fn open(keyring: &Keyring, ciphertext: &str, additional_data: &str) -> Result<Vec<u8>, OpenError> {
        keyring.open(ciphertext, additional_data).map(|(plaintext, _)| plaintext)
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_data_alone() {
        let keyring = keyring(&[("a", 1)]);
        for plaintext in [&b""[..], b"hunter2", &[0; 10_000]] {
            let sealed = keyring.seal(plaintext, "user 7").expect("sealed");
            assert!(sealed.starts_with("v1.a."), "{sealed}");
            assert_eq!(open(&keyring, &sealed, "user 7").as_deref(), Ok(plaintext));
            for other in ["", "user 8", "user 7 "] {
                assert_eq!(open(&keyring, &sealed, other), Err(OpenError::Changed), "{other}");
            }
        }
    }

    #[test]
    fn the_form_is_that_of_other_implementations() {
        // Made by Python's `cryptography`: AESGCM(bytes([1] * 32)).encrypt(bytes(12), b"hunter2", b"v1.a.user 7").
        let sealed = "v1.a.AAAAAAAAAAAAAAAA10D2qBBJMXReaOMolH7X8d7v7eO0_yE";
        assert_eq!(open(&keyring(&[("a", 1)]), sealed, "user 7").as_deref(), Ok(&b"hunter2"[..]));
    }

    #[test]
    fn no_two_ciphertexts_are_the_same() {
        let keyring = keyring(&[("a", 1)]);
        let mut sealed: Vec<String> = (0..100).map(|_| keyring.seal(b"hunter2", "").expect("sealed")).collect();
        sealed.sort_unstable();
        sealed.dedup();
        assert_eq!(sealed.len(), 100);
    }

    #[test]
    fn the_newest_encrypts_and_all_decrypt() {
        let before = keyring(&[("a", 1)]).seal(b"hunter2", "").expect("sealed");
        let rotated = keyring(&[("a", 1), ("b", 2)]);
        let (plaintext, key) = rotated.open(&before, "").expect("opened");
        assert_eq!((plaintext.as_slice(), &*key.id.to_string()), (&b"hunter2"[..], "a"));
        let after = rotated.seal(&plaintext, "").expect("sealed");
        assert!(after.starts_with("v1.b."), "{after}");
        let rotated_out = keyring(&[("b", 2)]);
        assert_eq!(open(&rotated_out, &after, "").as_deref(), Ok(&b"hunter2"[..]));
        assert_eq!(open(&rotated_out, &before, ""), Err(OpenError::UnknownKey("a".parse().expect("an id"))));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        // The same secret under both ids: the id is authenticated for itself.
        let keyring = keyring(&[("a", 1), ("b", 1)]);
        let sealed = keyring.seal(b"hunter2", "").expect("sealed");
        assert_eq!(open(&keyring, &sealed.replacen(".b.", ".a.", 1), ""), Err(OpenError::Changed));
        for index in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).expect("text");
            assert!(open(&keyring, &changed, "").is_err(), "{changed}");
        }
        for length in 0..sealed.len() {
            assert!(open(&keyring, &sealed[..length], "").is_err(), "{length}");
        }
        assert!(open(&keyring, &format!("{sealed}="), "").is_err());
        assert!(open(&keyring, &format!("{sealed}A"), "").is_err());
    }

    #[test]
    fn data_and_key_id_do_not_run_into_each_other() {
        let keyring = keyring(&[("a", 1), ("a-b", 1)]);
        let sealed = keyring.seal(b"hunter2", "c").expect("sealed");
        let moved = sealed.replacen(".a-b.", ".a.", 1);
        for additional_data in ["-b.c", "b.c", ".c", "c"] {
            assert_eq!(open(&keyring, &moved, additional_data), Err(OpenError::Changed), "{additional_data}");
        }
    }

    #[test]
    fn what_is_no_ciphertext_says_so() {
        let keyring = keyring(&[("a", 1)]);
        let whole = URL_SAFE_NO_PAD.encode([0; NONCE + TAG]);
        let short = URL_SAFE_NO_PAD.encode([0; NONCE + TAG - 1]);
        let cases = [
            (String::new(), OpenError::Malformed),
            ("hunter2".to_owned(), OpenError::Malformed),
            ("v1.a".to_owned(), OpenError::Malformed),
            (format!("v1.A.{whole}"), OpenError::Malformed),
            (format!("v1.{}.{whole}", "a".repeat(41)), OpenError::Malformed),
            (format!("v1.a.{short}"), OpenError::Malformed),
            (format!("v1.a.{whole}=="), OpenError::Malformed),
            (format!("v1.a.{whole}.x"), OpenError::Malformed),
            (format!("v2.a.{whole}"), OpenError::Version),
            (format!(".a.{whole}"), OpenError::Version),
            (format!("v1.b.{whole}"), OpenError::UnknownKey("b".parse().expect("an id"))),
            (format!("v1.a.{whole}"), OpenError::Changed),
        ];
        for (ciphertext, expected) in cases {
            assert_eq!(open(&keyring, &ciphertext, ""), Err(expected), "{ciphertext}");
        }
    }

    #[test]
    fn a_key_shows_its_name_alone() {
        assert_eq!(format!("{:?}", key("a", 7)), "Key { id: KeyId(\"a\"), .. }");
    }
}
