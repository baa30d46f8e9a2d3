//! The keys of the vault service, beside those that every service has: [`runtime::Settings`].

use runtime::{Problems, Region, Secret, SecretSource, ServiceConfig};
use serde::Deserialize;

use crate::keyring::{Key, KeyId, Keyring};

/// How many keys one vault holds at most. Each is one that has not been rotated out yet.
const MOST_KEYS: usize = 100;

/// What can be typed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    region: String,
    token: SecretSource,
    keys: Vec<KeyFile>,
}

/// One table `[[keys]]`, as typed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    id: String,
    secret: SecretSource,
}

/// What is valid.
#[derive(Clone, Debug)]
pub struct Config {
    /// `region`: where this instance runs.
    pub region: Region,
    /// `token`: what callers have to send.
    pub token: Secret,
    /// `[[keys]]`: the last one encrypts, all decrypt.
    pub(crate) keys: Keyring,
}

impl ServiceConfig for Config {
    type File = ConfigFile;

    const DEFAULT_PORT: u16 = 8060;
    const EXAMPLE: &'static str = "\
region = \"local\"
token = { env = \"UNKEY_TOKEN\" }

[[keys]]
id = \"2026-01\"
secret = { env = \"UNKEY_VAULT_KEY_2026_01\" }
";

    fn check(file: ConfigFile, problems: &mut Problems) -> Option<Self> {
        let region = problems.check("region", file.region.parse());
        let token = problems.check("token", file.token.read());
        let keys = check_keys(&file.keys, problems);
        Some(Self { region: region?, token: token?, keys: keys? })
    }
}

/// Reads every key, so that one start names everything that is wrong.
fn check_keys(files: &[KeyFile], problems: &mut Problems) -> Option<Keyring> {
    if files.len() > MOST_KEYS {
        problems.refuse("keys", format!("must hold at most `{MOST_KEYS}` keys, not `{}`", files.len()));
        return None;
    }
    let read: Vec<Option<Key>> =
        files.iter().enumerate().map(|(index, file)| check_key(index, file, problems)).collect();
    let keys: Vec<Key> = read.into_iter().collect::<Option<_>>()?;
    problems.check("keys", Keyring::new(keys))
}

fn check_key(index: usize, file: &KeyFile, problems: &mut Problems) -> Option<Key> {
    let id: KeyId = problems.check(&format!("keys[{index}].id"), file.id.parse())?;
    let name = format!("keys[{index}].secret");
    let secret = problems.check(&name, file.secret.read())?;
    problems.check(&name, Key::new(id, &secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::fs;

    use tempfile::TempDir;

    /// Every key, those with a default commented out.
    const EXAMPLE_FILE: &str = include_str!("../unkey.example.toml");

    /// 32 bytes, which say what they are.
    const SECRET: &str = "dGhlIGtleSBvZiBhIHRlc3QsIHdoaWNoIGlzIG5vIG4=";

    /// A folder with a file that holds `secret`, and `toml` with every variable replaced by that file.
    fn with_secret(toml: &str, secret: &str) -> (TempDir, String) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        fs::write(&path, secret).expect("written");
        let source = format!("{{ file = \"{}\" }}", path.display());
        let lines = toml.lines().map(|line| match line.split_once("{ env") {
            Some((before, _)) => format!("{before}{source}"),
            None => line.to_owned(),
        });
        (folder, lines.collect::<Vec<_>>().join("\n"))
    }

    fn parse(toml: &str, secret: &str) -> Result<Config, Vec<String>> {
        let (_folder, toml) = with_secret(toml, secret);
        let parsed = runtime::parse::<Config>(&toml);
        parsed.map(|loaded| loaded.config).map_err(|found| found.into_iter().map(|problem| problem.message).collect())
    }

    fn with_keys(ids: &[&str]) -> String {
        let keys = ids.iter().map(|id| format!("[[keys]]\nid = \"{id}\"\nsecret = {{ env = \"A\" }}\n"));
        format!("region = \"local\"\ntoken = {{ env = \"A\" }}\n{}", keys.collect::<String>())
    }

    #[test]
    fn the_least_that_works() {
        let config = parse(Config::EXAMPLE, SECRET).expect("valid");
        assert_eq!(config.region.as_str(), "local");
        assert_eq!(config.keys.newest().id.to_string(), "2026-01");
    }

    #[test]
    fn the_example_file_shows_every_key_and_the_defaults() {
        assert!(parse(EXAMPLE_FILE, SECRET).is_ok());
        // A comment that is TOML loses its `# `; one that is a sentence stays.
        let is_toml =
            |line: &str| line.starts_with('[') || line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
        let uncommented: Vec<&str> = EXAMPLE_FILE
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|rest| is_toml(rest)).unwrap_or(line))
            .collect();
        let (_shown_folder, shown) = with_secret(&uncommented.join("\n"), SECRET);
        let (_default_folder, default) = with_secret(Config::EXAMPLE, SECRET);
        let shown = runtime::parse::<Config>(&shown).expect("valid");
        let default = runtime::parse::<Config>(&default).expect("valid");
        assert_eq!(shown.settings.instance_id.expect("shown").as_str(), "vault-1");
        assert_eq!(shown.settings.limits, default.settings.limits);
        assert_eq!(shown.settings.listen, default.settings.listen);
        assert_eq!(shown.settings.shutdown_grace, default.settings.shutdown_grace);
        assert_eq!(shown.settings.logging, default.settings.logging);
        assert_eq!(shown.config.keys.newest().id.to_string(), "2026-01");
    }

    #[test]
    fn the_last_key_is_the_newest() {
        let config = parse(&with_keys(&["2025-07", "2026-01", "2025-12"]), SECRET).expect("valid");
        assert_eq!(config.keys.newest().id.to_string(), "2025-12");
    }

    #[test]
    fn keys_that_are_refused() {
        let none = "region = \"local\"\ntoken = { env = \"A\" }\nkeys = []\n";
        let many: Vec<String> = (0..=MOST_KEYS).map(|number| number.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let cases = [
            (none.to_owned(), "`keys` must hold at least one key"),
            (with_keys(&many), "`keys` must hold at most `100` keys, not `101`"),
            (with_keys(&["a", "b", "a"]), "`keys` must not repeat the id `a`"),
            (with_keys(&["a.b"]), "`keys[0].id` must be 1 to 40 of `a-z`, `0-9` and `-`, such as `2026-01`, not `a.b`"),
        ];
        for (toml, expected) in cases {
            assert_eq!(parse(&toml, SECRET).expect_err("refused"), [expected]);
        }
    }

    #[test]
    fn a_secret_that_is_no_key_is_named_and_not_shown() {
        for secret in ["hunter2", "aHVudGVyMg==", &SECRET[1..]] {
            let problems = parse(&with_keys(&["a", "b"]), secret).expect_err("refused");
            let expected = [0, 1].map(|index| format!("`keys[{index}].secret` must hold 32 bytes in base64"));
            assert_eq!(problems, expected);
        }
    }

    #[test]
    fn no_secret_is_in_what_debugging_shows() {
        let config = parse(&with_keys(&["a"]), SECRET).expect("valid");
        let shown = format!("{config:?}");
        assert!(!shown.contains(SECRET) && shown.contains("token: ***"), "{shown}");
        assert!(shown.contains("Key { id: KeyId(\"a\"), .. }"), "{shown}");
    }
}
