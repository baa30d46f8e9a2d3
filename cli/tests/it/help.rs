//! What can be typed, and what is printed about it: help, version, completions, man pages.

use std::fs;

use crate::support::{Home, stderr, stdout};

const VERBS: [&[&str]; 11] = [
    &["auth", "login"],
    &["auth", "logout"],
    &["auth", "status"],
    &["api", "keys", "create"],
    &["api", "keys", "verify"],
    &["api", "keys", "revoke"],
    &["api", "keys", "list"],
    &["deploy"],
    &["healthcheck"],
    &["version"],
    &["completion"],
];

fn text(arguments: &[&str]) -> String {
    stdout(&Home::new().unkey(arguments).assert().success())
}

#[test]
fn each_verb_has_help_with_examples() {
    for verb in VERBS {
        let help = text(&[verb, &["--help"]].concat());
        let usage = format!("Usage: unkey {}", verb.join(" "));
        assert!(help.lines().any(|line| line.starts_with(&usage)), "{help}");
        let words: Vec<&str> = help.split_whitespace().collect();
        let formats = "--output <FORMAT> How data is printed on stdout [default: table] [possible values: table, json]";
        assert!(words.join(" ").contains(formats), "{help}");
        let example = format!("unkey {}", verb.join(" "));
        let examples = help.split_once("Examples:").map(|(_, examples)| examples);
        assert!(verb == ["version"] || examples.is_some_and(|text| text.contains(&example)), "{help}");
    }
    let help = text(&["--help"]);
    for part in ["UNKEY_ROOT_KEY", "UNKEY_API_URL", "NO_COLOR", "Exit status:", "  130  interrupted", "completion"] {
        assert!(help.contains(part), "no `{part}`: {help}");
    }
    assert!(!help.contains("documents"), "{help}");
}

#[test]
fn help_shows_no_value_of_the_environment() {
    let help = Home::new().with_key(&["--help"]).env("UNKEY_API_URL", "https://secret.example").assert().success();
    assert_eq!(stderr(&help), "");
    assert!(!stdout(&help).contains("secret.example"));
}

#[test]
fn wrong_arguments_exit_2() {
    for arguments in [
        &["nosuch"][..],
        &[],
        &["api", "keys", "create"],
        &["api", "keys", "revoke", "a/b"],
        &["deploy", "shop.example"],
        &["deploy", "--upstream", "a:1"],
        &["deploy", "--follow", "a", "--no-wait"],
        &["version", "--output", "xml"],
        &["version", "--request-timeout", "5"],
        // A key has no place on a command line.
        &["auth", "login", "--key", "x"],
        &["api", "keys", "verify", "x"],
    ] {
        let refused = Home::new().unkey(arguments).assert().code(2).stdout("");
        assert!(!stderr(&refused).is_empty(), "{arguments:?}");
    }
    let text = stderr(&Home::new().unkey(&["api", "keys", "revoke", "unkey_AAAA"]).assert().code(2));
    assert!(text.contains("this is a key and not its id"), "{text}");
}

#[test]
fn a_key_that_was_typed_is_not_repeated() {
    for arguments in [
        &["auth", "login", "hunter2-root-key"][..],
        &["auth", "login", "--no-check", "hunter2-root-key"],
        &["api", "keys", "verify", "hunter2-root-key"],
        &["api", "keys", "revoke", "unkey_hunter2-root-key"],
        &["api", "keys", "unkey_hunter2-root-key"],
        &["unkey_hunter2-root-key"],
        &["version", "unkey_hunter2-root-key"],
        &["deploy", "--follow", "unkey_hunter2-root-key"],
    ] {
        let text = stderr(&Home::new().unkey(arguments).assert().code(2).stdout(""));
        assert!(text.contains("***") && text.contains("a key is typed when it is asked for"), "{arguments:?}: {text}");
    }
    let text = stderr(&Home::new().unkey(&["auth", "login", "--nosuch"]).assert().code(2));
    assert!(text.contains("'--nosuch'"), "{text}");
}

#[test]
fn no_time_is_too_long_for_a_clock() {
    let nobody = format!("http://{}/", parts::ports::free_address());
    for (time, part) in [("30500568904943w", "longer than 10000 years"), ("3660000d", "cannot reach")] {
        let run = Home::new().unkey(&["healthcheck", &nobody, "--request-timeout", time]).assert().code(2);
        assert!(stderr(&run).contains(part), "{}", stderr(&run));
    }
}

#[test]
fn the_version_names_commit_and_platform() {
    let version = text(&["version"]);
    let lines: Vec<&str> = version.lines().collect();
    assert!(matches!(lines[..], [first, second, third]
        if first.starts_with("unkey ") && second.starts_with("commit ") && third.starts_with("platform ")));
    assert_eq!(text(&["--version"]), format!("{}\n", lines[0]));
    let document: serde_json::Value = serde_json::from_str(&text(&["version", "--output", "json"])).unwrap();
    assert_eq!(lines[0], format!("unkey {}", document["version"].as_str().unwrap()));
    let platform =
        format!("platform {}/{}", document["system"].as_str().unwrap(), document["architecture"].as_str().unwrap());
    assert_eq!(lines[2], platform);
}

#[test]
fn documents_are_what_the_verbs_print_and_have_no_hidden_verb() {
    let home = Home::new();
    let folder = home.path("made/of/it");
    home.unkey(&["documents", folder.to_str().unwrap()]).assert().success().stdout("").stderr("");
    for (shell, name) in [
        ("bash", "unkey.bash"),
        ("zsh", "_unkey"),
        ("fish", "unkey.fish"),
        ("powershell", "unkey.ps1"),
        ("nushell", "unkey.nu"),
    ] {
        let written = fs::read_to_string(folder.join("completions").join(name)).unwrap();
        assert_eq!(written, text(&["completion", shell]), "{shell}");
        assert!(written.contains("healthcheck") && !written.contains("documents"), "{shell}: {written}");
    }
    let mut pages: Vec<String> = fs::read_dir(folder.join("man"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    pages.sort();
    for verb in VERBS {
        assert!(pages.contains(&format!("unkey-{}.1", verb.join("-"))), "{pages:?}");
    }
    assert!(pages.contains(&"unkey.1".to_owned()) && !pages.iter().any(|page| page.contains("documents")), "{pages:?}");
    let page = fs::read_to_string(folder.join("man/unkey-deploy.1")).unwrap();
    assert!(page.contains("\\-\\-upstream") && page.contains("Examples:"), "{page}");
    let again = home.path("again");
    home.unkey(&["documents", again.to_str().unwrap()]).assert().success();
    assert_eq!(fs::read(again.join("man/unkey.1")).unwrap(), fs::read(folder.join("man/unkey.1")).unwrap());
}

#[test]
fn bash_takes_its_completions() {
    let home = Home::new();
    let script = home.path("unkey.bash");
    fs::write(&script, text(&["completion", "bash"])).unwrap();
    let mut bash = std::process::Command::new("bash");
    home.clean(&mut bash);
    let lines =
        "source \"$1\"; COMP_WORDS=(unkey api keys r); COMP_CWORD=3; _unkey unkey r keys; echo \"${COMPREPLY[@]}\"";
    let output = bash.args(["-c", lines, "bash"]).arg(&script).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "revoke\n", "{output:?}");
}

#[test]
fn output_that_nobody_reads_is_no_error() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = Home::new().plain(&["completion", "zsh"]).stdout(writer).status().unwrap();
    assert!(status.success(), "{status}");
}
