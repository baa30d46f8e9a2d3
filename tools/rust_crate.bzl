"""`rust_crate`: a crate of `tools/`, or one laid out as those are, with its tests."""

load("@crates//:defs.bzl", "all_crate_deps")
load("@rules_rust//rust:defs.bzl", "rust_binary", "rust_library", "rust_test")
load(":program.bzl", "program")

# The modules of a tool's binary; all else under src/ is the library.
_BINARY_SRCS = [
    "src/arguments.rs",
    "src/cli.rs",
    "src/cli/**/*.rs",
    "src/commands.rs",
    "src/commands/**/*.rs",
    "src/main.rs",
]

# A function and not a symbolic macro, which Bazel 7.7 does not have.
def rust_crate(
        *,
        name,
        deps = [],
        visibility = ["//tools:__subpackages__"],
        compile_data = [],
        test_data = [],
        test_deps = [],
        it_data = [],
        it_deps = [],
        it_size = "medium",
        it_tags = [],
        rustc_env = {}):
    """Declares a library, a binary where there is a `src/main.rs`, and their tests.

    Args:
        name: The crate's name, which is the folder's.
        deps: Crates of this repository that library and binary use. Those of others come from the `Cargo.toml`.
        visibility: Of the library. Everybody may run the binary.
        compile_data: Files that the library includes.
        test_data: Files that the library's unit tests read.
        test_deps: Further crates of this repository that the library's unit tests use.
        it_data: Files and programs that `tests/it` needs beside the binary.
        it_deps: Further crates of this repository that `tests/it` uses.
        it_size: How long `tests/it` may take.
        it_tags: Its tags, such as `requires-network` for servers on loopback.
        rustc_env: Variables that the binary, and no other crate, is compiled with. They may name stamps, in braces.

    Targets created:
        For a crate with a binary `<name>` to run, `<name>_binary` for actions, and `<name>_library`; for one without the
        library `<name>`. Tests: `<library>_test`, `<name>_test`, and `it` where there is `tests/it/main.rs`.
    """
    has_binary = bool(native.glob(["src/main.rs"], allow_empty = True))
    binary_srcs = native.glob(_BINARY_SRCS, allow_empty = True) if has_binary else []
    library = name + "_library" if has_binary else name
    rust_library(
        name = library,
        srcs = native.glob(["src/**/*.rs"], exclude = binary_srcs),
        compile_data = compile_data,
        crate_name = name,
        proc_macro_deps = all_crate_deps(proc_macro = True),
        visibility = visibility,
        deps = deps + all_crate_deps(normal = True),
    )
    _unit_test(name = library + "_test", compile_data = compile_data, crate = ":" + library, data = test_data, deps = test_deps)
    if has_binary:
        _binary(name = name, srcs = binary_srcs, deps = [":" + library] + deps, rustc_env = rustc_env)
    it_srcs = native.glob(["tests/it/**/*.rs"], allow_empty = True)
    if it_srcs:
        rust_test(
            name = "it",
            size = it_size,
            srcs = it_srcs,
            crate_root = "tests/it/main.rs",
            data = ([":" + name] if has_binary else []) + it_data,
            env = {"CARGO_BIN_EXE_" + name: "$(rootpath :{})".format(name)} if has_binary else {},
            proc_macro_deps = all_crate_deps(proc_macro = True, proc_macro_dev = True),
            tags = it_tags,
            deps = [":" + library] + deps + it_deps + all_crate_deps(normal = True, normal_dev = True),
        )

def _binary(*, name, srcs, deps, rustc_env):
    rust_binary(
        name = name + "_binary",
        srcs = srcs,
        crate_name = name,
        proc_macro_deps = all_crate_deps(proc_macro = True),
        rustc_env = rustc_env,
        # As the build says, where there is something to stamp: what is never stamped is not built anew for a commit.
        stamp = -1 if rustc_env else 0,
        visibility = ["//visibility:public"],
        deps = deps + all_crate_deps(normal = True),
    )
    program(
        name = name,
        binary = ":{}_binary".format(name),
        visibility = ["//visibility:public"],
    )
    _unit_test(name = name + "_test", crate = ":{}_binary".format(name))

def _unit_test(*, name, crate, compile_data = [], data = [], deps = []):
    rust_test(
        name = name,
        size = "small",
        compile_data = compile_data,
        crate = crate,
        data = data,
        proc_macro_deps = all_crate_deps(proc_macro_dev = True),
        deps = deps + all_crate_deps(normal_dev = True),
    )
