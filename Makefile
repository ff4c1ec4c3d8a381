# Verbs only; Meson does the work.  `make help` lists them.
MAKEFLAGS += --no-print-directory
SHELL = /bin/bash
.SHELLFLAGS = -o pipefail -c
JOBS ?= $(shell nproc)
PYTHON = /usr/bin/python3
RELEASE = build
PROGRAMS = bin/core bin/coresdk-sidecar bin/coresdk-courier bin/conform
SANITIZED = -Dbuildtype=debug -Doptimization=1 -Dstatic=false
ninja = ninja -C $(1) build.ninja >$(1)/configure.log || { cat $(1)/configure.log; exit 1; }; \
	ninja -C $(1) -j$(JOBS) --quiet $(2) | { grep -v 'no work to do' || true; }
configure = [ -f $(1)/build.ninja ] || meson setup $(1) $(2) >$(1).log 2>&1 || { cat $(1).log; exit 1; }; rm -f $(1).log

all: setup ## release build of the programs: build/bin
	@$(call configure,$(RELEASE),)
	@$(call ninja,$(RELEASE),$(PROGRAMS))
	@ln -sf core $(RELEASE)/bin/coresdk

demo: all ## the whole job: sign, deliver, decide, record
	@tools/demo $(RELEASE)/bin

check: all ## all tests in the release build; ends with `N passed, N failed`
	@tools/check $(RELEASE)

soak: all ## the long tests (hours); one: make soak T=audit
	@tools/soak $(RELEASE) $(T)

dist: setup-dist all ## packages, image, tarball, signed: build/dist (SIGN_KEY=KEY.pem)
	@$(PYTHON) tools/dist $(RELEASE)/bin $(RELEASE)/dist

repro: ## build twice in different places and compare
	@tools/repro

conform: all ## OPA's conformance cases: make conform CASES=DIR
	@[ -n "$(CASES)" ] || { echo 'make conform CASES=DIR' >&2; exit 64; }
	@$(RELEASE)/bin/conform --excused test/conformance/excused $(CASES)

bench: all ## time decisions in the process and through the daemon
	@$(call ninja,$(RELEASE),bench/evaluate bench/token bench/audit bench/bundle_bench bench/echo)
	@$(RELEASE)/bench/token
	@$(RELEASE)/bench/audit $(RELEASE)
	@$(RELEASE)/bench/bundle_bench
	@bench/workloads.py $(RELEASE)/bench/workloads
	@$(RELEASE)/bench/evaluate $(or $(WORKLOADS),$(firstword $(wildcard ../shared/perf/workloads) $(RELEASE)/bench/workloads))
	@bench/serve.sh $(RELEASE)/bin
	@bench/compare.sh $(RELEASE)/bin $(RELEASE)/bench/echo

asan: setup ## all tests under AddressSanitizer and UBSan
	@$(call configure,build-asan,$(SANITIZED) -Db_sanitize=address$(comma)undefined)
	@tools/check build-asan

tsan: setup ## all tests under ThreadSanitizer
	@$(call configure,build-tsan,$(SANITIZED) -Db_sanitize=thread)
	@tools/check build-tsan

fuzz: setup-clang ## fuzz every decoder for SECONDS=60 each; one: T=codec_json
	@export CC=clang CXX=clang++; $(call configure,build-fuzz,$(SANITIZED) -Dfuzz=true -Db_lundef=false -Db_sanitize=address$(comma)undefined)
	@tools/fuzz build-fuzz $(or $(SECONDS),60) $(T)

cover: setup-clang ## line coverage of each room
	@$(call configure,build-cover,-Dbuildtype=debug -Dstatic=false -Db_coverage=true)
	@tools/check build-cover || true
	@tools/cover build-cover

format: setup-clang ## clang-format on the files named, or on those changed: make format F=...
	@clang-format -i $(or $(F),$(shell git diff --name-only HEAD -- '*.c' '*.h'))

docs: all ## write doc/{config,errors,builtins}.md from the tables
	@$(PYTHON) tools/docs $(RELEASE)/bin/core

setup:
	@tools/setup

setup-clang:
	@tools/setup clang

setup-dist:
	@tools/setup dist

clean: ## remove what these verbs built
	@rm -rf build build-asan build-tsan build-fuzz build-cover

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

comma = ,
.PHONY: all demo check soak dist repro conform bench asan tsan fuzz cover format docs setup setup-clang setup-dist clean help
