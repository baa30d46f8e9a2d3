//! `make push` and `:push` targets, against registries.

mod push;
mod push_local;
mod push_refused;
