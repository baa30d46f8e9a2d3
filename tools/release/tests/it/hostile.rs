//! Names that somebody could push a tag under, or type: each is refused for its grammar, in printable text, before git or
//! anything else sees it.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use release_tag::Tag;

use crate::scene::Scene;

/// Each breaks the grammar in its own way. Git itself accepts the first part of them as names of tags.
const HOSTILE: &[&[u8]] = &[
    // What a shell would run or take apart.
    b"api/v1.2.3$(id)",
    b"api/v1.2.3-$(id)",
    b"api/v1.2.3`id`",
    b"api/v1.2.3;id",
    b"api/v1.2.3-rc.1;id",
    b"api/v1.2.3&&id",
    b"api/v1.2.3|id",
    b"api/v1.2.3>out",
    b"api/v1.2.3'",
    b"api/v1.2.3\"",
    b"api/v1.2.3-\"$(id)\"",
    b"api/v1.2.3${IFS}x",
    b"api/v1.2.3#",
    b"api/v1.2.3!!",
    b"$(id)/v1.2.3",
    b"`id`/v1.2.3",
    b"api;id/v1.2.3",
    b"api/v1.2.3%0Aservice=evil",
    b"api/v1.2.3{a,b}",
    // What git would take for something else.
    b"api/v1.2.3..v1.2.4",
    b"../v1.2.3",
    b"api/../v1.2.3",
    b"api/v1.2.3@{u}",
    b"api/v1.2.3^{}",
    b"api/v1.2.3~1",
    b"api/v1.2.3:README.md",
    b":/v1.2.3",
    b"api/v1.2.3*",
    b"api/v1.2.3?",
    b"api/v1.2.3[0]",
    b"api\\v1.2.3",
    b"api/v1.2.3-rc.lock",
    b"refs/tags/api/v1.2.3",
    b"HEAD",
    b"main",
    // What a command line would take for an option.
    b"--upload-pack=id/v1.2.3",
    b"--upload-pack=touch /tmp/x",
    b"-api/v1.2.3",
    b"--",
    b"--help/v1.2.3",
    b"-C/v1.2.3",
    // What a terminal or a log would show as something else.
    "\u{430}pi/v1.2.3".as_bytes(),
    "api/v1.2.\u{663}".as_bytes(),
    "api/v\u{ff11}.2.3".as_bytes(),
    "api\u{2215}v1.2.3".as_bytes(),
    "api/v1.2.3\u{200b}".as_bytes(),
    "\u{202e}3.2.1v/ipa".as_bytes(),
    "api/v1.2.3-\u{202e}1.cr".as_bytes(),
    "\u{feff}api/v1.2.3".as_bytes(),
    b"api/v1.2.3\x1b[2J",
    b"api/v1.2.3\x07",
    b"api/v1.2.3\x7f",
    b"api/v1.2.3\r",
    b"api/v1.2.3\n",
    b"api/v1.2.3\nservice=evil",
    b"\napi/v1.2.3",
    b"api/v1.2.3\r\n::set-output name=service::evil",
    b"api/v1.2.3\t",
    b" api/v1.2.3",
    b"api/v1.2.3 ",
    b"api /v1.2.3",
    b"api/v1.2.3\xff",
    b"\xc0\xafapi/v1.2.3",
    b"",
    // What is no version, or not only one.
    b"api",
    b"api/",
    b"/v1.2.3",
    b"api//v1.2.3",
    b"api/v1.2.3/",
    b"api/1.2.3",
    b"api/V1.2.3",
    b"api/vv1.2.3",
    b"api/v1",
    b"api/v1.2",
    b"api/v1.2.3.4",
    b"api/v01.2.3",
    b"api/v1.02.3",
    b"api/v1.2.03",
    b"api/v1.2.3-",
    b"api/v1.2.3-rc..1",
    b"api/v1.2.3-rc.01",
    b"api/v1.2.3-.rc",
    b"api/v1.2.3-rc.",
    b"api/v1.2.3-rc_1",
    b"api/v1.2.3+meta",
    b"api/v1.2.3-rc.1+meta",
    b"api/v-1.2.3",
    b"api/v1.-2.3",
    b"api/v+1.2.3",
    b"api/v0x1.2.3",
    b"api/v1e3.2.3",
    b"api/v18446744073709551616.0.0",
    b"api/v99999999999999999999999999.0.0",
    b"api/latest",
    b"api/v1.x.3",
    b"API/v1.2.3",
    b"Api/v1.2.3",
    b"1api/v1.2.3",
    b"_api/v1.2.3",
    b"api-/v1.2.3",
    b"a--b/v1.2.3",
    b"a.b/v1.2.3",
    b"ghcr.io/unkeyed/api/v1.2.3",
];

