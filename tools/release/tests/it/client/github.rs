//! The client's release on GitHub: a draft until all is there, compared, never replaced, finished by the next run.

use std::fs;

use parts::github::{Release, Settings, answer};
use rustix::process::{Pid, Signal, kill_process};

use super::scene::{ClientScene, FILES, NAME, RELEASES, TAG, TOKEN, rest_after};

/// Where files of the first release are sent to.
const UPLOADS: &str = "/api/uploads/repos/unkeyed/unkey/releases/*";

fn built() -> ClientScene {
    let client = ClientScene::new();
    client.build();
    client
}

fn uploads(client: &ClientScene) -> usize {
    client.github.requests().iter().filter(|request| request.uri.path().starts_with("/api/uploads")).count()
}

#[test]
fn a_release_has_all_files_and_a_second_run_changes_nothing() {
    let client = built();
    let (status, stdout, stderr) = client.release();
    assert_eq!(status, 0, "{stderr}");
    assert_eq!(stdout, format!("https://github.com/{NAME}/releases/tag/{TAG}\n"));
    let release = client.assert_released("the first run");
    assert_eq!((release.prerelease, release.make_latest.as_deref()), (false, Some("true")));
    let notes = release.body.unwrap();
    assert!(
        notes.starts_with("First release.\n\n## Install\n\n```\nnpm install --global unkey@1.2.3\n```\n"),
        "{notes}"
    );
    let sum = oci::digest::of_bytes(&fs::read(client.dist().join(FILES[4])).unwrap()).to_string();
    assert!(notes.contains(sum.trim_start_matches("sha256:")), "{notes}");
    // The files came before the release was seen by anybody.
    let methods: Vec<String> = client.github.requests().iter().map(|request| request.method.to_string()).collect();
    assert_eq!(methods.iter().filter(|method| *method == "POST").count(), 1 + FILES.len());
    assert_eq!(methods.last().map(String::as_str), Some("PATCH"));
    let writes = client.writes();
    let (status, _, stderr) = client.release();
    assert_eq!((status, client.writes()), (0, writes), "{stderr}");
}

#[test]
fn uploads_that_break_off_or_lose_their_answers_are_looked_up_and_sent_again() {
    for place in 0..FILES.len() {
        let client = built();
        for _ in 0..place {
            client.github.next("POST", UPLOADS, |ordinary| Some(ordinary()));
        }
        match place % 3 {
            0 => client.github.next("POST", UPLOADS, |_| None),
            // It was a success, and nobody heard of it.
            1 => client.github.next("POST", UPLOADS, |ordinary| {
                ordinary();
                None
            }),
            _ => client.github.next("POST", UPLOADS, |ordinary| {
                ordinary();
                Some(answer(502, &[], "<html>"))
            }),
        }
        if place == 5 {
            client.github.break_upload();
        }
        let (status, _, stderr) = client.release();
        assert_eq!(status, 0, "{place}: {stderr}");
        client.assert_released(&place.to_string());
    }
}

#[test]
fn half_of_a_file_in_its_own_draft_is_removed_and_sent_again() {
    let client = built();
    client.github.break_upload();
    let (status, _, stderr) = client.release();
    assert_eq!(status, 0, "{stderr}");
    client.assert_released("broken once");
    assert_eq!(client.github.requests().iter().filter(|request| request.method == "DELETE").count(), 1);
    assert_eq!(uploads(&client), FILES.len() + 1);
}

#[test]
fn a_file_that_another_run_has_sent_meanwhile_is_not_removed() {
    let client = built();
    // All is there, and nothing is published.
    client.github.next("PATCH", "/repos/unkeyed/unkey/releases/*", |_| Some(answer(403, &[], "{}")));
    let (status, _, stderr) = client.release();
    assert_eq!(status, 2, "{stderr}");
    client.github.next("GET", "/repos/unkeyed/unkey/releases/1/assets", |ordinary| {
        let answer = ordinary();
        let text = String::from_utf8(answer.body().to_vec()).unwrap();
        Some(answer.map(|_| text.replacen("\"uploaded\"", "\"starter\"", 1).into()))
    });
    let (status, _, stderr) = client.release();
    assert_eq!(status, 0, "{stderr}");
    assert!(client.github.requests().iter().all(|request| request.method != "DELETE"));
    client.assert_released("by two runs");
}

