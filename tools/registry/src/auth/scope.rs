//! What a token has to allow.

use oci::reference::Repository;

/// What a token has to allow: `repository:unkeyed/api:pull,push`, one entry a repository, the own one first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Scope(Vec<String>);

/// What is going to be done with a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Actions {
    Pull,
    PullAndPush,
}

impl Scope {
    /// Reading and writing, or only reading, and reading from another repository.
    pub(crate) fn new(repository: &Repository, actions: Actions, mount_from: Option<&Repository>) -> Self {
        let actions = match actions {
            Actions::Pull => "pull",
            Actions::PullAndPush => "pull,push",
        };
        let mut scopes = vec![format!("repository:{}:{actions}", repository.path())];
        scopes.extend(mount_from.map(|source| format!("repository:{}:pull", source.path())));
        Self(scopes)
    }

    /// The path of the repository that this is about.
    pub(super) fn path(&self) -> &str {
        self.0[0].split(':').nth(1).unwrap_or_default()
    }

    /// Its entries, and those that a registry asks for on top: it may know the repository by another name than its address
    /// has, or want an action of its own.
    pub(super) fn with<'a>(&'a self, asked: &'a [String]) -> Vec<&'a str> {
        let mut scopes: Vec<&str> = self.0.iter().map(String::as_str).collect();
        for scope in asked {
            if !scopes.iter().any(|known| covers(known, scope)) {
                scopes.push(scope);
            }
        }
        scopes
    }
}

/// Whether one scope allows all of what the other does.
fn covers(known: &str, asked: &str) -> bool {
    let (Some((known, allowed)), Some((name, actions))) = (known.rsplit_once(':'), asked.rsplit_once(':')) else {
        return known == asked;
    };
    known == name && actions.split(',').all(|action| allowed.split(',').any(|one| one == action))
}
