//! What to do about an error: the hint of whichever error in its chain has one; and which exit status it is.

use std::error::Error;

use release::build::destination::DestinationError;
use release::check::CheckError;
use release::cut::CutError;
use release::git::GitError;
use release::github::GitHubError;
use release::notes::NotesError;
use release::plan::PlanError;
use release::publish::PublishError;
use release::request::RequestError;
use release_tag::TagError;
use terminal::{Diagnostic, Exit, UsageError};

/// How a run ended that ended with an error.
pub fn exit(error: &anyhow::Error) -> Exit {
    if error.chain().any(is_refusal) { Exit::Refused } else { Exit::Error }
}

/// What to do about an error, where one of its causes knows.
pub fn hint(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| {
        let tag = || cause.downcast_ref::<TagError>().map(TagError::hint);
        let service = || cause.downcast_ref::<services::Error>().and_then(Diagnostic::hint);
        let request = || cause.downcast_ref::<RequestError>().and_then(RequestError::hint);
        let git = || cause.downcast_ref::<GitError>().and_then(GitError::hint);
        let check = || cause.downcast_ref::<CheckError>().and_then(CheckError::hint);
        let plan = || cause.downcast_ref::<PlanError>().and_then(PlanError::hint);
        let notes = || cause.downcast_ref::<NotesError>().and_then(NotesError::hint);
        let destination = || cause.downcast_ref::<DestinationError>().and_then(DestinationError::hint);
        let publish = || cause.downcast_ref::<PublishError>().and_then(PublishError::hint);
        let github = || cause.downcast_ref::<GitHubError>().and_then(GitHubError::hint);
        let cut = || cause.downcast_ref::<CutError>().map(CutError::hint);
        let reference = || cause.downcast_ref::<oci::Error>().and_then(Diagnostic::hint);
        let usage = || cause.downcast_ref::<UsageError>().map(|usage| usage.hint().to_owned());
        let declined = || cause.is::<Declined>().then(|| "answer `y`, or use `--yes`".to_owned());
        let input = || tag().or_else(service).or_else(request).or_else(reference).or_else(usage).or_else(declined);
        input()
            .or_else(git)
            .or_else(check)
            .or_else(plan)
            .or_else(notes)
            .or_else(cut)
            .or_else(destination)
            .or_else(publish)
            .or_else(github)
    })
}

/// Whether a cause is a "no" rather than a "don't know".
fn is_refusal(cause: &(dyn Error + 'static)) -> bool {
    cause.is::<TagError>()
        || cause.is::<RequestError>()
        || cause.is::<Declined>()
        || cause.downcast_ref::<services::Error>().is_some_and(Diagnostic::is_refusal)
        || cause.downcast_ref::<GitError>().is_some_and(GitError::is_refusal)
        || cause.downcast_ref::<CheckError>().is_some_and(CheckError::is_refusal)
        || cause.downcast_ref::<PlanError>().is_some_and(PlanError::is_refusal)
        || cause.downcast_ref::<NotesError>().is_some_and(NotesError::is_refusal)
        || cause.downcast_ref::<CutError>().is_some_and(CutError::is_refusal)
        || cause.downcast_ref::<PublishError>().is_some_and(PublishError::is_refusal)
}

/// Somebody was asked and did not say yes.
#[derive(Debug, thiserror::Error)]
#[error("not confirmed, nothing was tagged")]
pub struct Declined;

#[cfg(test)]
mod tests {
    use anyhow::Context as _;
    use release_tag::Tag;

    use super::*;

    #[test]
    fn a_hint_is_found_below_context() {
        let error = Err::<(), _>(UsageError::new("no file", "set it")).context("outputs").unwrap_err();
        assert_eq!(hint(&error).unwrap(), "set it");
        assert_eq!(format!("{error:#}"), "outputs: no file");
        assert_eq!(hint(&anyhow::anyhow!("plain")), None);
    }

    #[test]
    fn a_no_is_told_from_a_don_t_know() {
        let refused = anyhow::Error::from(Tag::parse("api/v1".as_ref()).unwrap_err()).context("of CI");
        assert!(refused.chain().any(is_refusal));
        let unknown = anyhow::Error::from(GitError::NoOrigin);
        assert!(!unknown.chain().any(is_refusal));
        assert_eq!(hint(&unknown).unwrap(), "git remote add origin <url>");
    }
}
