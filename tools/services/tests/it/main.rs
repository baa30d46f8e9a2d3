//! The one integration binary of `services`: the built tool in small repositories.
//!
//! `list`: which folders are services. `generate`: what is written, and what is said to be behind. `new`: what a new service
//! is refused for, and that nothing stays of one that fails. `scene` makes the repositories.

mod generate;
mod list;
mod new;
mod scene;
