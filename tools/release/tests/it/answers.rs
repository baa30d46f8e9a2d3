//! What is told follows from the commits: no setting of the user's changes a byte of it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Mutex;
use std::thread;

use crate::scene::Scene;

/// Settings of git that change what some of its commands answer, or whether they do.
const SETTINGS: [(&str, &str); 73] = [
    ("log.diffMerges", "first-parent"),
    ("log.diffMerges", "separate"),
    ("log.diffMerges", "on"),
    ("log.diffMerges", "off"),
    ("log.diffMerges", "none"),
    ("log.diffMerges", "remerge"),
    ("log.diffMerges", "combined"),
    ("log.diffMerges", "dense-combined"),
    ("log.follow", "true"),
    ("log.showRoot", "false"),
    ("log.showSignature", "true"),
    ("log.date", "relative"),
    ("log.decorate", "full"),
    ("log.mailmap", "true"),
    ("log.excludeDecoration", "x"),
    ("log.initialDecorationSet", "all"),
    ("log.graphColors", "red"),
    ("diff.orderFile", "/nowhere"),
    ("diff.renames", "copies"),
    ("diff.ignoreSubmodules", "all"),
    ("diff.external", "/bin/false"),
    ("diff.noprefix", "true"),
    ("diff.mnemonicPrefix", "true"),
    ("diff.relative", "true"),
    ("diff.submodule", "log"),
    ("diff.statGraphWidth", "3"),
    ("diff.algorithm", "patience"),
    ("diff.wsErrorHighlight", "all"),
    ("diff.colorMoved", "zebra"),
    ("format.pretty", "oneline"),
    ("color.ui", "always"),
    ("column.ui", "always"),
    ("core.abbrev", "5"),
    ("core.quotePath", "true"),
    ("core.pager", "false"),
    ("core.commentChar", "x"),
    ("core.attributesFile", "/nowhere"),
    ("core.autocrlf", "true"),
    ("core.eol", "crlf"),
    ("core.fsmonitor", "/bin/false"),
    ("core.untrackedCache", "true"),
    ("core.hooksPath", "/nowhere"),
    ("core.warnAmbiguousRefs", "false"),
    ("core.alternateRefsCommand", "false"),
    ("core.precomposeUnicode", "true"),
    ("core.logAllRefUpdates", "always"),
    ("core.notesRef", "refs/notes/x"),
    ("i18n.logOutputEncoding", "UTF-16"),
    ("i18n.commitEncoding", "ISO-8859-1"),
    ("feature.experimental", "true"),
    ("advice.detachedHead", "false"),
    ("safe.bareRepository", "explicit"),
    ("tag.sort", "-taggerdate"),
    ("versionsort.suffix", "-rc"),
    ("tag.gpgSign", "true"),
    ("status.short", "true"),
    ("status.branch", "true"),
    ("status.showStash", "true"),
    ("status.relativePaths", "false"),
    ("status.renames", "copies"),
    ("submodule.recurse", "true"),
    ("fetch.output", "compact"),
    ("fetch.all", "true"),
    ("fetch.prune", "true"),
    ("fetch.pruneTags", "true"),
    ("fetch.parallel", "0"),
    ("fetch.fsckObjects", "true"),
    ("fetch.writeCommitGraph", "true"),
    ("fetch.recurseSubmodules", "true"),
    ("push.default", "nothing"),
    ("push.followTags", "true"),
    ("rerere.enabled", "true"),
    ("grep.lineNumber", "true"),
];

