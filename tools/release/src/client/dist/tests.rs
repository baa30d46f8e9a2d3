//! Folders as GoReleaser leaves them and as they are kept, good and bad ones.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::git::ObjectId;

fn checked(tag: &str, digit: &str) -> Checked {
    let commit = ObjectId::parse(&digit.repeat(40)).unwrap();
    Checked { tag: Tag::parse(tag.as_ref()).unwrap(), commit, on_main: Some(true) }
}

fn entry(name: &str, path: &str, kind: &str) -> Value {
    json!({"name": name, "path": path, "type": kind, "goos": "linux", "goarch": "amd64", "internal_type": 2, "extra": {}})
}

/// A folder as GoReleaser leaves it, with these further artifacts.
fn made(further: &[Value]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let archive = "unkey_1.2.3_linux_amd64.tar.gz";
    let sum = oci::digest::of_bytes(b"archive").to_string().replace("sha256:", "");
    for (name, text) in [
        (archive, "archive"),
        ("checksums.txt", &format!("{sum}  {archive}\n")),
        ("unkey_linux_amd64/unkey", "binary"),
        ("config.yaml", "version: 2\n"),
    ] {
        parts::files::write(&folder.path().join(name), text);
    }
    let mut artifacts = vec![
        entry("metadata.json", "dist/metadata.json", "Metadata"),
        entry("unkey", "dist/unkey_linux_amd64/unkey", "Binary"),
        entry("checksums.txt", "dist/checksums.txt", "Checksum"),
        entry(archive, &format!("dist/{archive}"), "Archive"),
    ];
    artifacts.extend_from_slice(further);
    fs::write(folder.path().join("artifacts.json"), json!(artifacts).to_string()).unwrap();
    folder
}

#[test]
fn what_goreleaser_has_made_is_read() {
    let folder = made(&[]);
    let dist = Dist::made(folder.path()).unwrap();
    let names: Vec<&str> = dist.attached().iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["checksums.txt", "unkey_1.2.3_linux_amd64.tar.gz"]);
    assert_eq!((dist.attached()[1].size, dist.binaries().len()), (7, 1));
    assert_eq!(dist.attached()[1].digest, oci::digest::of_bytes(b"archive").to_string());
}

#[test]
fn what_cannot_be_released_is_named() {
    for (further, expected) in [
        (entry("a~b.deb", "dist/checksums.txt", "Linux Package"), "GitHub would give `a~b.deb` another name"),
        (entry("a.deb", "dist/checksums.txt", "Linux Package"), "`a.deb` is in no list of checksums"),
        (entry("checksums.txt", "dist/config.yaml", "Homebrew Cask"), "there are several `checksums.txt`"),
        (entry("x", "/etc/passwd", "Archive"), "`/etc/passwd` is no file in `dist`"),
        (entry("x", "dist/../../etc/passwd", "Archive"), "`dist/../../etc/passwd` is no file in `dist`"),
        (entry("x", "dist/gone", "Binary"), "`dist/gone` is no file in `dist`"),
    ] {
        let error = Dist::made(made(&[further]).path()).unwrap_err().to_string();
        assert_eq!(error, format!("what GoReleaser has made cannot be released: {expected}"));
    }
    let folder = made(&[]);
    fs::write(folder.path().join("unkey_1.2.3_linux_amd64.tar.gz"), "other").unwrap();
    let error = Dist::made(folder.path()).unwrap_err().to_string();
    assert!(error.ends_with("`unkey_1.2.3_linux_amd64.tar.gz` is not what its checksum says"), "{error}");
    fs::write(folder.path().join("artifacts.json"), "[]").unwrap();
    assert!(Dist::made(folder.path()).unwrap_err().to_string().ends_with("there is no `Archive`"));
    fs::write(folder.path().join("artifacts.json"), "{").unwrap();
    assert!(matches!(Dist::made(folder.path()).unwrap_err(), ClientError::Parse { .. }));
}

#[test]
fn a_copy_is_of_one_release_and_stays_what_it_was() {
    let (folder, own) = (made(&[]), checked("cli/v1.2.3", "a"));
    let places = tempfile::tempdir().unwrap();
    let place = places.path().join("dist");
    assert_eq!(Dist::open(&place, &own).unwrap(), None);
    fs::create_dir(&place).unwrap();
    assert_eq!(Dist::open(&place, &own).unwrap(), None, "empty");
    fs::write(folder.path().join(".hidden"), "").unwrap();
    fs::rename(folder.path().join("checksums.txt"), folder.path().join("sums")).unwrap();
    std::os::unix::fs::symlink("sums", folder.path().join("checksums.txt")).unwrap();
    let typed = Path::new(&format!("{}/", place.display())).to_owned();
    let kept = Dist::made(folder.path()).unwrap().keep(&typed, &own, &folder.path().join("config.yaml")).unwrap();
    assert_eq!(fs::read_to_string(kept.license()).unwrap(), "version: 2\n");
    assert_eq!(Dist::open(&place, &own).unwrap(), Some(kept));
    assert!(!place.join(".hidden").exists() && !place.join("checksums.txt").is_symlink());
    assert_eq!(fs::read_dir(places.path()).unwrap().count(), 1, "nothing is left beside it");

    let problem = |checked: &Checked| Dist::open(&place, checked).unwrap_err().to_string();
    let of_own = format!("it is of `cli/v1.2.3`, commit {}", "a".repeat(40));
    assert!(problem(&checked("cli/v1.2.4", "a")).ends_with(&of_own));
    assert!(problem(&checked("cli/v1.2.3", "b")).ends_with(&of_own));
    fs::write(place.join("unkey_linux_amd64/unkey"), "altered").unwrap();
    assert!(problem(&own).ends_with("`unkey_linux_amd64/unkey` is not what was built"), "{}", problem(&own));
    fs::remove_file(place.join("unkey_linux_amd64/unkey")).unwrap();
    assert!(problem(&own).ends_with("`unkey_linux_amd64/unkey` is not what was built"));
    let own_files = fs::read_to_string(place.join("release.json")).unwrap();
    let mut record: Value = serde_json::from_str(&own_files).unwrap();
    fs::write(place.join("unkey_linux_amd64/unkey"), "another").unwrap();
    record["files"].as_object_mut().unwrap().remove("unkey_linux_amd64/unkey").unwrap();
    fs::write(place.join("release.json"), record.to_string()).unwrap();
    assert!(problem(&own).contains("its `release.json` does not have `"), "{}", problem(&own));
    fs::write(place.join("release.json"), "{}").unwrap();
    assert!(problem(&own).ends_with("its `release.json` is not understood"));
    fs::remove_file(place.join("release.json")).unwrap();
    assert!(problem(&own).ends_with("it has no `release.json`"));
}
