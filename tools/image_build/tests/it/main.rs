//! The one integration binary of `image_build`: a module a verb, each running the built tool as Bazel's actions do.

mod assemble;
mod assemble_base;
mod assemble_layers;
mod assemble_settings;
mod compress;
mod golden;
mod index;
mod layouts;
mod stamp;

use assert_cmd::Command;

/// The built tool.
fn image_build() -> Command {
    Command::new(parts::program!("image_build"))
}
