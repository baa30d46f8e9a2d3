//! Fetching a file from a server of the rehearsal.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

use terminal::{Context as _, Failure};
use ureq::Agent;
use ureq::http::Request;
use ureq::http::header::{ACCEPT, AUTHORIZATION, USER_AGENT};

/// Far longer than a file takes on this machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Puts what a URL gives to the holder of a token into a file, as it comes.
pub fn download(url: &str, token: Option<&str>, file: &Path) -> Result<(), Failure> {
    let agent = Agent::config_builder().timeout_global(Some(PATIENCE)).proxy(None).build().new_agent();
    // Of a release's file, GitHub gives the document where nothing is said.
    let mut request = Request::get(url).header(USER_AGENT, "rehearse").header(ACCEPT, "application/octet-stream");
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    let failed = |error: ureq::Error| Failure::caused_by(format!("cannot fetch `{url}`"), &error);
    let mut answer = agent.run(request.body(()).map_err(|error| failed(error.into()))?).map_err(failed)?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let written = fs::create_dir_all(folder).and_then(|()| File::create(file));
    written
        .and_then(|mut written| io::copy(&mut answer.body_mut().as_reader(), &mut written))
        .with_context(|| format!("cannot write `{}`", file.display()))?;
    Ok(())
}
