//! What `release publish` builds: the files of the tag's commit, whatever the clone and its settings look like. Bazel is a script
//! that writes down what it finds, and fails.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use crate::scene::{Scene, answering};

/// Writes each file with its mode and content, then what git says in there, and fails.
const BAZEL: &str = r#"#!/bin/bash
case "$*" in *shutdown*) exit 0 ;; esac
seen=$(git config --file SCENE/seen.cfg --get seen.file)
{
  find . -path ./.git -prune -o ! -type d -printf '%m %P %l\n' | LC_ALL=C sort | while read -r mode name link; do
    echo "$mode $name $link"
    [ -n "$link" ] || od -An -tx1 -v "$name"
  done
  unset "${!GIT_@}"
  git rev-parse HEAD
  git status --porcelain --untracked-files=normal
  git tag --points-at HEAD
} >"$seen"
stat --format='%n %y' build/api/main.rs >"$seen.time"
exit 9
"#;

/// A tag of a commit with files of every kind, and a commit behind it.
fn tagged() -> Scene {
    let scene = Scene::new();
    let text = answering(BAZEL).replace("SCENE", scene.path("").to_str().unwrap());
    scene.write_program("bazelw", &text);
    scene.write("build/api/main.rs", "one\ntwo $Id$\r\nthree\n");
    scene.write("build/api/large.bin", "pointer\n");
    scene.write("build/api/na\u{ef}ve \"file\"\t", "");
    scene.write(".gitignore", "/bazel-*\n");
    scene.write("docs/a.txt", "text\n");
    symlink("../build", scene.clone_folder().join("docs/link")).unwrap();
    scene.git(&["add", "--all"]);
    let module = format!("160000,{},module", scene.head());
    scene.git(&["update-index", "--add", "--cacheinfo", &module]);
    // What would make git write other bytes, or leave files out. It comes last: git would have taken others too.
    scene.write(
        ".gitattributes",
        "*.rs text eol=crlf ident\n*.bin filter=lfs\nBUILD.bazel export-ignore\n*.txt working-tree-encoding=UTF-16\n",
    );
    scene.git(&["add", ".gitattributes"]);
    scene.git(&["commit", "--quiet", "--message", "One (#1)"]);
    scene.push_main();
    scene.tag("api/v1.0.0");
    scene
}

/// What Bazel finds when the tag is published.
fn seen(scene: &Scene) -> String {
    seen_with(scene, &[])
}

fn seen_with(scene: &Scene, environment: &[(&str, &str)]) -> String {
    seen_in(scene, "clone", environment)
}

fn seen_in(scene: &Scene, folder: &str, environment: &[(&str, &str)]) -> String {
    let file = scene.path("seen");
    let _ = fs::remove_file(&file);
    fs::write(scene.path("seen.cfg"), format!("[seen]\n\tfile = {}\n", file.display())).unwrap();
    let arguments = ["publish", "api/v1.0.0", "--only", "image", "--registry", "127.0.0.1:1/t"];
    let (status, _, stderr) = scene.run_command(scene.release_in(folder, &arguments).envs(environment.iter().copied()));
    assert_eq!(status, 2, "{stderr}");
    assert!(stderr.contains("Bazel ended with exit status: 9"), "{stderr}");
    fs::read_to_string(&file).unwrap()
}

/// The folder of the one checkout.
fn folder(scene: &Scene) -> PathBuf {
    let all = scene.path("home/.cache/unkey/releases");
    let folders: Vec<_> = fs::read_dir(&all).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(folders.len(), 1, "{folders:?}");
    folders[0].clone()
}

#[test]
fn files_are_those_of_the_commit_byte_by_byte() {
    let scene = tagged();
    let seen = seen(&scene);
    let commit = scene.git(&["rev-parse", "api/v1.0.0"]);
    assert!(seen.ends_with(&format!("\n{commit}\n")), "clean, and without tags of the clone: {seen}");
    let content = |name: &str| {
        let (_, rest) = seen.split_once(&format!(" {name} \n")).unwrap_or_else(|| panic!("no `{name}` in {seen}"));
        let digits = rest.lines().take_while(|line| line.starts_with(' ')).flat_map(str::split_whitespace);
        String::from_utf8(digits.map(|digits| u8::from_str_radix(digits, 16).unwrap()).collect()).unwrap()
    };
    assert_eq!(content("build/api/main.rs"), "one\ntwo $Id$\r\nthree\n");
    assert_eq!(content("build/api/large.bin"), "pointer\n");
    assert_eq!(content("docs/a.txt"), "text\n");
    for line in ["755 bazelw ", "644 build/api/main.rs ", "777 docs/link ../build", "644 build/api/BUILD.bazel "] {
        assert!(seen.lines().any(|found| found == line), "no `{line}` in {seen}");
    }
    let sources = folder(&scene).join("sources");
    assert_eq!(fs::read_dir(sources.join("module")).unwrap().count(), 0, "a submodule is an empty folder");
}

