//! What the tools of this repository have in common towards people and scripts: exit statuses, how errors, data and tables
//! are printed, what of foreign text is, and how progress is shown.
//!
//! The binaries print with it; of it, libraries know `progress` and `printable` alone, which draw nothing. Which errors give hints and
//! which are a "no" is each tool's own.

mod display;
mod exit;
pub mod printable;
pub mod progress;
mod report;
mod runtime;
pub mod stderr;
pub mod stdout;
mod table;
mod usage;

pub use display::on_stderr;
pub use exit::Exit;
pub use report::{print_error, print_problem};
pub use runtime::block_on;
pub use table::Table;
pub use usage::UsageError;