/// Killed before and after each write the next run finishes, with what was built.
#[test]
fn killed_at_any_write_the_next_run_finishes() {
    let places =
        [("POST", RELEASES, 1), ("POST", UPLOADS, FILES.len()), ("PATCH", "/repos/unkeyed/unkey/releases/*", 1)];
    let writes = places.iter().flat_map(|(method, path, count)| (0..*count).map(move |place| (*method, *path, place)));
    for (number, (method, path, place)) in writes.enumerate() {
        let client = built();
        let dist = client.dist();
        let arguments = [TAG, "--only", "github-release", "--dist", dist.to_str().unwrap()];
        for _ in 0..place {
            client.github.next(method, path, |ordinary| Some(ordinary()));
        }
        let (send, receive) = std::sync::mpsc::channel::<Pid>();
        let is_done_first = number % 2 == 0;
        client.github.next(method, path, move |ordinary| {
            let process = receive.recv().unwrap();
            if is_done_first {
                ordinary();
            }
            kill_process(process, Signal::KILL).unwrap();
            None
        });
        let mut child = client.start(&arguments, &[]);
        send.send(Pid::from_child(&child)).unwrap();
        assert_eq!(child.wait().unwrap().code(), None, "{method} {place}: it was killed");
        let (status, _, stderr) = client.release();
        assert_eq!(status, 0, "{method} {place}: {stderr}");
        client.assert_released(&format!("{method} {place}"));
        assert_eq!(client.builds(), 1);
        assert!(uploads(&client) <= FILES.len() + 1, "{method} {place}: what is there is not sent again");
    }
}

#[test]
fn interrupted_in_an_upload_it_ends_soon_and_the_next_run_finishes() {
    let client = built();
    let dist = client.dist();
    let (send, receive) = std::sync::mpsc::channel::<Pid>();
    client.github.next("POST", UPLOADS, |ordinary| Some(ordinary()));
    client.github.next("POST", UPLOADS, move |_| {
        kill_process(receive.recv().unwrap(), Signal::INT).unwrap();
        std::thread::sleep(std::time::Duration::from_secs(3));
        None
    });
    let child = client.start(&[TAG, "--only", "github-release", "--dist", dist.to_str().unwrap()], &[]);
    send.send(Pid::from_child(&child)).unwrap();
    let begun = std::time::Instant::now();
    let (status, rest) = rest_after(child, "may be released", |_| ());
    assert_eq!(status, Some(130), "{rest}");
    assert!(rest.ends_with("interrupted; the same command may be run again\n"), "{rest}");
    assert!(begun.elapsed() < std::time::Duration::from_secs(3), "{:?}", begun.elapsed());
    assert!(client.github.releases()[0].draft);
    let (status, _, stderr) = client.release();
    assert_eq!(status, 0, "{stderr}");
    client.assert_released("after Ctrl-C");
}

#[test]
fn a_published_release_is_compared_and_never_changed() {
    for (is_missing, expected) in [(false, "has other bytes in `checksums.txt`"), (true, "lacks `checksums.txt`")] {
        let client = built();
        let id = client.github.add_release(Release::published(TAG));
        for name in FILES {
            let content = match name {
                "checksums.txt" if is_missing => continue,
                "checksums.txt" => b"other".to_vec(),
                "unkey.rb" => fs::read(client.dist().join("homebrew/Casks/unkey.rb")).unwrap(),
                name => fs::read(client.dist().join(name)).unwrap(),
            };
            client.github.add_asset(id, name, &content);
        }
        let (status, stdout, stderr) = client.release();
        assert_eq!((status, stdout.as_str(), client.writes()), (1, "", 0), "{stderr}");
        assert!(stderr.contains(&format!("the release of `cli/v1.2.3` on GitHub {expected}\n")), "{stderr}");
        assert!(stderr.contains("hint: what is published is never changed; "), "{stderr}");
    }
}

