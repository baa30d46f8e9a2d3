//! What is published when, and a run that finishes another one.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use ::npm::{BACKPORT, BACKPORT_NEXT, Error, LATEST, NEXT, Npm, Options, State, publish};
use parts::files::write;
use parts::verdaccio::Answer;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use terminal::progress::Silent;

use super::{Market, Notes, at_once, configure, names, script, told};
use crate::releases::monorepo::kill;

#[test]
fn in_order_and_only_once() {
    let market = Market::open();
    let packages = market.packages("v1.2.3", "one");
    let dry = Options { dry_run: true, ..Options::default() };
    let outcomes = publish(&market.npm(), &packages[5..], &dry, &Silent, &|| true).expect("looked up");
    assert_eq!(outcomes[0].state, State::Missing { tag: LATEST });
    assert_eq!(market.sent(), Vec::<String>::new());

    let outcomes = market.publish(&packages).expect("published");
    assert!(outcomes.iter().all(|outcome| outcome.state == State::Published { tag: LATEST }), "{outcomes:?}");
    assert_eq!(market.sent(), names(&packages), "`unkey` last");
    for package in &packages {
        let published = market.verdaccio.package(&package.name).expect("published");
        assert_eq!(published["versions"]["1.2.3"]["dist"]["integrity"], package.integrity, "the bytes of the tarball");
        assert_eq!(published["dist-tags"], json!({"latest": "1.2.3"}));
    }

    let notes = Notes::default();
    let outcomes = publish(&market.npm(), &packages, &Options::default(), &notes, &|| true).expect("there");
    assert!(outcomes.iter().all(|outcome| outcome.state == State::AlreadyThere), "{outcomes:?}");
    assert_eq!(market.sent().len(), packages.len(), "nothing is sent again");
    assert_eq!(notes.0.lock().expect("notes")[5], "unkey@1.2.3: is published already");
}

#[test]
fn stopped_after_each_package_the_next_run_goes_on() {
    let market = Market::open();
    let packages = &market.packages("v1.0.0", "one")[3..];
    for count in 1..=packages.len() {
        let go_on = || market.sent().len() < count;
        let run = publish(&market.npm(), packages, &at_once(0), &Silent, &go_on);
        // After the last there is nothing to stop before.
        assert_eq!(matches!(run, Err(Error::Interrupted)), count < packages.len(), "{run:?}");
        assert_eq!(market.sent(), names(packages)[..count], "each once, in order");
    }
    // Whoever stops at once does nothing at all.
    let requests = market.verdaccio.requests().len();
    let stopped = publish(&market.npm(), packages, &at_once(0), &Silent, &|| false).expect_err("stopped");
    assert!(stopped.is_interruption());
    assert_eq!(market.verdaccio.requests().len(), requests);
}

#[test]
fn killed_while_it_publishes_the_next_run_finishes() {
    let market = Market::open();
    let packages = &market.packages("v1.0.0", "one")[4..];
    let process = Arc::new(AtomicU32::new(0));
    let npm = npm_of(&market, &process);

    let killed = Arc::clone(&process);
    market.verdaccio.next("PUT /@unkey/cli-win32-x64", move |_| {
        kill(killed.load(Ordering::SeqCst));
        None
    });
    let error = publish(&npm, packages, &at_once(2), &Silent, &|| true).expect_err("killed");
    assert!(told(&error).starts_with("error: npm cannot publish @unkey/cli-win32-x64@1.0.0: it was ended by signal 9"));
    assert_eq!(market.verdaccio.package("unkey"), None, "never before its platforms");

    // This time it has arrived, and nobody heard of it.
    let killed = Arc::clone(&process);
    market.verdaccio.next("PUT /@unkey/cli-win32-x64", move |ordinary| {
        kill(killed.load(Ordering::SeqCst));
        Some(ordinary())
    });
    let outcomes = publish(&npm, packages, &at_once(2), &Silent, &|| true).expect("published");
    let states: Vec<State> = outcomes.iter().map(|outcome| outcome.state).collect();
    assert_eq!(states, [State::AlreadyThere, State::Published { tag: LATEST }]);
}

