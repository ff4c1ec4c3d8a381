#!/bin/sh
# Every allocation of every command, of the daemon's start, of each call and of each reload: refused once, and refused for good.
# Then each system call of a life, failing in turn.
set -eu
cd "$(dirname "$0")/../.."
build=${SIDECAR%/bin/*}
ninja -C "$build" test/containment/scarce-core test/containment/scarce-sidecar >/dev/null
export SAMPLES="${SAMPLES:-0}" SCARCE_CORE="$build/test/containment/scarce-core" SCARCE_SIDECAR="$build/test/containment/scarce-sidecar"
/usr/bin/python3 test/containment/scarce_core_test.py | grep -v '^1\.\.' || true
/usr/bin/python3 test/containment/scarce_sidecar_test.py | grep -v '^1\.\.' || true
/usr/bin/python3 test/containment/injected_test.py | grep -v '^1\.\.' || true
