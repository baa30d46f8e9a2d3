//! Tests of the api binary as a process: what no test of a crate alone can see.
//!
//! `command`: arguments, `--version`, exit status of wrong ones. `config`: where the configuration comes from and how
//! it is refused. `http`: what is answered over a real connection. `keys`: what is left after a kill. `shutdown`: signals, draining, exit status.
//! `process` and `environment` hold no tests: they start the binary, and name the variables.

mod command;
mod config;
mod environment;
mod http;
mod keys;
mod process;
mod shutdown;
