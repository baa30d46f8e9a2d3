//! A stand-in for GitHub's REST API: an HTTP server on a free port of this machine that answers the requests of a client of
//! releases, of their files and of the settings that they rely on, for one repository.
//!
//! A test says which tokens, settings and releases there are, replaces single answers by [`GitHub::next`], and looks at what
//! was asked and what came of it. Stricter than GitHub in one thing: nothing is told to anybody without a token. Owns no git:
//! a published release makes no tag.

mod assets;
mod endpoints;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Response, Uri};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

/// What a request is answered with.
pub type Answer = Response<Bytes>;

/// What a token may do, each right with those before it. Every token can read the repository and its rulesets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rights {
    /// A job without `contents` among its permissions.
    None,
    /// `contents: read`. Drafts cannot be seen.
    Read,
    /// `contents: write`.
    Write,
    /// Whoever may also read the repository's settings. The token of a workflow never may.
    Administration,
}

/// The settings of the repository.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Whether published releases cannot be changed. Only told, not enforced.
    pub immutable_releases: bool,
    /// Whether files are told without their digests, as by an older GitHub.
    pub hides_digests: bool,
    /// As GitHub tells each by its number; [`tag_ruleset`] makes one.
    pub rulesets: Vec<Value>,
}

/// A release, in GitHub's form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Release {
    /// GitHub's number; given when the release is added.
    pub id: u64,
    /// Its tag.
    pub tag_name: String,
    /// Its title.
    pub name: Option<String>,
    /// Its notes.
    pub body: Option<String>,
    /// Whether only those see it who may write.
    pub draft: bool,
    /// Whether it says "Pre-release".
    pub prerelease: bool,
    /// Whether it was asked to become GitHub's "latest release". GitHub never tells.
    #[serde(skip_serializing)]
    pub make_latest: Option<String>,
    /// The documents of its files.
    pub assets: Vec<Value>,
    /// Where more of them are sent to; given when the release is added.
    pub upload_url: String,
    /// Where people read it; given when the release is added.
    pub html_url: String,
}

impl Release {
    /// A draft with nothing in it.
    pub fn draft(tag_name: &str) -> Self {
        Self { draft: true, ..Self::published(tag_name) }
    }

    /// A published release with nothing in it.
    pub fn published(tag_name: &str) -> Self {
        Self { tag_name: tag_name.to_owned(), ..Self::default() }
    }
}

/// A request that has arrived whole.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Such as `GET`.
    pub method: Method,
    /// The path, with its query.
    pub uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

/// Replaces one answer: is given what makes the ordinary one, and returns what is sent; where that is none, the connection
/// ends without an answer.
type Replacement = Box<dyn FnOnce(&dyn Fn() -> Answer) -> Option<Answer> + Send>;

/// Everything that the stand-in knows.
#[derive(Default)]
struct Known {
    address: String,
    repository: String,
    settings: Settings,
    /// The oldest first.
    releases: Vec<Release>,
    last_id: u64,
    /// What is in the files of releases, by their numbers.
    contents: BTreeMap<u64, Bytes>,
    /// How many uploads break off.
    broken_uploads: usize,
    tokens: Vec<(String, Rights)>,
    requests: Vec<Asked>,
    /// By method and path.
    replacements: Vec<(String, String, Replacement)>,
}

/// A running stand-in.
pub struct GitHub {
    known: Arc<Mutex<Known>>,
    url: String,
    runtime: Option<Runtime>,
}

