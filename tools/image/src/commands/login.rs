//! `image login`: reads the password, stores it, says where.

use std::io::{self, IsTerminal as _, Read as _};

use http_client::environment;
use registry::login::{Kept, Login, store};
use terminal::{Context as _, Exit, Failure, stderr};

use crate::cli::login::LoginArgs;

/// In bytes: longer than any token or key, and short enough not to read a file of another kind to its end.
const LIMIT: u64 = 64 * 1024;

/// Runs the verb.
pub fn run(arguments: &LoginArgs) -> Result<Exit, Failure> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        let hint = "pipe it in: printf %s \"$TOKEN\" | image login ...";
        return Err(Failure::unknown("the password would be seen: stdin is a terminal").with_hint(hint));
    }
    let mut password = String::new();
    stdin.lock().take(LIMIT + 1).read_to_string(&mut password).context("cannot read the password from stdin")?;
    if password.len() as u64 > LIMIT {
        let message = format!("the password is longer than {LIMIT} bytes");
        return Err(Failure::unknown(message).with_hint("pipe in the password alone"));
    }
    let login = Login::new(&arguments.registry, &arguments.username, password)?;
    let folder = environment::docker_config_folder();
    match store(&login, folder.as_deref())? {
        Kept::InFile { path, is_open_to_others } => {
            let path = path.display();
            let readers = if is_open_to_others { " and which others may read" } else { "" };
            stderr::print_line(&format!("{}: stored in `{path}`, which is not encrypted{readers}", login.registry()));
        }
        Kept::ByHelper { helper } => stderr::print_line(&format!("{}: stored by `{helper}`", login.registry())),
    }
    Ok(Exit::Success)
}