#[test]
fn where_github_tells_no_digests_the_bytes_are_compared() {
    let client = built();
    client.github.configure(Settings { hides_digests: true, ..Settings::default() });
    let (status, _, stderr) = client.release();
    assert_eq!(status, 0, "{stderr}");
    client.assert_released("no digests");
    let (status, _, stderr) = client.release();
    assert_eq!(status, 0, "{stderr}");
    // As many bytes, and other ones.
    let other = built();
    other.github.configure(Settings { hides_digests: true, ..Settings::default() });
    let id = other.github.add_release(Release::published(TAG));
    for name in FILES {
        let place = if name == "unkey.rb" { "homebrew/Casks/unkey.rb" } else { name };
        let mut content = fs::read(other.dist().join(place)).unwrap();
        content[0] ^= 1;
        other.github.add_asset(id, name, &content);
    }
    let (status, _, stderr) = other.release();
    assert!(status == 1 && stderr.contains("has other bytes in `checksums.txt`, `unkey.rb`, "), "{stderr}");
}

#[test]
fn somebody_else_s_draft_is_left_alone() {
    let client = built();
    let id = client.github.add_release(Release::draft(TAG));
    client.github.add_asset(id, "checksums.txt", b"somebody else's");
    let (status, _, stderr) = client.release();
    assert_eq!(status, 0, "{stderr}");
    assert!(stderr.contains("another draft of it is left alone"), "{stderr}");
    let releases = client.github.releases();
    assert_eq!((releases.len(), releases[0].draft, releases[0].assets.len()), (2, true, 1));
    assert!(!releases[1].draft && releases[1].assets.len() == FILES.len());
}

#[test]
fn a_file_that_comes_meanwhile_keeps_the_draft_from_being_published() {
    for (name, expected) in [
        ("checksums.txt", "has other bytes in `checksums.txt`"),
        ("extra.txt", "has what is none of its files, `extra.txt`"),
    ] {
        let client = built();
        // Somebody writes into the draft as soon as it is there.
        client.github.next("POST", RELEASES, move |ordinary| Some(ordinary()));
        client.github.next("POST", UPLOADS, |ordinary| Some(ordinary()));
        let (address, name) = (client.github.url().trim_start_matches("http://").to_owned(), name.to_owned());
        client.github.next("GET", "/repos/unkeyed/unkey/releases/1/assets", move |ordinary| {
            let caller = parts::http::Caller::new(&address, Some(TOKEN));
            let path = format!("/api/uploads/repos/unkeyed/unkey/releases/1/assets?name={name}");
            caller.send_with("POST", &path, &[("content-type", "text/plain")], "other").succeeded();
            Some(ordinary())
        });
        let (status, _, stderr) = client.release();
        assert!(status == 1 && stderr.contains(expected), "{stderr}");
        assert!(client.github.releases()[0].draft, "it stays a draft");
        assert!(stderr.contains("hint: it is a draft: remove the file there"), "{stderr}");
    }
}

#[test]
fn the_highest_stable_version_is_the_latest_release() {
    let client = ClientScene::new();
    for (tag, expected) in
        [(TAG, "true"), ("cli/v1.1.9", "false"), ("cli/v1.3.0-rc.1", "false"), ("cli/v1.3.0", "true")]
    {
        if tag != TAG {
            client.scene.tag(tag);
        }
        for part in ["archives", "github-release"] {
            let (status, _, stderr) = client.publish(&[tag, "--only", part]);
            assert_eq!(status, 0, "{stderr}");
        }
        let release = client.github.releases().pop().unwrap();
        assert_eq!((release.tag_name.as_str(), release.make_latest.as_deref()), (tag, Some(expected)));
        assert_eq!(release.prerelease, tag.contains("rc"));
    }
    // A tag that is only here is none of origin's.
    client.scene.git(&["tag", "cli/v9.0.0"]);
    client.scene.tag("cli/v1.4.0");
    for part in ["archives", "github-release"] {
        client.publish(&["cli/v1.4.0", "--only", part]);
    }
    assert_eq!(client.github.releases().pop().unwrap().make_latest.as_deref(), Some("true"));
}

#[test]
fn a_dry_run_changes_nothing() {
    let client = built();
    let dist = client.dist();
    let arguments = [TAG, "--only", "github-release", "--dry-run", "--dist", dist.to_str().unwrap()];
    let (status, _, stderr) = client.publish(&arguments);
    assert_eq!((status, client.writes()), (0, 0), "{stderr}");
    assert!(stderr.contains("GitHub release  would be published\n"), "{stderr}");
}
