//! The folder that GoReleaser leaves, `dist`, and the copy of it that travels from one step of a release to the next.
//!
//! Owns which of its files are released, and that a copy is what was built: of which tag and commit it is, and the digest of every file
//! stand in `release.json`, which is written last.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Component, Path, PathBuf};

use release_tag::Tag;
use serde::{Deserialize, Serialize};

use super::ClientError;
use crate::build::checkout::remove;
use crate::check::Checked;
use crate::github::ReleaseFile;
use crate::github::assets::keeps_name;

/// What GoReleaser writes about all that it has made.
const ARTIFACTS: &str = "artifacts.json";

/// What this tool writes into a copy.
const RECORD: &str = "release.json";

/// The licence's text, in a commit and in a copy.
pub(super) const LICENSE: &str = "LICENSE";

/// The kinds of files that a release on GitHub has, as GoReleaser calls them.
const ATTACHED: [&str; 4] = [ARCHIVE, PACKAGE, CHECKSUM, "Homebrew Cask"];
const ARCHIVE: &str = "Archive";
const PACKAGE: &str = "Linux Package";
const CHECKSUM: &str = "Checksum";

/// What npm's packages are made of.
const BINARY: &str = "Binary";

/// One file that GoReleaser has made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// What it is called where it is published.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// As GoReleaser calls it.
    pub kind: String,
    /// Go's GOOS; empty for what is of no platform.
    pub system: String,
    /// Go's GOARCH.
    pub machine: String,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    path: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    goos: String,
    #[serde(default)]
    goarch: String,
}

/// Which release a copy is of.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    tag: String,
    commit: String,
    /// Each file's digest, by its path in the folder.
    files: BTreeMap<String, String>,
}

/// A folder with everything that a release of the client is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dist {
    folder: PathBuf,
    artifacts: Vec<Artifact>,
    attached: Vec<ReleaseFile>,
}

impl Dist {
    /// The folder that GoReleaser has left.
    ///
    /// # Errors
    /// When it does not have what a release needs.
    pub fn made(folder: &Path) -> Result<Self, ClientError> {
        let artifacts = artifacts(folder)?;
        let attached = attached(&artifacts)?;
        let dist = Self { folder: folder.to_owned(), artifacts, attached };
        dist.check_sums()?;
        Ok(dist)
    }

