//! The golden cases that `rules_oci` itself made: their attributes as command lines.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// One case: what `rules_oci` was asked for.
pub struct Case {
    pub name: String,
    pub rule: String,
    attributes: serde_json::Map<String, Value>,
}

/// All cases, by name.
pub fn cases(golden: &Path) -> BTreeMap<String, Case> {
    let folders = fs::read_dir(golden.join("cases")).unwrap().map(|entry| entry.unwrap().path());
    let cases = folders.map(|folder| {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let mut case: Value = serde_json::from_slice(&fs::read(folder.join("attrs.json")).unwrap()).unwrap();
        let Value::Object(attributes) = case["attrs"].take() else { panic!("{name} has no attributes") };
        (name.clone(), Case { name, rule: case["rule"].as_str().unwrap().to_owned(), attributes })
    });
    cases.collect()
}

impl Case {
    /// The other cases that this one is made of.
    pub fn dependencies(&self) -> Vec<String> {
        let base = self.attributes.get("base").into_iter();
        let images = self.attributes.get("images").and_then(Value::as_array).into_iter().flatten();
        let labels = base.chain(images).map(|label| label.as_str().unwrap());
        labels.filter_map(|label| label.strip_prefix(':')).map(str::to_owned).collect()
    }

    /// The command line, without the output. `scratch` is a folder for the files that `rules_oci`'s macros write for
    /// attributes given inline; `built` has the layouts of the other cases, `golden` the inputs.
    pub fn arguments(&self, golden: &Path, built: &Path, scratch: &Path) -> Vec<String> {
        let folders = Folders { golden, built };
        let verb = match self.rule.as_str() {
            "oci_image" => "assemble",
            "oci_image_index" => "index",
            other => panic!("unknown rule {other}"),
        };
        let mut arguments = vec![verb.to_owned()];
        for (name, value) in &self.attributes {
            match name.as_str() {
                "base" => arguments.extend(["--base".to_owned(), folders.path(value.as_str().unwrap())]),
                "os" | "architecture" | "variant" | "user" | "workdir" => {
                    arguments.extend([format!("--{name}"), value.as_str().unwrap().to_owned()]);
                }
                "tars" => arguments.extend(labels(value).flat_map(|label| folders.layer(label))),
                "images" => {
                    arguments.extend(labels(value).flat_map(|label| ["--image".to_owned(), folders.path(label)]));
                }
                _ => {
                    let file = match value {
                        Value::String(label) => folders.path(label),
                        inline => write(scratch, name, &inline_text(name, inline)),
                    };
                    arguments.extend([format!("--{}", name.replace('_', "-")), file]);
                }
            }
        }
        arguments
    }
}

/// Where labels lead.
struct Folders<'a> {
    golden: &'a Path,
    built: &'a Path,
}

impl Folders<'_> {
    fn path(&self, label: &str) -> String {
        let path: PathBuf = if let Some(case) = label.strip_prefix(':') {
            self.built.join(case)
        } else if let Some(repository) = label.strip_prefix('@') {
            self.golden.join("inputs/pulled").join(repository)
        } else if label == "//sub:gen" {
            // A rule's label: it copies this file.
            self.golden.join("inputs/in/cfg.tar")
        } else {
            self.golden.join("inputs").join(label.trim_start_matches('/').replace(':', "/"))
        };
        path.to_str().unwrap().to_owned()
    }

    fn layer(&self, label: &str) -> [String; 4] {
        ["--layer".to_owned(), self.path(label), "--created-by".to_owned(), label.to_owned()]
    }
}

fn labels(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().unwrap().iter().map(|label| label.as_str().unwrap())
}

/// What `rules_oci`'s macros write into a file for an attribute that is given inline.
fn inline_text(name: &str, value: &Value) -> String {
    let strings = || labels(value).collect::<Vec<_>>();
    match (name, value) {
        ("entrypoint" | "cmd", _) => {
            strings().iter().map(|entry| entry.replace('\n', "%5Cn")).collect::<Vec<_>>().join("\n")
        }
        ("exposed_ports" | "volumes", _) => strings().join(","),
        (_, Value::Object(pairs)) => {
            let lines = pairs.iter().map(|(key, value)| format!("{key}={}", value.as_str().unwrap()));
            lines.collect::<Vec<_>>().join("\n")
        }
        other => panic!("unknown attribute {other:?}"),
    }
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    fs::create_dir_all(folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}
