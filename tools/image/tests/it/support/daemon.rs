//! A daemon for tests: the part of the Docker Engine API that a load uses, in the manner of Docker's own image store.

use std::collections::HashMap;
use std::io::Read as _;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::server::{Answer, Ask, Server, reply};

/// What the daemon has, and how it behaves.
#[derive(Default)]
pub struct State {
    /// Diff ids of each image, by its id; none of one that could not be unpacked.
    pub images: HashMap<String, Vec<String>>,
    /// Ids by tag.
    pub tags: HashMap<String, String>,
    /// Names of the entries of each archive that arrived.
    pub archives: Vec<Vec<String>>,
    /// Does not use the layers that it has.
    pub wants_all_layers: bool,
    /// What it says of itself, and is like.
    pub kind: Kind,
    /// Has no room to unpack layers.
    pub is_full: bool,
    /// What a proxy in front of it keeps back, such as `info`.
    pub forbidden: Vec<&'static str>,
    /// How many questions for single images fail from now on.
    pub failing_questions: usize,
    /// Takes archives and forgets them.
    pub is_forgetful: bool,
}

/// The kinds of daemons, by how they keep images.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    Docker,
    /// Takes images that it cannot unpack.
    Containerd,
    Podman,
}

/// The running daemon.
pub struct TestDaemon {
    server: Server,
    state: Arc<Mutex<State>>,
    _folder: TempDir,
}

impl TestDaemon {
    pub fn start(state: State) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state = Arc::new(Mutex::new(state));
        let handler = {
            let state = Arc::clone(&state);
            move |ask: &Ask| answer(&mut state.lock().unwrap(), ask)
        };
        let server = Server::on_socket(&folder.path().join("docker.sock"), handler);
        Self { server, state, _folder: folder }
    }

    /// For `DOCKER_HOST`.
    pub fn address(&self) -> &str {
        self.server.address()
    }

    pub fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

fn answer(state: &mut State, ask: &Ask) -> Answer {
    let path = ask.path.split('?').next().unwrap();
    // Versioned and unversioned paths mean the same.
    let path = path
        .strip_prefix("/v1.")
        .and_then(|rest| rest.split_once('/'))
        .map_or(path.trim_start_matches('/'), |(_, rest)| rest);
    if state.forbidden.contains(&path) {
        return reply(403, &[("content-type", "text/html")], "<html><body>Request forbidden</body></html>");
    }
    match (ask.method.as_str(), path) {
        ("GET", "version") => {
            let name = if state.kind == Kind::Podman { "Podman Engine" } else { "Engine" };
            json_reply(&json!({
                "ApiVersion": "1.41", "MinAPIVersion": "1.12", "Os": "linux", "Arch": "amd64",
                "Components": [{"Name": name, "Version": "1"}],
            }))
        }
        ("GET", "info") => {
            let driver = if state.kind == Kind::Containerd { "io.containerd.snapshotter.v1" } else { "overlay2" };
            json_reply(&json!({"DriverStatus": [["driver-type", driver]]}))
        }
        ("GET", "images/json") => json_reply(&list(state)),
        ("POST", "images/load") => load(state, &ask.body),
        ("GET", _) if state.failing_questions > 0 => {
            state.failing_questions -= 1;
            reply(500, &[("content-type", "application/json")], r#"{"message": "database is locked"}"#)
        }
        ("GET", path) => inspect(state, path.strip_prefix("images/")?.strip_suffix("/json")?),
        ("POST", path) => tag(state, path.strip_prefix("images/")?.strip_suffix("/tag")?, &ask.path),
        _ => None,
    }
}

fn list(state: &State) -> Value {
    let summary = |id: &String| {
        let tags: Vec<_> = state.tags.iter().filter(|(_, tagged)| *tagged == id).map(|(tag, _)| tag).collect();
        json!({
            "Id": id, "ParentId": "", "RepoTags": tags, "RepoDigests": [], "Created": 0, "Size": 0, "SharedSize": -1,
            "Labels": {}, "Containers": -1,
        })
    };
    state.images.keys().map(summary).collect()
}

fn inspect(state: &State, name: &str) -> Answer {
    let name = name.replace("%3A", ":").replace("%2F", "/");
    let id = state.tags.get(&name).unwrap_or(&name);
    match state.images.get(id) {
        Some(layers) if layers.is_empty() => json_reply(&json!({"Id": id, "RootFS": {"Type": "layers"}})),
        Some(layers) => json_reply(&json!({"Id": id, "RootFS": {"Type": "layers", "Layers": layers}})),
        None => reply(404, &[("content-type", "application/json")], r#"{"message": "no such image"}"#),
    }
}

fn tag(state: &mut State, id: &str, query: &str) -> Answer {
    let id = id.replace("%3A", ":");
    let parameter = |name: &str| {
        let (_, rest) = query.split_once(&format!("{name}=")).unwrap();
        rest.split('&').next().unwrap().replace("%2F", "/").replace("%3A", ":")
    };
    state.tags.insert(format!("{}:{}", parameter("repo"), parameter("tag")), id);
    reply(201, &[], "")
}

fn load(state: &mut State, body: &[u8]) -> Answer {
    let mut files = HashMap::new();
    for entry in tar::Archive::new(body).entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        files.insert(entry.path().unwrap().display().to_string(), bytes);
    }
    let mut names: Vec<_> = files.keys().cloned().collect();
    names.sort();
    state.archives.push(names);
    let manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    let config_path = manifest[0]["Config"].as_str().unwrap();
    let config: Value = serde_json::from_slice(&files[config_path]).unwrap();
    let diff_ids: Vec<String> = serde_json::from_value(config["rootfs"]["diff_ids"].clone()).unwrap();
    let is_there = |(position, layer): (usize, &Value)| {
        let is_known =
            !state.wants_all_layers && state.images.values().any(|layers| layers.starts_with(&diff_ids[..=position]));
        is_known || files.contains_key(layer.as_str().unwrap())
    };
    let is_whole = manifest[0]["Layers"].as_array().unwrap().iter().enumerate().all(is_there);
    if !is_whole && state.kind != Kind::Containerd {
        return json_reply(&json!({"errorDetail": {"message": "open layer: no such file"}, "error": "open layer"}));
    }
    if !state.is_forgetful {
        let id = format!("sha256:{}", config_path.rsplit('/').next().unwrap());
        state.tags.insert(manifest[0]["RepoTags"][0].as_str().unwrap().to_owned(), id.clone());
        state.images.insert(id, if is_whole && !state.is_full { diff_ids } else { Vec::new() });
    }
    json_reply(&json!({"stream": "Loaded image"}))
}

fn json_reply(value: &Value) -> Answer {
    reply(200, &[("content-type", "application/json")], value.to_string() + "\n")
}
