//! What a publish prints: results on stdout, a table and errors on stderr.

use release::Error;
use release::publish::{ImageState, Published, ReleaseState, Step, Steps};
use release_tag::Tag;
use serde_json::{Value, json};
use terminal::printable::chain;
use terminal::{Diagnostic as _, Failure, Table, stderr, stdout};

/// How many digits of a digest tell images apart by eye, `sha256:` included.
const DIGEST_START: usize = 19;

/// Prints all of it.
pub(super) fn print(published: &[Published], steps: Steps, as_json: bool) -> Result<(), Failure> {
    if as_json {
        stdout::print_json(&published.iter().map(entry).collect::<Vec<_>>())?;
    } else {
        stdout::print_lines(published.iter().filter_map(reference))?;
    }
    stderr::print(&table(published, steps).render());
    for one in published {
        if let Some(error) = one.error() {
            print_error(&one.tag, error);
        }
    }
    Ok(())
}

/// Prints why a tag is not published.
pub(super) fn print_error(tag: &Tag, error: &Error) {
    stderr::print_line("");
    let failure = Failure::caused_by(tag, error);
    error.hint().into_iter().fold(failure, Failure::with_hint).print();
}

/// `REPOSITORY@DIGEST`.
fn reference(published: &Published) -> Option<String> {
    let Step::Done(image) = &published.image else { return None };
    Some(format!("{}@{}", image.report.repository, image.report.digest))
}

fn table(published: &[Published], steps: Steps) -> Table {
    let mut header = vec!["tag", "commit", "digest", "image"];
    if steps != Steps::Image {
        header.push("release");
    }
    let mut table = Table::new(&header);
    for one in published {
        let digest = match &one.image {
            Step::Done(image) => image.report.digest.chars().take(DIGEST_START).collect(),
            _ => "-".to_owned(),
        };
        let mut row =
            vec![one.tag.to_string(), one.commit.short().to_owned(), digest, word(&one.image, |image| image.word)];
        if steps != Steps::Image {
            row.push(word(&one.release, |release| release.url.as_deref().unwrap_or(release.word)));
        }
        table.push(row);
    }
    table
}

/// A step in one word.
pub(super) fn word<T>(outcome: &Step<T>, done: impl FnOnce(&T) -> &str) -> String {
    match outcome {
        Step::NotReached => "-".to_owned(),
        Step::Done(value) => done(value).to_owned(),
        Step::Failed(error) if error.is_refusal() => "refused".to_owned(),
        Step::Failed(_) => "failed".to_owned(),
    }
}

fn entry(published: &Published) -> Value {
    json!({
        "tag": published.tag,
        "commit": published.commit,
        "image": step(&published.image, |image: &ImageState| json!({
            "outcome": image.word,
            "repository": image.report.repository,
            "digest": image.report.digest,
            "platforms": image.report.platforms,
            "bytes_sent": image.bytes_sent,
        })),
        "release": step(&published.release, |release: &ReleaseState| json!({
            "outcome": release.word,
            "url": release.url,
        })),
    })
}

/// A step as JSON.
pub(super) fn step<T>(outcome: &Step<T>, done: impl FnOnce(&T) -> Value) -> Value {
    match outcome {
        Step::NotReached => Value::Null,
        Step::Done(value) => done(value),
        Step::Failed(error) => {
            json!({ "error": chain(error), "hint": error.hint(), "refused": error.is_refusal() })
        }
    }
}
