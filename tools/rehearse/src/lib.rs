//! The library behind the `rehearse` tool: what a workflow of CI says, and running its jobs on this machine.
//!
//! Knows neither clap nor the terminal.

pub mod workflow;
