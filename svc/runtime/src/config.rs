//! Reads a configuration: one TOML file that holds the shared keys beside those of the service. Owns where a problem is
//! said to be; which keys and values exist is `settings` and the service's own business.

use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use crate::error::Error;
use crate::problems::{Problem, Problems};
use crate::settings::{KEYS, Settings};

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
    let text = fs::read_to_string(path).map_err(|source| match source.kind() {
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
    let mut document = Document { text, root, found: Vec::new() };
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
    root: Spanned<DeTable<'a>>,
    found: Vec<Problem>,
}

impl<'a> Document<'a> {
    /// The shared keys, and the others.
    fn split(&self) -> (Spanned<DeTable<'a>>, Spanned<DeTable<'a>>) {
        let entries = self.root.get_ref().clone().into_iter();
        let (shared, own): (DeTable<'a>, DeTable<'a>) = entries.partition(|(key, _)| KEYS.contains(&&**key.get_ref()));
        (Spanned::new(self.root.span(), shared), Spanned::new(self.root.span(), own))
    }

    /// Brings a table into its type.
    fn read<T: DeserializeOwned>(&mut self, table: Spanned<DeTable<'a>>) -> Option<T> {
        let mut ignored = Vec::new();
        let read = serde_ignored::deserialize(Deserializer::from(table), |path| ignored.push(path.to_string()));
        for key in ignored {
            let line = self.line_of_key(&key);
            self.found.push(Problem { line, message: format!("unknown key `{key}`"), hint: None });
        }
        read.map_err(|error| {
            let problem = self.type_problem(&error);
            self.found.push(problem);
        })
        .ok()
    }

    /// Runs a check of values, and gives each refusal its line.
    fn check<T>(&mut self, check: impl FnOnce(&mut Problems) -> Option<T>) -> Option<T> {
        let mut problems = Problems::default();
        let checked = check(&mut problems);
        for (key, message) in problems.into_found() {
            let line = self.line_of_key(&key);
            self.found.push(Problem { line, message: format!("`{key}` {message}"), hint: None });
        }
        checked
    }

    /// What serde refused, in words of TOML, with the key or value that was probably meant.
    fn type_problem(&self, error: &toml::de::Error) -> Problem {
        let (message, span) = (error.message(), error.span());
        let line = span.clone().filter(|span| !span.is_empty()).map(|span| line_at(self.text, span.start));
        // The names stand between backticks: the offender first, then those that would have been right.
        let mut names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        if message.starts_with("unknown field") {
            if self.is_top_level_key(span.as_ref()) {
                names.extend(KEYS);
            }
            let hint = Some(alternative(&names, "the keys here are"));
            return Problem { line, message: format!("unknown key `{}`", names[0]), hint };
        }
        if message.starts_with("unknown variant") {
            let hint = Some(alternative(&names, "the values here are"));
            return Problem { line, message: format!("unknown value `{}`", names[0]), hint };
        }
        if let Some(rest) = message.strip_prefix("missing field") {
            return Problem { line: None, message: format!("missing key{rest}"), hint: None };
        }
        Problem { line, message: message.to_owned(), hint: None }
    }

    fn is_top_level_key(&self, span: Option<&Range<usize>>) -> bool {
        self.root.get_ref().keys().any(|key| Some(&key.span()) == span)
    }

    /// The line of a dotted key, or of the nearest table above it that is in the file.
    fn line_of_key(&self, key: &str) -> Option<usize> {
        let mut table = Some(self.root.get_ref());
        let mut line = None;
        for part in key.split('.') {
            let Some((name, value)) = table.and_then(|table| table.get_key_value(part)) else { break };
            line = Some(line_at(self.text, name.span().start));
            table = match value.get_ref() {
                DeValue::Table(below) => Some(below),
                _ => None,
            };
        }
        line
    }

    /// Everything found, in the order of the lines; what has none comes first.
    fn into_problems(mut self) -> Vec<Problem> {
        self.found.sort_by_key(|problem| problem.line);
        self.found
    }
}

fn syntax_problem(text: &str, error: &toml::de::Error) -> Problem {
    let line = error.span().map(|span| line_at(text, span.start));
    Problem { line, message: format!("not TOML: {}", error.message()), hint: None }
}

/// The line, from 1, that the byte at `offset` is in.
fn line_at(text: &str, offset: usize) -> usize {
    1 + text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count()
}

/// The name most like the first of `names` among the others, or all the others.
fn alternative(names: &[&str], list: &str) -> String {
    let (offender, known) = (names[0], &names[1..]);
    let likeness = |name: &&&str| strsim::jaro_winkler(offender, name);
    match known.iter().max_by(|left, right| likeness(left).total_cmp(&likeness(right))) {
        Some(nearest) if likeness(&nearest) >= ALIKE => format!("did you mean `{nearest}`?"),
        Some(_) => format!("{list} `{}`", known.join("`, `")),
        None => "remove it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        region: String,
        #[serde(default)]
        store: Store,
    }

    #[derive(Debug, Default, Deserialize)]
    struct Store {
        #[serde(default)]
        size: u32,
    }

    #[derive(Debug)]
    struct Config {
        region: String,
    }

    impl ServiceConfig for Config {
        type File = File;
        const DEFAULT_PORT: u16 = 7070;
        const EXAMPLE: &'static str = "region = \"local\"\n";

        fn check(file: File, problems: &mut Problems) -> Option<Self> {
            if file.region.is_empty() {
                problems.refuse("region", "must not be empty");
            }
            if file.store.size > 9 {
                problems.refuse("store.size", "must be at most `9`");
            }
            Some(Self { region: file.region })
        }
    }

    /// One line a problem: its line, its message and its hint.
    fn problems(text: &str) -> Vec<String> {
        let refused = parse::<Config>(text).expect_err("refused");
        let shown = refused.into_iter().map(|problem| {
            let line = problem.line.map_or("-".to_owned(), |line| line.to_string());
            format!("{line}: {} ({})", problem.message, problem.hint.unwrap_or_default())
        });
        shown.collect()
    }

    #[test]
    fn shared_keys_and_own_keys_stand_side_by_side() {
        let loaded =
            parse::<Config>("region = \"local\"\nlisten = \"127.0.0.1:0\"\n[store]\nsize = 3\n").expect("valid");
        assert_eq!(loaded.config.region, "local");
        assert_eq!(loaded.settings.listen.to_string(), "127.0.0.1:0");
    }

    #[test]
    fn the_example_is_enough() {
        assert!(parse::<Config>(Config::EXAMPLE).is_ok());
    }

    #[test]
    fn an_unknown_key_is_refused_by_name_and_line() {
        let cases = [
            ("region = \"a\"\n\nregoin = \"b\"\n", "3: unknown key `regoin` (did you mean `region`?)"),
            // Offered although it is a shared key and the service knows nothing of it.
            ("region = \"a\"\nlisen = \"b\"\n", "2: unknown key `lisen` (did you mean `listen`?)"),
            ("region = \"a\"\n[logging]\nlvel = \"b\"\n", "3: unknown key `lvel` (did you mean `level`?)"),
            ("region = \"a\"\n[logging]\nxyz = \"b\"\n", "3: unknown key `xyz` (the keys here are `format`, `level`)"),
            // `Store` forgets `deny_unknown_fields`.
            ("region = \"a\"\n[store]\nsice = 1\n", "3: unknown key `store.sice` ()"),
        ];
        for (text, expected) in cases {
            assert_eq!(problems(text), [expected]);
        }
    }

    #[test]
    fn a_wrong_type_or_value_has_its_line() {
        let cases = [
            ("region = 7\n", "1: invalid type: integer `7`, expected a string ()"),
            ("region = \"a\"\n[store]\nsize = -1\n", "3: invalid value: integer `-1`, expected u32 ()"),
            ("region = \"a\"\n[logging]\nformat = \"jso\"\n", "3: unknown value `jso` (did you mean `json`?)"),
            ("region = \"a\"\nlogging = 1\n", "2: invalid type: integer `1`, expected a table ()"),
            ("region = \"a\"\nregion = \"b\"\n", "2: not TOML: duplicate key ()"),
            ("listen = \"127.0.0.1:0\"\n", "-: missing key `region` ()"),
            ("", "-: missing key `region` ()"),
        ];
        for (text, expected) in cases {
            assert_eq!(problems(text), [expected]);
        }
    }

    #[test]
    fn everything_wrong_is_reported_at_once() {
        let text = "shutdown_grace_seconds = 0\nregion = \"\"\nlisten = \"here\"\n[store]\nsize = 10\n";
        assert_eq!(
            problems(text),
            [
                "1: `shutdown_grace_seconds` must be `1` to `3600`, not `0` ()",
                "2: `region` must not be empty ()",
                "3: `listen` must be an IP address and a port, such as `0.0.0.0:7070`, not `here` ()",
                "5: `store.size` must be at most `9` ()",
            ]
        );
        assert_eq!(
            problems("regoin = \"a\"\nlisten = 1\n"),
            ["1: unknown key `regoin` (did you mean `region`?)", "2: invalid type: integer `1`, expected a string ()",]
        );
    }

    #[test]
    fn files_that_cannot_be_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = load::<Config>(&folder.path().join("unkey.toml")).expect_err("missing");
        assert!(matches!(missing, Error::ConfigMissing { example: "region = \"local\"\n", .. }));
        let unreadable = load::<Config>(folder.path()).expect_err("a folder");
        assert!(matches!(unreadable, Error::ConfigRead { .. }));
    }
}
