"""The services: the folders of build/ that call `service_image`. `make bazel` writes the list."""

visibility(["//tests/services"])

SERVICES = [
    # make bazel: begin services
    "api",
    "control-api",
    "control-worker",
    "frontline",
    "heimdall",
    "krane",
    "vault",
    # make bazel: end
]
