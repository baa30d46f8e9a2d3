//! The client's release on GitHub: a draft that gets its files one by one, all of them compared, then published.
//!
//! Nothing that is there is replaced: a file with other bytes is a refusal. The one thing that is removed is what an upload of this
//! tool's own has left in its own draft when it broke off.

use registry::RetryPolicy;
use release_tag::Tag;
use services::CLI;

use super::{ClientContext, ClientError, ClientRequest, Dist};
use crate::build::Sources;
use crate::build::closure::BazelClosures;
use crate::check::Checked;
use crate::error::Error;
use crate::github::assets::Likeness;
use crate::github::{Asset, GitHub, GitHubError, Release, ReleaseFile, ReleaseText};
use crate::interruption::wait;
use crate::notes::{self, FileReport, Subject};
use crate::plan::releases;
use crate::publish::ReleaseState;
use crate::publish::github_step::{self, Wanted};

/// How often a file is sent that does not arrive.
const POLICY: RetryPolicy = RetryPolicy::SMALL_REQUEST;

/// Makes sure that the tag has its release, with all files.
pub(super) fn run(
    context: ClientContext<'_>,
    github: &GitHub,
    request: &ClientRequest,
    checked: &Checked,
    dist: &Dist,
    sources: &mut Sources<'_>,
) -> Result<ReleaseState, Error> {
    let files = dist.attached();
    let place = Place { github, tag: &checked.tag, files };
    let wanted = Wanted {
        checked,
        prereleases: request.prereleases,
        dry_run: request.dry_run,
        files,
        fill: &|draft| wait(place.fill(draft))?,
        compare: &|release| wait(place.compare(release))?,
    };
    let text = || text(context, checked, files, sources);
    github_step::bring(context.repository, context.progress, github, &wanted, text)
}

fn text(
    context: ClientContext<'_>,
    checked: &Checked,
    files: &[ReleaseFile],
    sources: &mut Sources<'_>,
) -> Result<ReleaseText, Error> {
    let report = |file: &ReleaseFile| FileReport { name: file.name.clone(), digest: file.digest.clone() };
    let subject = Subject {
        tag: checked.tag.clone(),
        commit: checked.commit.clone(),
        image: None,
        report: None,
        files: files.iter().map(report).collect(),
    };
    let closures = BazelClosures::new(sources.bazel(&checked.commit)?);
    let notes = notes::markdown(&notes::make(context.repository, subject, &closures)?);
    let version = checked.tag.version();
    // A fix of an older version is not what people should get.
    let highest = releases::stable(&context.repository.origin_tags(CLI)?, CLI).into_iter().next();
    let latest = !version.is_prerelease() && highest.is_none_or(|highest| highest.version() <= version);
    Ok(ReleaseText { notes, prerelease: version.is_prerelease(), latest })
}

/// Where files are compared with those of a release.
struct Place<'a> {
    github: &'a GitHub,
    tag: &'a Tag,
    files: &'a [ReleaseFile],
}

impl Place<'_> {
    /// Makes sure that a draft has all files and nothing else.
    async fn fill(&self, draft: &Release) -> Result<(), Error> {
        let mut there = self.github.assets(draft).await?;
        for file in self.files {
            let place = there.iter().position(|asset| asset.name == file.name);
            self.send(draft, file, place.map(|place| there.swap_remove(place))).await?;
        }
        self.compare(draft).await
    }

    /// Makes sure that a draft has a file. `there` is what it has by that name.
    async fn send(&self, draft: &Release, file: &ReleaseFile, mut there: Option<Asset>) -> Result<(), Error> {
        let mut retries = POLICY.start();
        loop {
            if let Some(asset) = there.take() {
                match self.likeness(&asset, file).await? {
                    Likeness::Same => return Ok(()),
                    Likeness::Unfinished => there = self.clear(draft, &asset).await?,
                    _ => return Err(self.refused(draft, format!("has other bytes in `{}`", file.name))),
                }
            }
            if there.is_some() {
                continue;
            }
            let error = match self.github.upload(draft, file).await {
                Ok(asset) if asset.name == file.name => return Ok(()),
                Ok(asset) => {
                    let name = terminal::printable::start(&asset.name, 200);
                    return Err(self.refused(draft, format!("calls `{}` by another name, `{name}`", file.name)));
                }
                Err(error) => error,
            };
            let may_have_arrived = error.is_temporary() || matches!(error, GitHubError::Invalid { .. });
            let Some(delay) = retries.next_delay(None).filter(|_| may_have_arrived) else { return Err(error.into()) };
            tokio::time::sleep(delay).await;
            // It may have been a success whose answer got lost, and it may have left a half: nothing is sent blindly again.
            there = self.find(draft, &file.name).await?;
        }
    }

    /// Removes half of a file, if it is that still: another run may be sending it, and be done by now. What is there then.
    async fn clear(&self, draft: &Release, half: &Asset) -> Result<Option<Asset>, GitHubError> {
        let there = self.find(draft, &half.name).await?;
        if there.as_ref() != Some(half) {
            return Ok(there);
        }
        self.github.remove_asset(half).await.map(|()| None)
    }

    /// What a release has by a name.
    async fn find(&self, release: &Release, name: &str) -> Result<Option<Asset>, GitHubError> {
        Ok(self.github.assets(release).await?.into_iter().find(|asset| asset.name == name))
    }

    /// Takes only a release that has all files as they are here; a draft, only if it has no other ones.
    async fn compare(&self, release: &Release) -> Result<(), Error> {
        let there = self.github.assets(release).await?;
        let (mut missing, mut different) = (Vec::new(), Vec::new());
        for file in self.files {
            match there.iter().find(|asset| asset.name == file.name) {
                None => missing.push(&file.name),
                Some(asset) if self.likeness(asset, file).await? == Likeness::Same => {}
                Some(_) => different.push(&file.name),
            }
        }
        let is_extra = |asset: &&Asset| release.draft && !self.files.iter().any(|file| file.name == asset.name);
        let extra: Vec<String> =
            there.iter().filter(is_extra).map(|asset| terminal::printable::start(&asset.name, 200)).collect();
        let problems: Vec<String> = [
            (named(&missing), "lacks"),
            (named(&different), "has other bytes in"),
            (named(&extra.iter().collect::<Vec<_>>()), "has what is none of its files,"),
        ]
        .into_iter()
        .filter_map(|(names, what)| Some(format!("{what} {}", names?)))
        .collect();
        if problems.is_empty() { Ok(()) } else { Err(self.refused(release, problems.join(", and "))) }
    }

    /// What a file of the release is to one here; of one that GitHub does not tell the digest of, all bytes are read.
    async fn likeness(&self, asset: &Asset, file: &ReleaseFile) -> Result<Likeness, GitHubError> {
        match asset.compare(file) {
            Likeness::Untold if self.github.asset_digest(asset).await? == file.digest => Ok(Likeness::Same),
            Likeness::Untold => Ok(Likeness::Different),
            known => Ok(known),
        }
    }

    fn refused(&self, release: &Release, problem: String) -> Error {
        ClientError::Release { tag: self.tag.clone(), problem, is_published: !release.draft }.into()
    }
}

fn named(names: &[&String]) -> Option<String> {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| names.join(", "))
}
