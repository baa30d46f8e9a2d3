//! Every environment variable that a service's command reads.

/// The path of the configuration, where `--config` does not name one.
pub(crate) const CONFIG: &str = "UNKEY_CONFIG";
