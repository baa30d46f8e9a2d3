//! `image_build assemble`: pairs layers with labels, assembles, writes the side files.

use image_build::assemble::{BaseSource, LayerFile, Request, Settings, assemble};
use oci::platform::Platform;
use terminal::{Exit, Failure};

use crate::cli::assemble::AssembleArgs;
use crate::commands::layout_output;

/// Runs the verb.
pub fn run(arguments: AssembleArgs) -> Result<Exit, Failure> {
    let written = assemble(&Request {
        output: arguments.output.output.clone(),
        base: base(&arguments)?,
        layers: layers(&arguments)?,
        blobs: arguments.blobs.into(),
        settings: Settings {
            created: arguments.created,
            entrypoint: arguments.entrypoint,
            cmd: arguments.cmd,
            exposed_ports: arguments.exposed_ports,
            volumes: arguments.volumes,
            env: arguments.env,
            labels: arguments.labels,
            annotations: arguments.annotations,
            user: arguments.user.filter(|user| !user.is_empty()),
            workdir: arguments.workdir.filter(|workdir| !workdir.is_empty()),
        },
    })?;
    layout_output::write_side_files(&arguments.output, &written)?;
    Ok(Exit::Success)
}

fn base(arguments: &AssembleArgs) -> Result<BaseSource, Failure> {
    match (&arguments.base, &arguments.os, &arguments.architecture) {
        (Some(base), None, None) => Ok(BaseSource::Layout(base.clone())),
        (None, Some(os), Some(architecture)) => Ok(BaseSource::Scratch(Platform {
            os: os.clone(),
            architecture: architecture.clone(),
            variant: arguments.variant.clone(),
        })),
        _ => Err(Failure::unknown("either `--base`, or `--os` and `--architecture` are needed")),
    }
}

fn layers(arguments: &AssembleArgs) -> Result<Vec<LayerFile>, Failure> {
    let (layers, labels) = (arguments.layers.len(), arguments.created_by.len());
    if layers != labels {
        let message = format!("there are {layers} `--layer` and {labels} `--created-by`, each layer needs one label");
        return Err(Failure::unknown(message));
    }
    let pairs = arguments.layers.iter().zip(&arguments.created_by);
    Ok(pairs.map(|(path, label)| LayerFile { path: path.clone(), created_by: label.clone() }).collect())
}
