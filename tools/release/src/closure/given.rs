//! Closures out of a file, as `release closure --json` prints them: for many runs on the same commit, and where there is no
//! Bazel.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Closure, ClosureError, Closures, read};

/// The closures of a file: an object, from service to closure.
#[derive(Debug)]
pub struct GivenClosures {
    path: PathBuf,
    closures: BTreeMap<String, Closure>,
}

impl GivenClosures {
    /// Reads the file.
    ///
    /// # Errors
    /// When it cannot be read or has another form.
    pub fn read(path: &Path) -> Result<Self, ClosureError> {
        let closures = serde_json::from_str(&read(path)?).map_err(|error| ClosureError::Parse {
            path: path.to_owned(),
            kind: "file of closures",
            message: error.to_string(),
        })?;
        Ok(Self { path: path.to_owned(), closures })
    }
}

impl Closures for GivenClosures {
    fn closures(&self, services: &[&str]) -> Result<BTreeMap<String, Closure>, ClosureError> {
        let closure = |service: &&str| {
            let missing = || ClosureError::NotGiven { path: self.path.clone(), service: (*service).to_owned() };
            let (service, closure) = self.closures.get_key_value(*service).ok_or_else(missing)?;
            Ok((service.clone(), closure.clone()))
        };
        services.iter().map(closure).collect()
    }
}
