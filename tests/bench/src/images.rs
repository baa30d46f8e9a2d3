//! The workspace that is measured: another one than the repository, so that measuring leaves no trace in that.
//!
//! Every image is a `service_image` over one file of 9.7 MB for each architecture: the first bytes of crane, a program
//! that is there in any case and compresses as Rust's do (to 42 %), with the image's name written into it so that no two
//! are the same. "One byte changed" changes a byte in the middle of both architectures' files.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use parts::command::{ended, stdout};
use parts::workspace::Workspace;
use parts::{consumer, environment, files, paths};

/// The image that most is measured with.
pub const ONE: &str = "one";

/// The same image but for one byte, to be pushed and loaded after it under the same name.
pub const CHANGED: &str = "one_changed";

/// How large the program in an image is: as large as the one that `rules_oci` was measured with.
const SIZE: usize = 9_700_000;

/// Where the byte is that changes.
const CHANGING: u64 = 4_850_000;

/// Where the name is written: behind the header of the file, which nobody reads.
const NAME: usize = 64;

const ARCHITECTURES: [&str; 2] = ["amd64", "arm64"];

/// What comes out of the disk cache would be measured as if it was built.
const NO_CACHE: &str = "--disk_cache=";

/// The workspace, with all its images built.
#[derive(Debug)]
pub struct Images {
    folder: PathBuf,
    workspace: Workspace,
}

impl Images {
    /// Writes it and builds it.
    pub fn prepare() -> Self {
        let folder = environment::cache().join("bench");
        let images = Self { workspace: consumer::workspace(&folder, "bench"), folder };
        let program = program();
        for name in all() {
            images.write(&name, &program);
        }
        eprintln!("bench: building the images in {} (minutes, the first time)", images.folder.display());
        // On disk in full: a build without the cache would make again what another one left in it.
        let line = ["build", "--remote_download_outputs=all", "//..."];
        images.workspace.run(&line).succeeded();
        images
    }

    /// Changes one byte in every file of an image.
    pub fn change(&self, image: &str) {
        for architecture in ARCHITECTURES {
            let path = self.file(image, architecture);
            let file = File::options().read(true).write(true).open(&path).expect("the program");
            let mut byte = [0];
            file.read_exact_at(&mut byte, CHANGING).expect("read");
            file.write_all_at(&[byte[0].wrapping_add(1)], CHANGING).expect("written");
        }
    }

    /// An architecture's program of an image.
    pub fn file(&self, image: &str, architecture: &str) -> PathBuf {
        self.folder.join(image).join(architecture)
    }

    /// `bazel VERB` without the disk cache.
    pub fn bazel(&self, verb: &str, arguments: &[&str]) -> Command {
        self.workspace.bazel(&[&[verb, NO_CACHE], arguments].concat())
    }

    /// How long `bazel build` takes for these images.
    pub fn build(&self, images: &[String], options: &[&str]) -> Duration {
        let labels: Vec<_> = images.iter().map(|image| label(image)).collect();
        let labels: Vec<_> = labels.iter().map(String::as_str).collect();
        ended(&mut self.bazel("build", &[options, &labels[..]].concat())).succeeded().took
    }

    /// What `bazel run` starts for a target, as a program of its own: what it does after the build.
    pub fn runnable(&self, target: &str) -> PathBuf {
        let path = self.folder.join("bazel-run").join(target.replace(['/', ':'], "_"));
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        let option = format!("--script_path={}", path.display());
        ended(&mut self.bazel("run", &[&option, target])).succeeded();
        path
    }

    /// An image's layout: an index over both architectures.
    pub fn layout(&self, image: &str) -> PathBuf {
        self.output(&format!("{image}/image"))
    }

    /// A built file.
    pub fn output(&self, path: &str) -> PathBuf {
        let path = self.folder.join("bazel-bin").join(path);
        fs::canonicalize(&path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()))
    }

    /// Where actions run.
    pub fn execution_root(&self) -> PathBuf {
        PathBuf::from(stdout(&mut self.bazel("info", &["execution_root"])))
    }

    fn write(&self, image: &str, program: &[u8]) {
        let package = self.folder.join(image);
        for architecture in ARCHITECTURES {
            let mut content = program.to_vec();
            // Both images that are compared have one name in them.
            let name = format!("{}, {architecture}", image.trim_end_matches("_changed"));
            content[NAME..NAME + name.len()].copy_from_slice(name.as_bytes());
            if image == CHANGED {
                content[usize::try_from(CHANGING).expect("small")] ^= 0x80;
            }
            files::write(&package.join(architecture), &content);
        }
        files::write(&package.join("BUILD.bazel"), build_file(image));
    }
}

impl Drop for Images {
    fn drop(&mut self) {
        // Its Bazel would keep half a gigabyte of memory for hours.
        let _ = self.workspace.bazel(&["shutdown"]).status();
    }
}

/// Seven images, as many as there are services.
pub fn seven() -> Vec<String> {
    (1..=7).map(|number| format!("image_{number}")).collect()
}

/// The label of an image.
pub fn label(image: &str) -> String {
    format!("//{image}:image")
}

fn all() -> Vec<String> {
    [ONE, CHANGED].map(str::to_owned).into_iter().chain(seven()).collect()
}

fn program() -> Vec<u8> {
    let path = paths::on_path("crane").expect("crane is not on the PATH: its bytes stand for a service's");
    let mut content = fs::read(&path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()));
    assert!(content.len() >= SIZE, "`{}` has only {} bytes", path.display(), content.len());
    content.truncate(SIZE);
    content
}

/// `peer` is the layer as `rules_pkg` makes it without us.
fn build_file(image: &str) -> String {
    let name = image.trim_end_matches("_changed");
    let service = consumer::service(&[
        "binary_name = \"service\"",
        "description = \"Is measured\"",
        &format!("local_tag = \"bench/{name}:dev\""),
        &format!("repository = \"registry.example/bench/{name}\""),
    ]);
    format!(
        "load(\"@rules_pkg//pkg:tar.bzl\", \"pkg_tar\")\n{service}\n\
         pkg_tar(\n    name = \"peer\",\n    extension = \"tar.gz\",\n    files = {{\"amd64\": \"service\"}},\n    \
         mode = \"0755\",\n    package_dir = \"/\",\n    tags = [\"manual\"],\n)\n"
    )
}
