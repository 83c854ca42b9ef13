# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
#
# Every target is one script or one command; `make help` lists them.

PORT ?= 50051
SECONDS ?= 60

.DEFAULT_GOAL := help
.PHONY: counts counts-update help setup build release sbom manuals release-archive run test lint format docs generate check-generated fuzz bench
.PHONY: bench-page test-asan test-tsan attacks costs detection checks registries soak image image-archive interop-server clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what builds, tests and benchmarks need (Debian packages, a Python venv)
	@scripts/setup all

build: ## Build everything for debugging
	@scripts/setup build
	swift build

release: ## Build the static, stripped binaries into dist/
	@scripts/setup build
	@scripts/release

sbom: release ## Write what is linked into the binaries to dist/sbom.cdx.json (CycloneDX 1.5)
	@scripts/sbom

manuals: release ## Write man pages, and completions for bash, zsh and fish, into dist/
	@scripts/manuals dist dist

release-archive: sbom manuals ## Pack all that is shipped into dist/vitals-VERSION-linux-ARCHITECTURE.tar.gz, with SHA256SUMS
	@scripts/release-archive

run: release ## Start the demo server and say how to talk to it (PORT=50051)
	@scripts/run $(PORT)

test: ## Everything: set-up, lint, Swift tests, release, Python tests; ends with a count
	@scripts/test

lint: ## Check format, file lengths and imports
	@scripts/lint

format: ## Rewrite the Swift sources in the house format
	swift format --in-place --recursive Sources Tests Fuzz Examples/Sources Examples/Package.swift Package.swift

docs: release ## Write the tables of settings into docs/runtime.md and docs/wrapper.md, and the API of the libraries (DocC) into .build/docs
	@scripts/settings-table dist/skill-runtime docs/runtime.md
	@scripts/settings-table dist/healthcheck docs/wrapper.md --
	@scripts/docs

generate: ## Write what follows from Protos/ (C code, descriptors) and from Pages/ (the status page)
	@scripts/setup all
	Protos/generate.sh
	Pages/generate.py

check-generated: ## Check that what was generated from Protos/ is fresh
	@scripts/setup test
	@scripts/check-generated

fuzz: ## Look for inputs that crash parsers and sessions (SECONDS_EACH=60)
	@scripts/setup build
	@scripts/fuzz

bench: release ## Measure beside a C yardstick, nghttpd, gRPC C++, grpcio and nginx: five rounds, some five minutes
	@scripts/setup bench
	@scripts/bench --quick

bench-page: release ## The same with more rounds and points, some eleven minutes, and renew docs/benchmarks.md from it
	@scripts/setup bench
	@scripts/bench --output Benchmarks/results.json
	@scripts/draw-benchmarks

image: ## Build the images of deploy/docker with docker, podman or buildah (TAG=latest, TARGETS=runtime-gpu)
	@scripts/image build $(TARGETS)

counts: release ## Check instructions, system calls and sizes of the binaries against Benchmarks/counts.json
	@scripts/setup test
	@.venv/bin/python Benchmarks/counts.py check

counts-update: release ## Write these counts into Benchmarks/counts.json, where they moved on purpose
	@scripts/setup test
	@.venv/bin/python Benchmarks/counts.py update

image-archive: release ## Write the images into dist/images, for docker load; needs no other image
	@scripts/image archive $(TARGETS)

interop-server: ## Start a server for gRPC's interoperability tests (PORT=50051)
	@scripts/setup build
	swift build --product interop-server
	.build/debug/interop-server $(PORT)

test-asan: ## The Swift tests, and most Python ones, under AddressSanitizer
	@scripts/setup all
	@scripts/test-sanitized address

test-tsan: ## The Swift tests, and most Python ones, under ThreadSanitizer
	@scripts/setup all
	@scripts/test-sanitized thread

attacks: release ## Measure a Check beside each known attack, and each in 64 MiB of memory (ATTACK_SECONDS=3)
	@scripts/setup test
	@.venv/bin/python Benchmarks/attacks.py

costs: release ## Look for requests that cost the server more CPU or memory than they may
	@scripts/setup test
	@.venv/bin/python Benchmarks/search_costs.py
	@.venv/bin/python Benchmarks/source_costs.py

detection: release ## Measure the time from a condition to NOT_SERVING, and the cold start (TIMES=20)
	@scripts/setup test
	@.venv/bin/python Benchmarks/detection.py

checks: release ## Measure the check engine: detection, false alarms, 1,000 checks a second (TIMES=20 SECONDS=60)
	@scripts/setup test
	@.venv/bin/python Benchmarks/checks.py

registries: ## Measure what many registered instances cost a real Redis and a real etcd (INSTANCES=1000 WATCHERS=100 RATE=500 SECONDS=10)
	@scripts/setup all
	swift build -c release --product registry-load
	@.venv/bin/python Benchmarks/registries.py

soak: release ## Clients of every kind come and go, also over TLS; then false alarms (SECONDS=60 each, at most 1800)
	@scripts/setup test
	@scripts/soak --seconds $(SECONDS)
	@scripts/soak --seconds $(SECONDS) --tls
	@scripts/soak --false-alarms --seconds $(SECONDS)

clean: ## Remove what was built (the venv stays)
	rm -rf .build .build-* Examples/.build dist
