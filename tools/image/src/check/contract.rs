//! The contract that a service's images are held to: what stands in the file, and what of it is valid.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::Error;

/// The largest contract file, in bytes.
const LIMIT: u64 = 1024 * 1024;

/// What a service's images must be. A field that is absent asks for nothing; rules that need no value (no shell, not
/// root, nothing setuid) hold under every contract.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Contract {
    /// The service's path in the image, absolute and at the top: `/api`. The one file above the base, and the
    /// whole entrypoint.
    pub binary: Option<String>,
    /// Layouts of the base, one a platform or one with an index; relative to the current directory. None: the image
    /// is made from scratch, every layer is above the base.
    pub base_layouts: Vec<PathBuf>,
    /// Exactly these, as `linux/amd64`. `linux/arm64` and `linux/arm64/v8` are the same.
    pub platforms: Option<Vec<String>>,
    /// Numeric user, `65532` or `65532:65532`.
    pub user: Option<String>,
    /// Labels that must have exactly these values; further ones may exist.
    pub labels: BTreeMap<String, String>,
    /// Labels that must exist and not be empty.
    pub required_labels: Vec<String>,
    /// Whether `created` is the commit's time (true) or the epoch (false).
    pub stamped: Option<bool>,
    /// Modification time of the binary in seconds since the epoch. Absent: the same on all platforms is enough.
    pub mtime: Option<u64>,
}

impl Contract {
    /// Reads and validates the contract in `path`.
    ///
    /// # Errors
    /// When the file cannot be read, is not the JSON of a contract, or asks for something impossible.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(LIMIT).read_to_end(&mut bytes))
            .map_err(|source| Error::ReadContract { path: path.to_path_buf(), source })?;
        let contract: Self =
            serde_json::from_slice(&bytes).map_err(|source| Error::Contract { path: path.to_path_buf(), source })?;
        contract.validate(path)?;
        Ok(contract)
    }

    fn validate(&self, path: &Path) -> Result<(), Error> {
        let refuse = |field, value: &str, expected| {
            Err(Error::ContractField { path: path.to_path_buf(), field, value: value.to_owned(), expected })
        };
        if let Some(binary) = &self.binary
            && !is_top_level(binary)
        {
            return refuse("binary", binary, "an absolute path at the top, such as `/api`");
        }
        if let Some(user) = &self.user
            && user.split(':').any(|id| id.parse::<u32>().map_or(true, |id| id == 0))
        {
            return refuse("user", user, "a number other than 0, such as `65532`");
        }
        for platform in self.platforms.iter().flatten() {
            let parts = platform.split('/').count();
            if !(2..=3).contains(&parts) || platform.split('/').any(str::is_empty) {
                return refuse("platforms", platform, "os/architecture, such as `linux/amd64`");
            }
        }
        Ok(())
    }
}

fn is_top_level(path: &str) -> bool {
    path.strip_prefix('/').is_some_and(|name| !name.is_empty() && !name.contains('/') && name != "." && name != "..")
}
