//! What images are made of, whoever builds them, and that nothing else gets into them.

mod architecture;
mod base;
mod c_code;
mod consumer;
mod optimised;
pub mod remote_cache;
mod reproducible;
mod stamping;
