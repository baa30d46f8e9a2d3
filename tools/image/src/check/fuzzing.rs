//! Executables: any bytes where the service's binary should be.

use super::binary;
use super::findings::{Findings, Place};
use super::layers::Binary;
use crate::check::layers::elf::Elf;

/// Parses the bytes and judges what they say.
///
/// # Panics
/// When a finding could steer a terminal.
pub fn elf(bytes: &[u8]) {
    let binary = Binary { size: bytes.len() as u64, elf: Some(Elf::parse(bytes)) };
    for architecture in ["amd64", "arm64", "s390x"] {
        let mut findings = Findings::default();
        binary::check(&binary, architecture, &Place::default(), &mut findings);
        for finding in findings.into_parts().0 {
            assert!(!finding.message.chars().any(char::is_control), "{:?}", finding.message);
        }
    }
}
