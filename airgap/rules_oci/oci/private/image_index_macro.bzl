"""The macro `oci_image_index`: inline annotations become a file, and the companion targets are declared."""

load(":attributes.bzl", "helper_attributes", "pairs_file")
load(":companions.bzl", "companions", "output_names")
load(":image_index.bzl", _oci_image_index_rule = "oci_image_index")

visibility("//oci/...")

def oci_image_index(name, images, platforms = [], annotations = None, **kwargs):
    """Makes a multi-platform image, as rules_oci's macro of the same name does.

    Positional arguments as there: the signature is rules_oci's.

    Args:
      name: of the index.
      images: labels of the images.
      platforms: labels of platforms that the one image is built for.
      annotations: dict, or label of a file of `name=value` lines.
      **kwargs: further attributes of the rule, and common ones.

    Targets created:
      `:NAME`, `:NAME.digest`, `:NAME_index_json`, `:NAME_index_json_cp`, and `:NAME_write_annotations` if given inline.
    """
    attributes = helper_attributes(kwargs)
    _oci_image_index_rule(
        name = name,
        annotations = pairs_file(name, "annotations", annotations, attributes),
        images = images,
        platforms = platforms,
        **(kwargs | output_names(name))
    )
    companions(name, attributes)
