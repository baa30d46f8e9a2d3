//! The stand-in as its clients see it: over HTTP.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::{Request, Response};

use super::{Fault, GitHub, Release, Repository, Rights, Trigger, tag_ruleset};

const NAME: &str = "unkeyed/unkey";

/// A stand-in with one repository and a token of each kind.
fn scene() -> GitHub {
    scene_of(Repository::new(NAME))
}

fn scene_of(repository: Repository) -> GitHub {
    let github = GitHub::start();
    github.add_repository(repository);
    github.grant("nothing", Rights::default());
    github.grant("reads", Rights::READ);
    github.grant("writes", Rights::WRITE);
    github.grant("administers", Rights::ADMINISTRATION);
    github
}

/// An answer, read to its end.
struct Read {
    status: u16,
    link: String,
    body: String,
}

impl Read {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    fn message(&self) -> (u16, String) {
        (self.status, self.json()["message"].as_str().unwrap().to_owned())
    }

    /// The tags of a list of releases.
    fn tags(&self) -> Vec<String> {
        let list = self.json();
        list.as_array().unwrap().iter().map(|entry| entry["tag_name"].as_str().unwrap().to_owned()).collect()
    }
}

/// Sends a request as a token; nothing where no answer comes.
fn send(github: &GitHub, token: &str, method: &str, path: &str, body: &str) -> Option<Read> {
    let url = if path.starts_with("http") { path.to_owned() } else { format!("{}/repos/{NAME}{path}", github.url()) };
    let mut request = Request::builder().method(method).uri(url).header("content-type", "application/json");
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    run(request.body(body.to_owned()).unwrap())
}

fn run(request: Request<String>) -> Option<Read> {
    let config =
        Agent::config_builder().http_status_as_error(false).proxy(None).allow_non_standard_methods(true).build();
    let mut answer: Response<ureq::Body> = config.new_agent().run(request).ok()?;
    let link = answer.headers().get("link").map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    let body = answer.body_mut().read_to_string().ok()?;
    Some(Read { status: answer.status().as_u16(), link, body })
}

fn ask(github: &GitHub, token: &str, method: &str, path: &str, body: &Value) -> Read {
    send(github, token, method, path, &body.to_string()).expect("an answer")
}

fn get(github: &GitHub, token: &str, path: &str) -> Read {
    send(github, token, "GET", path, "").expect("an answer")
}

#[test]
fn who_asks_decides_what_is_answered() {
    let github = scene();
    let create = json!({"tag_name": "api/v1.0.0", "draft": true});
    for (token, method, path, expected) in [
        ("", "GET", "/releases", (401, "Requires authentication")),
        ("unknown", "GET", "/releases", (401, "Bad credentials")),
        ("nothing", "GET", "/releases", (403, "Resource not accessible by integration")),
        ("reads", "POST", "/releases", (403, "Resource not accessible by integration")),
        ("writes", "GET", "/immutable-releases", (403, "Resource not accessible by integration")),
        ("writes", "GET", "/actions/permissions/workflow", (403, "Resource not accessible by integration")),
        ("administers", "GET", "/immutable-releases", (404, "Not Found")),
        ("writes", "PATCH", "/releases/99", (404, "Not Found")),
        ("writes", "PUT", "/releases", (404, "Not Found")),
    ] {
        let answer = ask(&github, token, method, path, &create);
        assert_eq!(answer.message(), (expected.0, expected.1.to_owned()), "{token} {method} {path}");
        assert!(answer.json()["documentation_url"].is_string());
    }
    let elsewhere = format!("{}/repos/unkeyed/other/releases", github.url());
    assert_eq!(get(&github, "writes", &elsewhere).message(), (404, "Not Found".to_owned()));
    assert_eq!(get(&github, "nothing", "").status, 200);
    assert_eq!(ask(&github, "writes", "POST", "/releases", &create).status, 201);
    assert_eq!(get(&github, "reads", &format!("{}/repos/UNKEYED/Unkey/releases", github.url())).status, 200);
}

#[test]
fn a_request_without_a_user_agent_is_refused() {
    let github = scene();
    let url = format!("{}/repos/{NAME}", github.url());
    let request = Request::get(url).header("user-agent", "").header("authorization", "Bearer reads");
    let answer = run(request.body(String::new()).unwrap()).unwrap();
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("User-Agent"), "{}", answer.body);
}

