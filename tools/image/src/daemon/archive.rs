//! The archive that a daemon loads, made while it is sent: both docker's format (`manifest.json`) and an OCI layout
//! (`index.json`), as `docker save` writes it, so that every kind of daemon finds the one it knows.
//!
//! Docker's own store reads `manifest.json` and opens no layer that it has, so those may be missing from the archive.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::poll_fn;
use oci_spec::image::{Descriptor, Digest};
use serde_json::json;
use terminal::progress::Transfer;
use tokio::sync::mpsc;

use oci::content::Image;
use oci::reference::LocalTag;

/// How much is handed over at a time, in bytes.
const CHUNK: usize = 256 * 1024;

/// How many chunks wait for the daemon at most.
const CHUNKS: usize = 4;

/// What goes into an archive: small documents, and files.
#[derive(Debug)]
pub(super) struct Archive {
    documents: Vec<(String, Vec<u8>)>,
    files: Vec<(String, PathBuf, u64)>,
}

impl Archive {
    /// Of one image under one tag, with these layers only.
    pub(super) fn new(image: &Image, tag: &LocalTag, layers: &[(&Descriptor, PathBuf)]) -> Self {
        let entry = |digest: &Digest| format!("blobs/{}/{}", digest.algorithm(), digest.digest());
        let manifest = json!([{
            "Config": entry(image.manifest.config().digest()),
            "RepoTags": [tag.to_string()],
            "Layers": image.manifest.layers().iter().map(|layer| entry(layer.digest())).collect::<Vec<_>>(),
        }]);
        let index = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": [{
                "mediaType": image.document.descriptor.media_type().to_string(),
                "digest": image.document.descriptor.digest().to_string(),
                "size": image.document.descriptor.size(),
                "annotations": {
                    "io.containerd.image.name": tag.qualified(),
                    "org.opencontainers.image.ref.name": tag.tag(),
                },
            }],
        });
        let documents = vec![
            ("oci-layout".to_owned(), json!({"imageLayoutVersion": "1.0.0"}).to_string().into_bytes()),
            ("index.json".to_owned(), index.to_string().into_bytes()),
            ("manifest.json".to_owned(), manifest.to_string().into_bytes()),
            (entry(image.document.descriptor.digest()), image.document.bytes.clone()),
            (entry(image.config.descriptor.digest()), image.config.bytes.clone()),
        ];
        let file = |(layer, path): &(&Descriptor, PathBuf)| (entry(layer.digest()), path.clone(), layer.size());
        let mut files: Vec<_> = layers.iter().map(file).collect();
        // The same layer twice in an image is one file in the archive.
        files.sort();
        files.dedup();
        Self { documents, files }
    }

    /// Bytes of content: documents and files without tar's headers.
    pub(super) fn size(&self) -> u64 {
        let documents = self.documents.iter().map(|(_, bytes)| bytes.len() as u64);
        documents.chain(self.files.iter().map(|(_, _, size)| *size)).sum()
    }

    /// The archive's bytes as they are asked for. Files are read on a thread that may block.
    pub(super) fn stream(self, transfer: Arc<dyn Transfer>) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        let (sender, mut receiver) = mpsc::channel(CHUNKS);
        tokio::task::spawn_blocking(move || {
            let writer = ChannelWriter { sender: sender.clone(), transfer };
            if let Err(error) = self.write(BufWriter::with_capacity(CHUNK, writer)) {
                // A receiver that is gone has its own error to tell.
                let _ = sender.blocking_send(Err(error));
            }
        });
        poll_fn(move |context| receiver.poll_recv(context))
    }

    fn write(&self, writer: impl Write) -> io::Result<()> {
        let mut builder = tar::Builder::new(writer);
        for (name, bytes) in &self.documents {
            builder.append_data(&mut header(bytes.len() as u64), name, bytes.as_slice())?;
        }
        for (name, path, size) in &self.files {
            let file = std::fs::File::open(path)?;
            builder.append_data(&mut header(*size), name, file)?;
        }
        builder.into_inner()?.flush()
    }
}

fn header(size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Regular);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_size(size);
    header
}

/// Hands each buffer over to the asynchronous side, and waits while that is busy.
struct ChannelWriter {
    sender: mpsc::Sender<io::Result<Bytes>>,
    transfer: Arc<dyn Transfer>,
}

impl Write for ChannelWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.sender.blocking_send(Ok(Bytes::copy_from_slice(bytes)));
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        self.transfer.advance(bytes.len() as u64);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
