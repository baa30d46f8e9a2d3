"""The macro `oci_image`: inline values become files, and the companion targets are declared."""

load(":attributes.bzl", "helper_attributes", "joined_file", "lines_file", "pairs_file")
load(":companions.bzl", "companions", "output_names")
load(":image.bzl", _oci_image_rule = "oci_image")

visibility("//oci/...")

def oci_image(
        name,
        base = None,
        tars = [],
        os = None,
        architecture = None,
        variant = None,
        entrypoint = None,
        cmd = None,
        env = None,
        labels = None,
        annotations = None,
        exposed_ports = None,
        volumes = None,
        **kwargs):
    """Makes an OCI image out of layers, as rules_oci's macro of the same name does.

    Positional arguments as there: the signature is rules_oci's.

    Args:
      name: of the image.
      base: label of a folder with an OCI layout to build on.
      tars: labels of the layers, lowest first.
      os: operating system, needed without `base`.
      architecture: CPU architecture, needed without `base`.
      variant: variant of the architecture.
      entrypoint: list of the program and its arguments, or label of a file with one a line.
      cmd: list of default arguments, or label of a file with one a line.
      env: dict of variables, or label of a file of `KEY=VALUE` lines.
      labels: dict, or label of a file of `name=value` lines.
      annotations: dict, or label of a file of `name=value` lines.
      exposed_ports: list, or label of a file with one comma-separated line.
      volumes: list, or label of a file with one comma-separated line.
      **kwargs: further attributes of the rule, and common ones.

    Targets created:
      `:NAME`, `:NAME.digest`, `:NAME_index_json`, `:NAME_index_json_cp`, and `:NAME_write_<attribute>` for each
      attribute that is given inline.
    """
    attributes = helper_attributes(kwargs)
    _oci_image_rule(
        name = name,
        annotations = pairs_file(name, "annotations", annotations, attributes),
        architecture = architecture,
        base = base,
        cmd = lines_file(name, "cmd", cmd, attributes),
        entrypoint = lines_file(name, "entrypoint", entrypoint, attributes),
        env = pairs_file(name, "env", env, attributes),
        exposed_ports = joined_file(name, "exposed_ports", exposed_ports, attributes),
        labels = pairs_file(name, "labels", labels, attributes),
        os = os,
        tars = tars,
        variant = variant,
        volumes = joined_file(name, "volumes", volumes, attributes),
        **(kwargs | output_names(name))
    )
    companions(name, attributes)
