//! What can go wrong with GitHub, and what to do about it.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::StatusCode;
use terminal::Diagnostic;

use super::limits;
use crate::environment;
use crate::git::GitError;

/// What to do about what passes by itself.
const AGAIN: &str = "run the same command again: what is done stays done";

/// What can keep GitHub from doing what it is asked for. None of it is a "no" about a release.
#[derive(Debug, thiserror::Error)]
pub enum GitHubError {
    /// Nothing to log in with.
    #[error("there is no token for GitHub")]
    NoToken,
    /// Origin is elsewhere.
    #[error("it is not known which repository on GitHub this is")]
    NoRepository,
    /// The variable says something else.
    #[error("`{name}` is not a repository on GitHub, such as `unkeyed/unkey`")]
    Name {
        /// As it was given, printable.
        name: String,
    },
    /// Git cannot tell.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A token must not travel in the clear.
    #[error("`{url}` is not a URL of GitHub's API: neither https nor on this machine")]
    ApiUrl {
        /// As it was given.
        url: String,
    },
    /// The token is none.
    #[error("GitHub does not accept the token (to {operation}){detail}")]
    Unauthorized {
        /// What it was asked for.
        operation: String,
        /// GitHub's own words, with `: ` in front, or empty.
        detail: String,
    },
    /// The token may not.
    #[error("GitHub does not allow the token to {operation}{detail}")]
    Forbidden {
        /// What it was asked for.
        operation: String,
        /// GitHub's own words, with `: ` in front, or empty.
        detail: String,
    },
    /// The token has asked too often.
    #[error("GitHub wants to be left alone for a while (to {operation}){detail}")]
    RateLimited {
        /// What it was asked for.
        operation: String,
        /// GitHub's own words, with `: ` in front, or empty.
        detail: String,
        /// For how long, where it says so.
        wait: Option<Duration>,
    },
    /// Not there, or not for this token.
    #[error("GitHub has no `{repository}`, or does not show it to the token (to {operation})")]
    NotFound {
        /// `owner/name`.
        repository: String,
        /// What it was asked for.
        operation: String,
    },
    /// GitHub does not take the content.
    #[error("GitHub refuses to {operation}{detail}")]
    Invalid {
        /// What it was asked for.
        operation: String,
        /// GitHub's own words, with `: ` in front, or empty.
        detail: String,
    },
    /// Any other answer.
    #[error("GitHub answered `{status}` (to {operation}){detail}")]
    Status {
        /// What it was asked for.
        operation: String,
        /// HTTP's.
        status: StatusCode,
        /// GitHub's own words, with `: ` in front, or empty.
        detail: String,
    },
    /// No answer came.
    #[error("cannot reach GitHub to {operation}")]
    Transport {
        /// What it was asked for.
        operation: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The answer is none of the documented ones.
    #[error("GitHub gave an answer that is not understood (to {operation})")]
    Answer {
        /// What it was asked for.
        operation: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A file that is to be sent cannot be read.
    #[error("cannot read `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A token must not travel to somebody else.
    #[error("GitHub wants files of a release sent to `{url}`, which is not known to be GitHub's")]
    UploadUrl {
        /// As it was given, printable.
        url: String,
    },
    /// The HTTP client cannot be set up.
    #[error("cannot set up a client for GitHub")]
    Client(#[source] reqwest::Error),
    /// What the environment says about clients cannot be used.
    #[error(transparent)]
    Setup(#[from] http_client::Error),
}

impl GitHubError {
    /// Whether the same request may be answered well in a moment.
    pub(crate) fn is_temporary(&self) -> bool {
        match self {
            Self::Status { status, .. } => status.is_server_error(),
            Self::Transport { source, .. } => !source.is_builder() && !source.is_redirect(),
            _ => false,
        }
    }
}

impl Diagnostic for GitHubError {
    fn hint(&self) -> Option<String> {
        let token = environment::GITHUB_TOKEN;
        let hint = match self {
            Self::NoToken => {
                format!(
                    "set `{token}`, such as `{token}=$(gh auth token)`; without a GitHub release: `--only image`, or `--only npm` of the client"
                )
            }
            Self::NoRepository => format!("set `{}` to `owner/name`", environment::GITHUB_REPOSITORY),
            Self::Name { .. } => format!("set `{}` to `owner/name`, or unset it", environment::GITHUB_REPOSITORY),
            Self::Git(error) => return error.hint(),
            Self::ApiUrl { .. } => format!("unset `{}`, or begin it with `https://`", environment::GITHUB_API_URL),
            Self::Unauthorized { .. } => {
                format!("`{token}` has expired or was revoked: make a new one, such as `gh auth refresh`")
            }
            Self::Forbidden { .. } => {
                "the token needs to write contents: `contents: write` in a workflow, `repo` otherwise".to_owned()
            }
            Self::NotFound { .. } => format!(
                "check `{}`; GitHub also says so to a token that may not see it",
                environment::GITHUB_REPOSITORY
            ),
            Self::RateLimited { wait: Some(wait), .. } => {
                format!("run the same command again in {}: what is done stays done", limits::spoken(*wait))
            }
            Self::Transport { source, .. } => {
                let host = source.url().and_then(reqwest::Url::host_str).unwrap_or("GitHub");
                http_client::transport::hint(host, source).unwrap_or_else(|| AGAIN.to_owned())
            }
            Self::RateLimited { .. } | Self::Status { .. } => AGAIN.to_owned(),
            Self::Setup(error) => return error.hint(),
            Self::UploadUrl { .. } => format!("check `{}`: is that GitHub's API?", environment::GITHUB_API_URL),
            Self::Invalid { .. } | Self::Answer { .. } | Self::Client(_) | Self::File { .. } => return None,
        };
        Some(hint)
    }
}
