//! What else the tool says of the client: what can change it, what is in a release, whether one is published, what a workflow gets.

use std::fs;

use parts::github::Release;

use super::scene::{ClientScene, NAME, TAG, TOKEN};

#[test]
fn what_can_change_the_client_is_new_in_it_and_nothing_else() {
    let client = ClientScene::new();
    let scene = &client.scene;
    for (file, title) in [
        ("cli/README.md", "Explain it"),
        ("svc/shared/lib.rs", "Share better"),
        (".goreleaser.yaml", "Pack better"),
        ("dev/npm.sh", "Get npm"),
        ("tools/npm/src/lib.rs", "Publish better"),
        ("build/api/main.rs", "Improve api"),
        ("README.md", "Say more"),
        ("tools/image/src/lib.rs", "Push better"),
    ] {
        scene.write(file, title);
        if file == "svc/shared/lib.rs" {
            scene.write("svc/shared/BUILD.bazel", "");
        }
        scene.commit(title);
    }
    scene.push_main();
    let (status, stdout, stderr) = scene.plan(&["cli", "--json"]);
    assert_eq!(status, 0, "{stderr}");
    let plan: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    let titles: Vec<&str> =
        plan["changes"].as_array().unwrap().iter().map(|change| change["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["Publish better", "Get npm", "Pack better", "Share better", "Explain it"]);
    assert_eq!(plan["releases"][0]["tag"], "cli/v1.2.4");
    let (status, stdout, stderr) = scene.run(&["closure", "cli"]);
    assert_eq!(status, 0, "{stderr}");
    for file in ["cli/main.rs", "cli/BUILD.bazel", ".goreleaser.yaml", "svc/shared/lib.rs"] {
        assert!(stdout.lines().any(|line| line == file), "no {file} in {stdout}");
    }
    let (status, stdout, stderr) = scene.run(&["notes", TAG]);
    let expected = "First release.\n\n## Install\n\n```\nnpm install --global unkey@1.2.3\n```\n";
    assert_eq!((status, stdout.as_str()), (0, expected), "{stderr}");
}

#[test]
fn status_tells_whether_the_last_release_is_on_github() {
    let client = ClientScene::new();
    let status = |token: &str| {
        let mut command = client.scene.release(&["status", "--no-fetch"]);
        command.env("GITHUB_TOKEN", token).env("GITHUB_API_URL", client.github.url()).env("GITHUB_REPOSITORY", NAME);
        let (status, stdout, stderr) = client.scene.run_command(&mut command);
        let line = stdout.lines().find(|line| line.starts_with("cli ")).unwrap_or_default().to_owned();
        (status, line, stderr)
    };
    let (code, line, stderr) = status("");
    assert_eq!((code, line.as_str()), (0, "cli      v1.2.3   up to date"), "nobody is asked without a token: {stderr}");
    let (code, line, stderr) = status(TOKEN);
    assert_eq!((code, line.as_str()), (0, "cli      v1.2.3   up to date      missing"), "{stderr}");
    client.github.add_release(Release::draft(TAG));
    assert!(status(TOKEN).1.ends_with("missing"), "a draft is nobody's");
    client.github.add_release(Release::published(TAG));
    assert!(status(TOKEN).1.ends_with("published"));
    let (code, line, stderr) = status("wrong");
    assert!(code == 2 && line.ends_with("unknown") && stderr.contains("does not accept the token"), "{stderr}");
}

#[test]
fn a_workflow_gets_what_it_needs_to_know() {
    let client = ClientScene::new();
    let file = client.scene.path("output");
    let mut command = client.scene.release(&["check", "--github-output"]);
    command.env("RELEASE_TAG", TAG).env("GITHUB_OUTPUT", &file);
    let (status, stdout, stderr) = client.scene.run_command(&mut command);
    let head = client.scene.head();
    assert_eq!((status, stdout), (0, format!("{TAG} {head} \n")), "{stderr}");
    let expected = format!("service=cli\nversion=v1.2.3\nimage=\nprerelease=false\ncommit={head}\n");
    assert_eq!(fs::read_to_string(file).unwrap(), expected);
}
