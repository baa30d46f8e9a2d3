//! What each endpoint answers, as GitHub documents it ("REST API endpoints for releases", "... for rules", "... for
//! repositories"): who may ask, and what is found, made and changed.

#![expect(clippy::result_large_err, reason = "a refusal is an answer like any other")]

use std::collections::BTreeMap;

use axum::extract::Query;
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, USER_AGENT};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Answer, Asked, Known, Release, Rights, assets};

/// How many entries a page has where the request does not say, and how many at most.
const DEFAULT_PAGE: usize = 30;
const LARGEST_PAGE: usize = 100;

/// How far into a list GitHub goes. It links to the pages behind that all the same.
const SHOWN: usize = 10_000;

/// Does what was asked and answers.
pub(super) fn answer(known: &mut Known, asked: &Asked) -> Answer {
    respond(known, asked).unwrap_or_else(|refusal| refusal)
}

fn respond(known: &mut Known, asked: &Asked) -> Result<Answer, Answer> {
    if !asked.headers.contains_key(USER_AGENT) {
        return Err(error(StatusCode::FORBIDDEN, "Please make sure your request has a User-Agent header."));
    }
    if let Some(content) = assets::stored(known, asked) {
        return Ok(content);
    }
    let rights = rights(known, asked)?;
    let decode = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
    let parts: Vec<String> = asked.uri.path().split('/').skip(1).map(decode).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let rest = match parts.as_slice() {
        // Not a part of the API: at github.com, another host.
        ["api", "uploads", "repos", owner, name, "releases", id, "assets"]
            if format!("{owner}/{name}") == known.repository =>
        {
            require(rights, Rights::Write)?;
            return assets::upload(known, asked, id);
        }
        ["repos", owner, name, rest @ ..] if format!("{owner}/{name}") == known.repository => rest,
        // Links between pages have the repository's number.
        ["repositories", "1", rest @ ..] => rest,
        _ => return Err(not_found()),
    };
    match (asked.method.as_str(), rest) {
        ("GET", []) => Ok(document(200, &json!({"full_name": known.repository}))),
        ("GET", ["rulesets"]) => page(known, asked, "rulesets", &known.settings.rulesets),
        ("GET", ["rulesets", id]) => {
            let found = known.settings.rulesets.iter().find(|ruleset| ruleset["id"].as_u64() == id.parse().ok());
            found.map(|ruleset| document(200, ruleset)).ok_or_else(not_found)
        }
        ("GET", ["immutable-releases"]) => {
            require(rights, Rights::Administration)?;
            // There is no document where the setting is off.
            known.settings.immutable_releases.then(|| document(200, &json!({"enabled": true}))).ok_or_else(not_found)
        }
        ("GET", ["actions", "permissions", "workflow"]) => {
            require(rights, Rights::Administration)?;
            Ok(document(200, &json!({"default_workflow_permissions": "read"})))
        }
        (_, ["releases", rest @ ..]) => releases(known, asked, rights, rest),
        _ => Err(not_found()),
    }
}

fn releases(known: &mut Known, asked: &Asked, rights: Rights, rest: &[&str]) -> Result<Answer, Answer> {
    let reads = asked.method == "GET";
    require(rights, if reads { Rights::Read } else { Rights::Write })?;
    match (asked.method.as_str(), rest) {
        ("GET", []) => {
            let is_visible = |release: &&Release| !release.draft || rights >= Rights::Write;
            let newest_first: Vec<_> = known.releases.iter().rev().filter(is_visible).collect();
            page(known, asked, "releases", &newest_first)
        }
        // A draft is not found by its tag, not even by who may write.
        ("GET", ["tags", tag]) => {
            let found = known.releases.iter().find(|release| !release.draft && release.tag_name == *tag);
            found.map(|release| document(200, release)).ok_or_else(not_found)
        }
        ("POST", []) => {
            let release = changed(known, &Release::default(), asked)?;
            Ok(document(201, known.add(release)))
        }
        ("PATCH", [id]) => {
            let position = known.releases.iter().position(|release| id.parse() == Ok(release.id));
            let position = position.ok_or_else(not_found)?;
            known.releases[position] = changed(known, &known.releases[position], asked)?;
            Ok(document(200, &known.releases[position]))
        }
        ("GET", [id, "assets"]) => {
            let found = known.releases.iter().find(|release| id.parse() == Ok(release.id)).ok_or_else(not_found)?;
            page(known, asked, &format!("releases/{id}/assets"), &found.assets)
        }
        (_, ["assets", id]) => assets::one(known, asked, id),
        _ => Err(not_found()),
    }
}

