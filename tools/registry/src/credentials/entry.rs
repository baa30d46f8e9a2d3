//! One entry of `auths`: the forms that docker, podman and people have written, and what each says.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use super::Credentials;
use crate::secret::Secret;

/// Base64 as people make it: with its padding or without.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What is wrong with an entry; never what is in it.
const NO_ENTRY: &str = "it is neither an object nor `null`";
const NO_TEXT: &str = "a member of it is not text";
const NO_BASE64: &str = "its `auth` is not base64";
const NO_UTF_8: &str = "its `auth` is not UTF-8";
const NO_COLON: &str = "its `auth` is not `user:password` in base64";

/// A member by its name, which Go's decoder, and so docker, takes in any case.
pub(super) fn member<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let folded = || members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    members.get(name).or_else(folded)
}

/// What the entry says. A `registrytoken` goes before an `identitytoken`, and that before a password; `auth` goes before
/// `username` and `password`, which are its older form. What is empty or null says nothing.
pub(super) fn decode(entry: &Value) -> Result<Credentials, &'static str> {
    let members = match entry {
        Value::Null => return Ok(Credentials::Anonymous),
        Value::Object(members) => members,
        _ => return Err(NO_ENTRY),
    };
    let text = |name: &str| match member(members, name) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text.as_str()),
        Some(_) => Err(NO_TEXT),
    };
    let token = |name: &str| text(name).map(|token| Secret::from(token.trim().to_owned()));
    let registry_token = token("registrytoken")?;
    if !registry_token.expose().is_empty() {
        return Ok(Credentials::RegistryToken(registry_token));
    }
    let identity_token = token("identitytoken")?;
    if !identity_token.expose().is_empty() {
        return Ok(Credentials::IdentityToken(identity_token));
    }
    match auth(text("auth")?)? {
        Credentials::Anonymous => Ok(Credentials::of(text("username")?, text("password")?)),
        found => Ok(found),
    }
}

/// `user:password` in base64, which other tools than docker break into lines.
fn auth(text: &str) -> Result<Credentials, &'static str> {
    let text: String = text.split_ascii_whitespace().collect();
    if text.is_empty() {
        return Ok(Credentials::Anonymous);
    }
    let bytes = LENIENT.decode(text).map_err(|_| NO_BASE64)?;
    let decoded = String::from_utf8(bytes).map_err(|_| NO_UTF_8)?;
    // NUL bytes are what docker's own decoder once left at the end, a line break is what `echo` does.
    let decoded = decoded.trim_end_matches(['\0', '\r', '\n']);
    let (user, password) = decoded.split_once(':').ok_or(NO_COLON)?;
    Ok(Credentials::of(user, password))
}
