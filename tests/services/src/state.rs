//! What is done about a folder of state that cannot be used: a clear error before a port is bound, and nothing changed.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use parts::command::ended;
use parts::service::{self, Setup};

use crate::neighbours::setup;

/// Every service that keeps state.
pub fn keepers() -> Vec<String> {
    let keepers: Vec<String> =
        service::all().into_iter().filter(|name| setup(name).config().contains_key("store")).collect();
    assert!(keepers.len() >= 4, "{keepers:?}");
    keepers
}

fn database(setup: &Setup) -> PathBuf {
    setup.path("state/state.redb")
}

/// A folder that the service has made and left.
pub fn used(service: &str) -> Setup {
    let setup = setup(service);
    assert_eq!(setup.start().terminate(), Some(0), "{service}");
    setup
}

/// Starts a service that has to refuse its folder, on an address that is taken: had it gone as far as binding it, the
/// error would be another one.
pub fn assert_refused(setup: Setup, reason: &str, hint: &str) -> Setup {
    let taken = TcpListener::bind("127.0.0.1:0").expect("bound");
    let before = setup.config()["listen"].clone();
    let setup = setup.set("listen", taken.local_addr().expect("bound").to_string()).set("logging.format", "text");
    let setup = setup.set("logging.level", "off");
    let refused = setup.run(&[]).exited(1);
    let store = setup.path("state").display().to_string();
    let expected = format!("error: cannot open the store `{store}`: {reason}");
    assert!(refused.stderr.starts_with(&expected), "not `{expected}`: {}", refused.report());
    assert!(refused.stderr.contains(&format!("\n\nhint: {hint}")), "{}", refused.report());
    setup.set("listen", before).set("logging.format", "json").set("logging.level", "info")
}

#[test]
fn the_folder_is_the_service_s_alone() {
    for service in keepers() {
        let setup = used(&service);
        let mode = fs::metadata(setup.path("state")).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{service}");
        let mode = fs::metadata(database(&setup)).expect("there").permissions().mode();
        assert_eq!(mode & 0o022, 0, "{service}");
    }
}

#[test]
fn a_second_process_is_refused_and_the_first_goes_on() {
    for service in keepers() {
        let setup = setup(&service);
        let first = setup.start();
        let setup = assert_refused(setup, "another process is using it", "stop the other process, or give each");
        assert_eq!(first.terminate(), Some(0), "{service}");
        assert_eq!(setup.start().terminate(), Some(0), "{service}");
    }
}

#[test]
fn a_pipe_in_place_of_a_file_is_not_waited_for() {
    for service in keepers() {
        for name in ["lock", "state.redb"] {
            let setup = setup(&service);
            let folder = setup.path("state");
            fs::create_dir(&folder).expect("made");
            ended(Command::new("mkfifo").arg(folder.join(name))).succeeded();
            assert_refused(setup, "the file system refuses it: it is a pipe, not a file", "make `");
        }
    }
}

#[test]
fn a_damaged_file_is_refused_and_left_as_it_is() {
    let damage: [fn(&mut Vec<u8>); 4] = [
        |bytes| bytes.truncate(bytes.len() / 2),
        |bytes| bytes[..512].fill(0),
        |bytes| bytes[4096..].fill(0x55),
        Vec::clear,
    ];
    for service in keepers() {
        let mut setup = used(&service);
        let file = database(&setup);
        let whole = fs::read(&file).expect("read");
        for (case, damage) in damage.iter().enumerate() {
            let mut damaged = whole.clone();
            damage(&mut damaged);
            fs::write(&file, &damaged).expect("written");
            setup = assert_refused(setup, "its file is damaged: ", "restore `");
            assert!(fs::read(&file).expect("read") == damaged, "{service}: changed in case {case}");
        }
        fs::write(&file, &whole).expect("written");
        assert_eq!(setup.start().terminate(), Some(0), "{service}");
    }
}

#[test]
fn the_state_of_another_service_is_refused_and_left_as_it_is() {
    let keepers = keepers();
    for (index, service) in keepers.iter().enumerate() {
        let other = &keepers[(index + 1) % keepers.len()];
        let (own, others) = (setup(service), used(other));
        fs::create_dir(own.path("state")).expect("made");
        fs::copy(database(&others), database(&own)).expect("copied");
        let own = assert_refused(own, &format!("it holds the state of `{other}`"), "set `store` to a folder");
        assert!(fs::read(database(&own)).expect("read") == fs::read(database(&others)).expect("read"), "{service}");
    }
}

#[test]
fn a_file_in_place_of_the_folder_is_refused() {
    for service in keepers() {
        let setup = setup(&service).file("state", "not a folder");
        let setup = assert_refused(setup, "the file system refuses it: ", "make `");
        assert_eq!(fs::read_to_string(setup.path("state")).expect("read"), "not a folder");
    }
}
