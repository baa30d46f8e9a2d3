//! `image push`: checks what was typed, publishes, and says what became of each service.

mod output;

use std::time::Duration;

use oci::content::Content;
use oci::reference::Repository;
use registry::spec::{self, Service};
use registry::{PushOptions, PushReport, PushRequest, RetryPolicy, push};
use release_tag::Version;
use terminal::{Context as _, Exit, Failure};

use crate::cli::push::PushArgs;

/// What became of one service.
struct Pushed {
    service: String,
    outcome: Result<PushReport, Failure>,
}

/// Runs the verb. What is wrong with the arguments ends it at once; what is wrong with one service leaves the others alone.
pub fn run(arguments: &PushArgs) -> Result<Exit, Failure> {
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

fn targets(services: Vec<Service>, arguments: &PushArgs) -> Result<Vec<Target>, Failure> {
    if arguments.repository.is_some() && services.len() > 1 {
        let names: Vec<_> = services.iter().map(|service| format!("--service {}", service.service)).collect();
        let message = format!("`--repository` is for one service, {} are selected", services.len());
        let hint = format!("choose one of `{}`, or use `--registry`", names.join("`, `"));
        return Err(Failure::unknown(message).with_hint(hint));
    }
    let target = |service: Service| {
        let repository = repository(&service, arguments)?;
        Ok(Target { service, repository })
    };
    services.into_iter().map(target).collect()
}

fn repository(service: &Service, arguments: &PushArgs) -> Result<Repository, Failure> {
    if let Some(repository) = &arguments.repository {
        return Ok(repository.parse()?);
    }
    let repository: Repository =
        service.repository.parse().with_context(|| format!("service `{}`", service.service))?;
    match &arguments.registry {
        Some(registry) => repository.under(registry).context("`--registry` makes no valid repository"),
        None => Ok(repository),
    }
}

fn typed_tags(arguments: &PushArgs) -> Result<Vec<Version>, Failure> {
    if arguments.tags.is_empty() && !arguments.development_tag {
        let hint = "use `--tag vX.Y.Z` for a release, or `--development-tag`";
        return Err(Failure::unknown("no tag to publish under").with_hint(hint));
    }
    let mut tags: Vec<Version> = Vec::new();
    for typed in &arguments.tags {
        let tag = typed.parse().map_err(|error: release_tag::Error| {
            Failure::unknown(format!("tag {error}"))
                .with_hint("use `--tag vMAJOR.MINOR.PATCH[-PRE]`, such as `v1.4.0` or `v1.4.0-rc.1`")
        })?;
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    Ok(tags)
}

fn options(arguments: &PushArgs) -> Result<PushOptions, Failure> {
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

fn request(target: Target, tags: &[Version], development_tag: bool) -> Result<PushRequest, Failure> {
    let layout = &target.service.layout;
    let content = Content::open(layout).with_context(|| format!("layout `{}`", layout.display()))?;
    let mut tags = tags.to_vec();
    if development_tag {
        let digest = content.root().descriptor.digest();
        let version = Version::development(digest.digest());
        tags.push(version.ok_or_else(|| Failure::unknown(format!("`{digest}` makes no version")))?);
    }
    Ok(PushRequest { service: target.service.service, content, repository: target.repository, tags })
}

/// Publishes what could be prepared and puts the results in the order of the services.
fn publish(
    prepared: Vec<(String, Result<PushRequest, Failure>)>,
    options: &PushOptions,
) -> Result<Vec<Pushed>, Failure> {
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
    let progress = progress_bar::on_stderr();
    let mut pushed = http_client::block_on(push(&requests, options, progress.as_ref()))?.into_iter();
    let mut results = Vec::new();
    for (service, error) in unprepared {
        let result = match error {
            Some(error) => Some(Pushed { service, outcome: Err(error) }),
            None => pushed.next().map(|outcome| Pushed { service, outcome: outcome.map_err(Into::into) }),
        };
        results.extend(result);
    }
    Ok(results)
}

/// A "don't know" weighs more than a "no": the latter is final, the former must be looked at.
fn exit(results: &[Pushed]) -> Exit {
    let failures = || results.iter().filter_map(|result| result.outcome.as_ref().err());
    let error = failures().find(|failure| !failure.is_refusal()).or_else(|| failures().next());
    error.map_or(Exit::Success, Failure::exit)
}
