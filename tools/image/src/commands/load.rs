//! `image load`: checks what was typed, loads, and says what became of each service.

use futures_util::stream::{self, StreamExt as _};
use image::daemon::{Daemon, LoadOutcome, LoadReport, LoadRequest, load};
use indicatif::DecimalBytes;
use oci::content::Content;
use oci::platform::Platform;
use registry::spec::{self, Service};
use terminal::progress::Progress;
use terminal::{Context as _, Exit, Failure, stderr, stdout};

use crate::cli::load::LoadArgs;

/// Runs the verb. What is wrong with the arguments ends it at once; what is wrong with one service leaves the others alone.
pub fn run(arguments: &LoadArgs) -> Result<Exit, Failure> {
    let services = spec::select(spec::read(&arguments.services.specs)?, &arguments.services.names)?;
    if arguments.tag.is_some() && services.len() > 1 {
        let message = format!("`--tag` is for one service, {} are selected", services.len());
        return Err(Failure::unknown(message).with_hint("choose one with `--service`"));
    }
    let platform = arguments.platform.as_deref().map(str::parse::<Platform>).transpose()?;
    let mut requests = Vec::new();
    for service in services {
        requests.push(request(service, arguments, platform.clone())?);
    }
    let progress = progress_bar::on_stderr();
    let reports = http_client::block_on(load_all(&requests, progress.as_ref()))??;
    let data = print_data(&reports, arguments.json);
    for report in reports.iter().filter_map(|report| report.as_ref().ok()) {
        stderr::print_line(&sentence(report));
    }
    let mut exit = Exit::Success;
    for (request, report) in requests.iter().zip(reports) {
        if let Err(failure) = report {
            failure.context(format!("service `{}`", request.service)).print();
            exit = Exit::Error;
        }
    }
    data.map(|()| exit)
}

fn request(service: Service, arguments: &LoadArgs, platform: Option<Platform>) -> Result<LoadRequest, Failure> {
    let tag = arguments.tag.as_deref().unwrap_or(&service.local_tag);
    let content = Content::open(&service.layout)
        .with_context(|| format!("service `{}`: layout `{}`", service.service, service.layout.display()))?;
    Ok(LoadRequest { tag: tag.parse()?, service: service.service, content, platform })
}

/// How many images travel at once: the daemon unpacks each by itself.
const SIDE_BY_SIDE: usize = 4;

/// The first one brings the base; the others then have only what is their own to send, side by side.
async fn load_all(
    requests: &[LoadRequest],
    progress: &dyn Progress,
) -> Result<Vec<Result<LoadReport, Failure>>, Failure> {
    let daemon = Daemon::connect().await?;
    let bring = |request| {
        let loading = load(&daemon, request, progress);
        async { loading.await.map_err(Into::into) }
    };
    let Some((first, others)) = requests.split_first() else { return Ok(Vec::new()) };
    let mut reports = vec![bring(first).await];
    let mut loads = stream::iter(others).map(bring).buffered(SIDE_BY_SIDE);
    while let Some(report) = loads.next().await {
        reports.push(report);
    }
    Ok(reports)
}

fn print_data(reports: &[Result<LoadReport, Failure>], as_json: bool) -> Result<(), Failure> {
    let loaded: Vec<&LoadReport> = reports.iter().filter_map(|report| report.as_ref().ok()).collect();
    if as_json {
        return Ok(stdout::print_json(&loaded)?);
    }
    let lines = loaded.iter().map(|report| format!("Loaded {} {}", report.tag, report.image_id));
    Ok(stdout::print_lines(lines)?)
}

fn sentence(report: &LoadReport) -> String {
    let LoadReport { service, tag, .. } = report;
    let seconds = std::time::Duration::from_millis(report.milliseconds).as_secs_f32();
    match report.outcome {
        LoadOutcome::Unchanged => format!("{service}: `{tag}` is this image already, nothing was sent"),
        LoadOutcome::Tagged => format!("{service}: the image was there under another name, only the tag was set"),
        LoadOutcome::Loaded => format!(
            "{service}: {} of {} layers sent, {} in {seconds:.1} s",
            report.layers_sent,
            report.layers_sent + report.layers_existing,
            DecimalBytes(report.bytes_sent)
        ),
    }
}
