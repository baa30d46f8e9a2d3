//! Reads a configuration: one TOML file that holds the shared keys beside those of the service. Owns where a problem is
//! said to be; which keys and values exist is `settings` and the service's own business.

#[cfg(test)]
mod tests;
mod value;

use std::io;
use std::path::Path;

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

use crate::config::value::{Misfit, MisfitProblem, Place, Value};
use crate::error::Error;
use crate::problems::{Problem, Problems};
use crate::settings::{KEYS, Settings};
use crate::small_file::read_small_text;

/// How alike two keys have to be, from 0 to 1, for one to be offered instead of the other; clap uses the same measure.
const ALIKE: f64 = 0.7;

/// The keys of one service, beside those in [`Settings`], which it must not repeat.
pub trait ServiceConfig: Sized {
    /// What can be typed: a struct with `#[serde(deny_unknown_fields)]`, so that a misspelt key can be answered with
    /// the right one. Without the attribute the key is refused all the same.
    type File: DeserializeOwned;

    /// The port where the service listens unless it is told otherwise.
    const DEFAULT_PORT: u16;

    /// The least that a file must hold, as TOML: shown when there is no file.
    const EXAMPLE: &'static str;

    /// Fills in defaults, brings values into their one form, and notes everything that is refused. What is returned
    /// after a refusal is not used. Reads secrets and certificates, so that their absence is known before a port is bound,
    /// and changes nothing.
    fn check(file: Self::File, problems: &mut Problems) -> Option<Self>;
}

/// A whole configuration, checked.
#[derive(Clone, Debug)]
pub struct Loaded<C> {
    /// The shared keys.
    pub settings: Settings,
    /// The service's own keys.
    pub config: C,
}

/// Reads and checks the configuration at `path`.
///
/// # Errors
///
/// [`Error::ConfigMissing`], [`Error::ConfigRead`], or [`Error::ConfigRefused`] with everything that is wrong.
pub fn load<C: ServiceConfig>(path: &Path) -> Result<Loaded<C>, Error> {
    let text = read_small_text(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => Error::ConfigMissing { path: path.to_owned(), example: C::EXAMPLE },
        _ => Error::ConfigRead { path: path.to_owned(), source },
    })?;
    parse(&text).map_err(|problems| Error::ConfigRefused { path: path.to_owned(), problems })
}

/// Checks the configuration in `text`.
///
/// # Errors
///
/// Everything that is wrong with it, in the order of its lines; never empty.
pub fn parse<C: ServiceConfig>(text: &str) -> Result<Loaded<C>, Vec<Problem>> {
    let root = DeTable::parse(text).map_err(|error| vec![syntax_problem(text, &error)])?;
    let mut document = Document { text, root: root.into_inner(), found: Vec::new() };
    let (shared, own) = document.split();
    let settings = document
        .read(shared)
        .and_then(|file| document.check(|problems| Settings::check(file, C::DEFAULT_PORT, problems)));
    let config = document.read(own).and_then(|file| document.check(|problems| C::check(file, problems)));
    match (settings, config) {
        (Some(settings), Some(config)) if document.found.is_empty() => Ok(Loaded { settings, config }),
        _ => Err(document.into_problems()),
    }
}

/// The parsed file, and what was found wrong with it so far.
struct Document<'a> {
    text: &'a str,
    root: DeTable<'a>,
    found: Vec<Problem>,
}

impl<'a> Document<'a> {
    /// The shared keys, and the others.
    fn split(&self) -> (DeTable<'a>, DeTable<'a>) {
        self.root.clone().into_iter().partition(|(key, _)| KEYS.contains(&&**key.get_ref()))
    }

    /// Brings a table into its type.
    fn read<T: DeserializeOwned>(&mut self, table: DeTable<'a>) -> Option<T> {
        let read = T::deserialize(Value { value: DeValue::Table(table), place: Place::default() });
        read.map_err(|misfit| self.found.push(self.problem(misfit))).ok()
    }

    /// Runs a check of values, and gives each refusal its line.
    fn check<T>(&mut self, check: impl FnOnce(&mut Problems) -> Option<T>) -> Option<T> {
        let mut problems = Problems::default();
        let checked = check(&mut problems);
        for (key, message) in problems.into_found() {
            let line = self.line_of_key(&key);
            self.found.push(Problem { line, message: printable(&format!("`{key}` {message}")), hint: None });
        }
        checked
    }

