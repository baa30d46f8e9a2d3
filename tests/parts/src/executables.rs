//! Executables of every format, as short as they can be: headers that say what they are, and nothing to run.

/// What an ELF file needs of its system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elf {
    /// Nothing.
    Static,
    /// A loader.
    Interpreter,
    /// A library, and no loader.
    Libraries,
}

/// One of a platform (Go's GOOS and GOARCH).
pub fn of(system: &str, machine: &str) -> Vec<u8> {
    match system {
        "linux" => elf(machine, Elf::Static),
        "darwin" => mach_o(machine),
        "windows" => pe(machine),
        other => panic!("no executables of `{other}`"),
    }
}

/// For Linux.
pub fn elf(machine: &str, needs: Elf) -> Vec<u8> {
    const PROGRAM_HEADERS: u64 = 64;
    const END: u64 = PROGRAM_HEADERS + 2 * 56;
    let machine: u16 = if machine == "arm64" { 183 } else { 62 };
    let mut bytes = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    bytes.extend([2_u16.to_le_bytes(), machine.to_le_bytes()].concat());
    bytes.extend(1_u32.to_le_bytes());
    // Entry, program headers, no section headers.
    bytes.extend([0x0040_0000_u64, PROGRAM_HEADERS, 0].map(u64::to_le_bytes).concat());
    bytes.extend(0_u32.to_le_bytes());
    bytes.extend([64_u16, 56, 2, 64, 0, 0].map(u16::to_le_bytes).concat());
    let mut segment = |kind: u32, offset: u64, size: u64| {
        bytes.extend([kind, 5].map(u32::to_le_bytes).concat());
        let address = 0x0040_0000 + offset;
        bytes.extend([offset, address, address, size, size, 4096].map(u64::to_le_bytes).concat());
    };
    segment(1, 0, END + 32);
    match needs {
        Elf::Static => segment(0, 0, 0),
        Elf::Interpreter => segment(3, END, 8),
        Elf::Libraries => segment(2, END, 32),
    }
    match needs {
        Elf::Interpreter => bytes.extend(b"/ld.so\0\0"),
        // DT_NEEDED, DT_NULL.
        _ => bytes.extend([1_u64, 0, 0, 0].map(u64::to_le_bytes).concat()),
    }
    bytes.resize(usize::try_from(END).expect("a size") + 32, 0);
    bytes
}

/// For macOS.
pub fn mach_o(machine: &str) -> Vec<u8> {
    let machine: u32 = if machine == "arm64" { 0x0100_000c } else { 0x0100_0007 };
    [0xfeed_facf, machine, 0, 2, 0, 0, 0, 0].map(u32::to_le_bytes).concat()
}

/// For Windows.
pub fn pe(machine: &str) -> Vec<u8> {
    let machine: u16 = if machine == "arm64" { 0xaa64 } else { 0x8664 };
    let mut bytes = b"MZ".to_vec();
    bytes.resize(60, 0);
    bytes.extend(64_u32.to_le_bytes());
    bytes.extend(b"PE\0\0");
    bytes.extend([machine, 0].map(u16::to_le_bytes).concat());
    bytes.extend([0_u8; 12]);
    // The size of the optional header, and that it can be run.
    bytes.extend([112_u16, 0x0022].map(u16::to_le_bytes).concat());
    let mut optional = vec![0_u8; 112];
    optional[..2].copy_from_slice(&0x020b_u16.to_le_bytes());
    bytes.extend(optional);
    bytes
}
