//! Services by their names: where their binaries are, and how one is started together with those that it asks.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use parts::environment;
use parts::http::{Answer, Caller};
use parts::service::{self, Service, Setup};

/// What all services take from each other here. No log may show it.
pub const TOKEN: &str = "0b5c0a1d-of-these-tests-alone";

/// A service looks at those it depends on every few seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// The local environment's configuration of a service, made fit for a test.
pub fn setup(service: &str) -> Setup {
    let setup = Setup::local(service, &binary(service)).variable(environment::UNKEY_TOKEN, TOKEN);
    // Nobody's port: who wants a neighbour starts it.
    upstreams(&setup).iter().fold(setup, |setup, name| setup.set(&format!("{name}.url"), "http://127.0.0.1:9"))
}

/// A running service with those that it asks.
pub struct Running {
    pub service: Service,
    pub upstreams: Vec<Running>,
    // Their folders are removed after them.
    _setup: Setup,
}

impl Running {
    /// Starts a service, and before it those that it asks.
    pub fn start(service: &str) -> Self {
        Self::start_with(service, |setup| setup)
    }

    /// The same with changes of the configuration of each of them.
    pub fn start_with(service: &str, change: impl Fn(Setup) -> Setup + Copy) -> Self {
        let mut setup = change(setup(service));
        let mut upstreams = Vec::new();
        for name in self::upstreams(&setup) {
            let upstream = Self::start_with(&name, change);
            setup = setup.set(&format!("{name}.url"), format!("http://{}", upstream.service.address));
            upstreams.push(upstream);
        }
        Self { service: setup.start(), upstreams, _setup: setup }
    }

    /// Whoever asks it with the right token.
    pub fn caller(&self) -> Caller {
        Caller::new(&self.service.address, Some(TOKEN))
    }

    /// Whoever asks it without a token.
    pub fn stranger(&self) -> Caller {
        Caller::new(&self.service.address, None)
    }

    /// Its first answer that says that it is ready.
    pub fn becomes_ready(&self) -> Answer {
        self.answers_when_asked_for_readiness(200)
    }

    /// Its first answer that says that it is not ready.
    pub fn becomes_unready(&self) -> Answer {
        self.answers_when_asked_for_readiness(503)
    }

    fn answers_when_asked_for_readiness(&self, status: u16) -> Answer {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.stranger().ask("GET", "/health/ready");
            if answer.status == status {
                return answer;
            }
            assert!(Instant::now() < deadline, "not {status}: {answer:?}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// The services that one asks: its configuration has a table of their name with an address.
pub fn upstreams(setup: &Setup) -> Vec<String> {
    let tables = setup.config().iter().filter(|(_, value)| value.get("url").is_some());
    tables.map(|(name, _)| name.clone()).collect()
}

/// The binary of a service: Bazel's, or one that cargo has just brought up to date.
fn binary(service: &str) -> PathBuf {
    let binaries = env::var(environment::SERVICE_BINARIES).ok();
    let found = match &binaries {
        Some(paths) => paths.split(' ').map(PathBuf::from).find(|path| path.ends_with(service)),
        None => Some(built_by_cargo().join(service)),
    };
    found.unwrap_or_else(|| panic!("`{}` has no `{service}`: {binaries:?}", environment::SERVICE_BINARIES))
}

/// The `unkey` client: Bazel's, or one that cargo has just brought up to date.
pub fn client() -> PathBuf {
    if env::var_os(environment::SERVICE_BINARIES).is_some() {
        return parts::paths::program("unkey", None);
    }
    built_by_cargo().join("unkey")
}

/// The folder of cargo's binaries. They are no dependencies of this crate, so cargo has to be asked for them.
fn built_by_cargo() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let mut build = Command::new(env::var_os(environment::CARGO).unwrap_or_else(|| "cargo".into()));
        build.args(["build", "--quiet", "--package", "unkey"]);
        for service in service::all() {
            build.args(["--package", &format!("{service}-command")]);
        }
        assert!(build.status().expect("cargo").success(), "{build:?} failed");
        // This test is in `debug/deps`.
        let test = env::current_exe().expect("a path");
        test.ancestors().nth(2).expect("a folder").to_owned()
    })
}
