//! `release status`: where every service stands.

use crate::scene::Scene;

fn status(scene: &Scene, arguments: &[&str]) -> (i32, String, String) {
    scene.run(&[&["status", "--closures", &scene.closures()], arguments].concat())
}

#[test]
fn every_service_is_a_line() {
    let scene = Scene::new();
    scene.tag("api/v1.2.3");
    scene.tag("worker/v0.1.0");
    scene.write("build/api/main.rs", "changed");
    scene.commit("Change api");
    scene.push_main();
    let expected = "api     v1.2.3  1 commit since\nworker  v0.1.0  up to date\ncli     -       never released\n";
    assert_eq!(status(&scene, &[]), (0, expected.to_owned(), String::new()));
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