#[test]
fn drafts_are_seen_by_who_may_write_and_never_by_their_tag() {
    let github = scene();
    let id = github.add_release(NAME, Release::draft("api/v1.0.0"));
    github.add_release(NAME, Release::published("vault/v1.0.0"));
    assert_eq!(get(&github, "writes", "/releases").tags(), ["vault/v1.0.0", "api/v1.0.0"]);
    assert_eq!(get(&github, "reads", "/releases").tags(), ["vault/v1.0.0"]);
    assert_eq!(get(&github, "writes", &format!("/releases/{id}")).status, 200);
    assert_eq!(get(&github, "reads", &format!("/releases/{id}")).status, 404);
    for path in ["/releases/tags/api/v1.0.0", "/releases/tags/api%2Fv1.0.0"] {
        assert_eq!(get(&github, "writes", path).status, 404);
        assert_eq!(get(&github, "reads", &path.replace("api", "vault")).json()["tag_name"], "vault/v1.0.0");
    }
}

#[test]
fn a_tag_has_many_drafts_and_one_release() {
    let github = scene();
    let draft = json!({"tag_name": "api/v1.0.0", "draft": true});
    let first = ask(&github, "writes", "POST", "/releases", &draft).json();
    let second = ask(&github, "writes", "POST", "/releases", &draft).json();
    assert_ne!(first["id"], second["id"]);
    assert_eq!(first["target_commitish"], "main");
    assert!(first["html_url"].as_str().unwrap().contains("/releases/tag/untagged-"));
    let publish = json!({"draft": false, "body": "notes", "make_latest": "false"});
    let published = ask(&github, "writes", "PATCH", &format!("/releases/{}", first["id"]), &publish);
    assert_eq!(published.status, 200);
    assert_eq!(published.json()["html_url"], format!("https://github.com/{NAME}/releases/tag/api%2Fv1.0.0"));
    assert!(published.json()["published_at"].is_string());
    for refused in [
        ask(&github, "writes", "PATCH", &format!("/releases/{}", second["id"]), &publish),
        ask(&github, "writes", "POST", "/releases", &draft),
        ask(&github, "writes", "POST", "/releases", &json!({"tag_name": "api/v1.0.0"})),
    ] {
        assert_eq!(refused.message(), (422, "Validation Failed".to_owned()));
        let expected = json!([{"resource": "Release", "code": "already_exists", "field": "tag_name"}]);
        assert_eq!(refused.json()["errors"], expected);
    }
    let kept = &github.releases(NAME)[0];
    assert_eq!((kept.make_latest.as_deref(), kept.body.as_deref()), (Some("false"), Some("notes")));
}

