//! The stable codes of findings, each with the reason why it matters. Scripts match on codes: one that has been
//! released keeps its name and its meaning.

/// A kind of finding.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// Kebab-case, such as `elf-interpreter`.
    pub id: &'static str,
    /// Why it matters, as a clause.
    pub why: &'static str,
    /// Told, but no reason to fail.
    pub warning: bool,
}

macro_rules! codes {
    ($($name:ident = $id:literal, $why:literal;)*) => {
        $(pub const $name: &Code = &Code { id: $id, why: $why, warning: false };)*
        /// Every code that makes a check fail.
        #[cfg(test)]
        pub const ALL: &[&Code] = &[$($name),*];
    };
}

/// A blob that nothing refers to. Only a warning: `push` and `load` follow descriptors and never send it.
pub const BLOB_UNREFERENCED: &Code = &Code {
    id: "blob-unreferenced",
    why: "it takes space in caches and artifacts, but is never published",
    warning: true,
};

codes! {
    // Integrity: what `index.json` leads to.
    LAYOUT_EMPTY = "layout-empty", "there is no image to publish";
    LAYOUT_ROOT = "layout-root", "push and load need one manifest or index to take the digest of";
    INDEX_TOO_DEEP = "index-too-deep", "clients refuse indexes in indexes or follow them without end";
    INDEX_TOO_LARGE = "index-too-large", "what lies beyond the limit has not been checked";
    DESCRIPTOR_MEDIA_TYPE = "descriptor-media-type", "clients choose how to read a blob by its descriptor's media type";
    MANIFEST_MEDIA_TYPE = "manifest-media-type", "registries refuse a manifest that disagrees with its descriptor";
    SCHEMA_VERSION = "schema-version", "the specification and registries demand 2";
    JSON_INVALID = "json-invalid", "clients cannot read the image";
    CREATED_INVALID = "created-invalid", "clients refuse a config whose time does not parse";
    JSON_AMBIGUOUS = "json-ambiguous", "what one tool has checked is not what another one runs";
    JSON_TOO_LARGE = "json-too-large", "registries refuse manifests over 4 MiB";
    BLOB_MISSING = "blob-missing", "a push of this layout fails half-way";
    BLOB_SIZE = "blob-size", "registries and clients refuse a blob whose length is not the descriptor's";
    BLOB_DIGEST = "blob-digest", "the content is not what the digest vouches for";
    DIGEST_ALGORITHM = "digest-algorithm", "registries take sha256 only";
    LAYER_COUNT = "layer-count", "runtimes pair layers and diff_ids one by one and refuse the image";
    HISTORY_COUNT = "history-count", "tools that show the history pair it with the layers";
    DIFF_ID = "diff-id", "runtimes refuse a layer whose decompressed content has another digest";
    ROOTFS_TYPE = "rootfs-type", "the specification knows `layers` only";
    PLATFORM_MISMATCH = "platform-mismatch", "a client that selects by the index gets an image for another machine";
    PLATFORM_DUPLICATE = "platform-duplicate", "which of the two a client runs is chance";
    LAYER_MEDIA_TYPE = "layer-media-type", "clients decompress by the media type and fail";
    LAYER_COMPRESSION = "layer-compression", "the layer cannot be unpacked";
    LAYER_NOT_TAR = "layer-not-tar", "the layer cannot be unpacked";
    LAYER_BROKEN_TAR = "layer-broken-tar", "the layer cannot be unpacked whole";
    LAYER_AMBIGUOUS = "layer-ambiguous", "what one tool has checked is not what another one unpacks";
    LAYER_SPARSE = "layer-sparse", "tar readers disagree on sparse files, and a few bytes can claim any length";
    LAYER_TRAILING_DATA = "layer-trailing-data", "tar readers disagree on whether what follows the end exists";
    LAYER_TOO_LARGE = "layer-too-large", "what lies beyond the limit has not been checked";
    LAYER_PATH = "layer-path", "the name can lead out of the image when the layer is unpacked";
    LAYER_DUPLICATE = "layer-duplicate", "Docker refuses a path that is twice in one layer, others keep the last";
    LAYER_UNPACK = "layer-unpack", "the layer cannot be unpacked";

    // Contract: the index and its platforms.
    NOT_AN_IMAGE = "not-an-image", "the index of a service holds its images and nothing else";
    PLATFORM_MISSING = "platform-missing", "the service does not run on that platform";
    PLATFORM_UNEXPECTED = "platform-unexpected", "it is published, but neither built for nor tested";
    PLATFORM_UNDECLARED = "platform-undeclared", "clients select an image by the platform in the index";
    TAG_LATEST = "tag-latest", "a moving tag says nothing about what runs";

    // Contract: layers.
    BASE_MISMATCH = "base-mismatch", "the image does not stand on the pinned and verified base";
    BASE_PLATFORM = "base-platform", "without a base for this platform the layers above it cannot be told apart";
    DOCUMENT_FORM = "document-form", "what the build does not write is there for somebody else's purpose";
    LAYER_EXTRA = "layer-extra", "all that an image adds to its base is one layer with the service";
    LAYER_FORM = "layer-form", "what the build does not write is there for somebody else's purpose";
    LAYER_NONE = "layer-none", "the image holds no service";
    BINARY_MISSING = "binary-missing", "the container cannot start";
    BINARY_TYPE = "binary-type", "the service must be a file of its own, not a reference to something else";
    EXTRA_ENTRY = "extra-entry", "all that an image adds to its base is the service";
    FILE_MODE = "file-mode", "every user must be able to run it and none to change it";
    FILE_OWNER = "file-owner", "the user that it runs as must not be able to change it";
    FILE_OWNER_NAME = "file-owner-name", "unpackers prefer names over numbers, and names come from the build machine";
    FILE_MTIME = "file-mtime", "a time that moves gives every build another digest";
    FILE_SETUID = "file-setuid", "it would run with another user's rights";
    FILE_ATTRIBUTES = "file-attributes", "extended attributes can grant capabilities";

    // Contract: the binary.
    BINARY_TOO_LARGE = "binary-too-large", "it is held in memory while it is looked at";
    ELF_INVALID = "elf-invalid", "the kernel cannot start it";
    ELF_ARCHITECTURE = "elf-architecture", "the service does not start on the platform that the image is for";
    ELF_TYPE = "elf-type", "the kernel starts executables only";
    ELF_INTERPRETER = "elf-interpreter", "the image has no dynamic loader, the service would not start";
    ELF_NEEDED = "elf-needed", "the image has no shared libraries, the service would not start";
    ELF_ENTRY = "elf-entry", "a shared library has no place to start at";
    ELF_NOT_STRIPPED = "elf-not-stripped", "symbols and debug sections multiply the size of the image";

    // Contract: the config.
    ENTRYPOINT = "entrypoint", "the container starts something other than the service";
    ENTRYPOINT_SHELL = "entrypoint-shell", "the image has no shell, and with one signals do not reach the service";
    CMD = "cmd", "arguments come from the deployment, defaults from the service itself";
    USER_MISSING = "user-missing", "without a user the service runs as root";
    USER_ROOT = "user-root", "a service that is taken over should not be root";
    USER_NOT_NUMERIC = "user-not-numeric", "Kubernetes' runAsNonRoot refuses a user that it cannot see to be non-root";
    USER = "user", "deployments grant file permissions to that user";
    LABEL_MISSING = "label-missing", "the image does not say where it comes from";
    LABEL_VALUE = "label-value", "the image says something untrue about itself";
    CREATED_MISSING = "created-missing", "tools that sort or expire images go by it";
    CREATED_NOT_EPOCH = "created-not-epoch", "an unstamped build that knows the time gives another digest every time";
    CREATED_NOT_STAMPED = "created-not-stamped", "a release says when its commit was made";
    CREATED_DIFFERS = "created-differs", "commit time is one time; two mean that a clock was read";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_kebab_case_and_unique() {
        let mut ids: Vec<_> = ALL.iter().map(|code| code.id).chain([BLOB_UNREFERENCED.id]).collect();
        for id in &ids {
            assert!(id.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-'), "{id}");
        }
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
