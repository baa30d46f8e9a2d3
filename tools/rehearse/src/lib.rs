//! The library behind the `rehearse` tool: what a workflow of CI says, and running its jobs on this machine.
//!
//! `workflow` and `expression` read; `rehearsal` runs the jobs, `job` their steps, `script` what a step says. `remote`, `world` and
//! `gate` are what they work with in place of GitHub, and `stand_ins` is the table of what else is different here. Knows
//! neither clap nor the terminal. `interruption` is how all of it ends early.

pub mod bazel;
pub mod checkout;
pub mod context;
pub mod environment;
pub mod expression;
pub mod file_commands;
pub mod gate;
pub mod git;
pub mod home;
pub mod interruption;
pub mod job;
pub mod rehearsal;
pub mod remote;
pub mod report;
pub mod schedule;
pub mod script;
pub mod stand_ins;
pub mod tag_filter;
pub mod workflow;
pub mod world;
