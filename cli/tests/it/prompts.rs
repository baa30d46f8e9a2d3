//! At a terminal: what is asked, what is not shown, and what Ctrl-C leaves.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Command, ExitStatus};
use std::thread;
use std::time::Duration;

use parts::terminal;
use rustix::termios::{LocalModes, tcgetattr};

use crate::support::{Home, KEY, Server, json};

const ID: &str = "2f1c8f0e-3f0c-4b4e-9a52-0d6f6a1f9b11";

/// How a run at a terminal ended.
struct Ended {
    status: ExitStatus,
    shown: String,
    /// Whether the terminal shows what is typed next.
    has_echo: bool,
}

/// Runs the client at a terminal, and types a text once it has shown another.
fn at_terminal(home: &Home, server: &Server, arguments: &[&str], question: &str, typed: &str) -> Ended {
    let (mut terminal, side) = terminal::open();
    let client = home.plain(arguments);
    // What is read without being shown is read from the terminal that the session has.
    let mut command = Command::new("setsid");
    command.args(["--ctty", "--wait"]).arg(client.get_program()).args(client.get_args());
    home.clean(&mut command);
    command.env("UNKEY_API_URL", server.url());
    if arguments[0] != "auth" {
        command.env("UNKEY_ROOT_KEY", KEY);
    }
    let [input, output, errors] = [0; 3].map(|_| side.try_clone().unwrap());
    let mut process = command.stdin(input).stdout(output).stderr(errors).spawn().unwrap();
    drop(command);
    let mut shown = read_until(&mut terminal, question);
    // What is typed before the terminal is silenced would be shown.
    while arguments[0] == "auth" && has_echo(&side) {
        thread::sleep(Duration::from_millis(5));
    }
    terminal.write_all(typed.as_bytes()).unwrap();
    let status = process.wait().unwrap();
    let has_echo = has_echo(&side);
    drop(side);
    let mut rest = Vec::new();
    // A terminal whose other end is closed ends with an error.
    let _ = terminal.read_to_end(&mut rest);
    shown.push_str(&String::from_utf8_lossy(&rest));
    Ended { status, shown, has_echo }
}

fn has_echo(side: &File) -> bool {
    tcgetattr(side).unwrap().local_modes.contains(LocalModes::ECHO)
}

fn read_until(terminal: &mut File, text: &str) -> String {
    let mut shown = Vec::new();
    while !String::from_utf8_lossy(&shown).contains(text) {
        let mut bytes = [0; 1024];
        let count = terminal.read(&mut bytes).unwrap_or_default();
        assert!(count > 0, "no `{text}`: {}", String::from_utf8_lossy(&shown));
        shown.extend(&bytes[..count]);
    }
    String::from_utf8_lossy(&shown).into_owned()
}

fn server() -> Server {
    Server::new(|ask, _| if ask.line.starts_with("DELETE") { json(204, "") } else { json(200, r#"{"keys":[]}"#) })
}

#[test]
fn a_key_is_asked_for_and_not_shown() {
    let (home, server) = (Home::new(), server());
    let ended = at_terminal(&home, &server, &["auth", "login"], "Key for http", &format!("{KEY}\r"));
    assert!(ended.status.success() && ended.has_echo, "{}", ended.shown);
    assert!(ended.shown.contains("logged in to") && !ended.shown.contains(KEY), "{}", ended.shown);
    assert_eq!(server.asks()[0].header("authorization"), format!("Bearer {KEY}"));
}

#[test]
fn ctrl_c_at_the_question_leaves_a_terminal_that_shows_what_is_typed() {
    let (home, server) = (Home::new(), server());
    let ended = at_terminal(&home, &server, &["auth", "login"], "Key for http", "hunt\u{3}");
    assert_eq!(ended.status.code(), Some(130), "{}", ended.shown);
    assert!(ended.has_echo && !ended.shown.contains("hunt"), "{}", ended.shown);
    assert!(server.asks().is_empty() && !home.credentials().exists());
}

#[test]
fn nothing_is_revoked_without_a_yes() {
    let (home, revoke) = (Home::new(), ["api", "keys", "revoke", ID]);
    for (typed, status, part) in [
        ("n\n", 1, "is not revoked"),
        ("\n", 1, "is not revoked"),
        ("\u{3}", 130, "Revoke key"),
        ("yes\n", 0, "is revoked"),
    ] {
        let server = server();
        let ended = at_terminal(&home, &server, &revoke, "[y/N]", typed);
        assert_eq!(ended.status.code(), Some(status), "{}", ended.shown);
        assert!(ended.shown.contains(part) && ended.shown.contains(&server.url()), "{}", ended.shown);
        assert_eq!(server.asks().len(), usize::from(status == 0), "{typed:?}");
    }
    let server = server();
    let mut run = home.with_key(&revoke);
    let refused = run.env("UNKEY_API_URL", server.url()).write_stdin("y\n").assert().code(2);
    assert!(crate::support::stderr(&refused).contains("hint: say it with `--yes`"));
    assert!(server.asks().is_empty());
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let home = Home::new();
    let server = Server::new(|_, _| json(200, r#"{"valid":false,"code":"expired"}"#));
    let (mut terminal, side) = terminal::open();
    for (variable, has_colour) in [("NO_COLOR", false), ("UNKEY_NOTHING", true)] {
        let mut command = home.plain(&["api", "keys", "verify"]);
        command.env("UNKEY_API_URL", server.url()).env("UNKEY_ROOT_KEY", KEY).env(variable, "1");
        let (input, mut writer) = std::io::pipe().unwrap();
        writer.write_all(b"unkey_x").unwrap();
        drop(writer);
        let mut process = command.stdin(input).stderr(side.try_clone().unwrap()).spawn().unwrap();
        assert_eq!(process.wait().unwrap().code(), Some(1));
        let shown = read_until(&mut terminal, "not valid: expired");
        assert_eq!(shown.contains("\u{1b}[31m"), has_colour, "{shown:?}");
    }
}
