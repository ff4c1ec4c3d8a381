#!/bin/sh
# src/release: 10,000 flipped bits, 10,000 cuts and every bit of the block of a signed program.
set -eu
cd "$(dirname "$0")/../.."
build=$(dirname "$(dirname "$CORE")")
ninja -C "$build" --quiet src/release/release_binary_test >&2
RELEASE_FLIPS=10000 exec "$build/src/release/release_binary_test"
