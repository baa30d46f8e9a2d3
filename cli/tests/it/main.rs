//! The one integration binary of `unkey`: each test runs the built client as a user would. What the real services answer is in
//! `tests/services`; here is what needs none of them.
//!
//! `help`: what can be typed, completions, man pages. `login`: what is kept and who gets it. `strangers`: servers that are not
//! Unkey, or not well. `tls`: whom https trusts, and proxies. `deploy`: requests that are sent again, Ctrl-C. `prompts`: at a
//! terminal. `support` is what they share.

mod deploy;
mod help;
mod login;
mod prompts;
mod strangers;
mod support;
mod tls;
