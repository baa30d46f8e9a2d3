//! Which endpoint a request is for, and what comes before all of them: a user agent, a token, a repository.

use super::access::{self, Rights};
use super::answer::Answer;
use super::repository::{Place, Repository};
use super::request::Request;
use super::state::State;
use super::{assets, releases, settings};

/// What every endpoint is given.
pub(super) struct Call<'a> {
    pub(super) state: &'a mut State,
    pub(super) request: &'a Request,
    pub(super) rights: Rights,
    /// The repository, as an index.
    repository: usize,
}

impl Call<'_> {
    /// Where the repository is.
    pub(super) fn place(&self) -> Place {
        self.state.repositories[self.repository].place(&self.state.address)
    }

    /// The repository.
    pub(super) fn repository(&mut self) -> &mut Repository {
        &mut self.state.repositories[self.repository]
    }
}

/// Answers a request.
pub(super) fn answer(state: &mut State, request: &Request) -> Answer {
    respond(state, request).unwrap_or_else(|refusal| refusal)
}

fn respond(state: &mut State, request: &Request) -> Result<Answer, Answer> {
    if request.header("user-agent").is_none() {
        let text =
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.\n";
        return Err(Answer::text(403, text));
    }
    let rights = access::rights(request, &state.tokens)?;
    let segments = request.segments();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    let (is_upload, parts) = match parts.as_slice() {
        ["uploads", rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let (repository, rest) = match parts {
        ["repos", owner, name, rest @ ..] => (named(state, &format!("{owner}/{name}")), rest),
        ["repositories", id, rest @ ..] => (numbered(state, id), rest),
        _ => (None, parts),
    };
    let repository = repository.ok_or_else(Answer::not_found)?;
    let call = Call { state, request, rights, repository };
    if is_upload { upload(call, rest) } else { dispatch(call, rest) }
}

fn named(state: &State, name: &str) -> Option<usize> {
    state.repositories.iter().position(|repository| repository.is_called(name))
}

fn numbered(state: &State, id: &str) -> Option<usize> {
    state.repositories.iter().position(|repository| repository.id.to_string() == id)
}

fn upload(call: Call<'_>, rest: &[&str]) -> Result<Answer, Answer> {
    match (call.request.method.as_str(), rest) {
        ("POST", ["releases", id, "assets"]) => assets::upload(call, number(id)?),
        _ => Err(Answer::not_found()),
    }
}

fn dispatch(call: Call<'_>, rest: &[&str]) -> Result<Answer, Answer> {
    match (call.request.method.as_str(), rest) {
        ("GET", []) => Ok(settings::repository(call)),
        ("GET", ["rulesets"]) => Ok(settings::rulesets(call)),
        ("GET", ["rulesets", id]) => settings::ruleset(call, number(id)?),
        ("GET", ["immutable-releases"]) => settings::immutable_releases(call),
        ("GET", ["actions", "permissions", "workflow"]) => settings::workflow_permissions(call),
        ("GET", ["releases"]) => releases::list(call),
        ("POST", ["releases"]) => releases::create(call),
        ("GET", ["releases", "latest"]) => releases::latest(call),
        // A tag has slashes, escaped or not.
        ("GET", ["releases", "tags", tag @ ..]) => releases::by_tag(call, &tag.join("/")),
        ("GET", ["releases", "assets", id]) => assets::get(call, number(id)?),
        ("PATCH", ["releases", "assets", id]) => assets::update(call, number(id)?),
        ("DELETE", ["releases", "assets", id]) => assets::delete(call, number(id)?),
        ("GET", ["releases", id, "assets"]) => assets::list(call, number(id)?),
        ("GET", ["releases", id]) => releases::get(call, number(id)?),
        ("PATCH", ["releases", id]) => releases::update(call, number(id)?),
        _ => Err(Answer::not_found()),
    }
}

fn number(text: &str) -> Result<u64, Answer> {
    text.parse().map_err(|_| Answer::not_found())
}
