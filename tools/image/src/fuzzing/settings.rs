//! Files with settings: lists, pairs, sets, environments and templates; and what is typed: references and platforms.

use oci_spec::image::Digest;

use image_build::container_environment::ContainerEnvironment;
use image_build::lines;
use image_build::stamp::stamp;
use oci::platform::Platform;
use oci::reference::{LocalTag, Repository};
use registry::fuzzing::texts;

/// A list, an environment of the base, an environment file, a template, a workspace status, and a reference.
pub fn settings(bytes: &[u8]) {
    let [list, base, file, template, status, name] = texts(bytes);
    assert!(lines::list(&list).len() <= list.split('\n').count());
    assert!(lines::pairs(&list).values().all(|value| value.as_str().is_some()));
    assert!(lines::set(&list).len() <= list.split(',').count());
    environment(&base, &file);
    if let Ok(stamped) = stamp(&template, &status)
        && !template.contains("{STABLE_")
    {
        assert_eq!(stamped, template);
    }
    references(&name);
}

fn environment(base: &str, file: &str) {
    let mut environment = ContainerEnvironment::new(base.split('\n'));
    if environment.set_lines(file).is_err() {
        return;
    }
    let entries = environment.into_entries();
    assert!(entries.iter().all(|entry| entry.contains('=')));
}

/// What is shown of a reference parses to the same.
fn references(name: &str) {
    if let Ok(repository) = name.parse::<Repository>() {
        assert_eq!(repository.to_string(), name);
        assert!(repository.under("127.0.0.1:5000/a").unwrap().is_loopback());
    }
    if let Ok(tag) = name.parse::<LocalTag>() {
        assert_eq!(tag.to_string(), name);
        assert!(tag.qualified().parse::<LocalTag>().is_ok());
    }
    if let Ok(platform) = name.parse::<Platform>() {
        assert_eq!(platform.to_string(), name);
        assert_eq!(platform.distance(&platform), Some(0));
        assert!(platform.is_same(&platform.normal()));
    }
    if let Ok(digest) = name.parse::<Digest>() {
        assert_eq!(digest.to_string(), name);
    }
}
