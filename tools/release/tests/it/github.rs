//! GitHub's API as releases need it: the library against a stand-in that answers as GitHub documents.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use parts::github::{GitHub as StandIn, Release, Rights, Settings, answer, tag_ruleset};
use registry::RetryPolicy;
use registry::secret::Secret;
use release::github::{Access, GitHub, GitHubError, Patience, ReleaseText, Server, Slug};
use release_tag::Tag;
use terminal::Diagnostic as _;
use terminal::progress::{Progress, Silent, Transfer};

/// The repository.
const NAME: &str = "unkeyed/unkey";

/// Where its releases are.
const RELEASES: &str = "/repos/unkeyed/unkey/releases";

/// What GitHub says where it names no time, in its own words.
const SECONDARY: &str =
    r#"{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}"#;

/// Keeps what is told.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Progress for Notes {
    fn start(&self, _label: &str, _size: u64) -> Arc<dyn Transfer> {
        Arc::new(Silent)
    }

    fn note(&self, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }
}

struct Scene {
    stand_in: StandIn,
    notes: Arc<Notes>,
    github: GitHub,
}

/// A client for GitHub at this address.
fn github_at(url: &str, progress: Arc<Notes>) -> GitHub {
    let repository = Slug::parse(NAME, &Server::new(None, Some(url))).unwrap();
    let (first_delay, total) = (Duration::from_millis(20), Duration::from_millis(500));
    let policy = RetryPolicy { first_delay, total, ..RetryPolicy::RATE_LIMIT };
    let patience = Patience { policy, progress };
    GitHub::new(Access { repository, token: Secret::from("t".to_owned()), patience }).unwrap()
}

/// A repository, and a client that waits for milliseconds where GitHub means minutes.
fn scene() -> Scene {
    let stand_in = StandIn::start(NAME);
    let rules: [&[&str]; 2] = [&["update"], &["update", "deletion"]];
    let ruleset = |id: u64| tag_ruleset(id, &["refs/tags/*"], rules[usize::from(id == 101)]);
    stand_in.configure(Settings { rulesets: (1..=101).map(ruleset).collect(), ..Settings::default() });
    stand_in.grant("t", Rights::Administration);
    let notes = Arc::new(Notes::default());
    let github = github_at(stand_in.url(), notes.clone());
    Scene { stand_in, notes, github }
}

fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn tag() -> Tag {
    Tag::parse("api/v1.0.0".as_ref()).unwrap()
}

fn text() -> ReleaseText {
    ReleaseText { notes: "First release.\n\nAll of it.\n".to_owned(), prerelease: false, latest: false }
}

/// How often the stand-in was asked for something.
fn asked(scene: &Scene, method: &str) -> usize {
    scene.stand_in.requests().iter().filter(|request| request.method == method).count()
}

#[test]
fn a_limit_without_a_time_is_waited_for_longer_and_longer() {
    let scene = scene();
    for _ in 0..2 {
        scene.stand_in.answer_next("POST", RELEASES, answer(403, &[], SECONDARY));
    }
    let draft = run(scene.github.create_draft(&tag(), &text())).unwrap();
    assert_eq!((draft.tag_name.as_str(), asked(&scene, "POST")), ("api/v1.0.0", 3));
    assert_eq!(scene.stand_in.releases().len(), 1);
    let told = scene.notes.0.lock().unwrap();
    assert_eq!(told.len(), 2);
    assert!(
        told[0].starts_with("GitHub wants to be left alone for a while (to make a draft of `api/v1.0.0`): "),
        "{told:?}"
    );
}

