//! `image check` of the paths in a layer: each is there once, can be unpacked, and is not beside its own whiteout.

use crate::check::codes_at;
use crate::support::layout::{EntryFixture, Fixture, LAYER, gzip, tar};

fn file(path: &'static str) -> EntryFixture {
    EntryFixture { path, ..EntryFixture::file(b"x".to_vec()) }
}

fn folder(path: &'static str) -> EntryFixture {
    EntryFixture::other(path, b'5', "")
}

fn symlink(path: &'static str, target: &'static str) -> EntryFixture {
    EntryFixture::other(path, b'2', target)
}

fn hard_link(path: &'static str, target: &'static str) -> EntryFixture {
    EntryFixture::other(path, b'1', target)
}

/// Checks images of these layers, the lowest first. What the image's `diff_id`s are is not the matter here.
fn run(cases: &[(&[&[EntryFixture]], &[&str])]) {
    let mut wrong = Vec::new();
    for (layers, expected) in cases {
        let written = Fixture::new().write();
        let blobs: Vec<_> = layers.iter().map(|entries| gzip(&tar(entries))).collect();
        written.replace_layers(LAYER, &blobs);
        let codes = codes_at(&written.layout(), None);
        let codes: Vec<_> = codes.iter().map(String::as_str).filter(|code| *code != "diff-id").collect();
        if codes != *expected {
            let paths: Vec<_> = layers.iter().copied().flatten().map(|entry| entry.path).collect();
            wrong.push(format!("{paths:?} {expected:?}: found {codes:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_path_is_there_once() {
    run(&[
        (&[&[file("a"), file("b"), file("ab"), folder("d/"), file("d/a")]], &[]),
        (&[&[file("a"), file("a")]], &["layer-duplicate"]),
        (&[&[file("./a"), file("a")]], &["layer-duplicate"]),
        (&[&[file("a"), file("/a")]], &["layer-duplicate"]),
        (&[&[folder("d/"), file("d/x"), folder("d")]], &["layer-duplicate"]),
        (&[&[folder("./"), folder("./")]], &["layer-duplicate"]),
        (&[&[file("a"), folder("a/")]], &["layer-duplicate"]),
        (&[&[folder("a/"), symlink("a", "b")]], &["layer-duplicate"]),
        (&[&[file(".wh.a"), file(".wh.a")]], &["layer-duplicate"]),
        (&[&[file("a")], &[file("a"), file("b")]], &[]),
    ]);
}

#[test]
fn a_whiteout_is_of_a_lower_layer() {
    run(&[
        (&[&[file("a")], &[file(".wh.a"), file("b")]], &[]),
        (&[&[file("a")], &[file("a"), file(".wh.a")]], &["layer-ambiguous"]),
        (&[&[file("a")], &[file(".wh.a"), file("a")]], &["layer-ambiguous"]),
        (&[&[file("d/a")], &[file("d/b"), file(".wh.d")]], &["layer-ambiguous"]),
        (&[&[file("d/a")], &[file(".wh.d"), file("d/b")]], &["layer-ambiguous"]),
        (&[&[folder("d/"), file("d/.wh..wh..opq"), file("d/y")]], &[]),
        (&[&[folder("d/"), file("d/.wh.x"), file("d/.wh..wh..opq")]], &[]),
        (&[&[folder("d/"), file("d/y"), file("d/.wh..wh..opq")]], &["layer-ambiguous"]),
        (&[&[folder("d/"), file("d/e/y"), file("d/.wh..wh..opq")]], &["layer-ambiguous"]),
        (&[&[file("y"), file(".wh..wh..opq")]], &["layer-ambiguous"]),
        (&[&[file("d/.wh.")]], &["layer-path"]),
        (&[&[file(".wh..")]], &["layer-path"]),
        (&[&[file(".wh...")]], &["layer-path"]),
        (&[&[file(".wh....")]], &[]),
        (&[&[file(".wh..wh.plnk")]], &[]),
    ]);
}

#[test]
fn entries_can_be_unpacked() {
    run(&[
        (&[&[file("a"), file("a/b")]], &["layer-unpack"]),
        (&[&[file("a/b/c"), file("a")]], &["layer-unpack"]),
        (&[&[EntryFixture::other("a", b'6', ""), file("a/b")]], &["layer-unpack"]),
        (&[&[folder("usr/"), symlink("lib", "usr/lib"), file("lib/x")]], &[]),
        (&[&[symlink("lib", "/usr/lib"), file("lib/x")]], &[]),
        (&[&[symlink("s", "../../etc")]], &[]),
        (&[&[symlink("s", "../../etc"), file("s/x")]], &["layer-path"]),
        (&[&[symlink("d/s", "../../etc"), file("d/s/e/x")]], &["layer-path"]),
        (&[&[symlink("d/s", "../etc"), file("d/s/x")]], &[]),
    ]);
}

#[test]
fn components_are_as_long_as_a_file_system_has_them() {
    let long = |length: usize| EntryFixture {
        pax: vec![("path", Box::leak(format!("d/{}/x", "n".repeat(length)).into_boxed_str()))],
        ..file("a")
    };
    run(&[(&[&[long(255)]], &[]), (&[&[long(256)]], &["layer-unpack"])]);
}

#[test]
fn hard_links_lead_to_files_that_are_there() {
    run(&[
        (&[&[file("a"), hard_link("l", "a")]], &[]),
        (&[&[file("a"), hard_link("l", "./a"), hard_link("m", "/l")]], &[]),
        (&[&[file("a")], &[hard_link("l", "a")]], &[]),
        (&[&[symlink("s", "usr"), hard_link("l", "s/passwd")]], &[]),
        (&[&[hard_link("l", "a")]], &["layer-unpack"]),
        (&[&[hard_link("l", "a"), file("a")]], &["layer-unpack"]),
        (&[&[hard_link("l", "l")]], &["layer-unpack"]),
        (&[&[folder("d/"), hard_link("l", "d")]], &["layer-unpack"]),
        (&[&[file("d/a"), hard_link("l", "d")]], &["layer-unpack"]),
        (&[&[file("a")], &[file(".wh.a"), hard_link("l", "a")]], &["layer-unpack"]),
    ]);
}

#[test]
fn an_extended_attribute_has_a_name() {
    let with = |key| EntryFixture { pax: vec![(key, "x")], ..file("a") };
    run(&[(&[&[with("SCHILY.xattr.user.x")]], &[]), (&[&[with("SCHILY.xattr.")]], &["layer-broken-tar"])]);
}

#[test]
fn a_flaw_says_what_it_is() {
    let written = Fixture::new().write();
    written.replace_layers(LAYER, &[gzip(&tar(&[file("d/a"), file("./d//a")]))]);
    let output = crate::image().arg("check").arg(written.layout()).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.contains("error[layer-duplicate]: `./d//a` is there twice\n"), "{stdout}");
}
