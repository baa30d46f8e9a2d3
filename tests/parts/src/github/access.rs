//! Who may do what: tokens and their rights, and what GitHub says to who may not.

use super::answer::Answer;
use super::request::Request;

/// What a token may do with contents, which releases are part of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contents {
    /// Nothing: a job without `contents` among its permissions.
    #[default]
    None,
    /// `contents: read`. Drafts are not to be seen.
    Read,
    /// `contents: write`.
    Write,
}

/// The rights of a token. Metadata can be read with every one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rights {
    /// Of releases and their assets.
    pub contents: Contents,
    /// Whether the repository's settings may be read. No workflow's token has this.
    pub administration: bool,
}

impl Rights {
    /// `contents: read`.
    pub const READ: Self = Self { contents: Contents::Read, administration: false };

    /// `contents: write`.
    pub const WRITE: Self = Self { contents: Contents::Write, administration: false };

    /// A person who may do everything.
    pub const ADMINISTRATION: Self = Self { contents: Contents::Write, administration: true };

    /// Whether contents may be changed and drafts be seen.
    pub(super) fn writes(self) -> bool {
        self.contents == Contents::Write
    }

    /// Refuses who may not read contents.
    pub(super) fn require_read(self) -> Result<(), Answer> {
        if self.contents >= Contents::Read { Ok(()) } else { Err(forbidden()) }
    }

    /// Refuses who may not change contents.
    pub(super) fn require_write(self) -> Result<(), Answer> {
        if self.writes() { Ok(()) } else { Err(forbidden()) }
    }

    /// Refuses who may not see settings.
    pub(super) fn require_administration(self) -> Result<(), Answer> {
        if self.administration { Ok(()) } else { Err(forbidden()) }
    }
}

/// The rights of who has sent a request: of `Authorization: Bearer TOKEN` or, as GitHub also takes it, `token TOKEN`.
pub(super) fn rights(request: &Request, tokens: &[(String, Rights)]) -> Result<Rights, Answer> {
    let value = request.header("authorization").ok_or_else(|| Answer::error(401, "Requires authentication"))?;
    let (scheme, token) = value.split_once(' ').unwrap_or_default();
    let is_meant = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token");
    let known = tokens.iter().find(|(known, _)| is_meant && known == token.trim());
    known.map(|(_, rights)| *rights).ok_or_else(|| Answer::error(401, "Bad credentials"))
}

/// What GitHub says to a token that may see the repository and may not do this with it.
fn forbidden() -> Answer {
    Answer::error(403, "Resource not accessible by integration")
}
