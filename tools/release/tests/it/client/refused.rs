//! What is not published, what is said about it, and that it was found before anything was.

use std::fs;
use std::net::TcpListener;

use parts::executables::{self, Elf};
use parts::files::write;

use super::scene::{ClientScene, TAG};

/// Publishes nothing with these arguments and variables, ends so, and says that.
fn assert_refused(client: &ClientScene, arguments: &[&str], variables: &[(&str, &str)], status: i32, said: &[&str]) {
    let mut command = client.command(arguments);
    let (actual, stdout, stderr) = client.scene.run_command(command.envs(variables.iter().copied()));
    assert_eq!((actual, stdout.as_str()), (status, ""), "{arguments:?}: {stderr}");
    for part in said {
        assert!(stderr.contains(part), "no `{part}` in {stderr}");
    }
    assert_eq!(client.writes(), 0, "{arguments:?}");
}

#[test]
fn tags_that_are_none_and_parts_that_do_not_fit() {
    let client = ClientScene::new();
    let versions = "`v1.2.3` is not a release tag";
    for (arguments, said) in [
        (&["v1.2.3"][..], versions),
        (&["cli/v1.2"], "`cli/v1.2` is not a release tag"),
        (&["cli/1.2.3"], "`cli/1.2.3` is not a release tag"),
        (&["cli"], "`cli` is not a release tag"),
        (&["cli/v1.2.3", "cli/v1.2.4"], "`cli/v1.2.3` and `cli/v1.2.4` are of one service"),
        (
            &["cli/v1.2.3", "api/v1.0.0"],
            "hint: make release ARGS='publish api/v1.0.0', and make release ARGS='publish cli/v1.2.3'",
        ),
        (&["cli/v1.2.3", "--only", "image"], "`--only image` is no part of publishing `cli/v1.2.3`"),
        (
            &["api/v1.2.3", "--only", "npm"],
            "hint: make release ARGS='publish api/v1.2.3 --only image', or make release",
        ),
        (&["api/v1.2.3", "--only", "archives"], "`--only archives` is no part of publishing `api/v1.2.3`"),
        (&["api/v1.2.3", "--dist", "x"], "`--dist` is no part of publishing `api/v1.2.3`"),
        (&["cli/v9.0.0"], "tag `cli/v9.0.0` does not exist on origin"),
    ] {
        assert_refused(&client, arguments, &[], 1, &[said]);
    }
    assert_eq!(client.builds(), 0);
    let (status, _, stderr) = client.scene.run(&["verify", TAG]);
    assert!(status == 1 && stderr.contains("--only archives' makes its archives"), "{stderr}");
}

#[test]
fn a_commit_that_is_not_on_main() {
    let client = ClientScene::untagged();
    client.scene.write("cli/main.rs", "new");
    client.scene.commit("Not merged");
    client.scene.tag(TAG);
    client.scene.tag("cli/v2.0.0-rc.1");
    assert_refused(&client, &[TAG], &[], 1, &["which is not on origin's main"]);
    assert_refused(&client, &["cli/v2.0.0-rc.1"], &[], 1, &["--allow-prerelease-off-main"]);
    assert_eq!(client.builds(), 0);
    let (status, _, stderr) = client.publish(&["cli/v2.0.0-rc.1", "--only", "archives", "--allow-prerelease-off-main"]);
    assert_eq!(status, 0, "{stderr}");
}

#[test]
fn a_tag_that_is_taken_back_while_its_archives_are_built() {
    let client = ClientScene::new();
    let origin = client.scene.path("origin.git");
    let meanwhile = format!("git -C '{}' update-ref -d refs/tags/{TAG}", origin.display());
    let said = format!("tag `{TAG}` does not exist on origin");
    assert_refused(&client, &[TAG], &[("TEST_MEANWHILE", &meanwhile)], 1, &[&said]);
    assert_eq!(client.builds(), 1);
}

#[test]
fn packages_that_the_tag_s_commit_would_not_make() {
    let client = ClientScene::untagged();
    client.scene.write("tools/npm/launcher/unkey.js", "a launcher");
    client.scene.commit("Make a launcher");
    client.scene.push_main();
    client.scene.tag(TAG);
    client.scene.write("tools/npm/launcher/unkey.js", "another one");
    let said = ["`tools/npm` is another one here than in `cli/v1.2.3`", "hint: `git checkout cli/v1.2.3`, then run"];
    for arguments in [&[TAG][..], &[TAG, "--only", "npm"]] {
        assert_refused(&client, arguments, &[], 1, &said);
    }
    client.scene.commit("Change the launcher");
    assert_refused(&client, &[TAG], &[], 1, &said);
    assert_eq!(client.builds(), 0);
    client.build();
    assert_eq!(client.release().0, 0, "it has nothing to do with the others");
}

