"""The targets that come with every image and index: its digest, and its index.json."""

visibility("//oci/...")

DirectoryPathInfo = provider(
    doc = "A file inside a folder that an action makes.",
    fields = {
        "directory": "(File) The folder.",
        "path": "(string) The file, from the folder.",
    },
)

def _directory_path_impl(ctx):
    return [
        DefaultInfo(files = depset([ctx.file.directory])),
        DirectoryPathInfo(directory = ctx.file.directory, path = ctx.attr.path),
    ]

_directory_path = rule(
    implementation = _directory_path_impl,
    attrs = {
        "directory": attr.label(allow_single_file = True, doc = "The folder.", mandatory = True),
        "path": attr.string(doc = "The file, from the folder.", mandatory = True),
    },
    doc = "Names a file inside a folder.",
    provides = [DirectoryPathInfo],
)

def output_names(name):
    """The files beside the layout, in the form of the rules' attributes."""
    return {
        "digest_output": name + ".json.sha256",
        "index_output": name + "_index.json",
    }

def companions(name, attributes):
    """Declares `NAME.digest`, `NAME_index_json` and `NAME_index_json_cp`.

    Args:
      name: of the image or index.
      attributes: what all three have in common with it, such as tags and visibility.
    """
    outputs = output_names(name)
    native.filegroup(
        name = name + ".digest",
        srcs = [outputs["digest_output"]],
        **attributes
    )
    _directory_path(
        name = name + "_index_json",
        directory = name,
        path = "index.json",
        **attributes
    )
    native.filegroup(
        name = name + "_index_json_cp",
        srcs = [outputs["index_output"]],
        **attributes
    )
