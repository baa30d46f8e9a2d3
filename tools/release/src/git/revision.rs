//! How objects are named to git (gitrevisions(7)).

use release_tag::Tag;

/// The branch that releases are made of, as this clone last saw it on origin.
pub(super) const TRACKED_MAIN: &str = "refs/remotes/origin/main";

/// A name that leads to one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Revision(String);

impl Revision {
    /// What is checked out.
    pub(super) fn head() -> Self {
        Self::commit("HEAD")
    }

    /// Origin's main, as this clone last saw it.
    pub(super) fn main() -> Self {
        Self::commit(TRACKED_MAIN)
    }

    /// The commit of a tag.
    pub(super) fn commit_of(tag: &Tag) -> Self {
        Self::commit(&tag.reference())
    }

    /// What a tag points at in the end, annotated or not, of any kind.
    pub(super) fn target_of(tag: &Tag) -> Self {
        Self(format!("{}^{{}}", tag.reference()))
    }

    /// As git reads it.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    fn commit(name: &str) -> Self {
        Self(format!("{name}^{{commit}}"))
    }
}
