//! Git as a domain: what a clone and its origin say of commits, tags and files, and the files of a commit.
//!
//! `Repository` answers questions and is all there is to callers: none of them knows an argument of git's. Within, `command` is
//! the one way to the program and `environment` what it sees of the user's. Text that came from outside reaches git as a full
//! reference name, on stdin, or behind `--end-of-options`.

mod checkout;
mod command;
mod environment;
mod error;
mod history;
mod object_id;
mod origin;
mod repository;
mod revision;

pub use error::GitError;
pub use history::{CommitChange, FileChange, Message};
pub use object_id::ObjectId;
pub use origin::{Hooks, OriginState};
pub use repository::{Repository, TagState};

#[cfg(test)]
pub(crate) mod tests {
    use std::path::Path;

    use super::Repository;
    use super::command::Git;
    use super::environment::Configuration;

    /// A new repository in this folder.
    pub(crate) fn repository(folder: &Path) -> Repository {
        Git::new(folder, Configuration::OfUser).read(&["init", "--quiet"]).unwrap();
        Repository::open(folder).unwrap()
    }
}
