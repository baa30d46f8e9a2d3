//! The contract on the index: one root, exactly the platforms asked for, nothing beside them, no moving tag.

use std::collections::BTreeSet;

use oci_spec::image::Descriptor;

use super::contract::Contract;
use super::findings::{Findings, Place, quoted};
use crate::check::findings::codes;
use oci::platform;
use oci::tree::{self, ImageNode, Node, NodeContent};

/// Annotations of `index.json` that hold a tag: the specification's (annotations.md) and containerd's.
const TAG_ANNOTATIONS: [&str; 2] = ["org.opencontainers.image.ref.name", "io.containerd.image.name"];

/// An image whose config could be read, and the descriptor that leads to it.
#[derive(Clone, Copy)]
pub struct Found<'a> {
    /// As it stands in the index.
    pub descriptor: &'a Descriptor,
    /// Manifest and config.
    pub image: &'a ImageNode,
    /// Whether it stands in an index, rather than in `index.json` itself.
    pub in_index: bool,
}

/// The images among `nodes`, in the order of the index.
pub fn images(nodes: &[Node]) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    collect(nodes, false, &mut found);
    found
}

fn collect<'a>(nodes: &'a [Node], in_index: bool, found: &mut Vec<Found<'a>>) {
    for Node { descriptor, content } in nodes {
        match content {
            NodeContent::Index(_, children) => collect(children, true, found),
            NodeContent::Image(image) => found.push(Found { descriptor, image, in_index }),
            NodeContent::Artifact(_) | NodeContent::Unknown | NodeContent::Unreadable(_) => {}
        }
    }
}

/// Checks the index against the contract.
pub fn check(nodes: &[Node], contract: &Contract, findings: &mut Findings) {
    if nodes.len() > 1 {
        let message = format!("`index.json` names {} manifests, expected 1", nodes.len());
        findings.add(codes::LAYOUT_ROOT, Place::default().field("manifests"), message);
    }
    for node in nodes {
        tags(&node.descriptor, findings);
    }
    strangers(nodes, false, findings);
    let images = images(nodes);
    for found in images.iter().filter(|found| found.in_index && found.descriptor.platform().is_none()) {
        let place = Place::of_blob(found.descriptor.digest()).field("platform");
        findings.add(codes::PLATFORM_UNDECLARED, place, "the index does not say for which platform the image is");
    }
    platforms(&images, contract, findings);
}

fn platforms(images: &[Found<'_>], contract: &Contract, findings: &mut Findings) {
    let Some(expected) = &contract.platforms else { return };
    let expected: BTreeSet<String> = expected.iter().map(|platform| platform::normal(platform)).collect();
    let mut seen = BTreeSet::new();
    for found in images {
        let Ok(config) = &found.image.config else { continue };
        let name = platform::of_config(config);
        let normal = platform::normal(&name);
        let place = Place::of_platform(&name).blob(found.descriptor.digest());
        if !expected.contains(&normal) {
            let message = format!("there is an image for {}, which the contract does not list", quoted(&name));
            findings.add(codes::PLATFORM_UNEXPECTED, place, message);
        } else if !seen.insert(normal) {
            let message = format!("there is a second image for {}", quoted(&name));
            findings.add(codes::PLATFORM_DUPLICATE, place, message);
        }
    }
    for missing in expected.iter().filter(|platform| !seen.contains(*platform)) {
        let message = format!("there is no image for {}", quoted(missing));
        findings.add(codes::PLATFORM_MISSING, Place::of_platform(missing), message);
    }
}

fn strangers(nodes: &[Node], in_index: bool, findings: &mut Findings) {
    for Node { descriptor, content } in nodes {
        match content {
            NodeContent::Index(_, children) => {
                if in_index {
                    let message = "the index holds another index";
                    findings.add(codes::NOT_AN_IMAGE, Place::of_blob(descriptor.digest()), message);
                }
                strangers(children, true, findings);
            }
            NodeContent::Artifact(manifest) => {
                let message = format!("the index holds an artifact of type {}", quoted(tree::artifact_kind(manifest)));
                findings.add(codes::NOT_AN_IMAGE, Place::of_blob(descriptor.digest()), message);
            }
            // The last two are findings of every check.
            NodeContent::Image(_) | NodeContent::Unknown | NodeContent::Unreadable(_) => {}
        }
    }
}

fn tags(descriptor: &Descriptor, findings: &mut Findings) {
    let Some(annotations) = descriptor.annotations() else { return };
    for key in TAG_ANNOTATIONS {
        let Some(value) = annotations.get(key) else { continue };
        if value == "latest" || value.ends_with(":latest") {
            let place = Place::of_blob(descriptor.digest()).field(format!("manifests.annotations.{key}"));
            findings.add(codes::TAG_LATEST, place, format!("the annotation `{key}` is {}", quoted(value)));
        }
    }
}
