//! Why npm did not do what it was asked to: read from what it printed, and what to do about it.

use std::fmt;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Output;

use serde_json::Value;
use terminal::printable;

/// How much of what npm says is shown, in characters: it can hold an answer of a server.
const LIMIT: usize = 1000;

/// How many of the last lines of stderr are shown where npm gave no reason in its own form.
const LINES: usize = 8;

/// Codes of npm and of node for what may be over soon.
const PASSING: [&str; 15] = [
    "E408",
    "E409",
    "E420",
    "E429",
    "EAI_AGAIN",
    "ECONNABORTED",
    "ECONNREFUSED",
    "ECONNRESET",
    "ECONNECTIONTIMEOUT",
    "EIDLETIMEOUT",
    "EPIPE",
    "ERESPONSETIMEOUT",
    "ERR_SOCKET_TIMEOUT",
    "ETIMEDOUT",
    "ETRANSFERTIMEOUT",
];

/// What npm complained of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// npm's code, such as `E403` for a status of the registry and `ENEEDAUTH` for its own reasons; it has none for some.
    pub code: Option<String>,
    /// npm's words, safe to be printed. npm hides secrets.
    pub text: String,
}

impl Failure {
    /// Of a run that did not succeed.
    pub(crate) fn of(output: &Output) -> Self {
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let error = &answer["error"];
        let told = |name: &str| error[name].as_str().map(str::trim).filter(|text| !text.is_empty());
        let text = told("summary").map_or_else(|| without_reason(output), |summary| printable::start(summary, LIMIT));
        Self { code: told("code").map(printable_code), text }
    }

    /// Whether the registry does not have what was asked for, or does not show it to this login.
    pub(crate) fn is_absence(&self) -> bool {
        self.code.as_deref() == Some("E404")
    }

    /// Whether the same may succeed in a moment.
    pub(crate) fn is_passing(&self) -> bool {
        self.code.as_deref().is_some_and(|code| PASSING.contains(&code) || is_of_server(code))
    }

    /// What to do where a package could not be read.
    pub(crate) fn hint_of_reading(&self) -> String {
        match self.code.as_deref() {
            Some("E401" | "E403") => {
                "what npm's configuration logs in with (`npm config list`) is not accepted here: `npm login`, or remove it"
            }
            code => hint_of_connection(code),
        }
        .to_owned()
    }

    /// What to do where a package could not be published.
    pub(crate) fn hint_of_publishing(&self) -> String {
        match self.code.as_deref() {
            Some("ENEEDAUTH" | "E401") => {
                "by hand: `npm login`; in a workflow: trusted publishing needs `id-token: write`, a runner of GitHub's, and this \
                 workflow in the package's settings on npm"
            }
            Some("E403" | "E404") => {
                "may this login, or this workflow by the package's settings on npm, publish here? the first version of a package \
                 is published by hand; a version that was removed is never accepted again"
            }
            Some("EOTP") => "run it again with a code of your authenticator in `NPM_CONFIG_OTP`; it counts for half a minute",
            Some("E422" | "EUSAGE") => "npm proves where a package comes from only in a workflow of a public repository that has `id-token: write`",
            code => hint_of_connection(code),
        }
        .to_owned()
    }
}

fn hint_of_connection(code: Option<&str>) -> &'static str {
    match code {
        Some("ENOTFOUND") => {
            "is there a network, and is `npm config get registry` right? then run the same command again"
        }
        _ => "run the same command again: what is published stays, and is not sent again",
    }
}

fn is_of_server(code: &str) -> bool {
    code.len() == 4 && code.starts_with("E5") && code[2..].bytes().all(|byte| byte.is_ascii_digit())
}

fn printable_code(code: &str) -> String {
    printable::start(code, 40)
}

/// Where npm did not get as far as to have a reason, or was never started by the script that should.
fn without_reason(output: &Output) -> String {
    if let Some(signal) = output.status.signal() {
        return format!("it was ended by signal {signal}");
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = stderr.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines[lines.len().saturating_sub(LINES)..].join("\n");
    let text = printable::text(&last.chars().take(LIMIT).collect::<String>());
    match output.status.code() {
        Some(status) if text.is_empty() => format!("it ended with status {status} and without a word"),
        _ => text,
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(formatter, "{code}: {}", self.text),
            None => formatter.write_str(&self.text),
        }
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use std::process::ExitStatus;

    use super::*;

    fn failure(status: i32, stdout: &str, stderr: &str) -> Failure {
        let status = ExitStatus::from_raw(status);
        Failure::of(&Output { status, stdout: stdout.into(), stderr: stderr.into() })
    }

    #[test]
    fn npms_reason_is_read() {
        let answer =
            r#"{"error": {"code": "E403", "summary": "403 Forbidden - PUT http://h/x - no\u001b[1m", "detail": ""}}"#;
        let read = failure(256, answer, "npm error");
        assert_eq!(read.to_string(), r"E403: 403 Forbidden - PUT http://h/x - no\u{1b}[1m");
        assert!(!read.is_passing() && !read.is_absence());
        let without = failure(256, r#"{"error": {"summary": "You cannot publish over", "detail": ""}}"#, "");
        assert_eq!((without.code, without.text.as_str()), (None, "You cannot publish over"));
    }

    #[test]
    fn without_a_reason_the_end_of_stderr_is_shown() {
        let lines: Vec<String> = (1..=20).map(|number| format!("line {number}\n")).collect();
        let shown = failure(512, "", &lines.concat()).text;
        assert!(shown.starts_with("line 13\n") && shown.ends_with("line 20"), "{shown}");
        assert_eq!(failure(512, "no JSON", "").text, "it ended with status 2 and without a word");
        assert_eq!(failure(9, "", "npm error").text, "it was ended by signal 9");
    }

    #[test]
    fn what_may_be_over_soon_is_known() {
        let of = |code: &str| Failure { code: Some(code.to_owned()), text: String::new() };
        for code in ["E500", "E503", "E599", "E429", "ECONNRESET", "ECONNREFUSED", "E409"] {
            assert!(of(code).is_passing(), "{code}");
        }
        for code in ["E401", "E403", "E404", "ENEEDAUTH", "ENOTFOUND", "E5", "E50x", "EUSAGE"] {
            assert!(!of(code).is_passing(), "{code}");
        }
    }
}