#[test]
fn the_clone_may_have_any_path() {
    let scene = tagged();
    let expected = seen(&scene);
    for name in [&b"cl\xf6ne"[..], b"#clone", b"\"clone\\"] {
        let elsewhere = scene.path("").join(OsStr::from_bytes(name));
        fs::rename(scene.clone_folder(), &elsewhere).unwrap();
        symlink(&elsewhere, scene.clone_folder()).unwrap();
        assert_eq!(seen(&scene), expected, "{}", name.escape_ascii());
        fs::remove_file(scene.clone_folder()).unwrap();
        fs::rename(&elsewhere, scene.clone_folder()).unwrap();
    }
}

#[test]
fn nothing_of_the_clone_and_of_its_settings_gets_in() {
    let scene = tagged();
    let expected = seen(&scene);
    let global = |key: &str, value: &str| scene.git(&["config", "--global", key, value]);
    let check = |what: &str| assert_eq!(seen(&scene), expected, "{what}");
    // Each run makes the files anew: what is there already would hide what git does to new ones.
    let anew = || fs::remove_dir_all(folder(&scene).join("sources")).unwrap();

    let hook = scene.clone_folder().join(".git/hooks/post-checkout");
    for script in ["exit 1", "echo INJECTED >build/api/extra.rs"] {
        parts::files::write_program(&hook, format!("#!/bin/sh\n{script}\n"));
        anew();
        check(script);
    }
    fs::write(scene.clone_folder().join(".git/info/attributes"), "* eol=crlf text\n*.rs filter=up\n").unwrap();
    fs::write(scene.path("attributes"), "*.rs filter=up\n*.sh ident\n").unwrap();
    global("core.attributesFile", scene.path("attributes").to_str().unwrap());
    for (key, value) in [
        ("core.autocrlf", "true"),
        ("core.eol", "crlf"),
        ("core.safecrlf", "true"),
        ("core.symlinks", "false"),
        ("core.fileMode", "false"),
        ("core.ignoreCase", "true"),
        ("core.fsmonitor", "/bin/false"),
        ("core.hooksPath", hook.parent().unwrap().to_str().unwrap()),
        ("core.excludesFile", "/nowhere"),
        ("status.showUntrackedFiles", "no"),
        ("filter.up.smudge", "tr a-z A-Z"),
        ("filter.up.clean", "tr A-Z a-z"),
        ("filter.lfs.smudge", "tr a-z A-Z"),
        ("filter.lfs.process", "false"),
        ("filter.lfs.required", "true"),
        ("init.templateDir", hook.parent().unwrap().parent().unwrap().to_str().unwrap()),
        ("init.defaultObjectFormat", "sha256"),
        ("checkout.defaultRemote", "nobody"),
    ] {
        global(key, value);
    }
    anew();
    check("settings, attributes and filters");
    scene.git(&["config", "core.sparseCheckout", "true"]);
    fs::write(scene.clone_folder().join(".git/info/sparse-checkout"), "/build/worker/\n").unwrap();
    anew();
    check("a sparse checkout");
    let template = scene.path("template");
    fs::create_dir_all(template.join("info")).unwrap();
    fs::write(template.join("info/exclude"), "*\n").unwrap();
    let environment =
        [("GIT_TEMPLATE_DIR", template.to_str().unwrap()), ("GIT_DIR", "/nowhere"), ("GIT_INDEX_FILE", "/x")];
    anew();
    assert_eq!(seen_with(&scene, &environment), expected, "variables");
}

#[test]
fn what_git_does_not_show_of_the_work_tree_does_not_get_in_either() {
    let scene = tagged();
    let expected = seen(&scene);
    let check = |what: &str| assert_eq!(seen(&scene), expected, "{what}");
    scene.write("build/api/main.rs", "EVIL");
    check("an edit");
    scene.git(&["update-index", "--skip-worktree", "build/api/main.rs"]);
    check("a hidden edit");
    scene.git(&["update-index", "--no-skip-worktree", "build/api/main.rs"]);
    scene.git(&["update-index", "--assume-unchanged", "build/api/main.rs"]);
    check("another hidden edit");
    fs::create_dir_all(scene.clone_folder().join(".git/info")).unwrap();
    fs::write(scene.clone_folder().join(".git/info/exclude"), "/build/api/extra.rs\n").unwrap();
    scene.write("build/api/extra.rs", "EVIL");
    check("a hidden file");
    scene.write(".bazelrc.user", "build --copt=-O0\n");
    check("options of the user's");
    scene.git(&["add", "--force", "build/api/extra.rs"]);
    check("what is added and not committed");
    // Another content, and another commit, under the same names.
    let blob = scene.git(&["rev-parse", "api/v1.0.0:build/api/large.bin"]);
    let other = scene.git(&["hash-object", "-w", "--no-filters", "build/api/extra.rs"]);
    scene.git(&["replace", &blob, &other]);
    fs::remove_dir_all(folder(&scene).join("sources")).unwrap();
    check("a replacement");
}

