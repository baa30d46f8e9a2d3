//! `make test-k8s`: what a real API server of Kubernetes makes of `dev/k8s`. Nothing that it takes is run: there is no node.

mod cluster;

use std::collections::BTreeSet;

use parts::command::{command, stdout};
use serde_json::{Value, json};

use crate::cluster::Cluster;

/// Where the manifests are.
const FOLDER: &str = "dev/k8s";

/// A pod that has all it needs to break out of its container.
const PRIVILEGED: &str = r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "privileged", "namespace": "unkey"},
    "spec": {"containers": [{"name": "a", "image": "a", "securityContext": {"privileged": true}}]}}"#;

#[test]
fn every_object_is_taken_and_is_there_as_it_is_written() {
    let cluster = Cluster::start();
    let manifests = manifests();
    let first = cluster.apply(&manifests).succeeded();
    assert!(!first.stderr.contains("Warning"), "{}", first.report());
    let objects = names(&first.stdout);
    for kind in [
        "configmap/",
        "deployment.apps/",
        "networkpolicy.networking.k8s.io/",
        "poddisruptionbudget.policy/",
        "secret/",
        "service/",
        "serviceaccount/",
    ] {
        assert!(objects.iter().any(|object| object.starts_with(kind)), "{kind}: {objects:?}");
    }
    // Read back, each deployment is what was written, and what the server adds.
    let deployments = cluster.get(&["deployments", "--namespace", "unkey"]);
    let deployments = deployments["items"].as_array().expect("a list");
    assert!(deployments.len() >= 7, "{}", deployments.len());
    for deployment in deployments {
        let name = deployment["metadata"]["name"].as_str().expect("a name");
        let pod = &deployment["spec"]["template"]["spec"];
        assert_eq!(pod["containers"][0]["image"], format!("unkey/{name}:dev"));
        assert_eq!(pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"], true, "{name}");
        assert_eq!(pod["automountServiceAccountToken"], false, "{name}");
        let config = pod["volumes"][0]["configMap"]["name"].as_str().expect("a configuration");
        assert!(objects.contains(&format!("configmap/{config}")), "{config}: {objects:?}");
    }
    // The second time, there is nothing that the server would change.
    let difference = cluster.kubectl(&["diff", "--server-side", "--kustomize", FOLDER]);
    assert_eq!(difference.code, Some(0), "{}", difference.report());
    for object in &objects {
        let namespace: &[&str] = if object.starts_with("namespace/") { &[] } else { &["--namespace", "unkey"] };
        cluster.kubectl(&[&["get", "--output", "name", object.as_str()], namespace].concat()).succeeded();
    }
}

#[test]
fn a_field_that_is_misspelled_is_refused_by_its_name() {
    let cluster = Cluster::start();
    let misspelled = manifests().replace("readOnlyRootFilesystem", "readOnlyRootFileSystem");
    let refused = cluster.apply(&misspelled).exited(1);
    refused.complains(&["readOnlyRootFileSystem: field not declared in schema"]);
}

#[test]
fn a_pod_that_could_break_out_is_refused_and_one_of_a_service_is_not() {
    let cluster = Cluster::start();
    cluster.apply(&manifests()).succeeded();
    let refused = cluster.apply(PRIVILEGED).exited(1);
    refused.complains(&["violates PodSecurity \"restricted:latest\"", "privileged"]);
    let deployment = cluster.get(&["deployment", "api", "--namespace", "unkey"]);
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "api", "namespace": "unkey"},
        "spec": deployment["spec"]["template"]["spec"],
    });
    cluster.apply(&pod.to_string()).succeeded();
    let taken: Value = cluster.get(&["pod", "api", "--namespace", "unkey"]);
    assert_eq!(taken["spec"]["containers"][0]["securityContext"]["capabilities"]["drop"], json!(["ALL"]));
}

/// All manifests, as kustomize puts them together.
fn manifests() -> String {
    stdout(command("kubectl").args(["kustomize", FOLDER]))
}

/// The objects that kubectl says it has applied: `KIND/NAME`.
fn names(said: &str) -> BTreeSet<String> {
    said.lines().filter_map(|line| line.strip_suffix(" serverside-applied")).map(str::to_owned).collect()
}
