//! The platforms that the client has a package for, by Go's names and by npm's.

use std::fmt;

/// What a binary runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Platform {
    /// `linux-x64`
    LinuxX64,
    /// `linux-arm64`
    LinuxArm64,
    /// `darwin-x64`
    DarwinX64,
    /// `darwin-arm64`
    DarwinArm64,
    /// `win32-x64`
    Win32X64,
}

impl Platform {
    /// Every one, in the order in which their packages are published.
    pub const ALL: [Self; 5] = [Self::LinuxX64, Self::LinuxArm64, Self::DarwinX64, Self::DarwinArm64, Self::Win32X64];

    /// That which Go, and so `GoReleaser`, calls by these two names (`goos`, `goarch`); nothing where the client has none.
    #[must_use]
    pub fn of_go(os: &str, architecture: &str) -> Option<Self> {
        let os = if os == "windows" { "win32" } else { os };
        let cpu = if architecture == "amd64" { "x64" } else { architecture };
        Self::ALL.into_iter().find(|platform| platform.os() == os && platform.cpu() == cpu)
    }

    /// Node's `process.platform`.
    #[must_use]
    pub fn os(self) -> &'static str {
        match self {
            Self::LinuxX64 | Self::LinuxArm64 => "linux",
            Self::DarwinX64 | Self::DarwinArm64 => "darwin",
            Self::Win32X64 => "win32",
        }
    }

    /// Node's `process.arch`.
    #[must_use]
    pub fn cpu(self) -> &'static str {
        match self {
            Self::LinuxX64 | Self::DarwinX64 | Self::Win32X64 => "x64",
            Self::LinuxArm64 | Self::DarwinArm64 => "arm64",
        }
    }

    /// The package that has its binary, such as `@unkey/cli-linux-x64`. The launcher makes the same name.
    #[must_use]
    pub fn package(self) -> String {
        format!("@unkey/cli-{self}")
    }

    /// The file in that package's folder `bin`.
    #[must_use]
    pub fn file(self) -> &'static str {
        if self == Self::Win32X64 { "unkey.exe" } else { "unkey" }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.os(), self.cpu())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_and_npm_have_names_for_each() {
        let go =
            [("linux", "amd64"), ("linux", "arm64"), ("darwin", "amd64"), ("darwin", "arm64"), ("windows", "amd64")];
        assert_eq!(go.map(|(os, architecture)| Platform::of_go(os, architecture)), Platform::ALL.map(Some));
        assert_eq!(Platform::of_go("windows", "amd64").unwrap().package(), "@unkey/cli-win32-x64");
        for (os, architecture) in [("windows", "arm64"), ("linux", "386"), ("freebsd", "amd64"), ("", "")] {
            assert_eq!(Platform::of_go(os, architecture), None, "{os}/{architecture}");
        }
    }
}
