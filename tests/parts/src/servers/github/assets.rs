//! Files of releases, as GitHub documents them ("REST API endpoints for release assets"): sent whole and with their length, under names
//! of plain characters, each name once, with a digest; and read where GitHub leads to.

#![expect(clippy::result_large_err, reason = "a refusal is an answer like any other")]

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::endpoints::{document, error, not_found};
use super::{Answer, Asked, Known};

/// Where GitHub keeps files: nobody needs a token there.
const STORAGE: &str = "/storage/";

/// Takes a file.
pub(super) fn upload(known: &mut Known, asked: &Asked, release: &str) -> Result<Answer, Answer> {
    if asked.method != "POST" {
        return Err(not_found());
    }
    let place = known.releases.iter().position(|known| release.parse() == Ok(known.id)).ok_or_else(not_found)?;
    let (id, is_draft) = (known.releases[place].id, known.releases[place].draft);
    let bad = |message: &str| error(StatusCode::BAD_REQUEST, message);
    if !asked.headers.contains_key(CONTENT_LENGTH) {
        return Err(bad("Bad Content-Length"));
    }
    if !asked.headers.contains_key(CONTENT_TYPE) {
        return Err(bad("Content-Type is missing"));
    }
    let query = Query::<BTreeMap<String, String>>::try_from_uri(&asked.uri).map(|query| query.0).unwrap_or_default();
    let name = renamed(query.get("name").map(String::as_str).unwrap_or_default());
    if name.is_empty() {
        return Err(bad("name is missing"));
    }
    if known.settings.immutable_releases && !is_draft {
        return Err(error(StatusCode::UNPROCESSABLE_ENTITY, "Cannot upload assets to an immutable release."));
    }
    if known.releases[place].assets.iter().any(|asset| asset["name"] == name.as_str()) {
        let errors = json!([{"resource": "ReleaseAsset", "code": "already_exists", "field": "name"}]);
        return Err(document(422, &json!({"message": "Validation Failed", "errors": errors})));
    }
    if known.broken_uploads > 0 {
        known.broken_uploads -= 1;
        put(known, id, &name, None);
        return Err(super::answer(502, &[("content-type", "text/html")], "<html>"));
    }
    add(known, id, &name, asked.body.clone());
    let assets = &known.releases[place].assets;
    Ok(document(201, &assets[assets.len() - 1]))
}

/// Tells of a file, leads to it, or removes it.
pub(super) fn one(known: &mut Known, asked: &Asked, id: &str) -> Result<Answer, Answer> {
    let id: u64 = id.parse().map_err(|_| not_found())?;
    let is_meant = |asset: &Value| asset["id"] == id;
    let release =
        known.releases.iter_mut().find(|release| release.assets.iter().any(is_meant)).ok_or_else(not_found)?;
    let place = release.assets.iter().position(is_meant).ok_or_else(not_found)?;
    match asked.method.as_str() {
        "GET" if asked.headers.get(ACCEPT).is_some_and(|accept| accept == "application/octet-stream") => {
            let location = format!("http://{}{STORAGE}{id}", known.address);
            Ok(super::answer(302, &[("location", &location)], ""))
        }
        "GET" => Ok(document(200, &release.assets[place])),
        "DELETE" if known.settings.immutable_releases && !release.draft => {
            Err(error(StatusCode::UNPROCESSABLE_ENTITY, "Cannot delete asset from an immutable release."))
        }
        "DELETE" => {
            release.assets.remove(place);
            known.contents.remove(&id);
            Ok(super::answer(204, &[], ""))
        }
        _ => Err(not_found()),
    }
}

/// The bytes of a file, for a request to where GitHub keeps them.
pub(super) fn stored(known: &Known, asked: &Asked) -> Option<Answer> {
    let id: u64 = asked.uri.path().strip_prefix(STORAGE)?.parse().ok()?;
    let content = known.contents.get(&id)?;
    Some(super::answer(200, &[("content-type", "application/octet-stream")], "").map(|_| content.clone()))
}

/// Adds a file; its number.
pub(super) fn add(known: &mut Known, release: u64, name: &str, content: Bytes) -> u64 {
    put(known, release, name, Some(content))
}

/// Adds a file, or the rest of one whose upload broke off.
fn put(known: &mut Known, release: u64, name: &str, content: Option<Bytes>) -> u64 {
    known.last_id += 1;
    let id = known.last_id;
    let digest = content.as_ref().filter(|_| !known.settings.hides_digests).map(|content| {
        let digits: Vec<String> = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
        format!("sha256:{}", digits.concat())
    });
    let asset = json!({
        "url": format!("http://{}/repos/{}/releases/assets/{id}", known.address, known.repository),
        "id": id,
        "name": name,
        "label": "",
        "state": if content.is_some() { "uploaded" } else { "starter" },
        "content_type": "application/octet-stream",
        "size": content.as_ref().map_or(0, Bytes::len),
        "digest": digest,
    });
    known.contents.extend(content.map(|content| (id, content)));
    let release = known.releases.iter_mut().find(|known| known.id == release).expect("a release");
    release.assets.push(asset);
    id
}

/// GitHub "renames asset filenames that have special characters, non-alphanumeric characters, and leading or trailing periods".
fn renamed(name: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    let name: String = name.chars().map(|character| if plain(character) { character } else { '.' }).collect();
    name.trim_matches('.').to_owned()
}
