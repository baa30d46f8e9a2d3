//! Tests of the {{ name }} binary as a process: what no test of a crate alone can see.
//!
//! `command`: arguments, `--version`, a configuration that is refused.

mod command;
