//! What every verb has: how to print, and whom to ask.

use serde::Serialize;
use terminal::{Failure, Table, stdout};
use unkey::address::Role;
use unkey::http::{Client, Options};
use unkey::session::{self, Typed};
use unkey::version::BuildInfo;

use crate::cli::{Globals, Output};

/// What was typed for every verb.
#[derive(Debug)]
pub struct Context {
    pub output: Output,
    pub typed: Typed,
    pub options: Options,
}

impl Context {
    pub fn new(globals: Globals, build: &BuildInfo) -> Self {
        let Globals { output, api_url, control_url, request_timeout } = globals;
        let options = Options { timeout: request_timeout, user_agent: build.user_agent() };
        Self { output, typed: Typed { api_url, control_url }, options }
    }

    /// Whoever asks a server with the key for it.
    pub fn client(&self, role: Role) -> Result<Client, Failure> {
        Ok(Client::new(session::target(role, &self.typed)?, &self.options)?)
    }

    /// Prints a document for programs, or its table for people.
    pub fn print(&self, document: &impl Serialize, table: impl FnOnce() -> Table) -> Result<(), Failure> {
        match self.output {
            Output::Json => stdout::print_json(document)?,
            Output::Table => stdout::print(&table().render())?,
        }
        Ok(())
    }
}
