//! What an ELF executable says about how it wants to be run: for which machine, with which loader and libraries.
//!
//! Only looks; what a service's binary may say is decided in `binary`. Nothing here trusts an offset or a count:
//! all access goes through `object`, which checks bounds.

use object::elf::{self, FileHeader32, FileHeader64};
use object::read::elf::{Dyn as _, FileHeader, ProgramHeader as _, SectionHeader as _};
use object::{Endianness, FileKind};

use crate::check::findings::printable;

/// How many needed libraries are told, and how long their names may be.
const NEEDED_LIMIT: usize = 8;
const NAME_LIMIT: usize = 256;

/// The bytes of program headers that Linux accepts; more would make searches among them slow.
const SEGMENT_LIMIT: usize = 65536 / 56;

/// The smallest page of the machines that services are built for, in bytes.
const PAGE: u64 = 4096;

/// How many sections an executable may have, and how many bytes their names. Linkers write a few dozens.
const SECTION_LIMIT: usize = 4096;
const SECTION_NAMES_LIMIT: u64 = 65536;

/// What an ELF file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elf {
    /// For which machine it is.
    pub target: Target,
    /// `e_type`: `ET_EXEC` and `ET_DYN` can be started.
    pub kind: elf::FileType,
    /// `PT_INTERP`: the dynamic loader that the kernel starts in its place. May be empty if it cannot be read.
    pub interpreter: Option<String>,
    /// `DT_NEEDED`: the shared libraries that it asks for.
    pub needed: Vec<String>,
    /// Whether the entry point lies in an executable segment.
    pub entry_is_executable: bool,
    /// The first section that `strip` would have removed.
    pub symbols: Option<String>,
}

/// A machine as the kernel sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// `e_machine`.
    pub machine: elf::Machine,
    /// 64 or 32.
    pub bits: u8,
    /// Whether integers are little-endian.
    pub little_endian: bool,
}

impl Target {
    /// The machine of an image's architecture (Go's GOARCH); nothing for one that services are not built for.
    pub fn of_architecture(architecture: &str) -> Option<Self> {
        let machine = match architecture {
            "amd64" => elf::EM_X86_64,
            "arm64" => elf::EM_AARCH64,
            "riscv64" => elf::EM_RISCV,
            _ => return None,
        };
        Some(Self { machine, bits: 64, little_endian: true })
    }
}

impl Target {
    /// The first address that is not a process's (`TASK_SIZE`), with the page tables that kernels have at least.
    fn address_limit(self) -> u64 {
        match self.machine {
            elf::EM_X86_64 => (1 << 47) - PAGE,
            elf::EM_RISCV => 1 << 38,
            _ => 1 << 48,
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = match self.machine {
            elf::EM_X86_64 => "x86-64",
            elf::EM_AARCH64 => "AArch64",
            elf::EM_RISCV => "RISC-V",
            elf::EM_386 => "i386",
            elf::EM_ARM => "ARM",
            elf::Machine(other) => return write!(formatter, "machine {other}"),
        };
        let order = if self.little_endian { "" } else { " big-endian" };
        write!(formatter, "{name} {}-bit{order}", self.bits)
    }
}

impl Elf {
    /// Reads the headers of `bytes`.
    ///
    /// # Errors
    /// What is wrong with it, as a clause.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        match FileKind::parse(bytes) {
            Ok(FileKind::Elf64) => read::<FileHeader64<Endianness>>(bytes, 64),
            Ok(FileKind::Elf32) => read::<FileHeader32<Endianness>>(bytes, 32),
            _ if bytes.starts_with(b"#!") => Err("it is a script".to_owned()),
            _ => Err("it is no ELF file".to_owned()),
        }
        .map_err(|error| printable(error.as_bytes()))
    }
}

fn read<Header: FileHeader<Endian = Endianness>>(bytes: &[u8], bits: u8) -> Result<Elf, String> {
    let text = |error: object::read::Error| error.to_string();
    let header = Header::parse(bytes).map_err(text)?;
    let endian = header.endian().map_err(text)?;
    let segments = header.program_headers(endian, bytes).map_err(text)?;
    if segments.len() > SEGMENT_LIMIT || usize::from(header.e_phnum(endian)) != segments.len() {
        return Err(format!("it has more than {SEGMENT_LIMIT} program headers"));
    }
    let loads = || segments.iter().filter(|segment| segment.p_type(endian) == elf::PT_LOAD);
    if loads().next().is_none() {
        return Err("it has nothing to load (no PT_LOAD)".to_owned());
    }
    if loads().any(|segment| segment.data(endian, bytes).is_err()) {
        return Err("it is truncated: a segment reaches beyond its end".to_owned());
    }
    let target = Target { machine: header.e_machine(endian), bits, little_endian: header.is_little_endian() };
    loads().try_for_each(|segment| mapping::<Header>(segment, endian, target.address_limit()))?;
    let entry: u64 = header.e_entry(endian).into();
    let entry_is_executable = loads().any(|segment| {
        let start: u64 = segment.p_vaddr(endian).into();
        let length: u64 = segment.p_memsz(endian).into();
        segment.p_flags(endian).contains(elf::PF_X) && entry >= start && entry - start < length
    });
    let interpreter = segments
        .iter()
        .find(|segment| segment.p_type(endian) == elf::PT_INTERP)
        .map(|segment| segment.interpreter(endian, bytes).ok().flatten().map_or_else(String::new, printable));
    Ok(Elf {
        target,
        kind: header.e_type(endian),
        interpreter,
        needed: needed::<Header>(segments, endian, bytes)?,
        entry_is_executable,
        symbols: symbols(header, endian, bytes)?,
    })
}

