//! What all verbs that write a layout do after it: the files beside it that build rules offer.

use std::fs;

use terminal::{Context as _, Failure};

use oci::layout_writer::{Blobs, Written};

use crate::cli::layout_output::{BlobsArg, OutputArgs};

impl From<BlobsArg> for Blobs {
    fn from(blobs: BlobsArg) -> Self {
        match blobs {
            BlobsArg::Link => Self::Link,
            BlobsArg::Copy => Self::Copy,
        }
    }
}

/// Writes the digest and the copy of `index.json`, where they are wanted.
pub fn write_side_files(arguments: &OutputArgs, written: &Written) -> Result<(), Failure> {
    if let Some(path) = &arguments.digest_output {
        fs::write(path, format!("{}\n", written.digest))
            .with_context(|| format!("cannot write the digest to `{}`", path.display()))?;
    }
    if let Some(path) = &arguments.index_output {
        fs::write(path, &written.index).with_context(|| format!("cannot write the index to `{}`", path.display()))?;
    }
    Ok(())
}
