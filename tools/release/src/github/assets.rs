//! The files of a release on GitHub ("REST API endpoints for release assets").
//!
//! Owns what GitHub says of a file and how one gets there. Nothing here replaces anything: what to do about a file that is there is
//! the caller's decision.

use std::io::Write as _;
use std::path::PathBuf;

use oci::digest::DigestWriter;
use reqwest::Url;
use serde::Deserialize;

use super::client::Sending;
use super::{GitHub, GitHubError, Release};

/// What all names of hosts for uploads begin with where those of APIs begin with `api.`.
const UPLOADS: &str = "uploads.";
const API: &str = "api.";

/// A file that a release should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseFile {
    /// What it is called there.
    pub name: String,
    /// Where it is here.
    pub path: PathBuf,
    /// In bytes.
    pub size: u64,
    /// `sha256:` and 64 digits.
    pub digest: String,
}

/// A file that a release has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Asset {
    /// GitHub's number.
    #[serde(default)]
    pub id: u64,
    /// As GitHub has it: it takes some characters for others.
    pub name: String,
    /// `uploaded`, or `starter` where an upload broke off.
    #[serde(default)]
    pub state: String,
    /// In bytes.
    #[serde(default)]
    pub size: u64,
    /// `sha256:` and 64 digits; an older GitHub does not say.
    #[serde(default)]
    pub digest: Option<String>,
}

/// What a file on GitHub is to one here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// The rest of an upload that broke off.
    Unfinished,
    /// The same bytes.
    Same,
    /// As many bytes; which ones GitHub does not say.
    Untold,
    /// Other bytes.
    Different,
}

impl Asset {
    /// Compares it with a file of its name.
    #[must_use]
    pub fn compare(&self, file: &ReleaseFile) -> Likeness {
        if self.state == "starter" {
            return Likeness::Unfinished;
        }
        match &self.digest {
            _ if self.state != "uploaded" || self.size != file.size => Likeness::Different,
            Some(digest) if *digest == file.digest => Likeness::Same,
            Some(_) => Likeness::Different,
            None => Likeness::Untold,
        }
    }
}

/// Whether GitHub leaves a name as it is: it "renames asset filenames that have special characters, non-alphanumeric characters,
/// and leading or trailing periods", and does not say to what.
#[must_use]
pub fn keeps_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !name.is_empty() && name.bytes().all(is_plain) && !name.starts_with('.') && !name.ends_with('.')
}

impl GitHub {
    /// The files that a release has by now.
    ///
    /// # Errors
    /// When GitHub does not answer.
    pub async fn assets(&self, release: &Release) -> Result<Vec<Asset>, GitHubError> {
        let operation = format!("list the files of the release of `{}`", release.tag_name);
        self.list(&["releases", &release.id.to_string(), "assets"], &operation).await
    }

    /// Removes what an upload that broke off has left.
    ///
    /// # Errors
    /// When GitHub does not do it.
    pub async fn remove_asset(&self, asset: &Asset) -> Result<(), GitHubError> {
        let url = self.url(&["releases", "assets", &asset.id.to_string()]);
        self.delete(url, &format!("remove what is left of `{}`", asset.name)).await
    }

    /// The digest of a file on GitHub, of all its bytes: for one that does not say.
    ///
    /// # Errors
    /// When GitHub does not answer, or breaks off.
    pub async fn asset_digest(&self, asset: &Asset) -> Result<String, GitHubError> {
        let operation = format!("read `{}`", asset.name);
        let url = self.url(&["releases", "assets", &asset.id.to_string()]);
        let mut response = self.open(url, &operation).await?;
        let transport = |source| GitHubError::Transport { operation: operation.clone(), source };
        let mut digest = DigestWriter::default();
        while let Some(chunk) = response.chunk().await.map_err(transport)? {
            // A hash takes everything.
            let _ = digest.write_all(&chunk);
        }
        Ok(digest.finish().to_string())
    }

    /// Sends a file to a release. Once: what came of it is to be looked up where the answer got lost.
    ///
    /// # Errors
    /// When GitHub does not take it, or the file cannot be read.
    pub async fn upload(&self, release: &Release, file: &ReleaseFile) -> Result<Asset, GitHubError> {
        let mut url = self.upload_url(release)?;
        url.query_pairs_mut().append_pair("name", &file.name);
        let transfer = self.progress().start(&format!("{}: {}", release.tag_name, file.name), file.size);
        let sending = Sending { path: &file.path, size: file.size, transfer: transfer.clone() };
        let asset = self.post_file(url, &sending, &format!("send `{}`", file.name)).await?;
        transfer.finish();
        Ok(asset)
    }