    /// What does not fit, with the key or value that was probably meant.
    fn problem(&self, misfit: Misfit) -> Problem {
        let Place { path, offset } = misfit.place.unwrap_or_default();
        let line = offset.map(|offset| line_at(self.text, offset));
        let (message, hint) = match misfit.problem {
            MisfitProblem::UnknownKey(known) => {
                let (above, key) = path.rsplit_once('.').unwrap_or(("", &path));
                let shared: &[&str] = if above.is_empty() { &KEYS } else { &[] };
                let hint = alternative(key, &[known, shared].concat(), "the keys here are");
                (format!("unknown key `{path}`"), Some(hint))
            }
            MisfitProblem::UnknownValue(value, known) => {
                (format!("`{path}` has no value `{value}`"), Some(alternative(&value, known, "the values here are")))
            }
            MisfitProblem::MissingKey(key) if path.is_empty() => (format!("missing key `{key}`"), None),
            MisfitProblem::MissingKey(key) => (format!("missing key `{path}.{key}`"), None),
            MisfitProblem::Other(message) => (format!("`{path}` {message}"), None),
        };
        Problem { line, message: printable(&message), hint: hint.as_deref().map(printable) }
    }

    /// The line of a key as in `tls.certificates[0].key`, or of the nearest value above it that is in the file.
    fn line_of_key(&self, key: &str) -> Option<usize> {
        let mut table = Some(&self.root);
        let mut offset = None;
        for part in key.split('.') {
            let (name, index) = part.strip_suffix(']').and_then(|part| part.split_once('[')).unwrap_or((part, ""));
            let Some((name, mut value)) = table.and_then(|table| table.get_key_value(name)) else { break };
            offset = Some(name.span().start);
            if let (DeValue::Array(array), Ok(index)) = (value.get_ref(), index.parse::<usize>()) {
                let Some(element) = array.get(index) else { break };
                offset = Some(element.span().start);
                value = element;
            }
            table = value.get_ref().as_table();
        }
        offset.map(|offset| line_at(self.text, offset))
    }

    /// Everything found, in the order of the lines; what has none comes first.
    fn into_problems(mut self) -> Vec<Problem> {
        self.found.sort_by_key(|problem| problem.line);
        self.found
    }
}

/// What is no TOML, with the key that it seems to be at.
fn syntax_problem(text: &str, error: &toml::de::Error) -> Problem {
    let offset = error.span().map(|span| span.start);
    let number = offset.map(|offset| line_at(text, offset));
    let line = number.and_then(|number| text.lines().nth(number - 1)).unwrap_or_default();
    let place = key_of_line(line).map(|key| format!(" at `{key}`")).unwrap_or_default();
    Problem { line: number, message: printable(&format!("not TOML{place}: {}", error.message())), hint: None }
}

/// The key or the table's head of a line that is not TOML as a whole. Nothing of its value, which may be a secret, and
/// nothing of a line of base64, which ends with the same sign.
fn key_of_line(line: &str) -> Option<&str> {
    let line = line.trim();
    if line.starts_with('[') {
        return line.find(['=', '#', '"']).is_none().then_some(line);
    }
    let (key, value) = line.split_once('=')?;
    let is_assignment = key.ends_with([' ', '\t']) || !(value.is_empty() || value.starts_with('='));
    let is_key = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.\"' \t".contains(&byte);
    (is_assignment && key.bytes().all(is_key)).then(|| key.trim())
}

/// The line, from 1, that the byte at `offset` is in.
fn line_at(text: &str, offset: usize) -> usize {
    1 + text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count()
}

/// The name most like `offender` among those that are known, or all of them.
fn alternative(offender: &str, known: &[&str], list: &str) -> String {
    let likeness = |name: &&&str| strsim::jaro_winkler(offender, name);
    match known.iter().max_by(|left, right| likeness(left).total_cmp(&likeness(right))) {
        Some(nearest) if likeness(&nearest) >= ALIKE => format!("did you mean `{nearest}`?"),
        Some(_) => format!("{list} `{}`", known.join("`, `")),
        None => "remove it".to_owned(),
    }
}

/// The text without characters that do something to a terminal: a file may come from anybody.
fn printable(text: &str) -> String {
    let does_something = |character: char| {
        let turns_direction = matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
        character.is_control() || turns_direction
    };
    let shown = text.chars().map(|character| match character {
        character if does_something(character) => character.escape_default().to_string(),
        character => character.to_string(),
    });
    shown.collect()
}
