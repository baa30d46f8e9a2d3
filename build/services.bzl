"""The services: the folders of build/ that call `service_image`. `make bazel` writes the list."""

visibility("private")

SERVICES = [
    # make bazel: begin services
    "api",
    # make bazel: end
]
