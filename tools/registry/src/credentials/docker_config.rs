//! A configuration with credentials in it: docker's `config.json`, podman's `auth.json`, which is the same in small.
//!
//! Read leniently: what is not the registry's in question is not looked at, so that no entry of another one is in the way.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use serde_json::{Map, Value};

use super::Credentials;
use super::entry::{self, member};
use super::helper::Helper;
use super::key::Wanted;
use super::place::Place;
use crate::Error;
use oci::layout::JSON_LIMIT;

pub(crate) const AUTHS: &str = "auths";
const HELPERS: &str = "credHelpers";
const STORE: &str = "credsStore";

/// What some editors put in front of a text, and docker does not take.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The document and where it is.
#[derive(Debug)]
pub(crate) struct DockerConfig {
    place: Place,
    pub(crate) members: Map<String, Value>,
}

impl DockerConfig {
    /// Reads a file, or nothing where there is none. A file in the place of its folder is a mistake: who names
    /// `config.json` itself means that one.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, Error> {
        let place = || Place::File(path.to_owned());
        let bytes = match read(path) {
            Ok(bytes) => bytes,
            Err(_) if path.parent().is_some_and(Path::is_file) => {
                return Err(Error::ConfigFolder { path: path.to_owned() });
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(source) => return Err(Error::ReadConfig { place: place(), source }),
        };
        Self::parse(place(), &bytes).map(Some)
    }

    /// An empty text, which a container's volume or `touch` leaves, is an empty configuration, and `null` is too.
    pub(crate) fn parse(place: Place, bytes: &[u8]) -> Result<Self, Error> {
        let broken = |reason: &str| Error::Config { place: place.clone(), reason: reason.to_owned() };
        if bytes.starts_with(BYTE_ORDER_MARK) {
            return Err(broken("it begins with a byte order mark, which docker does not read either"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| broken("it is not UTF-8"))?;
        if text.trim().is_empty() {
            return Ok(Self { place, members: Map::new() });
        }
        match serde_json::from_str(text) {
            Ok(Value::Object(members)) => Ok(Self { place, members }),
            Ok(Value::Null) => Ok(Self { place, members: Map::new() }),
            Ok(_) => Err(broken("it is not an object")),
            Err(source) => Err(Error::ConfigSyntax { place, source }),
        }
    }

    /// The helper that keeps what is wanted: the registry's own, or the one of all registries. An empty name is none: it is
    /// how a registry is taken out of the store's hands.
    pub(crate) fn helper(&self, wanted: &Wanted) -> Result<Option<Helper>, Error> {
        let own = self
            .object(HELPERS)?
            .and_then(|helpers| wanted.select(helpers.keys()).first().and_then(|key| helpers.get(*key)));
        let (value, part) = match own {
            Some(value) => (Some(value), HELPERS),
            None => (member(&self.members, STORE), STORE),
        };
        match value {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(name)) if name.is_empty() => Ok(None),
            Some(Value::String(name)) => Helper::new(name).map(Some).map_err(|source| self.helper_failed(source)),
            Some(_) => Err(self.wrong_kind(part)),
        }
    }

    /// What the document itself has, the most telling entry first. One that says nobody, which is how docker lists what a
    /// helper keeps, leaves it to the others.
    pub(crate) fn stored(&self, wanted: &Wanted) -> Result<Credentials, Error> {
        let Some(entries) = self.object(AUTHS)? else { return Ok(Credentials::Anonymous) };
        for key in wanted.select(entries.keys()) {
            let found = entry::decode(&entries[key]).map_err(|reason| Error::ConfigEntry {
                place: self.place.clone(),
                key: key.to_owned(),
                reason,
            })?;
            if found != Credentials::Anonymous {
                return Ok(found);
            }
        }
        Ok(Credentials::Anonymous)
    }

    /// The error for a helper that this document names.
    pub(crate) fn helper_failed(&self, source: Error) -> Error {
        Error::Helper { place: self.place.clone(), source: Box::new(source) }
    }

    /// The error for a part that is something else than docker makes of it.
    pub(crate) fn wrong_kind(&self, part: &str) -> Error {
        let reason = format!("its `{part}` is of the wrong kind");
        Error::Config { place: self.place.clone(), reason }
    }

    fn object(&self, part: &str) -> Result<Option<&Map<String, Value>>, Error> {
        match member(&self.members, part) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(members)) => Ok(Some(members)),
            Some(_) => Err(self.wrong_kind(part)),
        }
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(JSON_LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > JSON_LIMIT {
        return Err(io::Error::other(format!("it is longer than {JSON_LIMIT} bytes")));
    }
    Ok(bytes)
}
