//! `image push`: checks what was typed, publishes, and says what became of each service.

mod output;

use std::time::Duration;

use anyhow::Context as _;
use oci::content::Content;
use oci::reference::Repository;
use registry::spec::{self, Service};
use registry::{PushOptions, PushReport, PushRequest, RetryPolicy, push};
use release_tag::{Version, VersionError};
use terminal::{Exit, UsageError, block_on, printable};

use crate::cli::push::PushArgs;

/// What became of one service.
struct Result {
    service: String,
    outcome: anyhow::Result<PushReport>,
    is_refusal: bool,
}

/// Runs the verb. What is wrong with the arguments ends it at once; what is wrong with one service leaves the others alone.
pub fn run(arguments: &PushArgs) -> anyhow::Result<Exit> {
    let services = spec::select(spec::read(&arguments.services.specs)?, &arguments.services.names)?;
    let targets = targets(services, arguments)?;
    let tags = typed_tags(arguments)?;
    let options = options(arguments)?;
    let prepared: Vec<_> = targets
        .into_iter()
        .map(|target| (target.service.service.clone(), request(target, &tags, arguments.development_tag)))
        .collect();
    let results = publish(prepared, &options)?;
    output::print(&results, arguments)?;
    Ok(exit(&results))
}

/// A service and where it goes.
struct Target {
    service: Service,
    repository: Repository,
}

fn targets(services: Vec<Service>, arguments: &PushArgs) -> anyhow::Result<Vec<Target>> {
    if arguments.repository.is_some() && services.len() > 1 {
        let names: Vec<_> = services.iter().map(|service| format!("--service {}", service.service)).collect();
        return Err(UsageError::new(
            format!("`--repository` is for one service, {} are selected", services.len()),
            format!("choose one of `{}`, or use `--registry`", names.join("`, `")),
        )
        .into());
    }
    let target = |service: Service| {
        let repository = repository(&service, arguments)?;
        Ok(Target { service, repository })
    };
    services.into_iter().map(target).collect()
}

fn repository(service: &Service, arguments: &PushArgs) -> anyhow::Result<Repository> {
    if let Some(repository) = &arguments.repository {
        return Ok(repository.parse()?);
    }
    let repository: Repository =
        service.repository.parse().with_context(|| format!("service `{}`", service.service))?;
    match &arguments.registry {
        Some(registry) => Ok(repository.under(registry).context("`--registry` makes no valid repository")?),
        None => Ok(repository),
    }
}

fn typed_tags(arguments: &PushArgs) -> anyhow::Result<Vec<Version>> {
    if arguments.tags.is_empty() && !arguments.development_tag {
        let hint = "use `--tag vX.Y.Z` for a release, or `--development-tag`";
        return Err(UsageError::new("no tag to publish under", hint).into());
    }
    let mut tags: Vec<Version> = Vec::new();
    for typed in &arguments.tags {
        let tag = typed.parse().map_err(|reason: VersionError| {
            let message = format!("tag `{}` is not a version: {reason}", printable::name(typed.as_ref()));
            UsageError::new(message, "use `--tag vMAJOR.MINOR.PATCH[-PRE]`, such as `v1.4.0` or `v1.4.0-rc.1`")
        })?;
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    Ok(tags)
}

fn options(arguments: &PushArgs) -> anyhow::Result<PushOptions> {
    let mount_from = arguments.mount_from.as_deref().map(str::parse).transpose().context("`--mount-from`")?;
    Ok(PushOptions {
        dry_run: arguments.dry_run,
        concurrency: arguments.concurrency.get(),
        mount_from,
        retry: RetryPolicy {
            attempts: arguments.attempts.get(),
            timeout: Duration::from_secs(arguments.timeout.get().into()),
            ..RetryPolicy::default()
        },
    })
}

fn request(target: Target, tags: &[Version], development_tag: bool) -> anyhow::Result<PushRequest> {
    let layout = &target.service.layout;
    let content = Content::open(layout).with_context(|| format!("layout `{}`", layout.display()))?;
    let mut tags = tags.to_vec();
    if development_tag {
        let digest = content.root().descriptor.digest();
        tags.push(Version::development(digest.digest()).with_context(|| format!("`{digest}` makes no version"))?);
    }
    Ok(PushRequest { service: target.service.service, content, repository: target.repository, tags })
}

/// Publishes what could be prepared and puts the results in the order of the services.
fn publish(prepared: Vec<(String, anyhow::Result<PushRequest>)>, options: &PushOptions) -> anyhow::Result<Vec<Result>> {
    let mut requests = Vec::new();
    let mut unprepared = Vec::new();
    for (service, request) in prepared {
        match request {
            Ok(request) => {
                requests.push(request);
                unprepared.push((service, None));
            }
            Err(error) => unprepared.push((service, Some(error))),
        }
    }
    let progress = terminal::on_stderr();
    let mut pushed = block_on(push(&requests, options, progress.as_ref()))?.into_iter();
    let mut results = Vec::new();
    for (service, error) in unprepared {
        let result = match error {
            Some(error) => Some(Result { service, outcome: Err(error), is_refusal: false }),
            None => pushed.next().map(|outcome| Result {
                service,
                is_refusal: outcome.as_ref().is_err_and(registry::RegistryError::is_refusal),
                outcome: outcome.map_err(Into::into),
            }),
        };
        results.extend(result);
    }
    Ok(results)
}

/// A "don't know" weighs more than a "no": the latter is final, the former must be looked at.
fn exit(results: &[Result]) -> Exit {
    let failed = || results.iter().filter(|result| result.outcome.is_err());
    if failed().any(|result| !result.is_refusal) {
        Exit::Error
    } else if failed().next().is_some() {
        Exit::Refused
    } else {
        Exit::Success
    }
}
