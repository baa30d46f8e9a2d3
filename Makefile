# What people type. Every recipe is one command that can also be run by itself.
#
# No recipe refers to a variable of make: its value would become text of a shell. The environment hands it on, and the
# script of the recipe checks it.

# What is typed behind a target is exported by make, which would first run the `$(shell ...)` in it: taken as it was typed
# instead. Variables of the environment are handed on as they are.
define as_typed
override $(1) := $$(value $(1))
export $(1)
endef
$(foreach name,$(.VARIABLES),$(if $(filter command line,$(origin $(name))),$(eval $(call as_typed,$(name)))))

.DEFAULT_GOAL := help
.PHONY: help push oci-load bazel new-service up down dev release rehearse cli-release test test-k8s bench fuzz lint fmt cache-login cache-logout clean registry-status registry-stop

help: ## Show what there is to make
	@dev/help.sh

push: ## Build every service image for both architectures and publish them
	@dev/push.sh

oci-load: ## Build the images of this machine's platform and put them into Docker as unkey/<service>:dev
	@dev/load.sh

bazel: ## Write what names services and crates, from the folders: Cargo.toml, MODULE.bazel, workflow, compose, Kubernetes
	@dev/bazel.sh

new-service: ## Make a service: make new-service NAME=billing-api DESCRIPTION='Bills customers'
	@dev/new_service.sh

up: ## Start all services in Docker from their images, wait until they are healthy, and try what they do together
	@dev/up.sh

down: ## Remove their containers and their network; VOLUMES=1 also what they have stored
	@dev/down.sh

dev: ## Run one service from its sources and start it again at each change: make dev SERVICE=api; no image, no Bazel
	@dev/dev.sh

release: ## Plan, cut, publish and verify releases: make release ARGS='plan api'
	@dev/release.sh

rehearse: ## Run the release workflow's commands for TAG=api/v1.2.3 on this machine; publishes nothing elsewhere
	@dev/rehearse.sh

cli-release: ## Rehearse the client's release TAG=cli/v1.2.3: GoReleaser, a registry of npm, GitHub played by a stand-in
	@dev/rehearse.sh client

test: ## Run every test; the last line is `N passed, N failed`
	@tests/run.sh

test-k8s: ## Apply dev/k8s to a real API server of Kubernetes; compiles it the first time, in minutes
	@tests/k8s/run.sh

bench: ## Measure builds, pushes, loads and the release tool beside others; COLD=1 also a push from nothing
	@dev/bench.sh

# Another name on the way: in bash, SECONDS is a clock.
fuzz: export FUZZ_SECONDS := $(value SECONDS)
fuzz: ## Feed the tools what no registry and no tag would hold; installs cargo-fuzz into the cache
	@dev/fuzz.sh

lint: ## Check formatting, code, scripts, workflows, dependencies; installs linters into the cache
	@dev/lint.sh

fmt: ## Format Rust sources and Starlark
	@dev/fmt.sh

cache-login: ## Let Bazel use the remote cache, with the token in DEPOT_TOKEN
	@dev/cache_login.sh

cache-logout: ## Take that back
	@dev/cache_login.sh --out

clean: ## Remove what was built and stop the registry on this machine; the airgap root stays (airgap/root.sh drop)
	@dev/registry.sh stop
	@./bazelw clean

registry-status: ## Say whether the registry on this machine runs, and where
	@dev/registry.sh status

registry-stop: ## Stop the registry on this machine; its images stay
	@dev/registry.sh stop
