//! `unkey auth`: keeps a key, forgets it, and says what there is.

use serde::Serialize;
use terminal::{Diagnostic as _, Exit, Failure, Table, stderr};
use unkey::Error;
use unkey::address::{Address, Role};
use unkey::api::{deployments, keys};
use unkey::credentials::{Credentials, File};
use unkey::environment::UNKEY_ROOT_KEY;
use unkey::http::Client;
use unkey::session::{self, Origin, Target, Typed};

use super::context::Context;
use super::input;
use crate::cli::auth::LoginArgs;

/// Runs `login`.
pub fn login(context: &Context, arguments: &LoginArgs) -> Result<Exit, Failure> {
    let file = File::of_user()?;
    let (api, control) = addresses(&context.typed, &file)?;
    let Some(key) = input::key(&format!("Key for {api}: "))? else { return Ok(Exit::Interrupted) };
    if !arguments.no_check {
        for (role, address) in [(Role::Api, Some(&api)), (Role::Control, control.as_ref())] {
            let Some(address) = address.cloned() else { continue };
            let origin = Origin::File(file.path().to_owned());
            check(context, Target { role, address, key: key.clone(), origin })
                .map_err(|error| Failure::from(error).context("not logged in"))?;
        }
    }
    let control_url = control.as_ref().map(ToString::to_string);
    file.store(&Credentials { key, api_url: api.to_string(), control_url })?;
    let and = control.map(|control| format!(" and {control}")).unwrap_or_default();
    stderr::print_line(&format!("logged in to {api}{and}; the key is in `{}`", file.path().display()));
    warn_of_variable("wins over the stored one");
    Ok(Exit::Success)
}

/// The addresses that are logged in to: as typed or set, else as they were, else the hosted API's.
fn addresses(typed: &Typed, file: &File) -> Result<(Address, Option<Address>), Error> {
    // One that cannot be read, or that others may have changed, is about to be replaced and says nothing.
    let stored = file.load().ok().flatten();
    let kept = |text: String| Address::new(&text, &file.path().display().to_string()).ok();
    let kept_api = stored.as_ref().and_then(|stored| kept(stored.api_url.clone()));
    let api = match (typed.named(Role::Api)?, &kept_api) {
        (Some(address), _) => address,
        (None, Some(address)) => address.clone(),
        (None, None) => Address::hosted(),
    };
    let control = match typed.named(Role::Control)? {
        Some(address) => Some(address),
        // It belongs to the API that it was stored with.
        None if kept_api.is_some_and(|kept| kept.is_same_server(&api)) => {
            stored.and_then(|stored| stored.control_url).and_then(kept)
        }
        None => None,
    };
    Ok((api, control))
}

/// Runs `logout`.
pub fn logout() -> Result<Exit, Failure> {
    let file = File::of_user()?;
    let removed = file.remove()?;
    stderr::print_line(if removed {
        "logged out; the key itself stays valid until it is revoked"
    } else {
        "there was no login"
    });
    warn_of_variable("is still set");
    Ok(Exit::Success)
}

fn warn_of_variable(what: &str) {
    if session::key_of_environment().is_ok_and(|key| key.is_some()) {
        stderr::print_line(&format!("note: the key of `{UNKEY_ROOT_KEY}` {what}"));
    }
}

/// Whether a server takes the key.
fn check(context: &Context, target: Target) -> Result<(), Error> {
    let role = target.role;
    let client = Client::new(target, &context.options)?;
    match role {
        Role::Api => keys::check(&client),
        Role::Control => deployments::check(&client),
    }
}

/// A line of `status`.
#[derive(Debug, Serialize)]
struct Line {
    server: &'static str,
    url: Option<String>,
    key_from: Option<String>,
    /// Absent where it could not be found out.
    accepted: Option<bool>,
    error: Option<String>,
}

/// Runs `status`.
pub fn status(context: &Context) -> Result<Exit, Failure> {
    let (mut servers, mut failures) = (Vec::new(), Vec::new());
    for role in [Role::Api, Role::Control] {
        let target = session::target(role, &context.typed);
        // Who deploys nothing needs none.
        if matches!(target, Err(Error::NoControlUrl)) {
            continue;
        }
        let (url, key_from) = target
            .as_ref()
            .map_or((None, None), |target| (Some(target.address.to_string()), Some(origin(&target.origin))));
        let error = target.and_then(|target| check(context, target)).err();
        let accepted = error.as_ref().map_or(Some(true), |error| error.is_refusal().then_some(false));
        let text = error.as_ref().map(|error| terminal::chain(error));
        servers.push(Line { server: role.name(), url, key_from, accepted, error: text });
        // What is wrong with the file is wrong for both.
        failures.extend(error.map(Failure::from).filter(|failure| !failures.contains(failure)));
    }
    context.print(&servers, || table(&servers))?;
    failures.iter().for_each(Failure::print);
    let is_any = |exit| failures.iter().any(|failure| failure.exit() == exit);
    Ok([Exit::Error, Exit::Refused].into_iter().find(|exit| is_any(*exit)).unwrap_or(Exit::Success))
}

fn origin(origin: &Origin) -> String {
    match origin {
        Origin::Variable(name) => (*name).to_owned(),
        Origin::File(path) => path.display().to_string(),
    }
}

fn table(servers: &[Line]) -> Table {
    let mut table = Table::new(&["server", "url", "key from", "accepted"]);
    for Line { server, url, key_from, accepted, .. } in servers {
        let accepted = match accepted {
            Some(true) => "yes",
            Some(false) => "no",
            None => "unknown",
        };
        let or_dash = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        table.push(vec![(*server).to_owned(), or_dash(url), or_dash(key_from), accepted.to_owned()]);
    }
    table
}