#[test]
fn patience_ends_and_what_is_no_limit_is_not_waited_for() {
    let scene = scene();
    for _ in 0..10 {
        scene.stand_in.answer_next("GET", "/repos/unkeyed/unkey", answer(429, &[], "{}"));
    }
    let error = run(scene.github.see()).unwrap_err();
    assert!(matches!(error, GitHubError::RateLimited { wait: None, .. }), "{error}");
    let count = asked(&scene, "GET");
    assert!((3..=5).contains(&count), "{count}: 20, 40, 80 and 160 ms, each up to twice as long, fit into 500");
    let later = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() + 3600;
    let hour = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", &later.to_string())];
    scene.stand_in.answer_next("POST", RELEASES, answer(403, &hour, "{}"));
    let error = run(scene.github.create_draft(&tag(), &text())).unwrap_err();
    assert!(error.hint().unwrap().starts_with("run the same command again in "), "{:?}", error.hint());
    let forbidden = answer(403, &[], r#"{"message":"Resource not accessible by integration"}"#);
    scene.stand_in.answer_next("POST", RELEASES, forbidden);
    let error = run(scene.github.create_draft(&tag(), &text())).unwrap_err();
    assert!(matches!(error, GitHubError::Forbidden { .. }), "{error}");
    assert_eq!(asked(&scene, "POST"), 2);
}

#[test]
fn what_tls_says_of_the_server_is_told_with_its_hint() {
    let scene = scene();
    let url = scene.stand_in.url().replace("http://", "https://");
    let error = run(github_at(&url, scene.notes.clone()).see()).unwrap_err();
    assert!(matches!(error, GitHubError::Transport { .. }), "{error}");
    assert!(error.hint().unwrap().contains("`127.0.0.1` does not speak TLS"), "{:?}", error.hint());
}

#[test]
fn an_interrupted_run_s_draft_is_found_behind_any_number_of_releases() {
    let scene = scene();
    let own = scene.stand_in.add_release(Release { body: Some(text().notes), ..Release::draft("api/v1.0.0") });
    for number in 0..1234 {
        scene.stand_in.add_release(Release::published(&format!("vault/v1.0.{number}")));
    }
    let drafts = run(scene.github.drafts(&tag(), &text(), &[])).unwrap();
    assert_eq!((drafts.own.map(|draft| draft.id), drafts.others.len()), (Some(own), 0));
    assert_eq!(asked(&scene, "GET"), 13);
}

#[test]
fn more_releases_than_github_lists_are_no_error() {
    let scene = scene();
    for number in 0..10_050 {
        scene.stand_in.add_release(Release::published(&format!("vault/v1.0.{number}")));
    }
    assert_eq!(run(scene.github.drafts(&tag(), &text(), &[])).unwrap().own, None);
    assert_eq!(asked(&scene, "GET"), 101);
}

#[test]
fn drafts_with_anything_of_somebody_else_are_left_alone() {
    let scene = scene();
    let draft =
        || Release { name: Some("api/v1.0.0".to_owned()), body: Some(text().notes), ..Release::draft("api/v1.0.0") };
    let file = serde_json::json!({"name": "sums.txt"});
    let others = [
        Release { name: Some("The big one".to_owned()), ..draft() },
        Release { body: Some("Written by hand.".to_owned()), ..draft() },
        Release { assets: vec![file], ..draft() },
    ];
    let others = others.map(|other| scene.stand_in.add_release(other));
    scene.stand_in.add_release(Release::draft("api/v1.0.1"));
    let ids = |drafts: Vec<release::github::Release>| {
        let mut ids: Vec<u64> = drafts.iter().map(|draft| draft.id).collect();
        ids.sort_unstable();
        ids
    };
    let found = run(scene.github.drafts(&tag(), &text(), &[])).unwrap();
    assert_eq!((found.own, ids(found.others)), (None, others.to_vec()));
    let lines = text().notes.replace('\n', "\r\n");
    let first = scene.stand_in.add_release(Release { body: Some(lines), ..draft() });
    let second = scene.stand_in.add_release(Release::draft("api/v1.0.0"));
    let found = run(scene.github.drafts(&tag(), &text(), &[])).unwrap();
    assert_eq!(found.own.map(|own| own.id), Some(first));
    assert_eq!(ids(found.others), [&others[..], &[second]].concat());
}

#[test]
fn settings_are_read_to_the_end_of_their_list() {
    let scene = scene();
    assert_eq!(run(scene.github.settings()).unwrap().tags_are_protected, Some(true));
}
