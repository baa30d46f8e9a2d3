//! The endpoints of releases.

use serde::Deserialize;
use serde_json::Value;

use super::answer::Answer;
use super::release::{self, Release};
use super::routes::Call;
use super::{latest as latest_release, pages};

/// What GitHub calls a release in an error.
const RESOURCE: &str = "Release";

/// How many characters GitHub takes.
const LIMITS: [(&str, usize); 2] = [("name", 256), ("body", 125_000)];

/// What may be said of a release; what is not said stays.
#[derive(Debug, Deserialize)]
struct Fields {
    tag_name: Option<String>,
    target_commitish: Option<String>,
    name: Option<String>,
    body: Option<String>,
    draft: Option<bool>,
    prerelease: Option<bool>,
    make_latest: Option<MakeLatest>,
}

/// A text, not a truth value.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum MakeLatest {
    True,
    False,
    Legacy,
}

impl MakeLatest {
    fn as_str(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::False => "false",
            Self::Legacy => "legacy",
        }
    }
}

/// `GET releases`: the newest first; drafts only for who may write.
pub(super) fn list(mut call: Call<'_>) -> Result<Answer, Answer> {
    call.rights.require_read()?;
    let sees_drafts = call.rights.writes();
    let place = call.place();
    let request = call.request;
    let visible = call.repository().releases.iter().rev().filter(|release| sees_drafts || !release.draft);
    let visible: Vec<&Release> = visible.collect();
    Ok(pages::page(request, &format!("{}/releases", place.numbered()), &visible, |release| release.document(&place)))
}

/// `GET releases/{id}`.
pub(super) fn get(mut call: Call<'_>, id: u64) -> Result<Answer, Answer> {
    call.rights.require_read()?;
    let sees_drafts = call.rights.writes();
    found(&mut call, |release| release.id == id && (sees_drafts || !release.draft))
}

/// `GET releases/tags/{tag}`: drafts are not found by their tag, not even by who may write.
pub(super) fn by_tag(mut call: Call<'_>, tag: &str) -> Result<Answer, Answer> {
    call.rights.require_read()?;
    found(&mut call, |release| !release.draft && release.tag_name == tag)
}

/// `GET releases/latest`.
pub(super) fn latest(mut call: Call<'_>) -> Result<Answer, Answer> {
    call.rights.require_read()?;
    let id = latest_release::of(call.repository()).map(|release| release.id).ok_or_else(Answer::not_found)?;
    found(&mut call, |release| release.id == id)
}

/// `POST releases`. Drafts may be many for one tag; a published release is alone.
pub(super) fn create(mut call: Call<'_>) -> Result<Answer, Answer> {
    call.rights.require_write()?;
    let fields: Fields = call.request.fields()?;
    let missing = || Answer::error(422, "Invalid request.\n\n\"tag_name\" wasn't supplied.");
    let tag_name = fields.tag_name.clone().filter(|name| !name.is_empty()).ok_or_else(missing)?;
    let mut release = Release::draft(&tag_name);
    // What is not said is `false`.
    release.draft = false;
    release.id = call.state.new_id();
    release.target_commitish.clone_from(&call.repository().default_branch);
    let document = store(&mut call, &release, &fields)?;
    Ok(Answer::json(201, &document).with_header("location", document["url"].as_str().unwrap_or_default().to_owned()))
}

/// `PATCH releases/{id}`.
pub(super) fn update(mut call: Call<'_>, id: u64) -> Result<Answer, Answer> {
    call.rights.require_write()?;
    let known = call.repository().releases.iter().find(|release| release.id == id);
    let release = known.cloned().ok_or_else(Answer::not_found)?;
    let fields: Fields = call.request.fields()?;
    Ok(Answer::json(200, &store(&mut call, &release, &fields)?))
}

/// Refuses what is longer than GitHub takes.
fn require_short(fields: &Fields) -> Result<(), Answer> {
    for ((field, limit), text) in LIMITS.into_iter().zip([&fields.name, &fields.body]) {
        if text.as_ref().is_some_and(|text| text.chars().count() > limit) {
            let message = format!("{field} is too long (maximum is {limit} characters)");
            return Err(Answer::invalid_because(RESOURCE, field, &message));
        }
    }
    Ok(())
}

/// Applies what was said to a release and keeps it, or refuses and changes nothing.
fn store(call: &mut Call<'_>, before: &Release, fields: &Fields) -> Result<Value, Answer> {
    require_short(fields)?;
    let repository = call.repository();
    let mut release = changed(before.clone(), fields);
    if before.immutable && (release.draft || release.tag_name != before.tag_name) {
        return Err(Answer::invalid_because(
            RESOURCE,
            "tag_name",
            "tag_name cannot be changed when release is immutable",
        ));
    }
    if repository.is_taken(&release.tag_name, Some(release.id)) {
        return Err(Answer::invalid_field(RESOURCE, "tag_name", "already_exists"));
    }
    if fields.make_latest.is_some_and(|wish| matches!(wish, MakeLatest::True)) && (release.draft || release.prerelease)
    {
        return Err(Answer::invalid_because(RESOURCE, "make_latest", "drafts and prereleases cannot be the latest"));
    }
    release.published_at = release.published_at.filter(|_| !release.draft);
    let is_new = !release.draft && release.published_at.is_none();
    if is_new {
        release.published_at = Some(release::now());
        release.immutable = repository.immutable_releases;
    }
    let (id, wish) = (release.id, release.make_latest.clone().filter(|_| is_new || fields.make_latest.is_some()));
    match repository.releases.iter_mut().find(|known| known.id == id) {
        Some(known) => *known = release.clone(),
        None => repository.releases.push(release.clone()),
    }
    latest_release::mark(repository, id, wish.as_deref(), is_new);
    Ok(release.document(&call.place()))
}

fn changed(mut release: Release, fields: &Fields) -> Release {
    let Fields { tag_name, target_commitish, name, body, draft, prerelease, make_latest } = fields;
    if let Some(tag_name) = tag_name {
        release.tag_name.clone_from(tag_name);
    }
    if let Some(target) = target_commitish {
        release.target_commitish.clone_from(target);
    }
    release.name = name.clone().or(release.name);
    release.body = body.clone().or(release.body);
    release.draft = draft.unwrap_or(release.draft);
    release.prerelease = prerelease.unwrap_or(release.prerelease);
    release.make_latest = make_latest.map(|wish| wish.as_str().to_owned()).or(release.make_latest);
    release
}

fn found(call: &mut Call<'_>, is_meant: impl Fn(&Release) -> bool) -> Result<Answer, Answer> {
    let place = call.place();
    let release = call.repository().releases.iter().find(|release| is_meant(release)).ok_or_else(Answer::not_found)?;
    Ok(Answer::json(200, &release.document(&place)))
}
