//! Fills the files below `templates/`, which are part of the program.

use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

use crate::Error;

/// One file below `templates/`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Template {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
}

/// A template, by its path below `templates/` without its ending: with their own endings Bazel and the linters would take
/// templates for what they become.
macro_rules! template {
    ($name:literal) => {
        Template { name: $name, text: include_str!(concat!("../templates/", $name, ".jinja")) }
    };
}

/// The services in compose's file.
pub(crate) const COMPOSE_SERVICES: Template = template!("compose_services.yaml");

/// The volumes in compose's file.
pub(crate) const COMPOSE_VOLUMES: Template = template!("compose_volumes.yaml");

/// The configurations and secrets for Kubernetes.
pub(crate) const KUBERNETES_CONFIG: Template = template!("kubernetes_config.yaml");

/// A service's manifest for Kubernetes.
pub(crate) const KUBERNETES_SERVICE: Template = template!("kubernetes_service.yaml");

/// What a new service begins with, and where it goes: `NAME` stands for the service's name.
pub(crate) const NEW_SERVICE: [(Template, &str); 9] = [
    (template!("service/build/BUILD.bazel"), "build/NAME/BUILD.bazel"),
    (template!("service/build/Cargo.toml"), "build/NAME/Cargo.toml"),
    (template!("service/build/main.rs"), "build/NAME/main.rs"),
    (template!("service/config.toml"), "dev/config/NAME.toml"),
    (template!("service/svc/BUILD.bazel"), "svc/NAME/BUILD.bazel"),
    (template!("service/svc/Cargo.toml"), "svc/NAME/Cargo.toml"),
    (template!("service/svc/src/config.rs"), "svc/NAME/src/config.rs"),
    (template!("service/svc/src/lib.rs"), "svc/NAME/src/lib.rs"),
    (template!("service/svc/src/routes.rs"), "svc/NAME/src/routes.rs"),
];

impl Template {
    /// The text with these values in it.
    pub(crate) fn fill(self, values: &impl Serialize) -> Result<String, Error> {
        let mut environment = Environment::empty();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment.set_keep_trailing_newline(true);
        let filled = environment.render_str(self.text, values);
        filled.map_err(|source| Error::Template { name: self.name, source })
    }
}