    /// The copy for this release in a folder; nothing where the folder is empty or not there.
    ///
    /// # Errors
    /// When there is something else in it, or a file has changed since it was made.
    pub fn open(folder: &Path, checked: &Checked) -> Result<Option<Self>, ClientError> {
        let is_empty = match fs::read_dir(folder) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
            Err(error) => return Err(ClientError::at(folder)(error)),
        };
        if is_empty {
            return Ok(None);
        }
        let foreign = |problem: String| foreign(folder, &checked.tag, problem);
        let path = folder.join(RECORD);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(foreign(format!("it has no `{RECORD}`")));
            }
            result => result.map_err(ClientError::at(&path))?,
        };
        let record: Record =
            serde_json::from_slice(&text).map_err(|_| foreign(format!("its `{RECORD}` is not understood")))?;
        let (tag, commit) = (checked.tag.to_string(), checked.commit.to_string());
        if (&record.tag, &record.commit) != (&tag, &commit) {
            let is = |text: &str| terminal::printable::start(text, 100);
            return Err(foreign(format!("it is of `{}`, commit {}", is(&record.tag), is(&record.commit))));
        }
        for (name, digest) in &record.files {
            let path = inside(folder, name).ok_or_else(|| foreign(format!("`{name}` is not in it")))?;
            if !path.is_file() || digest_of(&path)?.0 != *digest {
                return Err(foreign(format!("`{name}` is not what was built")));
            }
        }
        let dist = Self::made(folder)?;
        let is_recorded = |path: &Path| {
            let name = path.strip_prefix(folder).ok().and_then(Path::to_str);
            name.is_some_and(|name| record.files.contains_key(name))
        };
        let used = dist.artifacts.iter().map(|artifact| artifact.path.clone());
        match used.chain([folder.join(ARTIFACTS), dist.license()]).find(|path| !is_recorded(path)) {
            None => Ok(Some(dist)),
            Some(path) => Err(foreign(format!("its `{RECORD}` does not have `{}`", path.display()))),
        }
    }

    /// Copies it to where it stays, with the licence's text, and writes down of which release it is. What is there is replaced.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn keep(&self, place: &Path, checked: &Checked, license: &Path) -> Result<Self, ClientError> {
        // Beside it, also where its name was typed with a `/` at the end.
        let place: &Path = &place.components().collect::<PathBuf>();
        let mut unfinished = place.as_os_str().to_owned();
        unfinished.push(".unfinished");
        let unfinished = PathBuf::from(unfinished);
        remove(&unfinished).map_err(ClientError::at(&unfinished))?;
        let mut files = BTreeMap::new();
        copy(&self.folder, &unfinished, "", &mut files)?;
        copy_file(license, &unfinished, LICENSE, &mut files)?;
        let record = Record { tag: checked.tag.to_string(), commit: checked.commit.to_string(), files };
        let path = unfinished.join(RECORD);
        let text = serde_json::to_string_pretty(&record).map_err(|source| parse(&path, source))?;
        fs::write(&path, text + "\n").map_err(ClientError::at(&path))?;
        // With a name or not at all.
        remove(place).map_err(ClientError::at(place))?;
        fs::rename(&unfinished, place).map_err(ClientError::at(place))?;
        Self::made(place)
    }

    /// Where it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The licence's text, in a copy.
    #[must_use]
    pub fn license(&self) -> PathBuf {
        self.folder.join(LICENSE)
    }

    /// What the release on GitHub has.
    #[must_use]
    pub fn attached(&self) -> &[ReleaseFile] {
        &self.attached
    }

    /// The binaries, of any platform.
    #[must_use]
    pub fn binaries(&self) -> Vec<&Artifact> {
        self.artifacts.iter().filter(|artifact| artifact.kind == BINARY).collect()
    }

    /// The archives, of any platform.
    #[must_use]
    pub fn archives(&self) -> Vec<&Artifact> {
        self.artifacts.iter().filter(|artifact| artifact.kind == ARCHIVE).collect()
    }

    /// Holds archives and packages against the file of checksums that people will hold them against.
    fn check_sums(&self) -> Result<(), ClientError> {
        let mut sums = BTreeMap::new();
        for list in self.artifacts.iter().filter(|artifact| artifact.kind == CHECKSUM) {
            let text = fs::read_to_string(&list.path).map_err(ClientError::at(&list.path))?;
            sums.extend(text.lines().filter_map(sum));
        }
        let summed = self.artifacts.iter().filter(|artifact| [ARCHIVE, PACKAGE].contains(&artifact.kind.as_str()));
        for artifact in summed {
            let file = self.attached.iter().find(|file| file.name == artifact.name);
            let problem = match (sums.get(&artifact.name), file) {
                (None, _) => "is in no list of checksums",
                (Some(sum), Some(file)) if file.digest != format!("sha256:{sum}") => "is not what its checksum says",
                _ => continue,
            };
            return Err(ClientError::artifacts(format!("`{}` {problem}", artifact.name)));
        }
        Ok(())
    }
}

/// `HEX  NAME`, and `HEX *NAME` as some write it.
fn sum(line: &str) -> Option<(String, String)> {
    let (sum, name) = line.split_once(' ')?;
    Some((name.trim_start_matches([' ', '*']).to_owned(), sum.to_ascii_lowercase()))
}