/// A release with the fields that were sent in place of its own. A tag may have many drafts, but one published release.
fn changed(known: &Known, release: &Release, asked: &Asked) -> Result<Release, Answer> {
    let invalid = |message: &str| error(StatusCode::UNPROCESSABLE_ENTITY, message);
    let mut fields = json!(release);
    let sent: BTreeMap<String, Value> =
        serde_json::from_slice(&asked.body).map_err(|_| error(StatusCode::BAD_REQUEST, "Problems parsing JSON"))?;
    for (name, value) in sent {
        fields[name] = value;
    }
    let changed: Release = serde_json::from_value(fields).map_err(|error| invalid(&error.to_string()))?;
    let is_same_tag = |other: &&Release| other.id != release.id && other.tag_name == changed.tag_name;
    if changed.tag_name.is_empty() || known.releases.iter().filter(is_same_tag).any(|other| !other.draft) {
        return Err(invalid("Validation Failed"));
    }
    Ok(changed)
}

/// The rights of the token in `Authorization: Bearer TOKEN`.
fn rights(known: &Known, asked: &Asked) -> Result<Rights, Answer> {
    let value = asked.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let value = value.ok_or_else(|| error(StatusCode::UNAUTHORIZED, "Requires authentication"))?;
    let found = known.tokens.iter().find(|(token, _)| value.strip_prefix("Bearer ") == Some(token));
    found.map(|(_, rights)| *rights).ok_or_else(|| error(StatusCode::UNAUTHORIZED, "Bad credentials"))
}

fn require(rights: Rights, least: Rights) -> Result<(), Answer> {
    let forbidden = || error(StatusCode::FORBIDDEN, "Resource not accessible by integration");
    (rights >= least).then_some(()).ok_or_else(forbidden)
}

/// The page of a list that a request asks for, with links to the next and the last one.
fn page(known: &Known, asked: &Asked, name: &str, entries: &[impl Serialize]) -> Result<Answer, Answer> {
    let query = Query::<BTreeMap<String, String>>::try_from_uri(&asked.uri).map(|query| query.0).unwrap_or_default();
    let number =
        |name: &str| query.get(name).and_then(|value| value.parse::<usize>().ok()).filter(|number| *number > 0);
    let size = number("per_page").unwrap_or(DEFAULT_PAGE).min(LARGEST_PAGE);
    let page = number("page").unwrap_or(1);
    if page.saturating_mul(size) > SHOWN {
        let message = format!("Only the first {SHOWN} results are available.");
        return Err(error(StatusCode::UNPROCESSABLE_ENTITY, &message));
    }
    let here: Vec<_> = entries.iter().skip((page - 1) * size).take(size).collect();
    let mut answer = document(200, &here);
    let last = entries.len().div_ceil(size);
    if page < last {
        let base = format!("http://{}/repositories/1/{name}?per_page={size}", known.address);
        let links = format!("<{base}&page={}>; rel=\"next\", <{base}&page={last}>; rel=\"last\"", page + 1);
        answer.headers_mut().insert("link", links.parse().expect("a header"));
    }
    Ok(answer)
}

pub(super) fn document(status: u16, value: &impl Serialize) -> Answer {
    let text = serde_json::to_string(value).expect("JSON");
    super::answer(status, &[("content-type", "application/json; charset=utf-8")], text)
}

pub(super) fn error(status: StatusCode, message: &str) -> Answer {
    document(status.as_u16(), &json!({"message": message}))
}

/// What is not there, or not for this token to see.
pub(super) fn not_found() -> Answer {
    error(StatusCode::NOT_FOUND, "Not Found")
}
