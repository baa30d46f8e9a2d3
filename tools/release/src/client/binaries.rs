//! Whether there is a binary and an archive for every platform, and whether the binaries are for those that they are called after:
//! format, machine, and on Linux that they need nothing of the system.
//!
//! Only what tells a platform from another: `image` holds what is built for Linux against a longer contract, in the test that is built
//! with it (`//cli:binaries_test`). All access goes through `object`, which checks bounds.

use std::fs;
use std::path::Path;

use object::read::elf::{Dyn as _, ElfFile64, FileHeader as _, ProgramHeader as _};
use object::{Architecture, BinaryFormat, Endianness, File, Object as _, ObjectKind, elf};

use super::ClientError;
use super::dist::Artifact;

/// Where the client runs (Go's GOOS and GOARCH).
pub const PLATFORMS: [(&str, &str); 5] =
    [("linux", "amd64"), ("linux", "arm64"), ("darwin", "amd64"), ("darwin", "arm64"), ("windows", "amd64")];

/// The binary of each platform, in the order of [`PLATFORMS`].
///
/// # Errors
/// When one is missing, is there twice, or is for another platform.
pub fn check<'a>(binaries: &[&'a Artifact]) -> Result<Vec<&'a Artifact>, ClientError> {
    PLATFORMS.iter().map(|(system, machine)| one(binaries, system, machine)).collect()
}

/// Makes sure that each platform has its archive.
///
/// # Errors
/// When one is missing, or is there twice.
pub fn check_archives(archives: &[&Artifact]) -> Result<(), ClientError> {
    for (system, machine) in PLATFORMS {
        let count = archives.iter().filter(|one| one.system == system && one.machine == machine).count();
        if count != 1 {
            return Err(ClientError::artifacts(format!("{system}/{machine} has {count} archives, and not one")));
        }
    }
    Ok(())
}

fn one<'a>(binaries: &[&'a Artifact], system: &str, machine: &str) -> Result<&'a Artifact, ClientError> {
    let refused = |problem: String| ClientError::Binary { platform: format!("{system}/{machine}"), problem };
    let mut found = binaries.iter().filter(|one| one.system == system && one.machine == machine);
    let binary = match (found.next(), found.next()) {
        (Some(binary), None) => *binary,
        (None, _) => return Err(refused("there is none".to_owned())),
        (Some(_), Some(_)) => return Err(refused("there are several".to_owned())),
    };
    let problem = problem(&binary.path, system, machine)?;
    match problem {
        None => Ok(binary),
        Some(problem) => Err(refused(format!("`{}` {problem}", binary.path.display()))),
    }
}

/// What speaks against a file as the binary of a platform.
fn problem(path: &Path, system: &str, machine: &str) -> Result<Option<String>, ClientError> {
    let bytes = fs::read(path).map_err(ClientError::at(path))?;
    let Ok(file) = File::parse(bytes.as_slice()) else { return Ok(Some("is no executable".to_owned())) };
    let (format, kinds): (_, &[ObjectKind]) = match system {
        // Static ones that may be anywhere in memory look like libraries.
        "linux" => (BinaryFormat::Elf, &[ObjectKind::Executable, ObjectKind::Dynamic]),
        "darwin" => (BinaryFormat::MachO, &[ObjectKind::Executable]),
        _ => (BinaryFormat::Pe, &[ObjectKind::Executable]),
    };
    let architecture = if machine == "arm64" { Architecture::Aarch64 } else { Architecture::X86_64 };
    if file.format() != format {
        return Ok(Some(format!("is {:?} and not {format:?}", file.format())));
    }
    if file.architecture() != architecture {
        return Ok(Some(format!("is for {:?} and not for {architecture:?}", file.architecture())));
    }
    if !kinds.contains(&file.kind()) {
        return Ok(Some("cannot be started".to_owned()));
    }
    Ok(match &file {
        File::Elf64(file) => needed(file, &bytes),
        _ => None,
    })
}

