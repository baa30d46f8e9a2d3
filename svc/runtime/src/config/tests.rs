//! What is said of configurations that are refused, with which key and line.

use super::*;

use serde::Deserialize;

use crate::secret::SecretSource;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    region: String,
    #[serde(default)]
    store: Store,
    #[serde(default)]
    keys: Vec<Key>,
    token: Option<SecretSource>,
    ratio: Option<f64>,
    is_on: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    id: String,
    weight: Option<i8>,
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
        for (index, key) in file.keys.iter().enumerate() {
            if key.id.is_empty() || key.weight == Some(0) {
                problems.refuse(&format!("keys[{index}].id"), "must not be empty");
            }
        }
        if let Some(token) = file.token {
            problems.check("token", token.read());
        }
        if file.store.size > 9 || file.is_on == Some(false) || file.ratio == Some(0.5) {
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
    let loaded = parse::<Config>("region = \"local\"\nlisten = \"127.0.0.1:0\"\n[store]\nsize = 3\n").expect("valid");
    assert_eq!(loaded.config.region, "local");
    assert_eq!(loaded.settings.listen.to_string(), "127.0.0.1:0");
}

#[test]
fn the_example_is_enough() {
    assert!(parse::<Config>(Config::EXAMPLE).is_ok());
}

/// Each text and the one problem with it, behind a valid line.
fn assert_refused(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(problems(&format!("region = \"a\"\n{text}")), [*expected], "{text}");
    }
}

#[test]
fn an_unknown_key_is_refused_by_name_and_line() {
    assert_refused(&[
        ("\nregoin = \"b\"", "3: unknown key `regoin` (did you mean `region`?)"),
        // Offered although it is a shared key and the service knows nothing of it.
        ("lisen = \"b\"", "2: unknown key `lisen` (did you mean `listen`?)"),
        ("[logging]\nlvel = \"b\"", "3: unknown key `logging.lvel` (did you mean `level`?)"),
        ("[logging]\nxyz = \"b\"", "3: unknown key `logging.xyz` (the keys here are `format`, `level`)"),
        ("[[keys]]\nid = \"a\"\n[[keys]]\nidd = 1", "5: unknown key `keys[1].idd` (did you mean `id`?)"),
        ("token = { evn = \"A\" }", "2: unknown key `token.evn` (the keys here are `env`, `file`)"),
        // `Store` forgets `deny_unknown_fields`.
        ("[store]\nsice = 1", "3: unknown key `store.sice` (remove it)"),
        (
            "\"odd\\n\\u202Ekey\" = 1",
            "2: unknown key `\"odd\\n\\u{202e}key\"` (the keys here are `region`, `store`, `keys`, `token`, `ratio`, `is_on`, \
             `instance_id`, `limits`, `listen`, `logging`, `shutdown_grace_seconds`)",
        ),
    ]);
}

#[test]
fn a_missing_key_is_named_with_its_table() {
    assert_refused(&[
        ("[[keys]]\nid = \"a\"\n\n[[keys]]\nweight = 1", "5: missing key `keys[1].id` ()"),
        ("keys = [{ id = \"a\" },\n{}]", "3: missing key `keys[1].id` ()"),
    ]);
    for text in ["", "listen = \"127.0.0.1:0\"\n"] {
        assert_eq!(problems(text), ["-: missing key `region` ()"]);
    }
}

