//! The one integration binary of `release`: a module a feature, each running the built tool as a user would, on real
//! repositories made by git itself.
//!
//! `hostile`: names that must not get anywhere. `check`: the decision about one tag; `check::history`: what keeps it
//! from being made. `checkout`: what a release is built of. `interrupt`: what Ctrl-C leaves. `plan`: versions and refusals;
//! `plan::changes`: what can have changed an image. `cut`: tagging and pushing. `notes`, `status`: what is in a release, and where
//! services stand. `client`: what is published of the client, and how. `github`: its API, played by a stand-in. `access`: the user's ways to origin. `answers`: settings of the
//! user's that must not change what is told. `speed`: how often git is started. `scene`: the repositories that those stand on.

mod access;
mod answers;
mod check;
mod checkout;
mod client;
mod cut;
mod github;
mod hostile;
mod interrupt;
mod notes;
mod plan;
mod scene;
mod speed;
mod status;