/// What a binary for Linux needs of the system that it runs on.
fn needed(file: &ElfFile64<'_>, bytes: &[u8]) -> Option<String> {
    let endian: Endianness = file.endian();
    let Ok(segments) = file.elf_header().program_headers(endian, bytes) else { return Some("is broken".to_owned()) };
    if segments.iter().any(|segment| segment.p_type(endian) == elf::PT_INTERP) {
        return Some("is linked dynamically: it needs a loader (PT_INTERP)".to_owned());
    }
    for segment in segments.iter().filter(|segment| segment.p_type(endian) == elf::PT_DYNAMIC) {
        let Ok(entries) = segment.dynamic(endian, bytes) else { return Some("is broken".to_owned()) };
        if entries.unwrap_or_default().iter().any(|entry| entry.tag(endian) == elf::DT_NEEDED) {
            return Some("is linked dynamically: it needs libraries (DT_NEEDED)".to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use parts::executables::{self, Elf};
    use tempfile::TempDir;

    use super::*;

    /// A binary with these bytes.
    fn binary(folder: &TempDir, system: &str, machine: &str, bytes: &[u8]) -> Artifact {
        let path = folder.path().join(format!("{system}_{machine}"));
        fs::write(&path, bytes).unwrap();
        Artifact {
            name: "unkey".to_owned(),
            path,
            kind: "Binary".to_owned(),
            system: system.to_owned(),
            machine: machine.to_owned(),
        }
    }

    fn all(folder: &TempDir) -> Vec<Artifact> {
        let of = |(system, machine)| binary(folder, system, machine, &executables::of(system, machine));
        PLATFORMS.map(of).into()
    }

    fn checked(binaries: &[Artifact]) -> Result<Vec<String>, String> {
        let found = check(&binaries.iter().collect::<Vec<_>>()).map_err(|error| error.to_string())?;
        Ok(found.iter().map(|one| format!("{}/{}", one.system, one.machine)).collect())
    }

    #[test]
    fn every_platform_has_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let mut binaries = all(&folder);
        binaries.reverse();
        let expected = ["linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64"];
        assert_eq!(checked(&binaries).unwrap(), expected);
        for (place, (system, machine)) in PLATFORMS.iter().rev().enumerate() {
            let mut fewer = all(&folder);
            fewer.reverse();
            fewer.remove(place);
            let expected = format!("the binary for {system}/{machine} cannot be released: there is none");
            assert_eq!(checked(&fewer).unwrap_err(), expected);
        }
        binaries.push(binaries[0].clone());
        assert!(checked(&binaries).unwrap_err().ends_with("windows/amd64 cannot be released: there are several"));
    }

    #[test]
    fn one_of_another_platform_is_refused_and_named() {
        for (system, machine, bytes, expected) in [
            ("linux", "amd64", executables::of("linux", "arm64"), "is for Aarch64 and not for X86_64"),
            ("linux", "arm64", executables::of("darwin", "arm64"), "is MachO and not Elf"),
            ("darwin", "arm64", executables::of("darwin", "amd64"), "is for X86_64 and not for Aarch64"),
            ("darwin", "amd64", executables::of("linux", "amd64"), "is Elf and not MachO"),
            ("windows", "amd64", executables::of("windows", "arm64"), "is for Aarch64 and not for X86_64"),
            ("windows", "amd64", b"#!/bin/sh\n".to_vec(), "is no executable"),
            ("linux", "amd64", executables::elf("amd64", Elf::Interpreter), "needs a loader (PT_INTERP)"),
            ("linux", "arm64", executables::elf("arm64", Elf::Libraries), "needs libraries (DT_NEEDED)"),
            ("linux", "amd64", Vec::new(), "is no executable"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let mut binaries = all(&folder);
            let place = PLATFORMS.iter().position(|known| *known == (system, machine)).unwrap();
            binaries[place] = binary(&folder, system, machine, &bytes);
            let error = checked(&binaries).unwrap_err();
            let begin = format!("the binary for {system}/{machine} cannot be released: `");
            assert!(error.starts_with(&begin) && error.ends_with(expected), "{error}");
        }
    }
}
