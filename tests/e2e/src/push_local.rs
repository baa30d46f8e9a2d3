//! `make push` without a registry: the one on this machine is started, used again, and stopped by `make registry-stop`.

use std::fs;

use crate::command::{Ended, command, ended, make};
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
}

impl Drop for Port {
    fn drop(&mut self) {
        self.script("stop");
        let _ = fs::remove_file(environment::cache().join(format!("registry/{}.log", self.0)));
    }
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
