//! `unkey deploy`: requests, tells how far it has come, and lets go at Ctrl-C.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use terminal::{Diagnostic as _, Exit, Failure, Table, chain, printable, stderr};
use unkey::Error;
use unkey::address::Role;
use unkey::api::deployments::{self, Begin, Deployment, Event, State, Wanted};
use unkey::http::Client;
use unkey::interrupt::Interrupt;

use super::context::Context;
use super::style;
use crate::cli::deploy::DeployArgs;

/// How often it is looked whether Ctrl-C was typed: no person feels it.
const LOOK: Duration = Duration::from_millis(50);

/// How long an answer may still come once the time is over.
const GRACE: Duration = Duration::from_secs(2);

/// What the thread that asks the server says.
enum Message {
    Event(Event),
    Ended(Result<Deployment, Error>),
}

/// How the waiting ended.
enum Outcome {
    Ended(Result<Deployment, Error>),
    Interrupted,
}

/// Runs the verb.
pub fn run(context: &Context, arguments: DeployArgs) -> Result<Exit, Failure> {
    let client = context.client(Role::Control)?;
    let patience = (!arguments.no_wait).then_some(arguments.timeout);
    let begin = begin(arguments)?;
    let interrupt = Interrupt::noted();
    let messages = start(client, begin.clone(), patience);
    let mut last = None;
    match watch(&messages, &interrupt, patience, &mut last) {
        Outcome::Interrupted => {
            stderr::print_line(&format!("interrupted: {}", goes_on(last.as_ref(), &begin)));
            Ok(Exit::Interrupted)
        }
        Outcome::Ended(Ok(deployment)) => finish(context, &deployment, patience.is_some()),
        Outcome::Ended(Err(error)) => {
            let is_unsure = match last {
                None => error.may_be_done(),
                Some(_) => !error.is_refusal() && !matches!(error, Error::NotFinished { .. }),
            };
            let failure = Failure::from(error);
            Err(if is_unsure { failure.with_hint(goes_on(last.as_ref(), &begin)) } else { failure })
        }
    }
}

fn begin(arguments: DeployArgs) -> Result<Begin, Failure> {
    let DeployArgs { host, upstreams, replicas, idempotency_key, follow, .. } = arguments;
    if let Some(id) = follow {
        return Ok(Begin::Known(id));
    }
    let idempotency_key = match idempotency_key {
        Some(key) if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) => {
            return Err(Failure::unknown(
                "`--idempotency-key` must be letters, digits and signs of ASCII without spaces",
            ));
        }
        Some(key) => key,
        None => deployments::new_idempotency_key()?,
    };
    // Without `--follow` clap wants one.
    let host = host.unwrap_or_default();
    Ok(Begin::Request { idempotency_key, wanted: Wanted { host, upstreams, replicas } })
}

/// A thread of its own asks the server, so that Ctrl-C is heard while it does not answer.
fn start(client: Client, begin: Begin, patience: Option<Duration>) -> Receiver<Message> {
    let (sender, messages) = mpsc::channel();
    thread::spawn(move || {
        // Where nobody listens any more, the program is about to end.
        let tell = |event| drop(sender.send(Message::Event(event)));
        let ended = deployments::follow(&client, &begin, patience, &tell);
        let _ = sender.send(Message::Ended(ended));
    });
    messages
}

fn watch(
    messages: &Receiver<Message>,
    interrupt: &Interrupt,
    patience: Option<Duration>,
    last: &mut Option<Deployment>,
) -> Outcome {
    let (mut is_lost, mut since) = (false, None);
    loop {
        if interrupt.is_typed() {
            return Outcome::Interrupted;
        }
        // The thread may be in the middle of a request that nobody answers.
        if let (Some(after), Some(since), Some(Deployment { id, state, .. })) = (patience, since, last.as_ref())
            && Instant::elapsed(&since) > after + GRACE
        {
            return Outcome::Ended(Err(Error::NotFinished { id: id.clone(), state: state.name(), after }));
        }
        match messages.recv_timeout(LOOK) {
            Ok(Message::Event(Event::Seen(deployment))) => {
                is_lost = false;
                since.get_or_insert_with(Instant::now);
                stderr::print_line(&progress(&deployment));
                *last = Some(deployment);
            }
            Ok(Message::Event(Event::Lost(error))) if !is_lost => {
                is_lost = true;
                stderr::print_line(&printable::line(&format!("{}; it is asked again", chain(&error))));
            }
            Ok(Message::Ended(ended)) => return Outcome::Ended(ended),
            Ok(Message::Event(Event::Lost(_))) | Err(RecvTimeoutError::Timeout) => {}
            // The thread ends with a message, or by a panic that has been printed.
            Err(RecvTimeoutError::Disconnected) => return Outcome::Interrupted,
        }
    }
}

fn progress(deployment: &Deployment) -> String {
    let Deployment { id, state, attempts, .. } = deployment;
    let state = match state {
        State::Succeeded => style::good(state.name()),
        State::Failed => style::bad(state.name()),
        State::Queued | State::Leased => state.name().to_owned(),
    };
    let attempts = if *attempts > 1 { format!(", attempt {attempts}") } else { String::new() };
    format!("deployment `{id}`: {state}{attempts}")
}

/// What becomes of a deployment that nobody waits for any longer, and how to find it again.
fn goes_on(last: Option<&Deployment>, begin: &Begin) -> String {
    match (last.map(|deployment| &deployment.id), begin) {
        (Some(id), _) | (None, Begin::Known(id)) => {
            format!("deployment `{id}` goes on; wait for it again with `unkey deploy --follow {id}`")
        }
        (None, Begin::Request { idempotency_key, .. }) => format!(
            "it may have been requested all the same: type it again with `--idempotency-key {idempotency_key}`, which makes no \
             second one"
        ),
    }
}

fn finish(context: &Context, deployment: &Deployment, has_waited: bool) -> Result<Exit, Failure> {
    context.print(deployment, || {
        let mut table = Table::new(&["id", "host", "state", "replicas", "upstreams"]);
        let Deployment { id, host, upstreams, replicas, state, .. } = deployment;
        let upstreams = printable::line(&upstreams.join(", "));
        let cells = [id.to_string(), printable::line(host), state.name().to_owned(), replicas.to_string(), upstreams];
        table.push(cells.into());
        table
    })?;
    if deployment.state == State::Failed {
        let detail = deployment.detail.as_deref().unwrap_or("the server does not say why");
        return Err(Failure::refused(format!("deployment `{}` failed: {}", deployment.id, printable::line(detail))));
    }
    if !has_waited {
        stderr::print_line(&format!("wait for it with `unkey deploy --follow {}`", deployment.id));
    }
    Ok(Exit::Success)
}
