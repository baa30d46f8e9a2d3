//! Labels as Bazel prints them: `@@repository//package:name`, where the main repository has no name.

/// The names that a package's BUILD file can have.
pub(super) const BUILD_FILES: [&str; 2] = ["BUILD.bazel", "BUILD"];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Label<'a> {
    pub(super) package: Package<'a>,
    pub(super) name: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Package<'a> {
    pub(super) repository: &'a str,
    pub(super) folder: &'a str,
}

impl<'a> Label<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (repository, rest) = text.split_once("//")?;
        let (folder, name) = rest.split_once(':')?;
        Some(Self { package: Package { repository: repository.trim_start_matches('@'), folder }, name })
    }

    /// Whether it names the BUILD file of its package.
    pub(super) fn is_build_file(&self) -> bool {
        BUILD_FILES.contains(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_taken_apart() {
        for (text, expected) in [
            ("@@//build/api:main.rs", Some(("", "build/api", "main.rs"))),
            ("//:Cargo.lock", Some(("", "", "Cargo.lock"))),
            ("@@rules_oci~//oci/private:image.bzl", Some(("rules_oci~", "oci/private", "image.bzl"))),
            ("@@a//b:src/c:d.rs", Some(("a", "b", "src/c:d.rs"))),
            ("nothing", None),
            ("", None),
        ] {
            let expected =
                expected.map(|(repository, folder, name)| Label { package: Package { repository, folder }, name });
            assert_eq!(Label::parse(text), expected, "`{text}`");
        }
    }
}