/// Ctrl-C in a terminal reaches npm too, and may be seen by that first.
#[test]
fn npm_that_is_interrupted_ends_it() {
    let market = Market::open();
    let packages = &market.packages("v1.0.0", "one")[5..];
    let process = Arc::new(AtomicU32::new(0));
    let npm = npm_of(&market, &process);
    for request in ["GET /unkey", "PUT /unkey"] {
        let interrupted = Arc::clone(&process);
        market.verdaccio.next(request, move |_| {
            let process = Pid::from_raw(interrupted.load(Ordering::SeqCst).cast_signed()).expect("a process");
            kill_process(process, Signal::INT).expect("a signal");
            // It would be told of the end of the connection first.
            thread::sleep(Duration::from_secs(1));
            None
        });
        let error = publish(&npm, packages, &at_once(2), &Silent, &|| true).expect_err("interrupted");
        assert!(error.is_interruption(), "{request}: {}", told(&error));
    }
}

/// npm, whose process is known while it runs.
fn npm_of(market: &Market, process: &Arc<AtomicU32>) -> Npm {
    let (file, cache) = (market.folder.path().join("npmrc"), market.folder.path().join("cache"));
    let process = Arc::clone(process);
    Npm::with_runner(script("npm"), move |mut command| {
        let child = configure(&mut command, &file, &cache).stdin(Stdio::null()).spawn()?;
        process.store(child.id(), Ordering::SeqCst);
        child.wait_with_output()
    })
}

#[test]
fn an_answer_that_is_lost_is_asked_for() {
    let market = Market::open();
    let packages = &market.packages("v1.0.0", "one")[5..];
    // Twice nothing arrives, then only the answer gets lost.
    market.verdaccio.next("PUT /unkey", |_| None);
    market.verdaccio.answer_next("PUT /unkey", 503, "come again");
    market.verdaccio.next("PUT /unkey", |ordinary| {
        ordinary();
        None
    });
    let notes = Notes::default();
    let outcomes = publish(&market.npm(), packages, &at_once(2), &notes, &|| true).expect("published");
    assert_eq!(outcomes[0].state, State::AlreadyThere);
    let notes = notes.0.lock().expect("notes").join("\n");
    assert!(notes.contains("E503: 503 Service Unavailable") && notes.contains("trying again in 0 s"), "{notes}");
    assert!(notes.ends_with("unkey@1.0.0: is there all the same"), "{notes}");
    assert_eq!(market.sent().len(), 3);
}

#[test]
fn two_at_the_same_time_both_succeed() {
    let market = Market::open();
    let packages = &market.packages("v1.0.0", "one")[4..];
    thread::scope(|scope| {
        let runs = [0, 1].map(|_| scope.spawn(|| market.publish(packages).map_err(|error| told(&error))));
        for run in runs {
            run.join().expect("a thread").expect("published");
        }
    });
    for package in packages {
        let published = market.verdaccio.package(&package.name).expect("published");
        assert_eq!(published["versions"]["1.0.0"]["dist"]["integrity"], package.integrity);
    }
}

#[test]
fn no_dist_tag_moves_back() {
    let market = Market::open();
    for (version, tag, latest, next) in [
        ("v1.9.0", LATEST, "1.9.0", None),
        ("v2.0.0-rc.1", NEXT, "1.9.0", Some("2.0.0-rc.1")),
        ("v1.10.0", LATEST, "1.10.0", Some("2.0.0-rc.1")),
        ("v1.9.1", BACKPORT, "1.10.0", Some("2.0.0-rc.1")),
        ("v1.11.0-rc.1", BACKPORT_NEXT, "1.10.0", Some("2.0.0-rc.1")),
        ("v2.0.0-rc.10", NEXT, "1.10.0", Some("2.0.0-rc.10")),
        ("v2.0.0", LATEST, "2.0.0", Some("2.0.0-rc.10")),
    ] {
        let packages = market.packages(version, "one");
        let outcomes = market.publish(&packages[5..]).expect("published");
        assert_eq!(outcomes[0].state, State::Published { tag }, "{version}");
        let tags = market.npm().tags("unkey").expect("tags");
        assert_eq!(tags.get(LATEST).map(String::as_str), Some(latest), "{version}");
        assert_eq!(tags.get(NEXT).map(String::as_str), next, "{version}");
    }
}

