//! What is refused, and what each failure says. No message has a secret in it.

use ::npm::{Error, Options, Package, State, publish};
use parts::verdaccio::Answer;
use terminal::progress::Silent;
use terminal::{Diagnostic as _, Verdict};

use super::{Market, at_once, told};

impl Market {
    /// The message of a run that fails at its first attempt.
    fn fails(&self, packages: &[Package]) -> String {
        self.says(&publish(&self.npm(), packages, &at_once(0), &Silent, &|| true).expect_err("no success"))
    }

    fn says(&self, error: &Error) -> String {
        let told = told(error);
        assert!(!told.contains(self.verdaccio.token()), "{told}");
        told
    }
}

#[test]
fn other_bytes_are_refused_before_anything_is_sent() {
    let market = Market::open();
    let (published, own) = (market.packages("v1.0.0", "one"), market.packages("v1.0.0", "other"));
    market.publish(&published[2..4]).expect("published");
    let error = publish(&market.npm(), &own, &at_once(2), &Silent, &|| true).expect_err("refused");
    assert_eq!(error.verdict(), Verdict::Refused);
    let line = |index: usize| {
        let (id, published, own) = (own[index].id(), &published[index].integrity, &own[index].integrity);
        format!("\n  {id} is published as {published}, and would be {own}")
    };
    assert_eq!(
        market.says(&error),
        format!(
            "error: npm has other bytes under this version:{}{}\n\nhint: a published version never changes: release the next version",
            line(2),
            line(3)
        )
    );
    assert_eq!(market.sent().len(), 2, "what was there before");
}

#[test]
fn other_bytes_that_come_in_between_are_refused() {
    let market = Market::open();
    let (first, own) = (market.packages("v1.0.0", "one"), market.packages("v1.0.0", "other"));
    let go_on = || {
        // All is looked up, and nothing sent.
        let looked_up = market.verdaccio.requests().iter().any(|request| request == "GET /@unkey/cli-linux-x64");
        if looked_up && market.sent().is_empty() {
            market.publish(&first[..1]).expect("published");
        }
        true
    };
    let error = publish(&market.npm(), &own[..1], &at_once(2), &Silent, &go_on).expect_err("refused");
    assert_eq!(error.verdict(), Verdict::Refused, "{error:?}");
    assert!(market.says(&error).contains("release the next version"));
}

#[test]
fn a_registry_that_refuses_to_tell_stops_it_before_anything_is_sent() {
    let market = Market::open();
    let packages = &market.packages("v1.0.0", "one")[4..];
    for (status, parts) in [
        (401, ["E401: ", "`npm login`"]),
        (403, ["E403: 403 Forbidden - GET ", "is not accepted here"]),
        (409, ["E409: 409 Conflict - GET ", "run the same command again"]),
        (500, ["E500: 500 Internal Server Error - GET ", "run the same command again"]),
        (503, ["E503: 503 Service Unavailable - GET ", "run the same command again"]),
    ] {
        // The last one that is looked up.
        market.verdaccio.answer_next("GET /unkey", status, "because of this test");
        let told = market.fails(packages);
        assert!(told.starts_with("error: npm cannot look up unkey@1.0.0: "), "{told}");
        assert!(parts.iter().all(|part| told.contains(part)), "{told}");
    }
    market.verdaccio.next("GET /unkey", |_| None);
    let told = market.fails(packages);
    assert!(told.contains("npm cannot look up unkey@1.0.0: ECONNRESET: "), "{told}");
    market.verdaccio.next("GET /unkey", |_| Some(Answer::new("<html>".into())));
    let told = market.fails(packages);
    assert!(told.contains("npm cannot look up unkey@1.0.0: "), "{told}");
    assert_eq!(market.sent(), Vec::<String>::new());
}

