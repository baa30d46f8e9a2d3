//! Tests of every service as a process, alone and with its neighbours: what no test of a crate alone can see.
//!
//! A test runs for each service that `dev/config` has a configuration of, so that a new one is tested without being
//! named here. Services listen on free ports of the loopback and keep their state in folders that go with the test.
//!
//! `command`: what can be typed. `config`: where the configuration comes from and how it is refused. `secrets`: nothing
//! shows one. `shared`: health, version, metrics, refusals. `guarded`: who may call `/v1`, and what is no document.
//! `healthcheck`: the subcommand. `shutdown`: signals, draining, exit status. `slow`: slow and idle callers. `state`:
//! what is done about a folder that cannot be used. `disk`: what about a full and a read-only disk. `kill`: what was
//! acknowledged is there after a kill. `chain`: services that ask each other.
//! `client`: the `unkey` client in front of them.
//! `neighbours` holds no tests: it starts services. `bin/on_disk.rs` is a tool.

mod chain;
mod client;
mod command;
mod config;
mod disk;
mod guarded;
mod healthcheck;
mod kill;
mod neighbours;
mod secrets;
mod shared;
mod shutdown;
mod slow;
mod state;
