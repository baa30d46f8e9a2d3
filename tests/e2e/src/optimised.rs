//! An image is always a release's: flags that reach code generation elsewhere leave its bytes alone.

use crate::workspace::Workspace;

#[test]
fn a_debug_build_makes_the_same_image() {
    assert_same_image(&["--compilation_mode=dbg"]);
}

#[test]
fn flags_of_the_compiler_and_the_linker_make_the_same_image() {
    assert_same_image(&["--compilation_mode=fastbuild", "--strip=never", "--copt=-g"]);
}

fn assert_same_image(options: &[&str]) {
    let workspace = Workspace::own();
    assert_eq!(workspace.digest(options), workspace.digest(&[]), "{options:?}");
}
