//! What to do about an error: the hint of whichever error in its chain has one.

use image_build::assemble::AssembleError;
use oci::layout_writer::WriteError;

/// What to do about an error, where one of its causes knows.
pub fn hint(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| {
        let assemble = || cause.downcast_ref::<AssembleError>().and_then(AssembleError::hint);
        let write = || cause.downcast_ref::<WriteError>().and_then(WriteError::hint);
        assemble().or_else(write)
    })
}
