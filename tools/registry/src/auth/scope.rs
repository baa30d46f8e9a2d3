//! What a token has to allow.

use oci::reference::Repository;

/// What a token has to allow: `repository:unkeyed/api:pull,push`, one entry a repository, the own one first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in super::super) struct Scope(Vec<String>);

/// What is going to be done with a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Actions {
    Pull,
    PullAndPush,
}

impl Scope {
    /// Reading and writing, or only reading, and reading from another repository.
    pub(in super::super) fn new(repository: &Repository, actions: Actions, mount_from: Option<&Repository>) -> Self {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(mount_from: Option<&str>) -> Scope {
        let mount_from = mount_from.map(|name| name.parse().unwrap());
        Scope::new(&"ghcr.io/unkeyed/api".parse().unwrap(), Actions::PullAndPush, mount_from.as_ref())
    }

    #[test]
    fn scopes_name_every_repository_that_is_touched() {
        assert_eq!(scope(None).0, ["repository:unkeyed/api:pull,push"]);
        let both = scope(Some("ghcr.io/unkeyed/base"));
        assert_eq!(both.0, ["repository:unkeyed/api:pull,push", "repository:unkeyed/base:pull"]);
        assert_eq!(both.path(), "unkeyed/api");
    }

    #[test]
    fn what_a_registry_asks_for_is_added_where_it_is_more() {
        for (asked, expected) in [
            ("repository:unkeyed/api:pull", None),
            ("repository:unkeyed/api:push,pull", None),
            ("repository:unkeyed/api:*", Some("repository:unkeyed/api:*")),
            ("repository:internal/api:pull", Some("repository:internal/api:pull")),
            ("aws", Some("aws")),
        ] {
            let (scope, asked) = (scope(None), [asked.to_owned()]);
            assert_eq!(scope.with(&asked).get(1).copied(), expected);
        }
    }
}