#[test]
fn a_commit_without_a_client() {
    let client = ClientScene::untagged();
    client.scene.git(&["tag", "cli/v0.1.0", "HEAD~1"]);
    client.scene.git(&["push", "--quiet", "origin", "refs/tags/cli/v0.1.0"]);
    assert_refused(&client, &["cli/v0.1.0"], &[], 1, &["the commit of `cli/v0.1.0` has no `dev/goreleaser.sh`"]);
}

#[test]
fn a_platform_without_its_binary() {
    let client = ClientScene::new();
    for platform in ["linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64", "windows_amd64"] {
        let said = format!("the binary for {} cannot be released: there is none\n", platform.replace('_', "/"));
        assert_refused(&client, &[TAG], &[("TEST_WITHOUT", platform)], 1, &[&said]);
        let said = format!("{} has 0 archives, and not one\n", platform.replace('_', "/"));
        assert_refused(&client, &[TAG], &[("TEST_WITHOUT_ARCHIVE", platform)], 1, &[&said]);
    }
}

#[test]
fn a_binary_of_another_platform() {
    for (name, bytes, said) in [
        ("darwin_arm64", executables::of("darwin", "amd64"), "darwin/arm64 cannot be released: `"),
        ("windows_amd64", executables::of("windows", "arm64"), "is for Aarch64 and not for X86_64"),
        ("linux_arm64", executables::of("linux", "amd64"), "is for X86_64 and not for Aarch64"),
        ("linux_amd64", executables::elf("amd64", Elf::Interpreter), "is linked dynamically"),
    ] {
        let client = ClientScene::untagged();
        write(&client.scene.clone_folder().join("prebuilt").join(name), bytes);
        client.scene.commit("Break it");
        client.scene.push_main();
        client.scene.tag(TAG);
        assert_refused(&client, &[TAG], &[], 1, &[said, "archives        refused\n", "npm             -\n"]);
    }
}

#[test]
fn a_contract_that_is_broken_is_found_before_goreleaser_starts() {
    let client = ClientScene::untagged();
    client.scene.write("broken", "");
    client.scene.commit("Break it");
    client.scene.push_main();
    client.scene.tag(TAG);
    assert_refused(&client, &[TAG], &[], 1, &["`//cli:binaries_test` says FAILED"]);
    assert_eq!(client.builds(), 0);
}

#[test]
fn another_goreleaser_and_one_that_fails() {
    let client = ClientScene::new();
    let said = ["GoReleaser is `2.9.0`, and `2.15.1` is what releases are made with", "hint: `dev/goreleaser.sh` gets"];
    assert_refused(&client, &[TAG], &[("TEST_VERSION", "2.9.0")], 1, &said);
    assert_eq!(client.builds(), 0);
    let said = ["GoReleaser ended with exit status: 1, what it said is above", "hint: run the same command again"];
    assert_refused(&client, &[TAG], &[("TEST_FAIL", "1")], 2, &said);
}

#[test]
fn without_a_network_nothing_is_built() {
    let client = ClientScene::new();
    // A port that nobody listens on: it was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = format!("http://127.0.0.1:{port}");
    assert_refused(&client, &[TAG], &[("GITHUB_API_URL", &nobody)], 2, &["cannot reach GitHub to see the repository"]);
    assert_refused(&client, &[TAG], &[("GITHUB_TOKEN", "")], 2, &["there is no token for GitHub"]);
    assert_refused(&client, &[TAG], &[("GITHUB_TOKEN", "wrong")], 2, &["GitHub does not accept the token"]);
    client.scene.git(&["remote", "set-url", "origin", "/nowhere/at-all.git"]);
    assert_refused(&client, &[TAG], &[], 2, &["cannot ask `origin`"]);
    assert_eq!(client.builds(), 0);
}

#[test]
fn uploads_that_lead_elsewhere_get_no_token() {
    let client = ClientScene::new();
    client.build();
    client.github.next("POST", super::scene::RELEASES, |ordinary| {
        let text = String::from_utf8(ordinary().into_body().to_vec()).unwrap();
        let (from, to) = ("http://127.0.0.1", "https://evil.example/127.0.0.1");
        let text = text.replace(&format!("\"upload_url\":\"{from}"), &format!("\"upload_url\":\"{to}"));
        Some(parts::github::answer(201, &[("content-type", "application/json")], text))
    });
    let (status, _, stderr) = client.release();
    assert_eq!(status, 2, "{stderr}");
    assert!(stderr.contains("GitHub wants files of a release sent to `https://evil.example/"), "{stderr}");
    assert!(client.github.releases()[0].draft);
    assert!(fs::exists(client.dist()).unwrap());
}
