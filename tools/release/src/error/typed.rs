//! What people type to run this tool: hints name commands that exist where they are read.

use release_tag::Tag;

/// The command for a verb and its arguments: `make release ARGS='cut api --bump minor'`. They hold nothing that a shell or
/// make would take for its own, as tags and names of services do not.
#[must_use]
pub fn command(arguments: &str) -> String {
    format!("make release ARGS='{arguments}'")
}

/// How to get a version that is free in place of a tag's.
#[must_use]
pub fn next_version(instead_of: &Tag) -> String {
    let command = command(&format!("cut {}", instead_of.service()));
    format!("a service without a version gets the next one: {command}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_can_be_typed() {
        assert_eq!(command("cut api --bump minor"), "make release ARGS='cut api --bump minor'");
        let tag = Tag::parse("api/v1.2.3".as_ref()).unwrap();
        assert!(next_version(&tag).ends_with("make release ARGS='cut api'"));
    }
}
