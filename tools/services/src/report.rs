//! What to do about an error: the hint of whichever error in its chain has one; and which exit status it is.

use services::ServiceError;
use services::generate::GenerateError;
use services::scaffold::ScaffoldError;
use terminal::{Exit, UsageError};

/// How a run ended that ended with an error.
pub fn exit(error: &anyhow::Error) -> Exit {
    let is_refusal = error.chain().any(|cause| {
        cause.downcast_ref::<ScaffoldError>().is_some_and(ScaffoldError::is_refusal)
            || cause.downcast_ref::<ServiceError>().is_some_and(ServiceError::is_refusal)
    });
    if is_refusal { Exit::Refused } else { Exit::Error }
}

/// What to do about an error, where one of its causes knows.
pub fn hint(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| {
        let scaffold = || cause.downcast_ref::<ScaffoldError>().and_then(ScaffoldError::hint);
        let service = || cause.downcast_ref::<ServiceError>().and_then(ServiceError::hint);
        let generate = || cause.downcast_ref::<GenerateError>().and_then(GenerateError::hint);
        let usage = || cause.downcast_ref::<UsageError>().map(|usage| usage.hint().to_owned());
        scaffold().or_else(service).or_else(generate).or_else(usage)
    })
}
