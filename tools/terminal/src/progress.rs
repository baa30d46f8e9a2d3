//! How the library tells what it is sending. It draws nothing: the binary decides between bars, lines and silence.

use std::sync::Arc;

/// Receives what happens while something is sent.
pub trait Progress: Send + Sync {
    /// A transfer of `size` bytes starts; `label` names it, such as `api: layer sha256:0123456789ab`. An unknown size is 0.
    fn start(&self, label: &str, size: u64) -> Arc<dyn Transfer>;

    /// Something happened that a person would want to know, in one line.
    fn note(&self, line: &str);
}

/// One transfer that has started. Dropping it without [`Transfer::finish`] means that it failed.
pub trait Transfer: Send + Sync {
    /// This many more bytes are on their way.
    fn advance(&self, bytes: u64);

    /// Starts again from nothing.
    fn restart(&self);

    /// All is sent.
    fn finish(&self);
}

/// Says nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _label: &str, _size: u64) -> Arc<dyn Transfer> {
        Arc::new(Self)
    }

    fn note(&self, _line: &str) {}
}

impl Transfer for Silent {
    fn advance(&self, _bytes: u64) {}

    fn restart(&self) {}

    fn finish(&self) {}
}
