"""The repository `@debian_rust`: Debian's rustc, and the musl standard library of the airgap root, as toolchains."""

# Where airgap/debian/inside/musl_sysroot.sh puts what it builds.
_MUSL_SYSROOT = "/opt/airgap/musl"

_BUILD = """
load("@rules_rust//rust:toolchain.bzl", "rust_stdlib_filegroup", "rust_toolchain")

package(default_visibility = ["//visibility:public"])

filegroup(name = "cargo", srcs = ["bin/cargo"])
filegroup(name = "rustc", srcs = ["bin/rustc"])
filegroup(name = "rustc_lib", srcs = [])
filegroup(name = "rustdoc", srcs = ["bin/rustdoc"])

TARGETS = [
    ("host", "x86_64-unknown-linux-gnu"),
    ("amd64", "x86_64-unknown-linux-musl"),
    ("arm64", "aarch64-unknown-linux-musl"),
]

[rust_stdlib_filegroup(
    name = name + "_std",
    srcs = glob([
        "lib/rustlib/%s/lib/*.rlib" % triple,
        "lib/rustlib/%s/lib/*.rmeta" % triple,
        "lib/rustlib/%s/lib/*.so" % triple,
        "lib/rustlib/%s/lib/self-contained/*" % triple,
    ], allow_empty = True),
) for name, triple in TARGETS]

[rust_toolchain(
    name = name + "_impl",
    binary_ext = "",
    cargo = ":cargo",
    default_edition = "2024",
    dylib_ext = ".so",
    exec_triple = "x86_64-unknown-linux-gnu",
    extra_rustc_flags = [] if name == "host" else ["-Clinker-flavor=ld.lld", "-Ctarget-feature=+crt-static"],
    rust_doc = ":rustdoc",
    rust_std = ":%s_std" % name,
    rustc = ":rustc",
    rustc_lib = ":rustc_lib",
    staticlib_ext = ".a",
    stdlib_linkflags = ["-lpthread", "-ldl"] if name == "host" else [],
    strip_level = {"dbg": "none", "fastbuild": "none", "opt": "symbols"},
    tags = ["manual"],
    target_triple = triple,
) for name, triple in TARGETS]
"""

def _debian_rust_impl(repository_ctx):
    for program in ["cargo", "rustc", "rustdoc"]:
        repository_ctx.symlink("/usr/bin/" + program, "bin/" + program)
    repository_ctx.symlink("/usr/lib/rustlib/x86_64-unknown-linux-gnu", "lib/rustlib/x86_64-unknown-linux-gnu")
    for triple in ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"]:
        repository_ctx.symlink("{}/lib/rustlib/{}".format(_MUSL_SYSROOT, triple), "lib/rustlib/" + triple)
    repository_ctx.file("BUILD.bazel", _BUILD)

_debian_rust = repository_rule(
    implementation = _debian_rust_impl,
    doc = "Links the airgap root's Rust into a repository.",
)

def _debian_impl(_module_ctx):
    _debian_rust(name = "debian_rust")

debian = module_extension(
    implementation = _debian_impl,
    doc = "Makes `@debian_rust`. Only the toolchains of the airgap build ask for it.",
)
