//! A new service: what it consists of, what it is refused for, and that nothing stays of one that fails.

use crate::scene::{Scene, stderr, stdout};

/// A repository that is up to date, whose cargo is this script.
fn scene(cargo: &str) -> Scene {
    let scene = Scene::new();
    scene.run(&["generate"]).success();
    parts::files::write_program(&scene.path().join("dev/cargo.sh"), format!("#!/bin/sh\n{cargo}\n"));
    scene
}

#[test]
fn a_new_service_is_whole_and_named_everywhere() {
    for (name, identifier, description) in [("billing-api", "billing_api", "Bills customers"), ("b2", "b2", "")] {
        let scene = scene("echo locked >>Cargo.lock");
        let made = scene.run(&["new", name, &format!("--description={description}")]).success();
        for path in [
            format!("build/{name}/main.rs"),
            format!("svc/{name}/src/lib.rs"),
            format!("dev/config/{name}.toml"),
            format!("dev/k8s/{name}.yaml"),
        ] {
            assert!(stdout(&made).lines().any(|line| line == path), "{path}: {}", stdout(&made));
            assert!(scene.path().join(&path).is_file(), "{path}");
        }
        let description = if description.is_empty() { "The b2 service" } else { description };
        let main = scene.read(&format!("build/{name}/main.rs"));
        let call = format!("    util::run_service_command!(\"{name}\", \"{description}\", {identifier}::run)\n");
        assert!(main.contains(&call), "{main}");
        assert_eq!(stdout(&scene.run(&["list"])).lines().filter(|line| *line == name).count(), 1);
        assert_eq!(stdout(&scene.run(&["generate", "--check"]).success()), "");
        assert!(scene.read("Cargo.lock").ends_with("locked\n"));
        assert!(scene.read(&format!("dev/config/{name}.toml")).contains("listen = \"0.0.0.0:8100\""));
    }
}

#[test]
fn each_new_service_gets_a_port_of_its_own() {
    let scene = scene("exit 0");
    scene.run(&["new", "first"]).success();
    scene.run(&["new", "second"]).success();
    assert!(scene.read("dev/config/second.toml").contains("listen = \"0.0.0.0:8101\""));
}

#[test]
fn what_cannot_be_a_service_is_refused_and_nothing_is_written() {
    let scene = scene("exit 0");
    scene.write("svc/runtime/Cargo.toml", "");
    scene.write("dev/config/half.toml", "");
    let before = scene.snapshot();
    for (name, complaint) in [
        ("", "`` cannot be the name of a service: the service's name is empty"),
        ("billing_api", "`billing_api` cannot be the name of a service: the service's name has a `_`"),
        ("Billing", "does not start with a small letter"),
        ("2b", "does not start with a small letter"),
        ("-b", "does not start with a small letter"),
        ("../b", "does not start with a small letter"),
        ("b/../../c", "is not made of small letters"),
        ("$(touch pwned)", "does not start with a small letter"),
        (&"b".repeat(41), "longer than 40 characters"),
        ("util", "the folder that all services share is called so"),
        ("cli", "the command line client is called so"),
        ("push", "a target beside the binary is called so"),
        ("test", "a crate of Rust itself is called so"),
        ("loop", "it is a word of Rust"),
        ("api", "`api` exists: `build/api` is there"),
        ("runtime", "`runtime` exists: `svc/runtime` is there"),
        ("half", "`half` exists: `dev/config/half.toml` is there"),
        ("serde-json", "`Cargo.lock` has a crate `serde_json`"),
    ] {
        let refused = scene.run(&["new", "--", name]).code(1);
        let error = stderr(&refused);
        assert!(error.starts_with("error: ") && error.contains(complaint), "{name}: {error}");
        assert!(error.contains("\n\nhint: "), "{name}: {error}");
        assert_eq!(scene.snapshot(), before, "{name}");
    }
    for description in
        [" ", "two\nlines", "a \"quote\"", "a \\", "{stamp}", "$(touch pwned)", &"d".repeat(101), "\u{202e}a"]
    {
        let refused = scene.run(&["new", "b2", &format!("--description={description}")]).code(1);
        assert!(stderr(&refused).starts_with("error: the description `"), "{}", stderr(&refused));
        assert_eq!(scene.snapshot(), before, "{description}");
    }
}

#[test]
fn nothing_stays_where_cargo_refuses_or_cannot_be_started() {
    let refusing = scene("echo broken >Cargo.lock; exit 101");
    let before = refusing.snapshot();
    let error = stderr(&refusing.run(&["new", "b2"]).code(2));
    assert!(error.contains("error: cargo does not take the crates of `b2`, nothing is changed"), "{error}");
    assert_eq!(refusing.snapshot(), before);

    let missing = Scene::new();
    missing.run(&["generate"]).success();
    let before = missing.snapshot();
    let error = stderr(&missing.run(&["new", "b2"]).code(2));
    assert!(error.contains("error: cannot start `dev/cargo.sh`: "), "{error}");
    assert_eq!(missing.snapshot(), before);
}

#[test]
fn nothing_stays_where_it_is_interrupted() {
    for signal in ["INT", "TERM"] {
        // The tool is the parent of its cargo.
        let scene = scene(&format!("echo broken >Cargo.lock; kill -{signal} $PPID; exec sleep 60"));
        let before = scene.snapshot();
        let error = stderr(&scene.run(&["new", "b2"]).code(130));
        assert!(error.ends_with("services: interrupted, nothing is changed\n"), "{error}");
        assert_eq!(scene.snapshot(), before);
    }
}

#[test]
fn a_repository_that_is_broken_already_gets_no_new_service() {
    let scene = scene("exit 0");
    scene.write("dev/compose.yaml", "services: {}\n");
    let before = scene.snapshot();
    let error = stderr(&scene.run(&["new", "b2"]).code(2));
    assert!(error.starts_with("error: `dev/compose.yaml` has no line `# make bazel: begin services`\n"), "{error}");
    assert_eq!(scene.snapshot(), before);
}