/// A release with merges, a rename, a name that git quotes and a message in another encoding.
fn released() -> Scene {
    let scene = Scene::new();
    scene.tag("api/v1.0.0");
    for (number, file) in [(1, "lib.rs"), (2, "BUILD.bazel")] {
        scene.git(&["switch", "--quiet", "--create", &format!("side{number}"), "main"]);
        scene.write(&format!("svc/shared/{file}"), "new");
        scene.commit("Work");
    }
    scene.git(&["switch", "--quiet", "main"]);
    scene.git(&["merge", "--quiet", "--no-ff", "--message", "Merge pull request #1 from a/b\n\nAdd a thing", "side1"]);
    scene.git(&["merge", "--quiet", "--no-ff", "--message", "Merge pull request #2 from a/b\n\nAdd another", "side2"]);
    scene.write("build/api/main.rs", "one");
    scene.write("build/api/na\u{ef}ve \"file\"", "one");
    scene.commit("Write it (#3)");
    scene.git(&["mv", "build/api/main.rs", "build/api/moved.rs"]);
    scene.commit("Move it (#4)");
    scene.write("build/api/main.rs", "one");
    let message = scene.path("message");
    fs::write(&message, b"Caf\xe9 (#5)\n").unwrap();
    scene.git(&["add", "--all"]);
    let encoding = ["-c", "i18n.commitEncoding=ISO-8859-1", "commit", "--quiet", "--file"];
    scene.git(&[&encoding[..], &[message.to_str().unwrap()]].concat());
    scene.push_main();
    scene.tag("api/v1.1.0");
    scene
}

/// All that the verbs which read tell, with the settings of this file on top of the user's.
fn told(scene: &Scene, configuration: &str) -> Vec<(i32, String, String)> {
    [
        &["check", "api/v1.1.0"][..],
        &["notes", "api/v1.1.0"],
        &["plan", "--json", "--force", "api"],
        &["status", "--json", "--no-registry"],
    ]
    .iter()
    .map(|arguments| {
        let mut command = scene.release(arguments);
        scene.run_command(command.env("GIT_CONFIG_SYSTEM", configuration).env_remove("GIT_CONFIG_NOSYSTEM"))
    })
    .collect()
}

#[test]
fn no_setting_of_the_users_changes_an_answer() {
    let scene = released();
    let expected = told(&scene, "/dev/null");
    assert!(expected.iter().all(|(status, _, stderr)| *status == 0 && stderr.is_empty()), "{expected:#?}");
    let notes = &expected[1].1;
    for title in ["Add a thing (#1)", "Add another (#2)", "Write it (#3)", "Move it (#4)", "Caf\u{e9} (#5)"] {
        assert!(notes.contains(&format!("- {title} ")), "no `{title}` in {notes}");
    }
    let left = Mutex::new(SETTINGS.iter().enumerate());
    let next = || left.lock().unwrap().next();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((number, (key, value))) = next() {
                    let (section, name) = key.split_once('.').unwrap();
                    let file = scene.path(&format!("setting{number}"));
                    fs::write(&file, format!("[{section}]\n\t{name} = {value}\n")).unwrap();
                    assert_eq!(told(&scene, file.to_str().unwrap()), expected, "{key} = {value}");
                }
            });
        }
    });
}

#[test]
fn titles_are_those_that_git_shows() {
    let scene = Scene::new();
    scene.tag("api/v1.0.0");
    let messages: [&[u8]; 10] = [
        b"Mend the door\r\n\r\nLong story\r\n",
        b"A line of a blank\n \nLong story\n",
        b"Tabbed\n\t\nLong\n",
        b"\n  \nLeading blanks\n\nbody\n",
        b"Trailing   \nline two\n\nbody\n",
        b"Merge pull request #7 from a/b\r\n\r\nBy the door\r\n",
        "Stra\u{df}e (#8)".as_bytes(),
        b"Bytes \xff of no encoding",
        b"\n\n",
        b"",
    ];
    let mut commit = scene.head();
    for message in messages {
        scene.write("build/api/main.rs", &commit);
        scene.git(&["add", "--all"]);
        fs::write(scene.path("message"), message).unwrap();
        let file = scene.path("message");
        let options = ["commit", "--quiet", "--cleanup=verbatim", "--allow-empty-message", "--file"];
        scene.git(&[&options[..], &[file.to_str().unwrap()]].concat());
        commit = scene.head();
    }
    scene.push_main();
    let (_, stdout, _) = scene.run(&["plan", "--json", "--no-fetch", "--force", "api"]);
    let plan: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    let titles: Vec<&str> =
        plan["changes"].as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap()).collect();
    let expected = [
        "",
        "",
        "Bytes \u{ff} of no encoding",
        "Stra\u{df}e",
        "By the door",
        "Trailing line two",
        "Leading blanks",
        "Tabbed",
        "A line of a blank",
        "Mend the door",
    ];
    assert_eq!(titles, expected);
}

