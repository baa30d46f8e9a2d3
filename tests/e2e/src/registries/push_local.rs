//! `make push` without a registry: the one on this machine is started, used again, and stopped by `make registry-stop`.

use std::fs;
use std::path::PathBuf;
use std::thread;

use crate::command::{Ended, command, ended, make, stdout, unshare};
use crate::{environment, http, ports, workspace};

/// The machine's registry on a port of the test's own, stopped also when the test fails.
struct Port(u16);

impl Port {
    fn make(&self, target: &str) -> Ended {
        make([target.to_owned(), "SERVICE=api".to_owned(), format!("REGISTRY_PORT={}", self.0)])
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.0)
    }

    /// The status of the first thing that a client asks.
    fn answers(&self) -> Option<u16> {
        http::get(&self.address(), "/v2/").map(|(status, _)| status)
    }

    fn script(&self, verb: &str) -> Ended {
        ended(command("dev/registry.sh").arg(verb).env(environment::REGISTRY_PORT, self.0.to_string()))
    }

    /// What the script keeps beside the images.
    fn file(&self, extension: &str) -> PathBuf {
        environment::cache().join(format!("registry/{}.{extension}", self.0))
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.script("stop");
        for extension in ["log", "lock"] {
            let _ = fs::remove_file(self.file(extension));
        }
    }
}

#[test]
fn started_by_several_at_once_it_is_one_that_can_be_stopped() {
    let port = Port(ports::free());
    let starts: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(|| port.script("start"))).collect();
        threads.into_iter().map(|thread| thread.join().expect("ended").succeeded()).collect()
    });
    assert!(starts.iter().all(|start| start.stdout == format!("{}\n", port.address())), "{starts:?}");
    let said =
        format!("registry: started on {0} (stop it with make registry-stop REGISTRY_PORT={1})", port.address(), port.0);
    assert_eq!(starts.iter().filter(|start| start.stderr.contains(&said)).count(), 1, "{starts:?}");
    assert!(port.make("registry-status").succeeded().stdout.contains("running on"));

    port.script("stop").succeeded().complains(&["registry: stopping on"]);
    assert_eq!(port.answers(), None);
    port.script("start").succeeded().complains(&[&said]);
}

#[test]
fn one_that_nobody_reaches_is_not_left_running() {
    let port = Port(ports::free());
    let mut start = unshare();
    start.args(["--net", "dev/registry.sh", "start"]);
    let process = ended(start.env(environment::REGISTRY_PORT, port.0.to_string()));
    process.exited(2).complains(&["error: the registry did not answer", "hint: its log is"]);
    assert!(!port.file("pid").exists());
    let serving = format!("registry serve --address {} ", port.address());
    let found = stdout(command("ps").args(["-e", "-o", "args="]));
    assert!(!found.contains(&serving), "{found}");
}

#[test]
fn is_started_used_again_and_stopped() {
    let port = Port(ports::free());
    let digest = workspace::image().digest();
    let expected = format!("{}/unkeyed/api@{digest}\n", port.address());
    let started = format!("registry: started on {}", port.address());

    let first = port.make("push").succeeded().complains(&[&started]);
    assert_eq!(first.stdout, expected);
    assert_eq!(port.answers(), Some(200));
    assert_eq!(port.script("status").succeeded().stdout, format!("running on {}\n", port.address()));

    let second = port.make("push").succeeded().lacks(&["registry: started"]).complains(&["0 B"]);
    assert_eq!(second.stdout, expected);

    port.make("registry-stop").succeeded();
    assert_eq!(port.answers(), None);
    assert_eq!(port.script("status").succeeded().stdout, "not running\n");
    port.make("registry-stop").succeeded();
}
