//! The contract on an image's config: what is started, as whom, and what the image says about itself.

use std::collections::HashMap;

use oci_spec::image::{Config, ImageConfiguration};

use super::contract::Contract;
use super::findings::{Findings, Place, quoted};
use crate::check::findings::codes;
use image_build::assemble::EPOCH;
use oci::document::is_whole_utc;

/// Programs that run a command line, by file name.
const SHELLS: [&str; 9] = ["ash", "bash", "busybox", "dash", "fish", "ksh", "sh", "toybox", "zsh"];

/// Checks one config.
pub fn check(config: &ImageConfiguration, contract: &Contract, place: &Place, findings: &mut Findings) {
    let empty = Config::default();
    let settings = config.config().as_ref().unwrap_or(&empty);
    start(settings, contract, place, findings);
    user(settings.user().as_deref().unwrap_or_default(), contract, &place.clone().field("config.User"), findings);
    labels(settings.labels().as_ref().unwrap_or(&HashMap::new()), contract, place, findings);
    created(config.created().as_deref(), contract, &place.clone().field("created"), findings);
}

fn start(settings: &Config, contract: &Contract, place: &Place, findings: &mut Findings) {
    let entrypoint = settings.entrypoint().as_deref().unwrap_or_default();
    let in_entrypoint = place.clone().field("config.Entrypoint");
    let shell = entrypoint.iter().find(|word| is_shell(word));
    if let Some(shell) = shell {
        findings.add(codes::ENTRYPOINT_SHELL, in_entrypoint, format!("{} is a shell", quoted(shell)));
    } else if let Some(binary) = &contract.binary
        && entrypoint != [binary.as_str()]
    {
        let message = format!("the entrypoint is {}, expected [{}]", list(entrypoint), quoted(binary));
        findings.add(codes::ENTRYPOINT, in_entrypoint, message);
    }
    let cmd = settings.cmd().as_deref().unwrap_or_default();
    if !cmd.is_empty() {
        let message = format!("the default arguments are {}, expected none", list(cmd));
        findings.add(codes::CMD, place.clone().field("config.Cmd"), message);
    }
}

fn is_shell(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or(word);
    SHELLS.contains(&name)
}

fn list(words: &[String]) -> String {
    let shown: Vec<_> = words.iter().take(8).map(quoted).collect();
    let rest = if words.len() > shown.len() { ", ..." } else { "" };
    format!("[{}{rest}]", shown.join(", "))
}

fn user(user: &str, contract: &Contract, place: &Place, findings: &mut Findings) {
    let id = user.split(':').next().unwrap_or_default();
    let number = id.parse::<u32>();
    let (code, message) = if id.is_empty() {
        (codes::USER_MISSING, "the config names no user".to_owned())
    } else if number == Ok(0) || id == "root" {
        (codes::USER_ROOT, format!("the user is {}", quoted(user)))
    } else if number.is_err() {
        (codes::USER_NOT_NUMERIC, format!("the user is {}, expected a number", quoted(user)))
    } else if let Some(expected) = &contract.user
        && user != expected
    {
        (codes::USER, format!("the user is {}, expected {}", quoted(user), quoted(expected)))
    } else {
        return;
    };
    findings.add(code, place.clone(), message);
}

fn labels(labels: &HashMap<String, String>, contract: &Contract, place: &Place, findings: &mut Findings) {
    let place = |key: &str| place.clone().field(format!("config.Labels.{key}"));
    for (key, expected) in &contract.labels {
        match labels.get(key) {
            None => findings.add(codes::LABEL_MISSING, place(key), format!("there is no label {}", quoted(key))),
            Some(actual) if actual != expected => {
                let message = format!("the label {} is {}, expected {}", quoted(key), quoted(actual), quoted(expected));
                findings.add(codes::LABEL_VALUE, place(key), message);
            }
            Some(_) => {}
        }
    }
    for key in contract.required_labels.iter().filter(|key| !contract.labels.contains_key(*key)) {
        if labels.get(key).is_none_or(|value| value.trim().is_empty()) {
            let message = format!("the label {} is absent or empty", quoted(key));
            findings.add(codes::LABEL_MISSING, place(key), message);
        }
    }
}

/// The time in the only spelling that the build has for it. That it is one was checked when the config was read.
fn created(created: Option<&str>, contract: &Contract, place: &Place, findings: &mut Findings) {
    let Some(text) = created else {
        if contract.stamped.is_some() {
            findings.add(codes::CREATED_MISSING, place.clone(), "the config has no `created`");
        }
        return;
    };
    match contract.stamped {
        Some(true) if text == EPOCH => {
            findings.add(codes::CREATED_NOT_STAMPED, place.clone(), "it is the epoch, expected the commit's time");
        }
        Some(true) if !is_whole_utc(text) => {
            let message = format!("{} is not of the form `2006-01-02T15:04:05Z` that the build writes", quoted(text));
            findings.add(codes::DOCUMENT_FORM, place.clone(), message);
        }
        Some(false) if text != EPOCH => {
            let message = format!("it is {}, expected the epoch `{EPOCH}`", quoted(text));
            findings.add(codes::CREATED_NOT_EPOCH, place.clone(), message);
        }
        _ => {}
    }
}
