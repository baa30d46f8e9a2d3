//! Makes the packages: tarballs with the bytes that npm sends and everybody gets.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use release_tag::Version;
use sha2::{Digest as _, Sha512};

use crate::error::Error;
use crate::manifest;
use crate::platform::Platform;
use crate::tarball::{self, File};

/// The launcher, which finds the binary and runs it.
const LAUNCHER: &str = include_str!("../launcher/unkey.js");

/// What npm's site says of `unkey`.
const README: &str = include_str!("../launcher/README.md");

/// The client for one platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binary {
    /// What it runs on.
    pub platform: Platform,
    /// The file.
    pub path: PathBuf,
}

/// What all packages of a release say of where they come from.
#[derive(Clone, Debug)]
pub struct Source {
    /// The version of all of them.
    pub version: Version,
    /// Where the repository is, such as `https://github.com/unkeyed/unkey`.
    pub repository: String,
    /// The licence's text, which every package has as `LICENSE`.
    pub license_file: PathBuf,
}

/// A package that is ready to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Such as `@unkey/cli-linux-x64`.
    pub name: String,
    /// Such as `1.2.3`.
    pub version: String,
    /// The file with its bytes.
    pub tarball: PathBuf,
    /// `sha512-` and the base64 of its bytes' SHA-512, as npm has it in `dist.integrity`.
    pub integrity: String,
    /// The version, to be compared with others.
    pub(crate) release: Version,
}

impl Package {
    /// `NAME@VERSION`, as npm calls it.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }
}

/// Writes the tarballs of a release into a folder, which is made where it is missing: the platforms' packages, and `unkey` last.
///
/// # Errors
/// When not every platform has exactly one binary, and when a file cannot be read or written.
pub fn pack(source: &Source, binaries: &[Binary], folder: &Path) -> Result<Vec<Package>, Error> {
    let license = read(&source.license_file)?;
    let chosen = Platform::ALL.map(|platform| (platform, binary(binaries, platform)));
    fs::create_dir_all(folder).map_err(|error| Error::Write { path: folder.to_owned(), source: error })?;
    let mut packages = Vec::new();
    for (platform, path) in chosen {
        let files = vec![
            File::text("package.json", manifest::platform(source, platform)),
            File::text("LICENSE", license.clone()),
            File::text("README.md", platform_readme(platform)),
            File::program(&format!("bin/{}", platform.file()), read(path?)?),
        ];
        packages.push(write(source, &platform.package(), files, folder)?);
    }
    let files = vec![
        File::text("package.json", manifest::launcher(source)),
        File::text("LICENSE", license),
        File::text("README.md", README),
        File::program(manifest::LAUNCHER_FILE, LAUNCHER),
    ];
    packages.push(write(source, manifest::LAUNCHER, files, folder)?);
    Ok(packages)
}

fn binary(binaries: &[Binary], platform: Platform) -> Result<&Path, Error> {
    let mut of_platform = binaries.iter().filter(|binary| binary.platform == platform);
    match (of_platform.next(), of_platform.next()) {
        (Some(binary), None) => Ok(&binary.path),
        (found, _) => Err(Error::Binaries { platform, count: found.map_or(0, |_| 2 + of_platform.count()) }),
    }
}

fn platform_readme(platform: Platform) -> String {
    format!(
        "# {}\n\nThe binary of the package `unkey` for {platform}. Install that one: it brings this.\n",
        platform.package()
    )
}

