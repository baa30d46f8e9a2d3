//! The endpoints of releases' assets.

use serde::Deserialize;

use super::answer::Answer;
use super::pages;
use super::release::{Asset, Release};
use super::routes::Call;

/// What GitHub calls an asset in an error.
const RESOURCE: &str = "ReleaseAsset";

/// What may be changed of an asset.
#[derive(Debug, Deserialize)]
struct Fields {
    name: Option<String>,
    label: Option<String>,
}

/// `POST` to a release's `upload_url`.
pub(super) fn upload(mut call: Call<'_>, release: u64) -> Result<Answer, Answer> {
    call.rights.require_write()?;
    let content_type = call.request.header("content-type").map(str::to_owned);
    let content_type = content_type.ok_or_else(|| Answer::error(400, "Bad Content-Type"))?;
    let name = call.request.parameter("name").map(|name| kept_name(&name)).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Answer::error(400, "Bad Request: name is required"))?;
    let (label, content) = (call.request.parameter("label"), call.request.body.clone());
    let (id, place) = (call.state.new_id(), call.place());
    let release = call.repository().releases.iter_mut().find(|known| known.id == release);
    let release = release.ok_or_else(Answer::not_found)?;
    require_mutable(release, "Cannot upload assets to an immutable release.")?;
    if release.assets.iter().any(|asset| asset.name == name) {
        return Err(Answer::invalid_field(RESOURCE, "name", "already_exists"));
    }
    let asset = Asset { id, name, label, content_type, content };
    let document = asset.document(&place, release);
    release.assets.push(asset);
    Ok(Answer::json(201, &document))
}

/// `GET releases/{id}/assets`.
pub(super) fn list(mut call: Call<'_>, release: u64) -> Result<Answer, Answer> {
    call.rights.require_read()?;
    let (sees_drafts, place, request) = (call.rights.writes(), call.place(), call.request);
    let is_meant = |known: &&Release| known.id == release && (sees_drafts || !known.draft);
    let release = call.repository().releases.iter().find(is_meant).ok_or_else(Answer::not_found)?;
    let base = format!("{}/releases/{}/assets", place.numbered(), release.id);
    Ok(pages::page(request, &base, &release.assets, |asset| asset.document(&place, release)))
}

/// `GET releases/assets/{id}`: the document, or with `Accept: application/octet-stream` what is in it.
pub(super) fn get(mut call: Call<'_>, id: u64) -> Result<Answer, Answer> {
    call.rights.require_read()?;
    let (sees_drafts, place) = (call.rights.writes(), call.place());
    let wants_content = call.request.header("accept") == Some("application/octet-stream");
    let (release, position) = find(&mut call, id)?;
    if release.draft && !sees_drafts {
        return Err(Answer::not_found());
    }
    let asset = &release.assets[position];
    if !wants_content {
        return Ok(Answer::json(200, &asset.document(&place, release)));
    }
    let headers = vec![("content-type".to_owned(), asset.content_type.clone())];
    Ok(Answer { status: 200, headers, body: asset.content.clone() })
}

/// `PATCH releases/assets/{id}`.
pub(super) fn update(mut call: Call<'_>, id: u64) -> Result<Answer, Answer> {
    call.rights.require_write()?;
    let fields: Fields = call.request.fields()?;
    let place = call.place();
    let (release, position) = find(&mut call, id)?;
    require_mutable(release, "Cannot update assets of an immutable release.")?;
    let name = fields.name.map(|name| kept_name(&name)).filter(|name| !name.is_empty());
    if release.assets.iter().any(|asset| asset.id != id && Some(&asset.name) == name.as_ref()) {
        return Err(Answer::invalid_field(RESOURCE, "name", "already_exists"));
    }
    let asset = &mut release.assets[position];
    asset.name = name.unwrap_or_else(|| asset.name.clone());
    asset.label = fields.label.or_else(|| asset.label.clone());
    Ok(Answer::json(200, &release.assets[position].document(&place, release)))
}

/// `DELETE releases/assets/{id}`.
pub(super) fn delete(mut call: Call<'_>, id: u64) -> Result<Answer, Answer> {
    call.rights.require_write()?;
    let (release, position) = find(&mut call, id)?;
    require_mutable(release, "Cannot delete assets of an immutable release.")?;
    release.assets.remove(position);
    Ok(Answer::nothing())
}

/// An asset by its number: the release that it belongs to, and its place there.
fn find<'a>(call: &'a mut Call<'_>, id: u64) -> Result<(&'a mut Release, usize), Answer> {
    let position_in = |release: &Release| release.assets.iter().position(|asset| asset.id == id);
    let mut releases = call.repository().releases.iter_mut();
    releases.find_map(|release| position_in(release).map(|position| (release, position))).ok_or_else(Answer::not_found)
}

fn require_mutable(release: &Release, message: &str) -> Result<(), Answer> {
    if release.immutable { Err(Answer::error(422, message)) } else { Ok(()) }
}

/// The name that GitHub keeps: a dot in place of each run of what it does not like, none at either end.
fn kept_name(name: &str) -> String {
    let is_kept = |character: char| character.is_ascii_alphanumeric() || "-_+@".contains(character);
    name.split(|character| !is_kept(character)).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_changed_as_on_github() {
        for (sent, kept) in [
            ("api.spdx.json", "api.spdx.json"),
            ("a b.txt", "a.b.txt"),
            (".hidden.", "hidden"),
            ("ä/ö", ""),
            ("a+b@c_d-e", "a+b@c_d-e"),
        ] {
            assert_eq!(kept_name(sent), kept);
        }
    }
}