#[test]
fn a_higher_version_that_comes_between_two_attempts_stays_the_latest() {
    let market = Market::open();
    let (own, higher) = (market.packages("v1.2.0", "one"), market.packages("v1.3.0", "one"));
    market.verdaccio.answer_next("PUT /unkey", 503, "come again");
    let sent = || market.sent().len();
    let go_on = || {
        // The first attempt has failed by now.
        if sent() == 1 {
            market.publish(&higher[5..]).expect("published");
        }
        true
    };
    let outcomes = publish(&market.npm(), &own[5..], &at_once(1), &Silent, &go_on).expect("published");
    assert_eq!((outcomes[0].state, sent()), (State::Published { tag: BACKPORT }, 3));
    let tags = market.npm().tags("unkey").expect("tags");
    assert_eq!((tags[LATEST].as_str(), tags[BACKPORT].as_str()), ("1.3.0", "1.2.0"));
}

/// Trusted publishing: npm exchanges what GitHub says of the job for a token of one package. The proxy stands for both.
#[test]
fn a_workflow_needs_no_token() {
    let market = Market::open();
    let packages = &market.packages("v1.0.0", "one")[4..];
    let (file, cache) = (market.folder.path().join("workflow-npmrc"), market.folder.path().join("cache"));
    write(&file, format!("registry={}/\nfetch-retries=0\n", market.verdaccio.url()));
    let identity = format!("{}/identity?of=job", market.verdaccio.url());
    let npm = Npm::with_runner(script("npm"), move |mut command| {
        configure(&mut command, &file, &cache).env("GITHUB_ACTIONS", "true");
        command.env("ACTIONS_ID_TOKEN_REQUEST_URL", &identity).env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "of the job");
        command.output()
    });
    for name in ["@unkey/cli-win32-x64", "unkey"] {
        let json = |document: Value| Answer::new(document.to_string().into());
        // A header and claims that say nothing, and no signature.
        market.verdaccio.next("GET /identity", move |_| Some(json(json!({"value": "e30.e30.none"}))));
        let token = market.verdaccio.token().to_owned();
        let exchange = format!("POST /-/npm/v1/oidc/token/exchange/package/{name}");
        market.verdaccio.next(&exchange, move |_| Some(json(json!({"token": token}))));
    }
    let outcomes = publish(&npm, packages, &at_once(0), &Silent, &|| true).map_err(|error| told(&error));
    let is_published = |state| state == State::Published { tag: LATEST };
    assert!(outcomes.expect("published").into_iter().all(|outcome| is_published(outcome.state)));
    let again = market.packages("v1.0.1", "one");
    let error = publish(&npm, &again[5..], &at_once(0), &Silent, &|| true).expect_err("no token this time");
    assert!(told(&error).contains("unkey@1.0.1: ENEEDAUTH: ") && told(&error).contains("trusted publishing needs"));
}

#[test]
fn settings_of_the_user_change_nothing() {
    let market = Market::open();
    let packages = &market.packages("v1.0.0-rc.1", "one")[4..];
    let settings = "dry-run=true\nforce=true\ntag=odd\nloglevel=silly\njson=false\naccess=restricted\ncolor=always\n";
    let npm = market.npm_with(&(market.verdaccio.npmrc() + settings));
    for expected in [State::Published { tag: NEXT }, State::AlreadyThere] {
        let outcomes = publish(&npm, packages, &at_once(0), &Silent, &|| true).expect("published");
        assert!(outcomes.iter().all(|outcome| outcome.state == expected), "{outcomes:?}");
    }
    assert_eq!(market.sent(), names(packages));
}
