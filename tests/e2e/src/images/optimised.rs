//! An image is always a release's: flags that reach code generation elsewhere leave its bytes alone.

use crate::command::stdout;
use crate::workspace::Workspace;

/// The settings of `rules_rust` that reach the bytes of a program, in every version of it that is supported.
const SETTINGS: [&str; 9] = [
    "experimental_link_std_dylib",
    "experimental_per_crate_rustc_flag=@-Cdebuginfo=1",
    "experimental_use_cc_common_link",
    "experimental_use_global_allocator",
    "extra_rustc_flag=-Cforce-frame-pointers=yes",
    "extra_rustc_flags=-Cdebuginfo=1",
    "no_std=alloc",
    "rename_first_party_crates",
    "toolchain_generated_sysroot=false",
];

#[test]
fn a_debug_build_makes_the_same_image() {
    assert_same_image(&["--compilation_mode=dbg"]);
}

#[test]
fn flags_of_the_compiler_and_the_linker_make_the_same_image() {
    assert_same_image(&["--compilation_mode=fastbuild", "--strip=never", "--copt=-g"]);
}

/// Building once for each would compile all tools each time: what is in one configuration has the same bytes.
#[test]
fn nothing_of_the_command_line_reaches_the_configuration_of_a_service() {
    let settings: Vec<_> = SETTINGS.iter().map(|setting| format!("--@rules_rust//rust/settings:{setting}")).collect();
    let of_bazel = ["--linkopt=-Wl,--build-id=sha1", "--cxxopt=-g", "--conlyopt=-g", "--per_file_copt=.*@-g"];
    let options: Vec<_> = settings.iter().map(String::as_str).chain(of_bazel).collect();
    let expected = configurations(&[]);
    assert_eq!(expected.lines().count(), 2, "one for each platform: {expected}");
    assert_eq!(configurations(&options), expected);
    // One that is not reset, because no byte depends on it, shows what a difference looks like.
    assert_ne!(configurations(&["--define=any=thing"]), expected);
}

/// The library of a service, a line for each configuration that it is built in for the image.
fn configurations(options: &[&str]) -> String {
    let query = ["filter(\"^//svc/api:api$\", deps(//build/api:image))"];
    stdout(&mut Workspace::own().bazel(&[&["cquery"], options, &query].concat()))
}

fn assert_same_image(options: &[&str]) {
    let workspace = Workspace::own();
    assert_eq!(workspace.digest(options), workspace.digest(&[]), "{options:?}");
}
