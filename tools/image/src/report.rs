//! What to do about an error: the hint of whichever error in its chain has one.

use image::daemon::DaemonError;
use oci::reference::ReferenceError;
use registry::RegistryError;
use registry::login::LoginError;
use registry::spec::SpecError;
use terminal::UsageError;

/// What to do about an error, where one of its causes knows.
pub fn hint(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| {
        let reference = || cause.downcast_ref::<ReferenceError>().and_then(ReferenceError::hint);
        let spec = || cause.downcast_ref::<SpecError>().and_then(SpecError::hint);
        let registry = || cause.downcast_ref::<RegistryError>().and_then(RegistryError::hint);
        let daemon = || cause.downcast_ref::<DaemonError>().and_then(DaemonError::hint);
        let usage = || cause.downcast_ref::<UsageError>().map(|usage| usage.hint().to_owned());
        let login = || cause.downcast_ref::<LoginError>().and_then(LoginError::hint);
        login().or_else(reference).or_else(spec).or_else(registry).or_else(daemon).or_else(usage)
    })
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn a_hint_is_found_below_context() {
        let error = Err::<(), _>(UsageError::new("no tag given", "use `--tag`")).context("service `api`").unwrap_err();
        assert_eq!(hint(&error).unwrap(), "use `--tag`");
        assert_eq!(format!("{error:#}"), "service `api`: no tag given");
        assert_eq!(hint(&anyhow::anyhow!("plain")), None);
    }
}
