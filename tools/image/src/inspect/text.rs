//! The readable form of an inspection: an indented tree, columns aligned, no colour.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use indicatif::DecimalBytes;
use terminal::printable;

use super::{ConfigSummary, ImageSummary, Inspection, LayerSummary, Part, Reference};
use oci::platform;

/// The width of the names of a config's fields.
const NAME_WIDTH: usize = 12;

/// The tree as text, with a final newline.
#[must_use]
pub fn render(inspection: &Inspection) -> String {
    let mut tree = Tree { text: String::new(), depth: 0 };
    tree.line(&inspection.layout);
    tree.nested(|tree| tree.parts(&inspection.manifests));
    tree.text
}

/// Whether they are for different machines, and not only written differently.
fn is_other(declared: &str, platform: &str) -> bool {
    platform::normal(declared) != platform::normal(platform)
}

struct Tree {
    text: String,
    depth: usize,
}

impl Tree {
    fn parts(&mut self, parts: &[Part]) {
        for part in parts {
            match part {
                Part::Index(index) => {
                    self.line(&format!("index {}", title(&index.reference)));
                    self.nested(|tree| {
                        tree.map("tags", &index.reference.descriptor_annotations);
                        tree.map("annotations", &index.annotations);
                        tree.parts(&index.manifests);
                    });
                }
                Part::Image(image) => self.image(image),
                Part::Artifact(artifact) => {
                    let kind = &artifact.artifact_type;
                    self.line(&format!("artifact {} {}", kind, title(&artifact.reference)));
                    self.nested(|tree| tree.list("blobs", artifact.blobs.iter().map(title)));
                }
                Part::Unreadable(unreadable) => {
                    self.line(&format!("unreadable {}", title(&unreadable.reference)));
                    self.nested(|tree| tree.field("error", &unreadable.error));
                }
            }
        }
    }

    fn image(&mut self, image: &ImageSummary) {
        self.line(&format!("image {} {}", image.platform, title(&image.reference)));
        self.nested(|tree| {
            tree.field("media type", &image.reference.media_type);
            if let Some(declared) =
                image.declared_platform.as_ref().filter(|declared| is_other(declared, &image.platform))
            {
                tree.field("in index as", declared);
            }
            let unpacked = size(image.total_uncompressed_size);
            tree.field("size", &format!("{} in the registry, {unpacked} unpacked", DecimalBytes(image.total_size)));
            tree.map("tags", &image.reference.descriptor_annotations);
            tree.map("annotations", &image.annotations);
            tree.config(&image.config);
            tree.layers(&image.layers);
        });
    }

    fn config(&mut self, config: &ConfigSummary) {
        self.field("config", &title(&config.reference));
        let optional = [
            ("created", &config.created),
            ("user", &config.user),
            ("workdir", &config.working_dir),
            ("stop signal", &config.stop_signal),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                self.field(name, value);
            }
        }
        for (name, words) in [("entrypoint", &config.entrypoint), ("cmd", &config.cmd)] {
            if !words.is_empty() {
                // As JSON, so that an argument with spaces is seen to be one.
                self.field(name, &serde_json::json!(words).to_string());
            }
        }
        self.list("env", config.env.iter().cloned());
        self.map("labels", &config.labels);
        self.list("ports", config.ports.iter().cloned());
        self.list("volumes", config.volumes.iter().cloned());
    }

    fn layers(&mut self, layers: &[LayerSummary]) {
        let rows: Vec<_> = layers.iter().map(columns).collect();
        let mut widths = [0; 4];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.len().max(*width);
            }
        }
        for (number, (layer, row)) in layers.iter().zip(&rows).enumerate() {
            let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:>width$}"));
            let cells: Vec<_> = cells.collect();
            self.line(&format!("layer {} {}  {}", number + 1, layer.reference.digest, cells.join("  ")));
            self.nested(|tree| {
                tree.field("diff_id", layer.diff_id.as_deref().unwrap_or("unknown"));
                tree.field("media type", &layer.reference.media_type);
                let rest = [("created by", &layer.created_by), ("problem", &layer.problem)];
                for (name, value) in rest.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
                    tree.field(name, value);
                }
            });
        }
    }

    fn map(&mut self, name: &str, map: &BTreeMap<String, String>) {
        self.list(name, map.iter().map(|(key, value)| format!("{key}={value}")));
    }

    fn list(&mut self, name: &str, values: impl Iterator<Item = String>) {
        for (position, value) in values.enumerate() {
            self.field(if position == 0 { name } else { "" }, &value);
        }
    }

    fn field(&mut self, name: &str, value: &str) {
        self.line(&format!("{name:NAME_WIDTH$} {value}"));
    }

    fn line(&mut self, line: &str) {
        let indent = 2 * self.depth;
        // Labels and names come from strangers: nothing in them may steer a terminal or start a new line.
        let _ = writeln!(self.text, "{:indent$}{}", "", printable::line(line));
    }

    fn nested(&mut self, inside: impl FnOnce(&mut Self)) {
        self.depth += 1;
        inside(self);
        self.depth -= 1;
    }
}

/// Cells of a layer's line, aligned over the layers of an image.
fn columns(layer: &LayerSummary) -> [String; 4] {
    let entries = match layer.entries {
        Some(1) => "1 entry".to_owned(),
        Some(count) => format!("{count} entries"),
        None => "unknown entries".to_owned(),
    };
    [
        layer.compression.clone().unwrap_or_else(|| "unknown".to_owned()),
        DecimalBytes(layer.reference.size).to_string(),
        format!("{} unpacked", size(layer.uncompressed_size)),
        entries,
    ]
}

fn size(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "unknown".to_owned(), |bytes| DecimalBytes(bytes).to_string())
}

fn title(reference: &Reference) -> String {
    format!("{} ({})", reference.digest, DecimalBytes(reference.size))
}