#[test]
fn a_registry_that_refuses_to_publish_is_told_apart() {
    let market = Market::open();
    let packages = &market.packages("v1.0.0", "one")[4..];
    for (status, parts) in [
        (401, ["E401: ", "trusted publishing needs `id-token: write`"]),
        (403, ["E403: 403 Forbidden - PUT ", "the first version of a package is published by hand"]),
        (404, ["E404: Not Found - PUT ", "may this login"]),
        (409, ["E409: 409 Conflict - PUT ", "run the same command again"]),
        (500, ["E500: 500 Internal Server Error - PUT ", "run the same command again"]),
    ] {
        market.verdaccio.answer_next("PUT /@unkey/cli-win32-x64", status, "because of this test");
        let told = market.fails(packages);
        assert!(told.starts_with("error: npm cannot publish @unkey/cli-win32-x64@1.0.0: "), "{told}");
        assert!(parts.iter().all(|part| told.contains(part)), "{told}");
        assert_eq!(market.verdaccio.package("unkey"), None, "{status}");
    }
    let sent = market.sent().len();
    market.verdaccio.answer_next("PUT /@unkey/cli-win32-x64", 409, "somebody else is writing");
    let outcomes = market.publish(packages).expect("the second attempt");
    assert!(outcomes.iter().all(|outcome| matches!(outcome.state, State::Published { .. })), "{outcomes:?}");
    assert_eq!(market.sent().len(), sent + 3);
}

#[test]
fn without_a_login_a_wrong_one_and_no_registry() {
    let mut market = Market::open();
    let packages = market.packages("v1.0.0", "one");
    let run = |npmrc: &str| {
        let run = publish(&market.npm_with(npmrc), &packages[5..], &at_once(0), &Silent, &|| true);
        market.says(&run.expect_err("no success"))
    };
    let npmrc = market.verdaccio.npmrc();
    let without: Vec<&str> = npmrc.lines().filter(|line| !line.contains("_authToken")).collect();
    let told = run(&without.join("\n"));
    assert!(told.contains("unkey@1.0.0: ENEEDAUTH: This command requires you to be logged in"), "{told}");
    assert!(told.contains("`npm login`"), "{told}");
    let told = run(&npmrc.replace(market.verdaccio.token(), "a-wrong-one"));
    assert!(told.contains("E401: ") && !told.contains("a-wrong-one"), "{told}");
    // Reserved: nobody has this name (RFC 2606).
    let told = run("registry=http://registry.invalid/\nfetch-retries=0\n");
    assert!(told.contains("ENOTFOUND: ") || told.contains("EAI_AGAIN: "), "{told}");
    market.verdaccio.stop();
    let told = market.fails(&packages);
    assert!(told.contains("cannot look up @unkey/cli-linux-x64@1.0.0: ECONNREFUSED: "), "{told}");
    assert!(told.contains("run the same command again"), "{told}");
}

#[test]
fn npm_that_is_none() {
    let market = Market::open();
    let packages = market.packages("v1.0.0", "one");
    for (program, part) in [
        ("/nowhere/npm", "cannot run `/nowhere/npm`: No such file or directory"),
        ("/bin/false", "cannot look up unkey@1.0.0: it ended with status 1 and without a word"),
        ("/bin/echo", "npm's answer about unkey@1.0.0 is not understood: `view unkey@1.0.0 dist.integrity"),
    ] {
        let npm = ::npm::Npm::new(program.into());
        let error = publish(&npm, &packages[5..], &at_once(0), &Silent, &|| true).expect_err("no npm");
        let told = market.says(&error);
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn provenance_is_for_workflows_alone() {
    let market = Market::open();
    let packages = &market.packages("v1.0.0", "one")[5..];
    let options = Options { provenance: true, ..at_once(2) };
    let told = market.says(&publish(&market.npm(), packages, &options, &Silent, &|| true).expect_err("no workflow"));
    assert!(told.contains("npm cannot publish unkey@1.0.0: EUSAGE: "), "{told}");
    assert!(told.contains("only in a workflow of a public repository that has `id-token: write`"), "{told}");
    assert_eq!(market.sent(), Vec::<String>::new());
}
