//! The contract on what is above the base: one file, the service, that everybody may run and only root may change.

use oci_spec::image::Descriptor;

use super::contract::Contract;
use super::findings::{Findings, Place, quoted};
use super::layers::Layer;
use crate::check::findings::codes;
use crate::layer_reader::{Entry, EntryKind};

/// A layer above the base and where it is.
pub struct Above<'a> {
    /// What is in it.
    pub layer: &'a Layer,
    /// What leads to it.
    pub descriptor: &'a Descriptor,
    /// Its place in findings.
    pub place: Place,
}

/// Checks the layers above the base. The service's entry and the layer that it is in, if there is one.
pub fn check<'a>(
    above: &'a [Above<'a>],
    contract: &Contract,
    image: &Place,
    findings: &mut Findings,
) -> Option<(&'a Entry, &'a Above<'a>)> {
    for Above { layer, place, .. } in above {
        for path in &layer.setuid {
            let message = format!("{} is setuid or setgid", quoted(path));
            findings.add(codes::FILE_SETUID, place.clone().path(path), message);
        }
    }
    let binary = contract.binary.as_deref()?;
    if above.is_empty() {
        findings.add(codes::LAYER_NONE, image.clone().field("layers"), "there is no layer above the base");
        return None;
    }
    let mut service = None;
    for here in above {
        for entry in &here.layer.entries {
            let is_service = entry.absolute_path().as_deref() == Some(binary.as_bytes());
            if is_service && service.is_none() {
                service = Some((entry, here));
            } else {
                extra(entry, is_service, here, findings);
            }
        }
        let more = here.layer.facts.entries.saturating_sub(here.layer.entries.len() as u64);
        if more > 0 {
            findings.add(codes::EXTRA_ENTRY, here.place.clone(), format!("{more} more entries are above the base"));
        }
    }
    match service {
        Some((entry, here)) => metadata(entry, contract, &here.place.clone().path(&entry.path), findings),
        // Where a layer is not readable, the service may be in it: one finding says enough.
        None if above.iter().any(|here| !here.layer.facts.problems.is_empty()) => {}
        None => {
            let message = format!("there is no {} above the base", quoted(binary));
            findings.add(codes::BINARY_MISSING, image.clone().path(binary.as_bytes()), message);
        }
    }
    service
}

fn extra(entry: &Entry, is_service: bool, here: &Above<'_>, findings: &mut Findings) {
    let path = quoted(&entry.path);
    let message = if is_service {
        format!("{path} is there a second time")
    } else {
        format!("{path} is above the base, {}", entry.kind.describe())
    };
    findings.add(codes::EXTRA_ENTRY, here.place.clone().path(&entry.path), message);
}

fn metadata(entry: &Entry, contract: &Contract, place: &Place, findings: &mut Findings) {
    let mut add = |code, message: String| findings.add(code, place.clone(), message);
    if entry.kind != EntryKind::File {
        let target = entry.link.as_deref().map(|link| format!(" to {}", quoted(link))).unwrap_or_default();
        add(codes::BINARY_TYPE, format!("it is {}{target}, expected a regular file", entry.kind.describe()));
    }
    // The setuid and setgid bits have findings of their own; a file type has no place in it.
    if entry.mode & !0o6000 != 0o755 {
        add(codes::FILE_MODE, format!("the mode is {:04o}, expected 0755", entry.mode));
    }
    if (entry.uid, entry.gid) != (0, 0) {
        add(codes::FILE_OWNER, format!("it belongs to {}:{}, expected 0:0", entry.uid, entry.gid));
    }
    for name in [&entry.user_name, &entry.group_name] {
        if !name.is_empty() && name != b"root" {
            add(codes::FILE_OWNER_NAME, format!("it belongs to {} by name, expected no name or `root`", quoted(name)));
        }
    }
    match (entry.mtime, contract.mtime) {
        (None, _) => add(codes::FILE_MTIME, "the modification time is negative or no whole second".to_owned()),
        (Some(actual), Some(expected)) if actual != expected => {
            add(codes::FILE_MTIME, format!("the modification time is {actual}, expected {expected}"));
        }
        (Some(_), _) => {}
    }
    for attribute in &entry.extended_attributes {
        add(codes::FILE_ATTRIBUTES, format!("it has the extended attribute {}", quoted(attribute)));
    }
}
