//! `image login`: reads the password, stores it, says where.

use std::io::{self, IsTerminal as _, Read as _};

use anyhow::Context as _;
use http_client::environment;
use registry::login::{Kept, Login, store};
use terminal::{Exit, UsageError, stderr};

use crate::cli::login::LoginArgs;

/// In bytes: longer than any token or key, and short enough not to read a file of another kind to its end.
const LIMIT: u64 = 64 * 1024;

/// Runs the verb.
pub fn run(arguments: &LoginArgs) -> anyhow::Result<Exit> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        let hint = "pipe it in: printf %s \"$TOKEN\" | image login ...";
        return Err(UsageError::new("the password would be seen: stdin is a terminal", hint).into());
    }
    let mut password = String::new();
    stdin.lock().take(LIMIT + 1).read_to_string(&mut password).context("cannot read the password from stdin")?;
    if password.len() as u64 > LIMIT {
        let message = format!("the password is longer than {LIMIT} bytes");
        return Err(UsageError::new(message, "pipe in the password alone").into());
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
