//! What the tools of this repository have in common towards people and scripts: exit statuses, how errors, data and tables
//! are printed, and how progress is shown.
//!
//! The binaries print with it; of it, libraries know `progress` alone, which draws nothing. Which errors give hints and
//! which are a "no" is each tool's own.

mod display;
mod exit;
pub mod progress;
mod report;
mod runtime;
pub mod stdout;
mod table;
mod usage;

pub use display::on_stderr;
pub use exit::Exit;
pub use report::print_error;
pub use runtime::block_on;
pub use table::Table;
pub use usage::UsageError;
