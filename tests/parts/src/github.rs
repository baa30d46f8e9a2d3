//! A stand-in for GitHub's REST API, as far as releases and the settings that they rely on go: a real HTTP server on a free
//! port of this machine, which answers as GitHub's documents say.
//!
//! A test says which repositories and tokens there are, orders faults, and looks at what was asked and what came of it.
//! Stricter than GitHub in one thing: nothing is told to anybody without a token, public repositories included. Owns no
//! git: a published release makes no tag.
//!
//! `server` speaks HTTP, `state` holds everything and says when a fault is due, `routes` says which part answers what;
//! `releases`, `assets` and `settings` answer.

mod access;
mod answer;
mod assets;
mod faults;
mod latest;
mod pages;
mod release;
mod releases;
mod repository;
mod request;
mod routes;
mod server;
mod settings;
mod state;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex};

use tokio::runtime::Runtime;

pub use access::{Contents, Rights};
pub use faults::{Fault, Trigger};
pub use release::{Asset, Release};
pub use repository::{Repository, tag_ruleset};
pub use state::Seen;

use state::State;

/// A running stand-in.
pub struct GitHub {
    address: String,
    state: Arc<Mutex<State>>,
    runtime: Option<Runtime>,
}

impl GitHub {
    /// Starts one that knows no repository and no token.
    pub fn start() -> Self {
        let (listener, runtime) = server::bind();
        let address = listener.local_addr().expect("an address").to_string();
        let state = Arc::new(Mutex::new(State::new(&address)));
        server::serve(&runtime, listener, Arc::clone(&state));
        Self { address, state, runtime: Some(runtime) }
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What a workflow has in `GITHUB_API_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Adds a repository, or replaces the settings of one and keeps its releases.
    pub fn add_repository(&self, repository: Repository) {
        state::lock(&self.state).add_repository(repository);
    }

    /// Lets who has this token do this much, in every repository.
    pub fn grant(&self, token: &str, rights: Rights) {
        state::lock(&self.state).grant(token, rights);
    }

    /// Adds a release past the API, as somebody else would; its number.
    pub fn add_release(&self, repository: &str, release: Release) -> u64 {
        state::lock(&self.state).add_release(repository, release)
    }

    /// The releases of a repository, the oldest first, drafts included.
    pub fn releases(&self, repository: &str) -> Vec<Release> {
        state::lock(&self.state).known_repository(repository).releases.clone()
    }

    /// The release that GitHub shows as the latest one.
    pub fn latest(&self, repository: &str) -> Option<Release> {
        latest::of(state::lock(&self.state).known_repository(repository)).cloned()
    }

    /// Orders a fault, once. Of several that are due at the same request the first ordered one happens.
    pub fn order(&self, trigger: Trigger, fault: Fault) {
        state::lock(&self.state).order(trigger, fault);
    }

    /// What was asked so far, in the order in which it arrived. Tokens are not in it.
    pub fn requests(&self) -> Vec<Seen> {
        state::lock(&self.state).log.clone()
    }
}

impl fmt::Debug for GitHub {
    /// Without what is in it: tokens are.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("GitHub").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for GitHub {
    fn drop(&mut self) {
        // A fault may be in the middle of a wait that nobody is interested in any more.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