/// Bytes of a configuration that are no UTF-8, in places that have nothing to do with a release, beside a secret.
const LATIN1: [&[u8]; 4] = [
    b"[user]\n\tname = J\xf6rg\n[http]\n\textraHeader = Authorization: hunter2\n",
    b"[alias]\n\tmine = log --author=J\xf6rg\n[http]\n\tproxy = http://u:hunter2@127.0.0.1:9\n",
    b"[branch \"gr\xfcn\"]\n\tdescription = hunter2\n[remote \"f\xf6rk\"]\n\turl = https://u:hunter2@127.0.0.1/f\xf6rk\n",
    b"[url \"https://u:hunter2@127.0.0.1/\xfc/\"]\n\tinsteadOf = \xfc:\n",
];

#[test]
fn a_configuration_may_be_of_any_encoding_and_stays_unsaid() {
    let scene = released();
    let expected = told(&scene, "/dev/null");
    for (number, configuration) in LATIN1.iter().enumerate() {
        let file = scene.path(&format!("latin{number}"));
        fs::write(&file, configuration).unwrap();
        assert_eq!(told(&scene, file.to_str().unwrap()), expected, "{}", configuration.escape_ascii());
    }
}

#[test]
fn no_failure_tells_a_credential() {
    let scene = released();
    for (url, proxy) in [
        // Nobody listens there.
        ("https://u:hunter2@127.0.0.1:1/o/r", ""),
        ("https://hunter2@127.0.0.1:1/o/r", ""),
        // What git cannot read, it shows.
        ("https://u:hun%0ahunter2@127.0.0.1:1/o/r", ""),
        ("ssh://u:hunter2@127.0.0.1:x/o/r", ""),
        ("https://127.0.0.1:1/o/r", "http://u:hunter2@"),
    ] {
        scene.git(&["remote", "set-url", "origin", url]);
        for arguments in [&["check", "api/v1.1.0"][..], &["status", "--no-registry"]] {
            let mut command = scene.release(arguments);
            let (status, stdout, stderr) = scene.run_command(command.env("https_proxy", proxy));
            assert_eq!((status, stdout.as_str()), (2, ""), "{url}");
            assert!(stderr.contains("cannot ask `origin`") && !stderr.contains("hunter2"), "{url}: {stderr}");
        }
    }
}

#[test]
fn a_clone_may_have_any_path() {
    let scene = released();
    let expected = told(&scene, "/dev/null");
    for name in [&b"cl\xf6ne"[..], b"a\nb", b" \xff \n", "\u{43a}\u{43b}\u{43e}\u{43d}".as_bytes()] {
        let folder = scene.path("").join(OsStr::from_bytes(name));
        fs::rename(scene.clone_folder(), &folder).unwrap();
        let told: Vec<_> = VERBS
            .iter()
            .map(|verb| {
                let mut command = scene.release_in("", verb);
                scene.run_command(command.current_dir(&folder))
            })
            .collect();
        fs::rename(&folder, scene.clone_folder()).unwrap();
        assert_eq!(told[0].1, expected[1].1, "{}", name.escape_ascii());
        assert!(told.iter().all(|(status, ..)| *status == 0), "{told:?}");
    }
}

/// Verbs that read, without what they need of the scene.
const VERBS: [&[&str]; 3] = [&["notes", "api/v1.1.0"], &["plan", "--force", "api"], &["status", "--no-registry"]];
