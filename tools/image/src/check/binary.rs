//! The contract on the service's executable: static, stripped, and for the machine that the image is for.

use object::elf;

use super::findings::{Findings, Place, quoted};
use super::layers::{BINARY_LIMIT, Binary};
use crate::check::findings::codes;
use crate::check::layers::elf::{Elf, Target};

/// Checks a binary against the architecture in its image's config.
pub fn check(binary: &Binary, architecture: &str, place: &Place, findings: &mut Findings) {
    match &binary.elf {
        None => {
            let message = format!("it has {} bytes, more than the {BINARY_LIMIT} that are looked at", binary.size);
            findings.add(codes::BINARY_TOO_LARGE, place.clone(), message);
        }
        Some(Err(reason)) => findings.add(codes::ELF_INVALID, place.clone(), format!("not an executable: {reason}")),
        Some(Ok(elf)) => check_elf(elf, architecture, place, findings),
    }
}

fn check_elf(elf: &Elf, architecture: &str, place: &Place, findings: &mut Findings) {
    let mut add = |code, message: String| findings.add(code, place.clone(), message);
    let target = elf.target;
    match Target::of_architecture(architecture) {
        Some(expected) if expected == target => {}
        Some(expected) => {
            let architecture = quoted(architecture);
            add(codes::ELF_ARCHITECTURE, format!("it is for {target}, the config's {architecture} is {expected}"));
        }
        None => {
            let architecture = quoted(architecture);
            add(codes::ELF_ARCHITECTURE, format!("it is for {target}, nothing known for the config's {architecture}"));
        }
    }
    if elf.kind != elf::ET_EXEC && elf.kind != elf::ET_DYN {
        add(codes::ELF_TYPE, format!("its type (e_type) is {}, neither ET_EXEC nor ET_DYN", elf.kind.0));
    }
    if let Some(interpreter) = &elf.interpreter {
        add(codes::ELF_INTERPRETER, format!("it asks for the dynamic loader {} (PT_INTERP)", quoted(interpreter)));
    }
    if !elf.needed.is_empty() {
        let names: Vec<_> = elf.needed.iter().map(quoted).collect();
        add(codes::ELF_NEEDED, format!("it asks for shared libraries (DT_NEEDED): {}", names.join(", ")));
    }
    if !elf.entry_is_executable {
        add(codes::ELF_ENTRY, "its entry point is in no executable segment".to_owned());
    }
    if let Some(section) = &elf.symbols {
        add(codes::ELF_NOT_STRIPPED, format!("it has the section {}", quoted(section)));
    }
}