fn long_names() -> Vec<OsString> {
    let long = "a".repeat(10_000);
    [format!("{long}/v1.2.3"), format!("api/v1.2.3-{long}"), format!("api/v{}.2.3", "1".repeat(10_000)), long]
        .into_iter()
        .map(OsString::from)
        .collect()
}

fn hostile_names() -> Vec<OsString> {
    let listed = HOSTILE.iter().map(|name| OsStr::from_bytes(name).to_owned());
    listed.chain(long_names()).collect()
}

/// Nothing in a message that a terminal, a log or a workflow command could act on.
fn assert_printable(text: &str, name: &OsStr) {
    let name = name.display();
    let is_printable = |byte: u8| (b' '..=b'~').contains(&byte) || byte == b'\n';
    assert!(text.bytes().all(is_printable), "{name}: {text:?}");
    assert!(text.lines().all(|line| !line.starts_with("::")), "{name}: {text:?}");
    assert!(text.len() < 1500, "{name}: {} bytes", text.len());
}

#[test]
fn the_grammar_refuses_each() {
    assert!(hostile_names().len() >= 40);
    for name in hostile_names() {
        let error = Tag::parse(&name).expect_err(&format!("{name:?} is refused"));
        assert_printable(&error.to_string(), &name);
    }
    // What no argument can hold may still come out of a file.
    for name in [&b"api/v1.2.3\0"[..], b"\0", b"api\0/v1.2.3"] {
        assert!(Tag::parse(&OsString::from_vec(name.to_vec())).is_err());
    }
}

/// The verbs that a workflow hands a tag to.
const VERBS: [&str; 3] = ["check", "publish", "verify"];

#[test]
fn each_is_refused_as_an_argument_without_a_repository() {
    let scene = Scene::new();
    for (name, verb) in hostile_names().into_iter().flat_map(|name| VERBS.map(|verb| (name.clone(), verb))) {
        let mut command = scene.release_in("home", &[verb]);
        // What stands for "no more options" and for nothing at all can only come behind another one; and where several tags
        // can be typed, what begins with a dash is a flag.
        if name == "--" || verb == "publish" {
            command.arg("--");
        }
        let output = command.arg(&name).output().unwrap();
        assert_refused(&output, &name);
    }
}

#[test]
fn each_is_refused_from_the_environment() {
    let scene = Scene::new();
    for (name, verb) in hostile_names().into_iter().flat_map(|name| VERBS.map(|verb| (name.clone(), verb))) {
        let output = scene.release_in("home", &[verb]).env("RELEASE_TAG", &name).output().unwrap();
        assert_refused(&output, &name);
    }
}

#[test]
fn the_outputs_of_a_workflow_stay_untouched() {
    let scene = Scene::new();
    let file = scene.path("output");
    for name in hostile_names() {
        let mut command = scene.release(&["check", "--github-output"]);
        let output = command.env("RELEASE_TAG", &name).env("GITHUB_OUTPUT", &file).output().unwrap();
        assert_refused(&output, &name);
        assert!(!file.exists());
    }
}

fn assert_refused(output: &std::process::Output, name: &OsStr) {
    assert_printable(&String::from_utf8_lossy(&output.stderr), name);
    let name = name.display();
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{name}: {stderr}");
    assert!(output.stdout.is_empty(), "{name}");
    assert!(stderr.contains("is not a release tag: ") && stderr.contains("\n\nhint: "), "{name}: {stderr}");
}
