"""What the two macros share: common attributes handed to helper targets, and inline values written to files.

A value given inline becomes a file, because the rules take files; a value that is a label already is one.
"""

load("@bazel_skylib//lib:types.bzl", "types")
load("@bazel_skylib//rules:write_file.bzl", "write_file")

visibility("//oci/...")

# Attributes of every rule that a helper target has to share with the target that it helps.
_COMMON = [
    "compatible_with",
    "deprecation",
    "exec_compatible_with",
    "exec_properties",
    "features",
    "restricted_to",
    "target_compatible_with",
    "testonly",
    "toolchains",
    "visibility",
]

# Tags that say where and how an action may run, and so hold for helpers as well.
_EXECUTION_TAGS = [
    "block-network",
    "cpu:",
    "external",
    "local",
    "no-cache",
    "no-remote",
    "no-remote-cache",
    "no-remote-cache-upload",
    "no-remote-exec",
    "no-sandbox",
    "requires-fakeroot",
    "requires-network",
]

def helper_attributes(kwargs):
    """The attributes of a helper target: the common ones of `kwargs`, and `manual` beside execution tags."""
    attributes = {key: kwargs[key] for key in _COMMON if key in kwargs}
    attributes["tags"] = ["manual"] + [tag for tag in kwargs.get("tags", []) if _is_execution_tag(tag)]
    return attributes

def _is_execution_tag(tag):
    for known in _EXECUTION_TAGS:
        if tag == known or (known.endswith(":") and tag.startswith(known)):
            return True
    return False

def pairs_file(name, what, pairs, attributes):
    """A label for `pairs`: a dict becomes a file of `key=value` lines, all else is taken for a label."""
    if not types.is_dict(pairs):
        return pairs
    return _file(name, what, ["{}={}".format(key, value) for key, value in pairs.items()], attributes)

def lines_file(name, what, values, attributes):
    """A label for `values`: a list becomes a file with a value a line, all else is taken for a label."""
    if not types.is_list(values):
        return values

    # A line is a value: the tool turns the escape back.
    return _file(name, what, [value.replace("\n", "%5Cn") for value in values], attributes)

def joined_file(name, what, values, attributes):
    """A label for `values`: a list becomes a file with one comma-separated line, all else is taken for a label."""
    if not types.is_list(values):
        return values
    return _file(name, what, [",".join(values)], attributes)

def _file(name, what, lines, attributes):
    target = "{}_write_{}".format(name, what)
    write_file(
        name = target,
        out = "{}.{}.txt".format(name, what),
        content = lines,
        **attributes
    )
    return target