#[test]
fn the_next_run_makes_right_what_the_last_one_left() {
    let scene = tagged();
    let expected = seen(&scene);
    let time = fs::read_to_string(scene.path("seen.time")).unwrap();
    let sources = folder(&scene).join("sources");
    fs::write(sources.join("bazelw"), "half of").unwrap();
    fs::set_permissions(sources.join("build/api/large.bin"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::remove_file(sources.join("docs/link")).unwrap();
    fs::create_dir(sources.join("docs/link")).unwrap();
    fs::write(sources.join("docs/link/x"), "").unwrap();
    fs::remove_file(sources.join("docs/a.txt")).unwrap();
    symlink("/etc/passwd", sources.join("docs/a.txt")).unwrap();
    fs::write(sources.join("module/x"), "").unwrap();
    fs::write(sources.join("MODULE.bazel.lock"), "").unwrap();
    fs::create_dir_all(sources.join("new/deep")).unwrap();
    symlink("/nowhere", sources.join("bazel-out")).unwrap();
    fs::write(sources.join(".git/index.lock"), "").unwrap();
    fs::write(sources.join(".git/info/exclude"), "*\n").unwrap();
    assert_eq!(seen(&scene), expected);
    assert!(!sources.join("new").exists() && !sources.join("bazel-out").is_symlink());
    assert_eq!(fs::read_to_string(scene.path("seen.time")).unwrap(), time, "an unchanged file keeps its time");
    // All of it goes, and comes again; what a link leads to stays.
    fs::remove_dir_all(&sources).unwrap();
    symlink(scene.path("home"), &sources).unwrap();
    assert_eq!(seen(&scene), expected);
    assert!(scene.path("home/.gitconfig").exists());
}

#[test]
fn another_commit_is_another_checkout_by_the_same_path() {
    let scene = tagged();
    let first = seen(&scene);
    scene.git(&["tag", "--delete", "api/v1.0.0"]);
    scene.git(&["push", "--quiet", "--delete", "origin", "api/v1.0.0"]);
    scene.git(&["rm", "--quiet", "-r", "-f", "docs"]);
    fs::remove_file(scene.clone_folder().join("build/api/main.rs")).unwrap();
    scene.write("docs", "a file where a folder was");
    scene.write("build/api/main.rs/deep", "and the reverse");
    scene.git(&["add", "--all"]);
    scene.git(&["commit", "--quiet", "--message", "Two"]);
    scene.push_main();
    scene.tag("api/v1.0.0");
    let second = seen(&scene);
    assert!(second.contains("644 docs \n") && second.contains("644 build/api/main.rs/deep \n"), "{second}");
    assert!(!second.contains("docs/a.txt"), "{second}");
    assert_ne!(first, second);
    assert!(second.ends_with(&format!("\n{}\n", scene.head())), "{second}");
}

#[test]
fn every_form_of_a_clone_is_one() {
    let scene = tagged();
    let expected = seen(&scene);
    scene.git_in("origin.git", &["config", "uploadpack.allowFilter", "true"]);
    scene.git_in("origin.git", &["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let url = format!("file://{}", scene.path("origin.git").display());
    for (folder, options) in [
        ("blobless", &["--filter=blob:none"][..]),
        ("shared", &["--shared"]),
        ("separate", &["--separate-git-dir=separate.git"]),
        ("n\u{e4}me \"of\" # it", &[]),
    ] {
        scene.git_in("", &[&["clone", "--quiet"], options, &[&url, folder]].concat());
        assert_eq!(seen_in(&scene, folder, &[]), expected, "{folder}");
    }
    scene.git(&["worktree", "add", "--quiet", "--detach", "../linked", "HEAD"]);
    assert_eq!(seen_in(&scene, "linked", &[]), expected);
    let relative = [("XDG_CACHE_HOME", "relative")];
    assert_eq!(seen_in(&scene, "clone", &relative), expected, "a folder for caches that is none");
    assert!(!scene.clone_folder().join("relative").exists());
}

#[test]
fn a_clone_that_is_gone_leaves_no_checkout_behind() {
    let scene = tagged();
    seen(&scene);
    let old = folder(&scene);
    fs::create_dir(old.join("output")).unwrap();
    fs::set_permissions(old.join("output"), fs::Permissions::from_mode(0o555)).unwrap();
    fs::rename(scene.clone_folder(), scene.path("moved")).unwrap();
    let arguments = ["publish", "api/v1.0.0", "--only", "image", "--registry", "127.0.0.1:1/t"];
    scene.release_in("moved", &arguments).assert().code(2);
    assert_ne!(folder(&scene), old);
}

#[test]
fn a_cache_that_cannot_be_written_is_told() {
    let scene = tagged();
    fs::write(scene.path("file"), "").unwrap();
    let arguments = ["publish", "api/v1.0.0", "--only", "image", "--registry", "127.0.0.1:1/t"];
    let mut publish = scene.release(&arguments);
    let (status, _, stderr) = scene.run_command(publish.env("XDG_CACHE_HOME", scene.path("file")));
    assert_eq!(status, 2);
    assert!(stderr.contains("error: cannot use `SCENE/file/unkey/releases/"), "{stderr}");
    assert!(stderr.ends_with("hint: set XDG_CACHE_HOME to a folder that you can write\n"), "{stderr}");
}
