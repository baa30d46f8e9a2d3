//! The one integration binary of `image`: a module a verb, each running the built tool as a user would, and `support` for what
//! they share.

mod check;
mod golden;
mod inspect;
mod load;
mod login;
mod push;
mod support;

use assert_cmd::Command;

/// The built tool.
fn image() -> Command {
    Command::new(parts::program!("image"))
}
