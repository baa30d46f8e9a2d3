//! What the tests need beside the tool: layouts, registries and daemons, and what stands in front of them.

pub mod certificates;
pub mod daemon;
pub mod elf;
pub mod layout;
pub mod nginx;
pub mod registry;
pub mod server;
pub mod services;
pub mod tokens;
pub mod tunnel;
pub mod watched;
pub mod wire;
