//! Measuring a file that `compress` has sealed: its bytes are hashed and nothing is decompressed but the first block.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

use flate2::read::GzDecoder;

use crate::archive::Compression;
use crate::layer::Layer;
use crate::layer::chunks::CHUNK;
use crate::layer::tar_check::TarCheck;
use crate::seal::Seal;
use crate::whole_blocks::read_block;
use oci::digest::DigestWriter;

/// What the seal of a gzip file says; nothing when it has none that is valid, or does not start as a tar archive does.
pub fn measure(file: &mut File) -> io::Result<Option<Layer>> {
    let size = file.metadata()?.len();
    let Some(sealed) = size.checked_sub(Seal::SIZE as u64) else { return Ok(None) };
    file.seek(SeekFrom::Start(sealed))?;
    let last = read_block(file, Seal::SIZE)?;
    let Some(seal) = Seal::parse(&last) else { return Ok(None) };
    file.rewind()?;
    if !starts_as_tar(file) {
        return Ok(None);
    }
    file.rewind()?;
    let mut digest = hash(file, sealed)?;
    let Some(diff_id) = seal.diff_id(&digest) else { return Ok(None) };
    digest.write_all(&last)?;
    Ok(Some(Layer { digest: digest.finish(), diff_id, size, compression: Compression::Gzip }))
}

/// A file that cannot be decompressed is no tar either; what is wrong with it is found when all of it is.
fn starts_as_tar(file: &File) -> bool {
    let mut check = TarCheck::default();
    let block = read_block(&mut GzDecoder::new(file), TarCheck::BLOCK);
    block.is_ok_and(|block| {
        check.write(&block);
        check.is_tar()
    })
}

fn hash(file: &mut File, size: u64) -> io::Result<DigestWriter> {
    let mut digest = DigestWriter::default();
    let mut rest = file.take(size);
    loop {
        let chunk = read_block(&mut rest, CHUNK)?;
        if chunk.is_empty() {
            return Ok(digest);
        }
        digest.write_all(&chunk)?;
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;

    use super::*;
    use crate::compress::{Format, Settings, compress};
    use oci::digest;

    /// An archive that is several blocks of the compressor long.
    fn tar() -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        let content: Vec<u8> = (0..400_000_u32).flat_map(|number| number.wrapping_pow(2).to_le_bytes()).collect();
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, "file", content.as_slice()).unwrap();
        builder.into_inner().unwrap()
    }

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let settings = Settings { format: Format::Gzip, level: 1, threads: NonZero::<usize>::MIN };
        compress(content, &mut bytes, &settings).unwrap();
        bytes
    }

    fn measured(bytes: &[u8]) -> Option<Layer> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        measure(&mut file).unwrap()
    }

    #[test]
    fn the_seal_says_what_decompressing_would() {
        let (content, bytes) = (tar(), gzip(&tar()));
        let layer = measured(&bytes).unwrap();
        assert_eq!((layer.digest, layer.diff_id), (digest::of_bytes(&bytes), digest::of_bytes(&content)));
        assert_eq!((layer.size, layer.compression), (bytes.len() as u64, Compression::Gzip));
    }

    #[test]
    fn a_seal_that_does_not_belong_to_the_file_is_not_believed() {
        let bytes = gzip(&tar());
        let mut changed = bytes.clone();
        changed[bytes.len() / 2] ^= 1;
        assert_eq!(measured(&changed), None);
        assert_eq!(measured(&[gzip(&[0; 1024]), bytes.clone()].concat()), None);
        assert_eq!(measured(&bytes[..bytes.len() - Seal::SIZE]), None);
        assert_eq!(measured(&bytes[bytes.len() - Seal::SIZE..]), None);
    }

    #[test]
    fn sealed_text_is_no_layer() {
        assert_eq!(measured(&gzip(&[b'a'; 1024])), None);
    }
}
