//! `release doctor`: asks everything, prints the answers.

use std::path::Path;
use std::sync::Arc;

use release::doctor::{DoctorRequest, Finding, State, examine};
use release::git::Repository;
use release::github::Patience;
use services::Services;
use terminal::progress::Progress;
use terminal::{Exit, Failure, stdout};

use crate::cli::doctor::DoctorArgs;
use crate::commands::publish;

/// Runs the verb.
pub fn run(folder: &Path, arguments: &DoctorArgs) -> Result<Exit, Failure> {
    let repository = Repository::open(folder)?;
    let services = Services::read(repository.root())?;
    let progress: Arc<dyn Progress> = progress_bar::on_stderr().into();
    let github = publish::github(&repository, Patience::none(progress.clone()));
    let request = DoctorRequest {
        repository: &repository,
        service: services.names().first().map_or("api", String::as_str),
        registry: arguments.registry.as_deref(),
        github: github.as_ref(),
        progress: progress.as_ref(),
    };
    let findings = examine(request)?;
    if arguments.json {
        stdout::print_json(&findings)?;
    } else {
        stdout::print(&findings.iter().map(text).collect::<String>())?;
    }
    Ok(exit(&findings))
}

fn text(finding: &Finding) -> String {
    let word = match finding.state {
        State::Fine => "ok",
        State::Wrong => "WRONG",
        State::Unknown => "unknown",
    };
    let fix = finding.fix.as_ref().map(|fix| format!("         fix: {fix}\n")).unwrap_or_default();
    format!("{word:7}  {}: {}\n{fix}", finding.question, finding.detail)
}

/// What is wrong is known, so it weighs more here than what is not.
fn exit(findings: &[Finding]) -> Exit {
    let has = |state| findings.iter().any(|finding| finding.state == state);
    if has(State::Wrong) {
        Exit::Refused
    } else if has(State::Unknown) {
        Exit::Error
    } else {
        Exit::Success
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(state: State, fix: Option<&str>) -> Finding {
        Finding { question: "it works", state, detail: "so so".to_owned(), fix: fix.map(str::to_owned) }
    }

    #[test]
    fn what_is_wrong_comes_with_its_fix() {
        assert_eq!(text(&finding(State::Fine, None)), "ok       it works: so so\n");
        assert_eq!(text(&finding(State::Wrong, Some("mend it"))), "WRONG    it works: so so\n         fix: mend it\n");
    }

    #[test]
    fn the_worst_answer_decides() {
        let all = [State::Fine, State::Unknown, State::Wrong].map(|state| finding(state, None));
        assert_eq!([exit(&all[..1]), exit(&all[..2]), exit(&all)], [Exit::Success, Exit::Error, Exit::Refused]);
    }
}