#[test]
fn a_value_of_another_kind_is_refused_with_its_key() {
    let whole = |key: &str, bounds: &str, not: &str| format!("2: `{key}` must be a whole number from {bounds}{not} ()");
    let (grace, bounds) = ("shutdown_grace_seconds", "`0` to `18446744073709551615`");
    let numbers = [
        (format!("{grace} = 1.5"), whole(grace, bounds, ", not a number with a fraction")),
        (format!("{grace} = \"1\""), whole(grace, bounds, ", not a text")),
        (format!("{grace} = true"), whole(grace, bounds, ", not `true` or `false`")),
        (format!("{grace} = 2026-01-01"), whole(grace, bounds, ", not a date or time")),
        (format!("{grace} = [1]"), whole(grace, bounds, ", not a list")),
        (format!("{grace} = {{ a = 1 }}"), whole(grace, bounds, ", not a table")),
        (format!("{grace} = -1"), whole(grace, bounds, "")),
        (format!("{grace} = 99999999999999999999"), whole(grace, bounds, "")),
        ("store.size = 4294967296".to_owned(), whole("store.size", "`0` to `4294967295`", "")),
        ("keys = [{ id = \"a\", weight = 128 }]".to_owned(), whole("keys[0].weight", "`-128` to `127`", "")),
    ];
    for (text, expected) in numbers {
        assert_refused(&[(&text, &expected)]);
    }
    assert_refused(&[
        ("listen = 1979-05-27T07:32:00Z", "2: `listen` must be a text, not a date or time ()"),
        ("instance_id = inf", "2: `instance_id` must be a text, not a number with a fraction ()"),
        ("[listen]\na = 1", "2: `listen` must be a text, not a table ()"),
        ("[[keys]]\nid = \"a\"\n[[keys]]\nid = 3", "5: `keys[1].id` must be a text, not a whole number ()"),
        ("keys = [3]", "2: `keys[0]` must be a table, not a whole number ()"),
        ("[keys]\nid = \"a\"", "2: `keys` must be a list, not a table ()"),
        ("logging = 1", "2: `logging` must be a table, not a whole number ()"),
        ("logging = [\"json\"]", "2: `logging` must be a table, not a list ()"),
        ("[logging]\nformat = 3", "3: `logging.format` must be one of `text`, `json`, not a whole number ()"),
        ("[logging]\nformat = \"jso\"", "3: `logging.format` has no value `jso` (did you mean `json`?)"),
        ("is_on = \"yes\"", "2: `is_on` must be `true` or `false`, not a text ()"),
        ("ratio = \"half\"", "2: `ratio` must be a number, not a text ()"),
    ]);
    assert!(parse::<Config>("region = \"a\"\nratio = 1\nis_on = true\nstore.size = 0x9\n").is_ok());
}

#[test]
fn a_secret_is_refused_by_its_key_and_never_shown() {
    let source = "`{ env = \"NAME\" }` or `{ file = \"PATH\" }`";
    let cases = [
        ("token = \"hunter2\"", format!("`token` must not stand in the configuration: give {source}")),
        ("token = 4711", format!("`token` must be {source}")),
        ("token = 47.11", format!("`token` must be {source}")),
        ("token = 4711-01-01", format!("`token` must be {source}")),
        ("token = [4711]", format!("`token` must be {source}")),
        ("token = { env = 4711 }", "`token.env` must be a text, not a whole number".to_owned()),
        ("token = { env = \"A\", file = \"/a\" }", format!("`token` must have one source: give {source}")),
        (
            "token = { env = \"UNKEY_NO_SUCH\" }",
            "`token` is taken from the variable `UNKEY_NO_SUCH`, which is not set".to_owned(),
        ),
        (
            "token = { file = \"/dev/zero\" }",
            "`token` is taken from the file `/dev/zero`, which cannot be read: it is a device, not a file".to_owned(),
        ),
    ];
    for (text, expected) in cases {
        assert_refused(&[(text, &format!("2: {expected} ()"))]);
    }
}

#[test]
fn what_is_no_toml_is_refused_with_the_key_of_its_line() {
    assert_refused(&[
        ("region = \"b\"", "2: not TOML at `region`: duplicate key ()"),
        ("store.size = 1\nstore.size = 2", "3: not TOML at `store.size`: duplicate key ()"),
        ("[store]\n[store]", "3: not TOML at `[store]`: duplicate key ()"),
    ]);
    let found = problems("token = hunter2\n");
    assert!(found[0].starts_with("1: not TOML at `token`: ") && !found[0].contains("hunter2"), "{found:?}");
    let found = problems("token = \"\"\"\naHVudGVyMg==\n");
    assert!(!found[0].contains("aHVudGVyMg"), "{found:?}");
    let found = problems(&format!("a = {}", "[".repeat(2000)));
    assert!(found[0].starts_with("1: not TOML at `a`: "), "{found:?}");
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
        ["1: unknown key `regoin` (did you mean `region`?)", "2: `listen` must be a text, not a whole number ()"]
    );
}

#[test]
fn the_line_of_an_element_is_that_of_its_table() {
    assert_refused(&[
        ("[[keys]]\nid = \"a\"\n[[keys]]\nid = \"\"", "5: `keys[1].id` must not be empty ()"),
        ("keys = [\n{ id = \"\" }]", "3: `keys[0].id` must not be empty ()"),
    ]);
}

#[test]
fn files_that_cannot_be_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = load::<Config>(&folder.path().join("unkey.toml")).expect_err("missing");
    assert!(matches!(missing, Error::ConfigMissing { example: "region = \"local\"\n", .. }));
    for path in [folder.path(), Path::new("/dev/zero")] {
        let unreadable = load::<Config>(path).expect_err("no file");
        assert!(matches!(unreadable, Error::ConfigRead { .. }));
    }
}
