//! What is written where, and what is said to be behind.

use crate::scene::{Scene, stderr, stdout};

#[test]
fn every_file_names_every_service_in_order() {
    let scene = Scene::new();
    scene.run(&["generate"]).success();
    for (path, expected) in [
        (
            ".depot/workflows/service-release.yaml",
            "  - \"api/v[0-9]+.[0-9]+.[0-9]+*\"\n  - \"vault/v[0-9]+.[0-9]+.[0-9]+*\"\n",
        ),
        ("Cargo.toml", "  \"build/api\",\n  \"build/util\",\n  \"build/vault\",\n  \"svc/api\",\n  \"svc/vault\",\n"),
        (
            "MODULE.bazel",
            "  \"//build/api:Cargo.toml\",\n  \"//build/util:Cargo.toml\",\n  \"//build/vault:Cargo.toml\",\n  \
             \"//svc/api:Cargo.toml\",\n  \"//svc/vault:Cargo.toml\",\n",
        ),
        ("build/services.bzl", "  \"api\",\n  \"vault\",\n"),
        ("dev/k8s/kustomization.yaml", "  - api.yaml\n  - vault.yaml\n"),
    ] {
        let text = scene.read(path);
        assert!(text.contains(&format!("\n{expected}  # make bazel: end\nend\n")), "{path}: {text}");
    }
    let config = scene.read("dev/config/kustomization.yaml");
    assert!(config.contains("  - name: vault\n    files: [unkey.toml=vault.toml]\n"), "{config}");
}

#[test]
fn a_service_is_hardened_and_has_a_volume_where_it_keeps_state() {
    let scene = Scene::new();
    scene.run(&["generate"]).success();
    let compose = scene.read("dev/compose.yaml");
    let (api, vault) = compose.split_once("\n  vault:\n").unwrap();
    for service in [api, vault] {
        for part in
            ["pull_policy: never", "read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", "healthcheck"]
        {
            assert!(service.contains(part), "{part}: {service}");
        }
    }
    assert!(api.contains("\"127.0.0.1:7070:7070\"") && !api.contains("/home/nonroot"), "{api}");
    assert!(vault.contains("source: vault\n        target: /home/nonroot\n"), "{vault}");
    assert!(compose.contains("begin volumes\n  vault:\n  # make bazel: end"), "{compose}");

    let (api, vault) = (scene.read("dev/k8s/api.yaml"), scene.read("dev/k8s/vault.yaml"));
    for manifest in [&api, &vault] {
        for part in [
            "automountServiceAccountToken: false",
            "runAsNonRoot: true",
            "type: RuntimeDefault",
            "readOnlyRootFilesystem: true",
            "allowPrivilegeEscalation: false",
            "drop: [ALL]",
            "kind: NetworkPolicy",
            "kind: PodDisruptionBudget",
        ] {
            assert!(manifest.contains(part), "{part}: {manifest}");
        }
    }
    let of_state = ["kind: PersistentVolumeClaim", "type: Recreate", "fsGroup: 65532", "claimName: vault"];
    assert!(of_state.iter().all(|part| vault.contains(part) && !api.contains(part)), "{vault}");
}

#[test]
fn what_is_behind_is_named_with_the_command_and_a_second_run_writes_nothing() {
    let scene = Scene::new();
    scene.run(&["generate"]).success();
    let generated = scene.snapshot();
    let nothing = scene.run(&["generate", "--check"]).success();
    assert_eq!((stdout(&nothing), stderr(&nothing)), (String::new(), String::new()));
    assert_eq!(stderr(&scene.run(&["generate"]).success()), "");
    assert_eq!(scene.snapshot(), generated);

    scene.write("build/services.bzl", &scene.read("build/services.bzl").replace("  \"vault\",\n", ""));
    scene.write("dev/k8s/api.yaml", &scene.read("dev/k8s/api.yaml").replace("readOnly: true", "readOnly: false"));
    let edited = scene.snapshot();
    let behind = scene.run(&["generate", "--check"]).code(1);
    assert_eq!(stdout(&behind), "build/services.bzl\ndev/k8s/api.yaml\n");
    assert!(stderr(&behind).ends_with("\n\nhint: make bazel\n"), "{}", stderr(&behind));
    assert_eq!(scene.snapshot(), edited);
    scene.run(&["generate"]).success();
    assert_eq!(scene.snapshot(), generated);
}

#[test]
fn nothing_stays_of_a_service_that_is_gone() {
    let scene = Scene::new();
    scene.run(&["generate"]).success();
    for folder in ["build/vault", "svc/vault"] {
        scene.remove(folder);
    }
    scene.run(&["generate"]).success();
    for (path, text) in scene.snapshot() {
        let is_config = path.ends_with("dev/config/vault.toml");
        assert!(is_config || !text.is_some_and(|text| text.contains("vault")), "{}", path.display());
        assert!(!path.ends_with("dev/k8s/vault.yaml"));
    }
}

#[test]
fn what_cannot_be_made_is_told_and_nothing_is_written() {
    let without_region =
        ("build/services.bzl", "SERVICES = []\n", "`build/services.bzl` has no line `# make bazel: begin");
    let without_port = ("dev/config/api.toml", "region = \"local\"\n", "`dev/config/api.toml`: `listen` is missing");
    let unreadable =
        ("dev/config/api.toml", "listen = \n", "`dev/config/api.toml` cannot be read as a configuration: ");
    for (path, text, complaint) in [without_region, without_port, unreadable] {
        let scene = Scene::new();
        scene.write(path, text);
        let before = scene.snapshot();
        let error = stderr(&scene.run(&["generate"]).code(2));
        assert!(error.starts_with(&format!("error: {complaint}")), "{error}");
        assert_eq!(scene.snapshot(), before);
    }
    let scene = Scene::new();
    std::fs::remove_file(scene.path().join("dev/config/vault.toml")).unwrap();
    let error = stderr(&scene.run(&["generate"]).code(2));
    assert_eq!(
        error,
        "error: the service `vault` has no configuration `dev/config/vault.toml`\n\n\
         hint: write `dev/config/vault.toml`, with at least `listen = \"0.0.0.0:<port>\"`\n"
    );
}