impl GitHub {
    /// Starts one that has the repository `owner/name`, without releases, and knows no token.
    pub fn start(repository: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a listener that does not block");
        let address = listener.local_addr().expect("an address").to_string();
        let url = format!("http://{address}");
        let known = Known { address, repository: repository.to_owned(), ..Known::default() };
        let known = Arc::new(Mutex::new(known));
        let router = Router::new().fallback(exchange).with_state(Arc::clone(&known));
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, router).await
        });
        Self { known, url, runtime: Some(runtime) }
    }

    /// What a workflow has in `GITHUB_API_URL`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Replaces the settings.
    pub fn configure(&self, settings: Settings) {
        self.known.lock().expect("known").settings = settings;
    }

    /// Gives a token these rights.
    pub fn grant(&self, token: &str, rights: Rights) {
        self.known.lock().expect("known").tokens.push((token.to_owned(), rights));
    }

    /// Adds a release as somebody else would; returns its number.
    pub fn add_release(&self, release: Release) -> u64 {
        self.known.lock().expect("known").add(release).id
    }

    /// Adds a file to a release as somebody else would; returns its number.
    pub fn add_asset(&self, release: u64, name: &str, content: &[u8]) -> u64 {
        assets::add(&mut self.known.lock().expect("known"), release, name, Bytes::copy_from_slice(content))
    }

    /// What is in a file of a release.
    pub fn content(&self, release: &Release, name: &str) -> Option<Bytes> {
        let asset = release.assets.iter().find(|asset| asset["name"] == name)?;
        self.known.lock().expect("known").contents.get(&asset["id"].as_u64()?).cloned()
    }

    /// Breaks off the next upload: GitHub answers with 502, and an empty file is left.
    pub fn break_upload(&self) {
        self.known.lock().expect("known").broken_uploads += 1;
    }

    /// The releases, the oldest first, with drafts.
    pub fn releases(&self) -> Vec<Release> {
        self.known.lock().expect("known").releases.clone()
    }

    /// What was asked so far, in the order in which it arrived.
    pub fn requests(&self) -> Vec<Asked> {
        self.known.lock().expect("known").requests.clone()
    }

    /// Replaces the answer to the next request with this method and this path; a `*` at the path's end fits any rest. Several
    /// replacements of the same request take their turns.
    ///
    /// `replacement` can call its argument to have done what was asked; it returns the answer to send, or none to end the
    /// connection.
    pub fn next(
        &self,
        method: &str,
        path: &str,
        replacement: impl FnOnce(&dyn Fn() -> Answer) -> Option<Answer> + Send + 'static,
    ) {
        let replacement = (method.to_owned(), path.to_owned(), Box::new(replacement) as Replacement);
        self.known.lock().expect("known").replacements.push(replacement);
    }

    /// Answers the next request with this method and this path so, without doing what was asked.
    pub fn answer_next(&self, method: &str, path: &str, answer: Answer) {
        self.next(method, path, |_| Some(answer));
    }
}

impl fmt::Debug for GitHub {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without what is known: tokens are among that.
        formatter.debug_struct("GitHub").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Drop for GitHub {
    fn drop(&mut self) {
        // A replacement may be in the middle of a wait that nobody is interested in any more.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Known {
    fn add(&mut self, release: Release) -> &Release {
        self.last_id += 1;
        let html_url = format!("https://github.com/{}/releases/tag/{}", self.repository, release.tag_name);
        let (id, address, repository) = (self.last_id, &self.address, &self.repository);
        let upload_url = format!("http://{address}/api/uploads/repos/{repository}/releases/{id}/assets{{?name,label}}");
        self.releases.push(Release { id, upload_url, html_url, ..release });
        &self.releases[self.releases.len() - 1]
    }

    /// Writes a request down; the replacement of its answer, if there is one.
    fn arrive(&mut self, asked: &Asked) -> Option<Replacement> {
        self.requests.push(asked.clone());
        let fits = |pattern: &str, path: &str| {
            pattern.strip_suffix('*').map_or(pattern == path, |beginning| path.starts_with(beginning))
        };
        let is_due = |(method, path, _): &(String, String, Replacement)| {
            method == asked.method.as_str() && fits(path, asked.uri.path())
        };
        let due = self.replacements.iter().position(is_due)?;
        Some(self.replacements.remove(due).2)
    }
}

/// An answer with a status, headers and a body.
pub fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<String>) -> Answer {
    let builder =
        headers.iter().fold(Response::builder().status(status), |builder, (name, value)| builder.header(*name, *value));
    builder.body(Bytes::from(body.into())).expect("an answer")
}

/// An active ruleset about tags whose names fit these patterns, such as `refs/tags/*`, with rules such as `update`.
pub fn tag_ruleset(id: u64, patterns: &[&str], rules: &[&str]) -> Value {
    json!({
        "id": id,
        "name": format!("tags {id}"),
        "target": "tag",
        "enforcement": "active",
        "conditions": {"ref_name": {"include": patterns, "exclude": []}},
        "rules": rules.iter().map(|rule| json!({"type": rule})).collect::<Vec<_>>(),
    })
}

async fn exchange(State(known): State<Arc<Mutex<Known>>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else { return closed() };
    let asked = Asked { method: parts.method, uri: parts.uri, headers: parts.headers, body };
    // A replacement may wait, and what has begun is done to its end, also for a client that is gone.
    let answer = tokio::task::spawn_blocking(move || {
        let replacement = known.lock().expect("known").arrive(&asked);
        // Not under the lock: a replacement may look at the stand-in, or add a release.
        let ordinary = || endpoints::answer(&mut known.lock().expect("known"), &asked);
        match replacement {
            None => Some(ordinary()),
            Some(replacement) => replacement(&ordinary),
        }
    });
    answer.await.ok().flatten().map_or_else(closed, |answer| answer.map(Body::from))
}

/// Ends the connection: hyper sends nothing of an answer whose body fails at its first byte.
pub(super) fn closed() -> Response<Body> {
    let failure = stream::iter([Err::<Bytes, _>(std::io::Error::other("the connection ends here"))]);
    Response::new(Body::from_stream(failure))
}