#[test]
fn what_is_no_release_is_refused() {
    let github = scene();
    for (body, status) in [
        ("{", 400),
        ("{}", 422),
        (r#"{"tag_name": 1}"#, 422),
        (r#"{"tag_name": "a", "draft": "yes"}"#, 422),
        (r#"{"tag_name": "a", "make_latest": false}"#, 422),
        (r#"{"tag_name": "a", "make_latest": "perhaps"}"#, 422),
        (r#"{"tag_name": "a", "draft": true, "make_latest": "true"}"#, 422),
    ] {
        assert_eq!(send(&github, "writes", "POST", "/releases", body).unwrap().status, status, "{body}");
    }
    assert!(github.releases(NAME).is_empty());
}

#[test]
fn texts_have_github_s_limits() {
    let github = scene();
    for (field, limit) in [("name", 256), ("body", 125_000)] {
        let release = |length: usize| json!({"tag_name": "api/v1.0.0", "draft": true, field: "\u{e4}".repeat(length)});
        assert_eq!(ask(&github, "writes", "POST", "/releases", &release(limit)).status, 201, "{field}");
        let refused = ask(&github, "writes", "POST", "/releases", &release(limit + 1));
        let expected = format!("{field} is too long (maximum is {limit} characters)");
        assert_eq!((refused.status, refused.json()["errors"][0]["message"].as_str().unwrap()), (422, &*expected));
    }
}

#[test]
fn pages_lead_to_each_other() {
    let github = scene();
    for patch in 0..5 {
        github.add_release(NAME, Release::published(&format!("api/v1.0.{patch}")));
    }
    let mut tags = Vec::new();
    let mut next = Some("/releases?per_page=2".to_owned());
    while let Some(path) = next {
        let page = get(&github, "reads", &path);
        tags.extend(page.tags());
        let link = page.link.split(", ").find(|link| link.contains("rel=\"next\"")).map(str::to_owned);
        next = link.map(|link| link[1..].split('>').next().unwrap().to_owned());
    }
    assert_eq!(tags, ["api/v1.0.4", "api/v1.0.3", "api/v1.0.2", "api/v1.0.1", "api/v1.0.0"]);
}

#[test]
fn the_latest_release_is_the_marked_one_or_else_the_newest() {
    let github = scene();
    let latest = || github.latest(NAME).map(|release| release.tag_name);
    assert_eq!(get(&github, "reads", "/releases/latest").status, 404);
    let publish = |tag: &str, wish: &str| {
        let body = json!({"tag_name": tag, "make_latest": wish});
        assert_eq!(ask(&github, "writes", "POST", "/releases", &body).status, 201);
    };
    publish("api/v1.0.0", "false");
    publish("vault/v1.0.0", "false");
    assert_eq!(latest().as_deref(), Some("vault/v1.0.0"), "nothing is marked");
    publish("cli/v1.0.0", "true");
    publish("api/v1.0.1", "false");
    assert_eq!(latest().as_deref(), Some("cli/v1.0.0"));
    let prerelease = json!({"tag_name": "api/v2.0.0-rc.1", "prerelease": true});
    assert_eq!(ask(&github, "writes", "POST", "/releases", &prerelease).status, 201);
    assert_eq!(get(&github, "reads", "/releases/latest").json()["tag_name"], "cli/v1.0.0");
}

#[test]
fn assets_come_and_go() {
    let github = scene();
    let release = ask(&github, "writes", "POST", "/releases", &json!({"tag_name": "api/v1.0.0", "draft": true})).json();
    let upload = release["upload_url"].as_str().unwrap().replace("{?name,label}", "?name=sums%20.txt");
    let list = format!("/releases/{}/assets", release["id"]);
    assert_eq!(send(&github, "reads", "POST", &upload, "abc").unwrap().status, 403);
    let asset = send(&github, "writes", "POST", &upload, "abc").unwrap();
    assert_eq!((asset.status, asset.json()["name"].as_str().unwrap().to_owned()), (201, "sums.txt".to_owned()));
    let digest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!((asset.json()["size"].clone(), asset.json()["digest"].clone()), (json!(3), json!(digest)));
    let again = send(&github, "writes", "POST", &upload, "abc").unwrap();
    assert_eq!(again.status, 422);
    assert_eq!(again.json()["errors"][0]["code"], "already_exists");
    assert_eq!(get(&github, "writes", &list).json().as_array().unwrap().len(), 1);
    assert_eq!(get(&github, "reads", &list).status, 404, "of a draft");
    let no_name = upload.replace("?name=sums%20.txt", "");
    assert_eq!(send(&github, "writes", "POST", &no_name, "abc").unwrap().status, 400);
    let below_api = upload.replace("/uploads/", "/");
    assert_eq!(send(&github, "writes", "POST", &below_api, "abc").unwrap().status, 404);
    let path = format!("/releases/assets/{}", asset.json()["id"]);
    assert_eq!(ask(&github, "writes", "PATCH", &path, &json!({"name": "other"})).json()["name"], "other");
    assert_eq!(send(&github, "writes", "DELETE", &path, "").unwrap().status, 204);
    assert_eq!(send(&github, "writes", "DELETE", &path, "").unwrap().status, 404);
    assert!(github.releases(NAME)[0].assets.is_empty());
}

#[test]
fn a_published_immutable_release_keeps_its_assets_and_its_tag() {
    let github = scene_of(Repository { immutable_releases: true, ..Repository::new(NAME) });
    let release = ask(&github, "writes", "POST", "/releases", &json!({"tag_name": "api/v1.0.0", "draft": true})).json();
    let upload = release["upload_url"].as_str().unwrap().replace("{?name,label}", "?name=a");
    let asset = send(&github, "writes", "POST", &upload, "abc").unwrap().json();
    let path = format!("/releases/{}", release["id"]);
    assert_eq!(ask(&github, "writes", "PATCH", &path, &json!({"draft": false})).json()["immutable"], true);
    let asset = format!("/releases/assets/{}", asset["id"]);
    for refused in [
        send(&github, "writes", "POST", &upload.replace("=a", "=b"), "abc").unwrap(),
        send(&github, "writes", "DELETE", &asset, "").unwrap(),
        ask(&github, "writes", "PATCH", &asset, &json!({"name": "b"})),
        ask(&github, "writes", "PATCH", &path, &json!({"draft": true})),
        ask(&github, "writes", "PATCH", &path, &json!({"tag_name": "api/v1.0.1"})),
    ] {
        assert_eq!(refused.status, 422, "{}", refused.body);
    }
    let words = ask(&github, "writes", "PATCH", &path, &json!({"name": "title", "body": "notes", "prerelease": true}));
    assert_eq!((words.status, words.json()["immutable"].clone()), (200, json!(true)));
    assert_eq!(get(&github, "administers", "/immutable-releases").json()["enabled"], true);
}

#[test]
fn settings_are_told_to_who_may_see_them() {
    let branches = json!({"id": 2, "name": "main", "target": "branch", "enforcement": "active", "rules": []});
    let rulesets = vec![tag_ruleset(1, &["refs/tags/*"], &["update", "deletion"]), branches];
    let github = scene_of(Repository { rulesets, workflow_permissions: "write".to_owned(), ..Repository::new(NAME) });
    let list = get(&github, "reads", "/rulesets").json();
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert!(list[0].get("rules").is_none());
    assert_eq!(get(&github, "reads", "/rulesets?targets=tag").json().as_array().unwrap().len(), 1);
    let one = get(&github, "reads", "/rulesets/1").json();
    assert_eq!(one["rules"], json!([{"type": "update"}, {"type": "deletion"}]));
    assert!(one.get("bypass_actors").is_none());
    assert_eq!(get(&github, "administers", "/rulesets/1").json()["bypass_actors"], json!([]));
    assert_eq!(get(&github, "reads", "/rulesets/3").status, 404);
    let permissions = get(&github, "administers", "/actions/permissions/workflow").json();
    assert_eq!(permissions["default_workflow_permissions"], "write");
    assert_eq!(get(&github, "reads", "").json()["default_branch"], "main");
}

#[test]
fn faults_happen_once_and_where_they_were_ordered() {
    let github = scene();
    let releases = format!("/repos/{NAME}/releases");
    github.order(Trigger::Request(2), Fault::answer(403, r#"{"message":"slow down"}"#).with_header("retry-after", "1"));
    github.order(Trigger::next("POST", &releases), Fault::lose_answer());
    github.order(Trigger::next("GET", &format!("{releases}/*")), Fault::close());
    assert_eq!(get(&github, "writes", "/releases").status, 200);
    assert_eq!(get(&github, "writes", "/releases").message(), (403, "slow down".to_owned()));
    assert!(send(&github, "writes", "POST", "/releases", r#"{"tag_name":"api/v1.0.0"}"#).is_none());
    assert_eq!(github.releases(NAME).len(), 1, "it was done all the same");
    assert!(send(&github, "writes", "GET", "/releases/latest", "").is_none());
    assert_eq!(get(&github, "writes", "/releases/latest").status, 200);
    let seen: Vec<String> = github.requests().iter().map(ToString::to_string).collect();
    assert_eq!(
        seen,
        [
            format!("GET {releases} 200"),
            format!("GET {releases} 403"),
            format!("POST {releases} -"),
            format!("GET {releases}/latest -"),
            format!("GET {releases}/latest 200"),
        ]
    );
}

#[test]
fn a_test_can_be_faster_than_the_request_that_it_sees() {
    let github = Arc::new(scene());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (other, log) = (Arc::clone(&github), Arc::clone(&seen));
    github.order(
        Trigger::next("POST", &format!("/repos/{NAME}/releases")),
        Fault::call(move || {
            log.lock().unwrap().extend(other.requests());
            other.add_release(NAME, Release::published("api/v1.0.0"));
        }),
    );
    let answer = ask(&github, "writes", "POST", "/releases", &json!({"tag_name": "api/v1.0.0", "draft": true}));
    assert_eq!(answer.status, 422);
    assert_eq!(seen.lock().unwrap()[0].status, None, "it had not been answered then");
    assert_eq!(github.requests()[0].status, Some(422));
}

#[test]
fn no_token_is_written_down() {
    let github = scene();
    let secret = "ghs_0123456789";
    github.grant(secret, Rights::WRITE);
    assert_eq!(get(&github, secret, &format!("/releases?access_token={secret}")).status, 200);
    assert!(!format!("{:?} {github:?}", github.requests()).contains(secret));
}
