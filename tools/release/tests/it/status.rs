//! `release status`: where every service stands.

use crate::scene::Scene;

fn status(scene: &Scene, arguments: &[&str]) -> (i32, String, String) {
    scene.run(&[&["status", "--no-registry"], arguments].concat())
}

#[test]
fn every_service_is_a_line() {
    let scene = Scene::new();
    scene.tag("api/v1.2.3");
    scene.tag("worker/v0.1.0");
    scene.write("build/api/main.rs", "changed");
    scene.commit("Change api");
    scene.push_main();
    let expected = "service  release  since then\n\
                    api      v1.2.3   1 commit since\n\
                    worker   v0.1.0   up to date\n\
                    cli      -        never released\n";
    assert_eq!(status(&scene, &[]), (0, expected.to_owned(), String::new()));
}

#[test]
fn a_tag_of_no_commit_is_passed_over() {
    let scene = Scene::new();
    scene.tag("api/v1.2.3");
    scene.tag("worker/v0.1.0");
    for (name, object) in [("api/v1.3.0", "HEAD^{tree}"), ("cli/v0.1.0", "HEAD:build/api/BUILD.bazel")] {
        scene.git(&["tag", name, object]);
        scene.git(&["push", "--quiet", "origin", &format!("refs/tags/{name}")]);
    }
    let expected = "service  release  since then\n\
                    api      v1.2.3   up to date\n\
                    worker   v0.1.0   up to date\n\
                    cli      -        never released\n";
    let warning = |tag: &str| {
        format!("warning: tag `{tag}` does not point at a commit, so what was released before it is compared with\n")
    };
    assert_eq!(status(&scene, &[]), (0, expected.to_owned(), warning("api/v1.3.0") + &warning("cli/v0.1.0")));
}

#[test]
fn it_compares_to_origins_main() {
    let scene = Scene::new();
    scene.tag("api/v1.2.3");
    scene.write("build/api/main.rs", "changed");
    scene.commit("Not pushed");
    let (_, stdout, _) = status(&scene, &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(
        json[0],
        serde_json::json!({
            "service": "api",
            "last": "v1.2.3",
            "commit": scene.git(&["rev-parse", "api/v1.2.3"]),
            "identical": true,
            "changes": 0,
            "image": null,
            "broken": [],
        })
    );
    assert_eq!(json[1]["last"], serde_json::Value::Null);
}

#[test]
fn an_origin_that_does_not_answer_is_only_asked_without_a_flag() {
    let scene = Scene::new();
    scene.git(&["remote", "set-url", "origin", "/nowhere/at-all.git"]);
    assert_eq!(status(&scene, &[]).0, 2);
    assert_eq!(status(&scene, &["--no-fetch"]).0, 0);
}

#[test]
fn a_registry_that_does_not_answer_is_told_and_the_rest_shown() {
    let scene = Scene::new();
    scene.tag("api/v1.2.3");
    // A port that nobody listens on: it was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let registry = format!("127.0.0.1:{port}/unkeyed");
    let (status, stdout, stderr) = scene.run(&["status", "--registry", &registry]);
    assert_eq!(status, 2, "{stderr}");
    assert!(stdout.contains("api      v1.2.3   up to date      unknown\n"), "{stdout}");
    assert!(stderr.contains(&format!("error: cannot reach registry `127.0.0.1:{port}`")), "{stderr}");
    assert!(stderr.to_lowercase().contains("connection refused"), "the cause: {stderr}");
    assert!(
        stderr.contains("\n\nhint: ") && stderr.contains("leave the registry out with `--no-registry`\n"),
        "{stderr}"
    );
}
