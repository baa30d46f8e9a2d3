//! What can go wrong with services, and what to do about it.

use std::io;

use terminal::{Diagnostic, Verdict};

use crate::facts;

/// Every error of this crate. Paths are relative to the repository; names are as typed, printable.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file cannot be written or removed.
    #[error("cannot write `{path}`")]
    Write {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A text is not the name of a service.
    #[error(transparent)]
    Name(#[from] release_tag::Error),
    /// The folders of the services cannot be listed.
    #[error("cannot list the services in `build/`")]
    List(#[source] Box<Error>),
    /// A folder calls `service_image` and has a name that no service can have.
    #[error("`build/{folder}` calls `service_image`")]
    Folder {
        /// The folder.
        folder: String,
        /// What is wrong with its name.
        #[source]
        source: release_tag::Error,
    },
    /// There is no service of that name.
    #[error("unknown service `{name}`, known are {known}")]
    Unknown {
        /// The name.
        name: String,
        /// All names, with backticks and commas.
        known: String,
        /// The name that looks most like it.
        nearest: Option<String>,
    },
    /// A service has no configuration.
    #[error("the service `{service}` has no configuration `{path}`")]
    NoConfiguration {
        /// The service.
        service: String,
        /// Where it has to be.
        path: String,
    },
    /// A configuration is not TOML, or a key has another type.
    #[error("`{path}` cannot be read as a configuration")]
    Configuration {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// With the value of a key, the service cannot be run in a container.
    #[error("`{path}`: `{key}` {reason}")]
    Value {
        /// The file.
        path: String,
        /// The key.
        key: &'static str,
        /// What is wrong.
        reason: &'static str,
    },
    /// Two services publish the same port of this machine.
    #[error("`{service}` and `{other}` both listen on port {port}")]
    Port {
        /// The later one.
        service: String,
        /// The earlier one.
        other: String,
        /// The port.
        port: u16,
    },
    /// A file that names services between marked lines is not there.
    #[error("there is no `{path}`, which names services between lines of its own")]
    NoFile {
        /// The file.
        path: &'static str,
    },
    /// A file does not have the marked lines exactly once, with an end.
    #[error("`{path}` has {problem}")]
    Region {
        /// The file.
        path: String,
        /// What is there or is not: `no line ...`.
        problem: String,
    },
    /// A template does not fit what it is filled with: a mistake in this crate, which its tests find.
    #[error("the template `{name}` cannot be filled")]
    Template {
        /// The template.
        name: &'static str,
        /// Why.
        #[source]
        source: minijinja::Error,
    },
    /// A file or folder of the new service is there already.
    #[error("`{name}` exists: `{path}` is there")]
    Exists {
        /// The service.
        name: String,
        /// The file or folder.
        path: String,
    },
    /// A crate has the name of the new service.
    #[error("`{name}` cannot be the name of a service: `Cargo.lock` has a crate `{package}`")]
    Crate {
        /// The service.
        name: String,
        /// The crate.
        package: String,
    },
    /// A description that cannot be used.
    #[error("the description `{text}` {reason}")]
    Description {
        /// The description.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl Diagnostic for Error {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Name(error) | Self::Folder { source: error, .. } => return error.hint(),
            Self::Unknown { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            Self::NoConfiguration { path, .. } => {
                format!("write `{path}`, with at least `listen = \"0.0.0.0:<port>\"`")
            }
            Self::Port { service, .. } => format!("give `listen` another port in `{}`", facts::path(service)),
            Self::Region { .. } | Self::NoFile { .. } => "take the lines from an earlier commit of the file".to_owned(),
            Self::Exists { .. } | Self::Crate { .. } => "choose another name".to_owned(),
            Self::Description { .. } => "write what the service does in one line: `Bills customers`".to_owned(),
            _ => return None,
        })
    }

    fn verdict(&self) -> Verdict {
        match self {
            Self::Name(_)
            | Self::Unknown { .. }
            | Self::Exists { .. }
            | Self::Crate { .. }
            | Self::Description { .. } => Verdict::Refused,
            _ => Verdict::Unknown,
        }
    }
}