fn artifacts(folder: &Path) -> Result<Vec<Artifact>, ClientError> {
    let path = folder.join(ARTIFACTS);
    let text = fs::read(&path).map_err(ClientError::at(&path))?;
    let entries: Vec<Entry> = serde_json::from_slice(&text).map_err(|source| parse(&path, source))?;
    let is_used = |entry: &Entry| entry.kind == BINARY || ATTACHED.contains(&entry.kind.as_str());
    let artifact = |entry: Entry| {
        // Relative to the folder that `dist` was made in.
        let path = entry.path.strip_prefix("dist/").and_then(|path| inside(folder, path));
        let path = path.filter(|path| path.is_file()).ok_or_else(|| {
            let path = terminal::printable::start(&entry.path, 200);
            ClientError::artifacts(format!("`{path}` is no file in `dist`"))
        })?;
        Ok(Artifact { name: entry.name, path, kind: entry.kind, system: entry.goos, machine: entry.goarch })
    };
    entries.into_iter().filter(is_used).map(artifact).collect()
}

/// What the release on GitHub has, by name: archives among it, and a list of checksums.
fn attached(artifacts: &[Artifact]) -> Result<Vec<ReleaseFile>, ClientError> {
    for kind in [ARCHIVE, CHECKSUM] {
        if !artifacts.iter().any(|artifact| artifact.kind == kind) {
            return Err(ClientError::artifacts(format!("there is no `{kind}`")));
        }
    }
    let mut files: Vec<ReleaseFile> = Vec::new();
    for artifact in artifacts.iter().filter(|artifact| ATTACHED.contains(&artifact.kind.as_str())) {
        let name = terminal::printable::start(&artifact.name, 200);
        if !keeps_name(&artifact.name) {
            return Err(ClientError::artifacts(format!("GitHub would give `{name}` another name")));
        }
        if files.iter().any(|file| file.name == artifact.name) {
            return Err(ClientError::artifacts(format!("there are several `{name}`")));
        }
        let (digest, size) = digest_of(&artifact.path)?;
        files.push(ReleaseFile { name, path: artifact.path.clone(), size, digest });
    }
    files.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(files)
}

/// A path in a folder, where it does not lead out of it.
fn inside(folder: &Path, path: &str) -> Option<PathBuf> {
    let path = Path::new(path);
    let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    (is_plain && path.components().next().is_some()).then(|| folder.join(path))
}

/// The digest and the size of a file.
pub(super) fn digest_of(path: &Path) -> Result<(String, u64), ClientError> {
    let read = || oci::digest::of_reader(&mut File::open(path)?);
    let (digest, size) = read().map_err(ClientError::at(path))?;
    Ok((digest.to_string(), size))
}

/// Copies the files of a folder and of those in it. What is hidden is left behind: a workflow's artifacts do not have it.
fn copy(from: &Path, to: &Path, name: &str, files: &mut BTreeMap<String, String>) -> Result<(), ClientError> {
    let folder = from.join(name);
    for entry in fs::read_dir(&folder).map_err(ClientError::at(&folder))? {
        let entry = entry.map_err(ClientError::at(&folder))?;
        let kind = entry.file_type().map_err(ClientError::at(&folder))?;
        let last = entry.file_name().to_str().map(str::to_owned);
        let Some(last) = last.filter(|last| !last.starts_with('.')) else { continue };
        let name = if name.is_empty() { last } else { format!("{name}/{last}") };
        if kind.is_dir() {
            copy(from, to, &name, files)?;
        } else if from.join(&name).is_file() && name != RECORD {
            // Where a link leads to, too: a copy is of one piece.
            copy_file(&from.join(&name), to, &name, files)?;
        }
    }
    Ok(())
}

fn copy_file(from: &Path, folder: &Path, name: &str, files: &mut BTreeMap<String, String>) -> Result<(), ClientError> {
    let path = folder.join(name);
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(ClientError::at(parent))?;
    fs::copy(from, &path).map_err(ClientError::at(&path))?;
    files.insert(name.to_owned(), digest_of(&path)?.0);
    Ok(())
}

fn parse(path: &Path, source: serde_json::Error) -> ClientError {
    ClientError::Parse { path: path.to_owned(), source }
}

fn foreign(folder: &Path, tag: &Tag, problem: String) -> ClientError {
    ClientError::Foreign { folder: folder.to_owned(), tag: tag.clone(), problem }
}

#[cfg(test)]
mod tests;
