//! The endpoints of a repository and of its settings.

use serde_json::{Value, json};

use super::answer::Answer;
use super::pages;
use super::routes::Call;

/// What only the document of one ruleset has, not the list of them.
const DETAILS: [&str; 4] = ["bypass_actors", "conditions", "current_user_can_bypass", "rules"];

/// `GET` of the repository.
pub(super) fn repository(mut call: Call<'_>) -> Answer {
    let (rights, place) = (call.rights, call.place());
    let repository = call.repository();
    let (owner, name) = repository.name.split_once('/').unwrap_or_default();
    let document = json!({
        "id": repository.id,
        "name": name,
        "full_name": repository.name,
        "owner": {"login": owner},
        "private": false,
        "html_url": place.html(),
        "url": place.api(),
        "releases_url": format!("{}/releases{{/id}}", place.api()),
        "default_branch": repository.default_branch,
        "permissions": {"admin": rights.administration, "push": rights.writes(), "pull": true},
    });
    Answer::json(200, &document)
}

/// `GET rulesets`: without their rules; `targets` leaves out those about something else.
pub(super) fn rulesets(mut call: Call<'_>) -> Answer {
    let place = call.place();
    let targets = call.request.parameter("targets");
    let is_wanted = |ruleset: &&Value| {
        let target = ruleset["target"].as_str().unwrap_or_default();
        targets.as_ref().is_none_or(|targets| targets.split(',').any(|wanted| wanted == target))
    };
    let request = call.request;
    let entries: Vec<&Value> = call.repository().rulesets.iter().filter(is_wanted).collect();
    pages::page(request, &format!("{}/rulesets", place.numbered()), &entries, |ruleset| without(ruleset, &DETAILS))
}

/// `GET rulesets/{id}`: who may pass it by is only for who may change it.
pub(super) fn ruleset(mut call: Call<'_>, id: u64) -> Result<Answer, Answer> {
    let hidden: &[&str] = if call.rights.administration { &[] } else { &["bypass_actors"] };
    let found = call.repository().rulesets.iter().find(|ruleset| ruleset["id"] == id);
    Ok(Answer::json(200, &without(found.ok_or_else(Answer::not_found)?, hidden)))
}

/// `GET immutable-releases`: not found where the setting is off.
pub(super) fn immutable_releases(mut call: Call<'_>) -> Result<Answer, Answer> {
    call.rights.require_administration()?;
    if !call.repository().immutable_releases {
        return Err(Answer::not_found());
    }
    Ok(Answer::json(200, &json!({"enabled": true, "enforced_by_owner": false})))
}

/// `GET actions/permissions/workflow`.
pub(super) fn workflow_permissions(mut call: Call<'_>) -> Result<Answer, Answer> {
    call.rights.require_administration()?;
    let document = json!({
        "default_workflow_permissions": call.repository().workflow_permissions,
        "can_approve_pull_request_reviews": false,
    });
    Ok(Answer::json(200, &document))
}

fn without(document: &Value, names: &[&str]) -> Value {
    let mut document = document.clone();
    if let Some(fields) = document.as_object_mut() {
        fields.retain(|name, _| !names.contains(&name.as_str()));
    }
    document
}