fn write(source: &Source, name: &str, files: Vec<File>, folder: &Path) -> Result<Package, Error> {
    // As `npm pack` calls it.
    let version = manifest::number(source);
    let file = format!("{}-{version}.tgz", name.trim_start_matches('@').replace('/', "-"));
    let tarball = folder.join(file);
    let write = |error| Error::Write { path: tarball.clone(), source: error };
    let bytes = tarball::bytes(files).map_err(write)?;
    fs::write(&tarball, &bytes).map_err(write)?;
    let integrity = format!("sha512-{}", BASE64_STANDARD.encode(Sha512::digest(&bytes)));
    Ok(Package { name: name.to_owned(), version, tarball, integrity, release: source.version.clone() })
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;
    use serde_json::{Value, json};
    use terminal::Diagnostic as _;

    use super::*;

    /// A folder with a licence and a binary for every platform, whose content is its name.
    fn inputs() -> (tempfile::TempDir, Source, Vec<Binary>) {
        let folder = tempfile::tempdir().unwrap();
        let license_file = folder.path().join("LICENSE");
        fs::write(&license_file, "a licence").unwrap();
        let binary = |platform: Platform| {
            let path = folder.path().join(platform.to_string());
            fs::write(&path, platform.to_string()).unwrap();
            Binary { platform, path }
        };
        let binaries = Platform::ALL.map(binary).to_vec();
        let repository = "https://github.com/unkeyed/unkey".to_owned();
        let source = Source { version: "v1.2.3-rc.1".parse().unwrap(), repository, license_file };
        (folder, source, binaries)
    }

    /// A file of a package.
    fn file(package: &Package, path: &str) -> String {
        let mut archive = tar::Archive::new(GzDecoder::new(fs::File::open(&package.tarball).unwrap()));
        let wanted = format!("package/{path}");
        let found =
            archive.entries().unwrap().map(Result::unwrap).find(|entry| &*entry.path_bytes() == wanted.as_bytes());
        let mut content = String::new();
        found.unwrap_or_else(|| panic!("no {path}")).read_to_string(&mut content).unwrap();
        content
    }

    fn document(package: &Package) -> Value {
        serde_json::from_str(&file(package, "package.json")).unwrap()
    }

    #[test]
    fn a_package_a_platform_and_the_launcher_last() {
        let (folder, source, binaries) = inputs();
        let packages = pack(&source, &binaries, &folder.path().join("npm/of/this")).unwrap();
        let names: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
        let platforms = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "win32-x64"];
        assert_eq!(names[..5], platforms.map(|platform| format!("@unkey/cli-{platform}")));
        assert_eq!(names[5], "unkey");
        for (package, platform) in packages.iter().zip(platforms) {
            let name = if platform == "win32-x64" { "bin/unkey.exe" } else { "bin/unkey" };
            assert_eq!((file(package, name).as_str(), file(package, "LICENSE").as_str()), (platform, "a licence"));
        }
        assert!(packages[0].tarball.ends_with("npm/of/this/unkey-cli-linux-x64-1.2.3-rc.1.tgz"));
        assert_eq!(packages[5].id(), "unkey@1.2.3-rc.1");
        assert_eq!(file(&packages[5], "bin/unkey.js"), LAUNCHER);
        // What `sha512sum` says of the file, in base64.
        let digest = Sha512::digest(fs::read(&packages[5].tarball).unwrap());
        assert_eq!(packages[5].integrity.strip_prefix("sha512-"), Some(BASE64_STANDARD.encode(digest).as_str()));
    }

    #[test]
    fn npm_is_told_what_each_is() {
        let (folder, source, binaries) = inputs();
        let packages = pack(&source, &binaries, folder.path()).unwrap();
        let common = |name: &str, description: &str| {
            json!({
                "name": name,
                "version": "1.2.3-rc.1",
                "description": description,
                "license": "Apache-2.0",
                "homepage": "https://github.com/unkeyed/unkey/tree/main/cli",
                "bugs": {"url": "https://github.com/unkeyed/unkey/issues"},
                "repository": {"type": "git", "url": "git+https://github.com/unkeyed/unkey.git", "directory": "cli"},
                "publishConfig": {"access": "public"},
            })
        };
        let mut expected = common("@unkey/cli-darwin-arm64", "The binary of `unkey` for darwin-arm64.");
        expected["os"] = json!(["darwin"]);
        expected["cpu"] = json!(["arm64"]);
        expected["preferUnplugged"] = json!(true);
        assert_eq!(document(&packages[3]), expected);

        let mut expected = common("unkey", "The Unkey command line client.");
        expected["bin"] = json!({"unkey": "bin/unkey.js"});
        expected["engines"] = json!({"node": ">=18"});
        let platforms = packages[..5].iter().map(|package| (package.name.clone(), "1.2.3-rc.1".into()));
        expected["optionalDependencies"] = Value::Object(platforms.collect());
        assert_eq!(document(&packages[5]), expected, "and no script");
    }

    #[test]
    fn packed_twice_it_is_the_same() {
        let (folder, source, binaries) = inputs();
        let integrities = |name: &str| {
            let packages = pack(&source, &binaries, &folder.path().join(name)).unwrap();
            packages.into_iter().map(|package| package.integrity).collect::<Vec<_>>()
        };
        assert_eq!(integrities("once"), integrities("twice"));
        let other = Source { version: "v1.2.4".parse().unwrap(), ..source.clone() };
        let packages = pack(&other, &binaries, folder.path()).unwrap();
        assert!(!integrities("once").contains(&packages[0].integrity), "the version is in it");
    }

    #[test]
    fn every_platform_has_one_binary() {
        let (folder, source, mut binaries) = inputs();
        let without = pack(&source, &binaries[1..], folder.path()).unwrap_err();
        assert_eq!(without.to_string(), "linux-x64 has 0 binaries, and not one");
        assert!(without.is_refusal());
        binaries.push(binaries[2].clone());
        binaries.push(binaries[2].clone());
        assert_eq!(
            pack(&source, &binaries, folder.path()).unwrap_err().to_string(),
            "darwin-x64 has 3 binaries, and not one"
        );
        binaries.truncate(5);
        binaries[4].path = folder.path().join("nowhere");
        let unread = pack(&source, &binaries, folder.path()).unwrap_err();
        assert!(
            unread.to_string().starts_with("cannot read `") && unread.to_string().ends_with("/nowhere`"),
            "{unread}"
        );
    }
}