/// Whether Linux can map a segment (`load_elf_binary` in its `fs/binfmt_elf.c`): what it refuses ends the process.
fn mapping<Header: FileHeader<Endian = Endianness>>(
    segment: &Header::ProgramHeader,
    endian: Endianness,
    limit: u64,
) -> Result<(), String> {
    let [offset, address, in_file, in_memory] =
        [segment.p_offset(endian), segment.p_vaddr(endian), segment.p_filesz(endian), segment.p_memsz(endian)]
            .map(Into::into);
    if in_file > in_memory {
        return Err("a segment has more bytes in the file than in memory".to_owned());
    }
    if address >= limit || in_memory > limit - address {
        return Err("a segment reaches beyond the addresses of a process".to_owned());
    }
    if in_file > 0 && offset % PAGE != address % PAGE {
        return Err("a segment stands elsewhere in its page than in the file's".to_owned());
    }
    Ok(())
}

/// The libraries in the dynamic segment. The string table is found by its address, as the loader does: section
/// headers can be absent.
fn needed<Header: FileHeader<Endian = Endianness>>(
    segments: &[Header::ProgramHeader],
    endian: Endianness,
    bytes: &[u8],
) -> Result<Vec<String>, String> {
    let mut dynamic = segments.iter().filter(|segment| segment.p_type(endian) == elf::PT_DYNAMIC);
    let (Some(segment), None) = (dynamic.next(), dynamic.next()) else {
        let several = segments.iter().any(|segment| segment.p_type(endian) == elf::PT_DYNAMIC);
        return if several { Err("it has several dynamic segments".to_owned()) } else { Ok(Vec::new()) };
    };
    let entries = segment.dynamic(endian, bytes).map_err(|error| error.to_string())?.unwrap_or_default();
    let entries = || entries.iter().take_while(|entry| entry.tag(endian) != elf::DT_NULL);
    let value_of = |tag| entries().find(|entry| entry.tag(endian) == tag).map(|entry| entry.val(endian));
    let strings = value_of(elf::DT_STRTAB);
    let offsets = entries().filter(|entry| entry.tag(endian) == elf::DT_NEEDED).map(|entry| entry.val(endian));
    let name_at = |offset| string_at::<Header>(segments, endian, bytes, strings?.checked_add(offset)?);
    Ok(offsets.take(NEEDED_LIMIT).map(|offset| name_at(offset).unwrap_or_else(|| "?".to_owned())).collect())
}

fn string_at<Header: FileHeader<Endian = Endianness>>(
    segments: &[Header::ProgramHeader],
    endian: Endianness,
    bytes: &[u8],
    address: u64,
) -> Option<String> {
    segments.iter().filter(|segment| segment.p_type(endian) == elf::PT_LOAD).find_map(|segment| {
        let start: u64 = segment.p_vaddr(endian).into();
        let data = segment.data(endian, bytes).ok()?;
        let tail = data.get(usize::try_from(address.checked_sub(start)?).ok()?..)?;
        let end = tail.iter().take(NAME_LIMIT).position(|byte| *byte == 0)?;
        Some(printable(&tail[..end]))
    })
}

/// The first section with symbols or debug information. `.dynsym` is not one: a static-pie has it, and keeps it.
fn symbols<Header: FileHeader<Endian = Endianness>>(
    header: &Header,
    endian: Endianness,
    bytes: &[u8],
) -> Result<Option<String>, String> {
    let text = |error: object::read::Error| error.to_string();
    let sections = header.section_headers(endian, bytes).map_err(text)?;
    if sections.is_empty() {
        return Ok(None);
    }
    let index = header.section_strings_index(endian, bytes).map_err(text)?;
    let names_size = sections.get(index.0).map_or(0, |section| section.sh_size(endian).into());
    if sections.len() > SECTION_LIMIT || names_size > SECTION_NAMES_LIMIT {
        return Err(format!("it has more than {SECTION_LIMIT} sections or {SECTION_NAMES_LIMIT} bytes of their names"));
    }
    let names = header.section_strings(endian, bytes, sections).map_err(text)?;
    for section in sections {
        let name = section.name(endian, names).unwrap_or_default();
        let is_debug = name.starts_with(b".debug_") || name.starts_with(b".zdebug_");
        if is_debug || section.sh_type(endian) == elf::SHT_SYMTAB {
            return Ok(Some(printable(name)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_elf_file_says_so() {
        for (bytes, reason) in [
            (&b""[..], "it is no ELF file"),
            (b"#!/bin/sh\n", "it is a script"),
            (b"\x7fELF", "it is no ELF file"),
            (b"MZ aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "it is no ELF file"),
        ] {
            assert_eq!(Elf::parse(bytes).unwrap_err(), reason);
        }
    }
}
