//! What the tools of this repository have in common towards people and scripts: what errors say and how they are printed, exit
//! statuses, data and tables, what of foreign text is shown, environment variables, and how progress is told.
//!
//! The binaries print with it. Libraries implement [`Diagnostic`] and use `environment`, `printable`, `progress` and
//! `suggestion`, which print nothing.

mod diagnostic;
pub mod environment;
mod exit;
mod failure;
pub mod printable;
pub mod progress;
pub mod stderr;
pub mod stdout;
pub mod suggestion;
mod table;

pub use diagnostic::{Diagnostic, Verdict, chain, hints, list};
pub use exit::Exit;
pub use failure::{Context, Failure, finish};
pub use table::Table;
