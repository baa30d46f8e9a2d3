//! The stand-in as its clients see it: what the tests of the release tool rely on.

use serde_json::{Value, json};

use super::{GitHub, Release, Rights, answer};
use crate::http::{Answer, Caller};

const PATH: &str = "/repos/unkeyed/unkey/releases";

/// A stand-in with a token of each kind.
fn github() -> GitHub {
    let github = GitHub::start("unkeyed/unkey");
    github.grant("none", Rights::None);
    github.grant("reads", Rights::Read);
    github.grant("writes", Rights::Write);
    github
}

/// The answer to who has this token; none where the connection ends.
fn send(github: &GitHub, token: &str, method: &str, path: &str, body: &Value) -> Option<Answer> {
    let address = github.url().trim_start_matches("http://").to_owned();
    Caller::new(&address, Some(token)).try_send(method, path, body)
}

#[test]
fn who_asks_decides_what_is_answered() {
    let github = github();
    let draft = json!({"tag_name": "api/v1.0.0", "draft": true});
    for (token, method, path, expected) in [
        ("unknown", "GET", PATH, 401),
        ("none", "GET", "/repos/unkeyed/unkey", 200),
        ("none", "GET", PATH, 403),
        ("reads", "POST", PATH, 403),
        ("writes", "GET", "/repos/unkeyed/unkey/immutable-releases", 403),
        ("writes", "GET", "/repos/unkeyed/other/releases", 404),
        ("writes", "POST", PATH, 201),
        ("writes", "PATCH", &format!("{PATH}/99"), 404),
        ("writes", "GET", &format!("{PATH}/tags/api%2Fv1.0.0"), 404),
        ("writes", "PATCH", &format!("{PATH}/1"), 200),
    ] {
        let status = send(&github, token, method, path, &draft).expect("an answer").status;
        assert_eq!(status, expected, "{token} {method} {path}");
    }
    let seen = |token| send(&github, token, "GET", PATH, &json!({})).expect("an answer").json();
    assert_eq!((&seen("writes")[0]["draft"], seen("reads")), (&json!(true), json!([])));
    let publish = json!({"draft": false, "body": "notes"});
    let published = send(&github, "writes", "PATCH", &format!("{PATH}/1"), &publish).expect("an answer").json();
    assert_eq!((&published["tag_name"], &published["body"]), (&json!("api/v1.0.0"), &json!("notes")));
    assert_eq!(send(&github, "writes", "POST", PATH, &draft).expect("an answer").status, 422, "there is one already");
}

#[test]
fn a_replacement_serves_once_and_may_do_what_was_asked_or_not() {
    let github = github();
    let release = json!({"tag_name": "api/v1.0.0"});
    github.answer_next("POST", PATH, answer(403, &[("retry-after", "1")], "{}"));
    github.next("POST", PATH, |_| None);
    github.next("POST", PATH, |ordinary| {
        ordinary();
        None
    });
    let refused = send(&github, "writes", "POST", PATH, &release).expect("an answer");
    assert_eq!((refused.status, refused.header("retry-after")), (403, Some("1")));
    for expected in [0, 1] {
        assert!(send(&github, "writes", "POST", PATH, &release).is_none(), "the connection ends");
        assert_eq!(github.releases().len(), expected);
    }
    assert_eq!(send(&github, "writes", "POST", PATH, &release).expect("an answer").status, 422);
    assert_eq!(github.requests().len(), 4);
}

#[test]
fn pages_lead_to_each_other() {
    let github = github();
    for patch in 0..5 {
        github.add_release(Release::published(&format!("api/v1.0.{patch}")));
    }
    let mut tags = Vec::new();
    let mut next = Some(format!("{PATH}?per_page=2"));
    while let Some(path) = next {
        let page = send(&github, "reads", "GET", &path, &json!({})).expect("an answer");
        tags.extend(page.json().as_array().expect("a list").iter().map(|release| release["tag_name"].clone()));
        let link = page.header("link").and_then(|links| links.split('>').next());
        next = link.map(|link| link.replace(&format!("<{}", github.url()), ""));
    }
    assert_eq!(tags, ["api/v1.0.4", "api/v1.0.3", "api/v1.0.2", "api/v1.0.1", "api/v1.0.0"]);
}

#[test]
fn files_are_taken_once_told_with_digests_and_read() {
    let github = github();
    let release = github.add_release(Release::draft("cli/v1.0.0"));
    let uploads = github.releases()[0].upload_url.replace("{?name,label}", "");
    let uploads = uploads.trim_start_matches(github.url()).to_owned();
    let send = |name: &str| {
        let caller = Caller::new(github.url().trim_start_matches("http://"), Some("writes"));
        caller.send_with("POST", &format!("{uploads}?name={name}"), &[("content-type", "text/plain")], "bytes")
    };
    github.break_upload();
    for (name, expected) in [("broken", 502), ("broken", 422), ("a~b", 201), ("a.b", 422), ("", 400)] {
        assert_eq!(send(name).status, expected, "{name}");
    }
    let assets = self::send(&github, "writes", "GET", &format!("{PATH}/{release}/assets"), &json!({}));
    let assets = assets.expect("an answer").json();
    let told: Vec<_> = assets.as_array().expect("a list").iter().map(|one| (&one["name"], &one["state"])).collect();
    assert_eq!(told, [(&json!("broken"), &json!("starter")), (&json!("a.b"), &json!("uploaded"))]);
    let digest = "sha256:277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9";
    assert_eq!((&assets[1]["digest"], &assets[1]["size"]), (&json!(digest), &json!(5)));
    assert_eq!(github.content(&github.releases()[0], "a.b").expect("bytes"), "bytes");
    let gone = format!("{PATH}/assets/{}", assets[0]["id"]);
    for expected in [204, 404] {
        let caller = Caller::new(github.url().trim_start_matches("http://"), Some("writes"));
        assert_eq!(caller.ask("DELETE", &gone).status, expected);
    }
    assert_eq!(github.releases()[0].assets.len(), 1);
}
