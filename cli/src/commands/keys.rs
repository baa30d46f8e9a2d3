//! `unkey api keys`: the four verbs, and how keys are shown.

use std::time::SystemTime;

use serde_json::json;
use terminal::{Context as _, Exit, Failure, Table, printable, stderr, stdout};
use unkey::address::Role;
use unkey::api::keys::{self, Key, Wanted};
use unkey::expiry;

use super::context::Context;
use super::{input, style};
use crate::cli::Output;
use crate::cli::keys::{CreateArgs, RevokeArgs};

/// Runs `create`.
pub fn create(context: &Context, arguments: CreateArgs) -> Result<Exit, Failure> {
    let CreateArgs { name, expires, remaining } = arguments;
    let point = |text: String| expiry::point(&text, SystemTime::now());
    let invalid = |error| Failure::caused_by("`--expires` is no time to come", &error);
    let expires_at = expires.map(point).transpose().map_err(invalid)?;
    let client = context.client(Role::Api)?;
    let issued = keys::create(&client, &Wanted { name, expires_at, remaining }).map_err(|error| {
        let may_be_done = error.may_be_done();
        let failure = Failure::from(error);
        let hint = "it may have been made all the same: look at `unkey api keys list`, and revoke it if it is there";
        if may_be_done { failure.with_hint(hint) } else { failure }
    })?;
    let printed = match context.output {
        Output::Json => stdout::print_json(&issued),
        Output::Table => stdout::print(&format!("{}\n", issued.key.expose())),
    };
    printed.map_err(|error| {
        let failure = Failure::caused_by(format!("key `{}` is made, and cannot be shown", issued.id), &error);
        failure.with_hint(format!("nobody has it now: `unkey api keys revoke {}`, and make another", issued.id))
    })?;
    let until = expires_at.and_then(expiry::shown).map(|time| format!(", valid until {time}")).unwrap_or_default();
    stderr::print_line(&format!("key `{}` is made{until}; it is shown this once", issued.id));
    Ok(Exit::Success)
}

/// Runs `verify`.
pub fn verify(context: &Context) -> Result<Exit, Failure> {
    let client = context.client(Role::Api)?;
    let Some(key) = input::key("Key to verify: ")? else { return Ok(Exit::Interrupted) };
    let found = keys::verify(&client, &key)?;
    context.print(&found, || {
        let mut table = Table::new(&["valid", "code", "id", "remaining"]);
        let id = found.id.as_ref().map(ToString::to_string);
        let valid = if found.valid { "yes" } else { "no" }.to_owned();
        table.push(vec![valid, printable::line(&found.code), or_dash(id), or_dash(found.remaining)]);
        table
    })?;
    if found.valid {
        return Ok(Exit::Success);
    }
    let code = printable::line(&found.code);
    stderr::print_line(&style::bad(&format!("the key is not valid: {code}")));
    Ok(Exit::Refused)
}

/// Runs `revoke`.
pub fn revoke(context: &Context, arguments: &RevokeArgs) -> Result<Exit, Failure> {
    let (client, id) = (context.client(Role::Api)?, &arguments.id);
    if !arguments.yes {
        let question = format!("Revoke key `{id}` at {}? Nothing makes it valid again.", client.address());
        let is_sure = input::is_sure(&question, "say it with `--yes`").context(format!("key `{id}` is not revoked"))?;
        if !is_sure {
            return Err(Failure::refused(format!("key `{id}` is not revoked")));
        }
    }
    keys::revoke(&client, id)?;
    if context.output == Output::Json {
        stdout::print_json(&json!({"id": id, "revoked": true}))?;
    }
    stderr::print_line(&format!("key `{id}` is revoked"));
    Ok(Exit::Success)
}

/// Runs `list`.
pub fn list(context: &Context) -> Result<Exit, Failure> {
    let keys = keys::list(&context.client(Role::Api)?)?;
    context.print(&keys, || {
        let now = expiry::milliseconds(SystemTime::now());
        let mut table = Table::new(&["id", "name", "state", "created", "expires", "remaining"]);
        for key in &keys {
            table.push(row(key, now));
        }
        table
    })?;
    Ok(Exit::Success)
}

fn row(key: &Key, now: u64) -> Vec<String> {
    vec![
        key.id.to_string(),
        printable::line(&key.name),
        key.state(now).to_owned(),
        or_dash(expiry::shown(key.created_at)),
        or_dash(key.expires_at.and_then(expiry::shown)),
        or_dash(key.remaining),
    ]
}

fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}
