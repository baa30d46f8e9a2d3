//! The environment variables of the client, in one place.

pub use terminal::environment::{read, read_path};

/// The key that is sent, in place of the stored one.
pub const UNKEY_ROOT_KEY: &str = "UNKEY_ROOT_KEY";

/// Where the API is, in place of the stored address.
pub const UNKEY_API_URL: &str = "UNKEY_API_URL";

/// Where the control API is, in place of the stored address.
pub const UNKEY_CONTROL_URL: &str = "UNKEY_CONTROL_URL";

/// A PEM file with certificate authorities that are trusted beside those that the client brings.
pub const SSL_CERT_FILE: &str = "SSL_CERT_FILE";

/// The proxy for servers that are not on this machine, such as `http://proxy.example:3128`.
pub const HTTPS_PROXY: &str = "HTTPS_PROXY";

/// The proxy where `HTTPS_PROXY` names none.
pub const ALL_PROXY: &str = "ALL_PROXY";

/// Servers that are reached without a proxy, separated by commas: `*`, `example.com`, `.example.com`, `10.0.0.1`.
pub const NO_PROXY: &str = "NO_PROXY";

/// Whatever it says, nothing is coloured.
pub const NO_COLOR: &str = "NO_COLOR";

/// Where a user's configuration is on Linux, in place of `$HOME/.config`.
pub const XDG_CONFIG_HOME: &str = "XDG_CONFIG_HOME";

/// The user's folder on Linux and macOS.
pub const HOME: &str = "HOME";

/// Where a user's configuration is on Windows.
pub const APPDATA: &str = "APPDATA";

/// The value of a variable as text; one that is none is told as the nearest text that there is.
#[must_use]
pub fn read_text(name: &str) -> Option<String> {
    let value = read(name)?.to_string_lossy().trim().to_owned();
    (!value.is_empty()).then_some(value)
}

/// The value of one of the constants about proxies, which are as common in lower case. The upper case wins, as in Go.
#[must_use]
pub fn read_any_case(name: &str) -> Option<String> {
    read_text(name).or_else(|| read_text(&name.to_ascii_lowercase()))
}
