# What people type. Every recipe is one command that can also be run by itself.

.DEFAULT_GOAL := help
.PHONY: help push oci-load release rehearse test bench fuzz lint fmt cache-login cache-logout clean registry-stop

help: ## Show what there is to make
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name text; do printf '  %-14s %s\n' "$$name" "$$text"; done
	@printf '\nVariables of push:\n'
	@printf '  %-30s %s\n' 'SERVICE=api' 'only this service' 'REGISTRY=ghcr.io/unkeyed' 'registry and prefix; unset: one on this machine, started if need be' 'REGISTRY_PORT=5000' 'port of the registry on this machine' 'TAG=v1.2.3' 'version tag; unset: a tag made from the content'
	@printf '\nVariables of cache-login:\n'
	@printf '  %-30s %s\n' 'MODE=read-write' 'or read-only, or release: the cache that only releases write' 'CACHE=https://...' 'another cache than the one in .bazelrc'
	@printf '\nVariables of lint:\n'
	@printf '  %-30s %s\n' 'PART=workflows' 'or tidy, shell, starlark, rust, dependencies; unset: all of them'
	@printf '\nVariables of fuzz:\n'
	@printf '  %-30s %s\n' 'TARGET=layout' 'only this target; unset: all, one after the other' 'SECONDS=60' 'how long each target runs' 'INPUT=file' 'run TARGET once, with what an earlier run kept'

push: ## Build every service image for both architectures and publish them
	@SERVICE='$(SERVICE)' REGISTRY='$(REGISTRY)' REGISTRY_PORT='$(REGISTRY_PORT)' TAG='$(TAG)' dev/push.sh

oci-load: ## Build the images of this machine's platform and put them into Docker as unkey/<service>:dev
	@SERVICE='$(SERVICE)' dev/load.sh

release: ## Plan, cut, publish and verify releases: make release ARGS='plan api'
	@./bazelw run //tools/release -- $(ARGS)

rehearse: ## Run the release workflow's jobs for TAG=api/v1.2.3 on this machine; publishes nothing elsewhere
	@./bazelw run //tools/rehearse -- $(if $(TAG),'$(TAG)')

test: ## Run every test; the last line is `N passed, N failed`
	@tests/run.sh

bench: ## Measure builds, pushes, loads and the release tool beside others; COLD=1 also a push from nothing
	@dev/bench.sh $(if $(COLD),--cold) --runs $(or $(RUNS),5)

fuzz: ## Feed the tools what no registry and no tag would hold; installs cargo-fuzz into the cache
	@dev/fuzz.sh '$(TARGET)' '$(SECONDS)' '$(INPUT)'

lint: ## Check formatting, code, scripts, workflows, dependencies; installs linters into the cache
	@dev/lint.sh $(PART)

fmt: ## Format Rust sources and Starlark
	@dev/fmt.sh

cache-login: ## Let Bazel use the remote cache, with the token in DEPOT_TOKEN
	@MODE='$(MODE)' CACHE='$(CACHE)' dev/cache_login.sh

cache-logout: ## Take that back
	@dev/cache_login.sh --out

clean: ## Remove what was built and stop the registry on this machine; the airgap root stays (airgap/root.sh drop)
	@dev/registry.sh stop
	@./bazelw clean

registry-stop: ## Stop the registry on this machine; its images stay
	@dev/registry.sh stop
