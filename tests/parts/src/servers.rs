//! Servers that tests start on free ports.

pub mod cache;
pub mod docker;
pub mod github;
pub mod nginx;
pub mod process;
pub mod registry;
pub mod service;
pub mod verdaccio;