    /// Where files of a release are sent to, as GitHub says: `https://uploads.github.com/.../assets{?name,label}`. The token goes
    /// along, so it is believed only where that is GitHub's.
    fn upload_url(&self, release: &Release) -> Result<Url, GitHubError> {
        let text = release.upload_url.as_deref().unwrap_or_default();
        let foreign = || GitHubError::UploadUrl { url: terminal::printable::name(text.as_ref()) };
        let url = Url::parse(text.split('{').next().unwrap_or_default()).map_err(|_| foreign())?;
        if http_client::is_allowed(&url) && belongs_to(&url, self.base()) { Ok(url) } else { Err(foreign()) }
    }
}

/// Whether a place for uploads is the API's: `uploads.github.com` of `api.github.com`, `uploads.NAME.ghe.com` of `api.NAME.ghe.com`,
/// or below `/api/uploads/` on the host that has `/api/v3/`. One that stands in for GitHub on this machine has both in one place.
fn belongs_to(url: &Url, api: &Url) -> bool {
    if url.username() != "" || url.password().is_some() {
        return false;
    }
    if url.origin() == api.origin() {
        return true;
    }
    let host = |url: &Url, start| url.host_str().and_then(|host| host.strip_prefix(start)).map(str::to_owned);
    let is_neighbour = host(url, UPLOADS).is_some_and(|rest| host(api, API) == Some(rest));
    is_neighbour && url.scheme() == api.scheme() && url.port_or_known_default() == api.port_or_known_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_travels_to_github_alone() {
        let belongs = |url: &str, api: &str| belongs_to(&Url::parse(url).unwrap(), &Url::parse(api).unwrap());
        for (url, api) in [
            ("https://uploads.github.com/repos/o/r/releases/1/assets", "https://api.github.com/"),
            ("https://uploads.o.ghe.com/repos/o/r/releases/1/assets", "https://api.o.ghe.com/"),
            ("https://ghe.example/api/uploads/repos/o/r/releases/1/assets", "https://ghe.example/api/v3/"),
            ("http://127.0.0.1:8080/repos/o/r/releases/1/assets", "http://127.0.0.1:8080/"),
        ] {
            assert!(belongs(url, api), "{url}");
        }
        for (url, api) in [
            ("https://uploads.evil.example/", "https://api.github.com/"),
            ("https://uploads.github.com.evil.example/", "https://api.github.com/"),
            ("https://github.com/", "https://api.github.com/"),
            ("https://uploads.github.com:8443/", "https://api.github.com/"),
            ("https://u:p@uploads.github.com/", "https://api.github.com/"),
            ("http://uploads.github.com/", "https://api.github.com/"),
            ("https://uploads.ghe.example/", "https://ghe.example/api/v3/"),
            ("http://127.0.0.1:8081/", "http://127.0.0.1:8080/"),
        ] {
            assert!(!belongs(url, api), "{url}");
        }
    }

    #[test]
    fn names_that_github_changes_are_known() {
        for name in ["unkey_1.2.3_linux_amd64.tar.gz", "checksums.txt", "unkey-1.2.3-1.x86_64.rpm"] {
            assert!(keeps_name(name), "{name}");
        }
        for name in ["", ".unkey", "unkey.", "a~b.deb", "a+b", "a b", "a/b", "\u{e9}", "a(1)"] {
            assert!(!keeps_name(name), "{name}");
        }
    }

    #[test]
    fn files_are_compared_by_all_that_is_known() {
        let file = ReleaseFile { name: "a".to_owned(), path: PathBuf::new(), size: 3, digest: "sha256:aa".to_owned() };
        let asset = |state: &str, size, digest: Option<&str>| {
            let (state, digest) = (state.to_owned(), digest.map(str::to_owned));
            Asset { id: 1, name: "a".to_owned(), state, size, digest }.compare(&file)
        };
        assert_eq!(asset("uploaded", 3, Some("sha256:aa")), Likeness::Same);
        assert_eq!(asset("uploaded", 3, Some("sha256:bb")), Likeness::Different);
        assert_eq!(asset("uploaded", 4, Some("sha256:aa")), Likeness::Different);
        assert_eq!(asset("uploaded", 3, None), Likeness::Untold);
        assert_eq!(asset("uploaded", 4, None), Likeness::Different);
        assert_eq!(asset("starter", 0, None), Likeness::Unfinished);
        assert_eq!(asset("open", 3, Some("sha256:aa")), Likeness::Different);
    }
}
