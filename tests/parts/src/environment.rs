//! Every environment variable that these tests read or set.

use std::env;
use std::path::PathBuf;

/// The address of a remote cache, for `dev/cache_login.sh`.
pub const CACHE: &str = "CACHE";

/// The cargo that runs the tests. Cargo sets it.
pub const CARGO: &str = "CARGO";

/// The organisation at Depot, for `dev/cache_login.sh`.
pub const DEPOT_ORG_ID: &str = "DEPOT_ORG_ID";

/// The token of the remote cache, for `dev/cache_login.sh`.
pub const DEPOT_TOKEN: &str = "DEPOT_TOKEN";

/// The folder with the certificates that a Docker daemon wants to see.
pub const DOCKER_CERT_PATH: &str = "DOCKER_CERT_PATH";

/// Whether a Docker daemon is spoken to by TLS.
pub const DOCKER_TLS_VERIFY: &str = "DOCKER_TLS_VERIFY";

/// Where a Docker daemon listens, such as `unix:///run/docker.sock`.
pub const DOCKER_HOST: &str = "DOCKER_HOST";

/// The user's folder.
pub const HOME: &str = "HOME";

/// How the remote cache is used, for `dev/cache_login.sh`.
pub const MODE: &str = "MODE";

/// Where programs are looked for.
pub const PATH: &str = "PATH";

/// The port of the registry on this machine, for `dev/registry.sh`.
pub const REGISTRY_PORT: &str = "REGISTRY_PORT";

/// The binaries of the services, as paths with spaces between them. Bazel sets it; without it, cargo builds them.
pub const SERVICE_BINARIES: &str = "SERVICE_BINARIES";

/// Which of its two ways `bazelw` goes.
pub const UNKEY_BAZEL: &str = "UNKEY_BAZEL";

/// The path of a service's configuration.
pub const UNKEY_CONFIG: &str = "UNKEY_CONFIG";

/// What callers of a service's `/v1` send, by the configurations of the local environment.
pub const UNKEY_TOKEN: &str = "UNKEY_TOKEN";

/// Where caches are kept, in place of `$HOME/.cache`.
pub const XDG_CACHE_HOME: &str = "XDG_CACHE_HOME";

/// Where a user's configuration is, in place of `$HOME/.config`.
pub const XDG_CONFIG_HOME: &str = "XDG_CONFIG_HOME";

/// What the recipes of the Makefile take: inherited, they would change what a test asks for.
pub const MAKE_VARIABLES: [&str; 23] = [
    "ARGS",
    CACHE,
    "COLD",
    "CONFIG",
    DEPOT_ORG_ID,
    DEPOT_TOKEN,
    "DESCRIPTION",
    "FUZZ_SECONDS",
    "INPUT",
    "KEEP",
    "MAKEFLAGS",
    "MAKELEVEL",
    MODE,
    "NAME",
    "PART",
    "PORT",
    "REGISTRY",
    REGISTRY_PORT,
    "RUNS",
    "SERVICE",
    "TAG",
    "TARGET",
    "VOLUMES",
];

/// What `bazel run` tells a test: a Bazel that finds the first of them keeps its outputs there and builds all anew.
pub const BAZEL_VARIABLES: [&str; 4] = ["TEST_TMPDIR", "JAVA_RUNFILES", "PYTHON_RUNFILES", "RUNFILES_DIR"];

/// The project's own folder among the user's caches.
pub fn cache() -> PathBuf {
    let of_home = || PathBuf::from(env::var_os(HOME).expect("a home")).join(".cache");
    env::var_os(XDG_CACHE_HOME).filter(|path| !path.is_empty()).map_or_else(of_home, PathBuf::from).join("unkey")
}
