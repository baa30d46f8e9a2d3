//! All steps in their order: GitHub's release is published last, and not at all where npm refuses.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parts::github::GitHub as StandIn;
use registry::secret::Secret;
use release::check::Prereleases;
use release::client::{
    ClientContext, ClientError, ClientRequest, ClientSteps, PackageJob, PackageState, Packages, publish,
};
use release::git::Repository;
use release::github::{Access, GitHub, Patience, Server, Slug};
use release::publish::{ReleaseState, Step};
use release_tag::Tag;
use terminal::progress::Silent;

use super::scene::{ClientScene, NAME, TAG, TOKEN};

/// Counts what GitHub was asked to write before, and refuses where it is told to.
struct Counting<'a> {
    github: &'a StandIn,
    refuses: bool,
    before: AtomicUsize,
}

impl Packages for Counting<'_> {
    fn publish(&self, job: &PackageJob<'_>) -> Result<Vec<PackageState>, release::Error> {
        let writes = self.github.requests().iter().filter(|request| request.method != "GET").count();
        self.before.store(writes, Ordering::SeqCst);
        assert_eq!(job.binaries.len(), 5);
        assert_eq!(
            (job.version.to_string().as_str(), job.repository.as_str()),
            ("v1.2.3", "https://github.com/unkeyed/unkey")
        );
        assert!(job.license.is_file());
        if self.refuses {
            return Err(ClientError::Artifacts { problem: "it is there with other bytes".to_owned() }.into());
        }
        Ok(vec![PackageState { id: "unkey@1.2.3".to_owned(), word: "published" }])
    }
}

#[test]
fn npm_comes_before_the_release_and_keeps_it_from_being_made() {
    let client = ClientScene::new();
    let dist = client.build();
    // The library is asked here, without the tool's environment.
    let origin = client.scene.path("origin.git");
    client.scene.git(&["config", &format!("url.{}.insteadOf", origin.display()), "https://github.com/unkeyed/unkey"]);
    client.scene.git(&["remote", "set-url", "origin", "https://github.com/unkeyed/unkey"]);
    let repository = Repository::open(&client.scene.clone_folder()).unwrap();
    let slug = Slug::parse(NAME, &Server::new(None, Some(client.github.url()))).unwrap();
    let token = Secret::from(TOKEN.to_owned());
    let access = Access { repository: slug, token, patience: Patience::none(Arc::new(Silent)) };
    let github = GitHub::new(access).unwrap();
    let request = ClientRequest {
        tag: Tag::parse(TAG.as_ref()).unwrap(),
        prereleases: Prereleases::OnMain,
        steps: ClientSteps::All,
        dist: Some(dist),
        dry_run: false,
    };
    for refuses in [true, false] {
        let packages = Counting { github: &client.github, refuses, before: AtomicUsize::new(usize::MAX) };
        let context =
            ClientContext { repository: &repository, github: Some(&github), packages: &packages, progress: &Silent };
        let report = publish(context, &request).unwrap();
        assert_eq!(packages.before.load(Ordering::SeqCst), 0, "npm comes first");
        assert_eq!(report.error().is_some(), refuses, "{report:?}");
        match (&report.packages, &report.release) {
            (Step::Failed(_), Step::NotReached) if refuses => assert_eq!(client.github.releases().len(), 0),
            (Step::Done(_), Step::Done(ReleaseState { word: "published", .. })) if !refuses => {}
            other => panic!("{other:?}"),
        }
    }
    client.assert_released("npm was there");
}
