//! `/v1/keys`: makes, verifies, lists and revokes API keys.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::Error;
use crate::http::{Call, Client};
use crate::id::Id;
use crate::secret::Secret;

const PATH: &str = "/v1/keys";

/// What a new key is to be.
#[derive(Clone, Debug, Serialize)]
pub struct Wanted {
    /// For people.
    pub name: String,
    /// From when on it is not valid, in milliseconds; never where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    /// How often it may be used; any number of times where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining: Option<u64>,
}

/// A new key.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Issued {
    /// By which it is listed and revoked.
    pub id: Id,
    /// The key, which the server does not keep.
    pub key: Secret,
}

/// What is known about a key, which does not include the key.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Key {
    /// By which it is revoked.
    pub id: Id,
    /// For people.
    pub name: String,
    /// When it was made, in milliseconds.
    pub created_at: u64,
    /// From when on it is not valid.
    pub expires_at: Option<u64>,
    /// How many uses are left.
    pub remaining: Option<u64>,
    /// When it was revoked.
    pub revoked_at: Option<u64>,
}

impl Key {
    /// Whether it can be used: `valid`, `revoked`, `expired` or `exhausted`, as a verification at this time would find.
    #[must_use]
    pub fn state(&self, now: u64) -> &'static str {
        if self.revoked_at.is_some() {
            "revoked"
        } else if self.expires_at.is_some_and(|expires_at| expires_at <= now) {
            "expired"
        } else if self.remaining == Some(0) {
            "exhausted"
        } else {
            "valid"
        }
    }
}

/// What a verification found.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Verification {
    /// Whether the key may be used.
    pub valid: bool,
    /// `valid`, or why it is not.
    pub code: String,
    /// Whose it is, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// How many uses are left after this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Page {
    keys: Vec<Key>,
    next: Option<Id>,
}

/// Makes a key. Sent once: a second time would make a second one.
///
/// # Errors
/// When the server refuses or cannot be asked.
pub fn create(client: &Client, wanted: &Wanted) -> Result<Issued, Error> {
    client.document(&Call::post(PATH, &json!(wanted)))
}

/// Whether a key is valid. Sent once: each time is a use.
///
/// # Errors
/// When the server refuses or cannot be asked.
pub fn verify(client: &Client, key: &Secret) -> Result<Verification, Error> {
    client.document(&Call::post("/v1/keys/verify", &json!({"key": key})))
}

/// Ends a key for good. A second time changes nothing.
///
/// # Errors
/// When there is none with this id, the server refuses or cannot be asked.
pub fn revoke(client: &Client, id: &Id) -> Result<(), Error> {
    client.done(&Call::delete(&format!("{PATH}/{id}")))
}

/// All keys, the oldest first, page by page.
///
/// # Errors
/// When the server refuses or cannot be asked, or its pages have no end.
pub fn list(client: &Client) -> Result<Vec<Key>, Error> {
    let mut keys: Vec<Key> = Vec::new();
    let (mut path, mut asked) = (PATH.to_owned(), HashSet::new());
    loop {
        let page: Page = client.document(&Call::get(&path))?;
        let is_empty = page.keys.is_empty();
        keys.extend(page.keys);
        let Some(next) = page.next else { return Ok(keys) };
        let following = format!("{PATH}?after={next}");
        // It would be asked for ever.
        if is_empty || !asked.insert(following.clone()) {
            return Err(client.unfit(&path, "pages that lead in a circle"));
        }
        path = following;
    }
}

/// Whether the server takes the key.
///
/// # Errors
/// When it does not, or cannot be asked.
pub fn check(client: &Client) -> Result<(), Error> {
    // Behind every id there can be: a page without keys, however many there are.
    client.document::<Page>(&Call::get("/v1/keys?after=~")).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_what_a_verification_would_find() {
        let document =
            json!({"id": "a", "name": "n", "created_at": 1, "expires_at": null, "remaining": null, "revoked_at": null});
        let key: Key = serde_json::from_value(document).unwrap();
        assert_eq!(key.state(5), "valid");
        assert_eq!(Key { expires_at: Some(6), ..key.clone() }.state(5), "valid");
        assert_eq!(Key { expires_at: Some(5), ..key.clone() }.state(5), "expired");
        assert_eq!(Key { remaining: Some(0), ..key.clone() }.state(5), "exhausted");
        assert_eq!(Key { remaining: Some(0), revoked_at: Some(2), ..key }.state(5), "revoked");
    }
}
