//! Small ELF files, made by hand: enough for a kernel to tell what they are, with the flaws that a test asks for.

const HEADER: usize = 64;
const SEGMENT: usize = 56;
const SECTION: usize = 64;
const ADDRESS: u64 = 0x1000;

/// An executable.
pub struct ElfFixture {
    pub machine: u16,
    /// `e_type`: 2 is `ET_EXEC`, 3 `ET_DYN`.
    pub kind: u16,
    pub entry: u64,
    pub interpreter: Option<&'static str>,
    pub needed: Option<&'static str>,
    /// A section with this name and type.
    pub section: Option<(&'static str, u32)>,
}

impl ElfFixture {
    /// Static and stripped.
    pub fn new(architecture: &str) -> Self {
        let machine = if architecture == "arm64" { 183 } else { 62 };
        Self { machine, kind: 2, entry: ADDRESS, interpreter: None, needed: None, section: None }
    }

    /// The bytes: header, program headers, data, section headers.
    pub fn build(&self) -> Vec<u8> {
        let count = 1 + usize::from(self.interpreter.is_some()) + usize::from(self.needed.is_some());
        let data_start = HEADER + count * SEGMENT;
        let mut data = Vec::new();
        let mut segments = Vec::new();
        if let Some(interpreter) = self.interpreter {
            let start = data_start + data.len();
            data.extend_from_slice(interpreter.as_bytes());
            data.push(0);
            segments.push((3, start, interpreter.len() + 1));
        }
        data.resize(data.len().next_multiple_of(16), 0);
        if let Some(needed) = self.needed {
            // DT_NEEDED, DT_STRTAB, DT_NULL, then the strings.
            let start = data_start + data.len();
            let strings = start + 48;
            for word in [1, 1, 5, ADDRESS + strings as u64, 0, 0] {
                data.extend_from_slice(&u64::to_le_bytes(word));
            }
            data.push(0);
            data.extend_from_slice(needed.as_bytes());
            data.push(0);
            segments.push((2, start, 48));
        }
        data.resize(data.len().next_multiple_of(16), 0);
        segments.push((1, 0, data_start + data.len()));
        let mut bytes = self.header(count, data_start + data.len());
        for (kind, start, length) in segments {
            bytes.extend(segment(kind, start, length));
        }
        bytes.extend(data);
        bytes.extend(self.sections());
        bytes
    }

    fn header(&self, segments: usize, sections_start: usize) -> Vec<u8> {
        let (start, sections) = if self.section.is_some() { (sections_start, 3_u16) } else { (0, 0) };
        let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
        bytes.resize(16, 0);
        bytes.extend(self.kind.to_le_bytes());
        bytes.extend(self.machine.to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
        for word in [self.entry, HEADER as u64, start as u64] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(0_u32.to_le_bytes());
        let sizes = [HEADER, SEGMENT, segments, SECTION].map(|size| u16::try_from(size).unwrap());
        for half in sizes.into_iter().chain([sections, sections.saturating_sub(1)]) {
            bytes.extend(half.to_le_bytes());
        }
        bytes
    }

    /// The null section, the one asked for, and that of the names, which overlays nothing: it ends the file.
    fn sections(&self) -> Vec<u8> {
        let Some((name, kind)) = self.section else { return Vec::new() };
        let names = format!("\0{name}\0");
        let names_start = self.sections_start() + 3 * SECTION;
        let mut bytes = vec![0; SECTION];
        bytes.extend(section(1, kind, names_start, 0));
        bytes.extend(section(0, 3, names_start, names.len()));
        bytes.extend(names.as_bytes());
        bytes
    }

    fn sections_start(&self) -> usize {
        let without = Self { section: None, ..*self };
        without.build().len()
    }
}

fn segment(kind: u32, start: usize, length: usize) -> Vec<u8> {
    const READ_EXECUTE: u32 = 5;
    let mut bytes = kind.to_le_bytes().to_vec();
    bytes.extend(READ_EXECUTE.to_le_bytes());
    let address = ADDRESS + start as u64;
    for word in [start as u64, address, address, length as u64, length as u64, 16] {
        bytes.extend(word.to_le_bytes());
    }
    bytes
}

fn section(name: u32, kind: u32, start: usize, length: usize) -> Vec<u8> {
    let mut bytes = name.to_le_bytes().to_vec();
    bytes.extend(kind.to_le_bytes());
    for word in [0, 0, start as u64, length as u64] {
        bytes.extend(u64::to_le_bytes(word));
    }
    bytes.resize(SECTION, 0);
    bytes
}
