#!/bin/bash
# serve.sh BIN: what the daemon costs: requests per second and CPU per request at 1, 8 and 64
# connections (Authorize with a token, every decision audited), start-up, memory, size.
#
# The load generator takes a core of its own, so on a small machine requests per second
# say more about it than about the daemon; CPU per request is the daemon's alone.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
bin=$(cd "$1" && pwd)
home=$(mktemp -d)
sidecar=
trap '[ -z "$sidecar" ] || kill "$sidecar" 2>/dev/null; rm -rf "$home"' EXIT
cd "$home"

"$bin/core" policy keygen --out . >/dev/null
"$bin/core" policy bundle --dir "$top/examples/policies" --sign-key signing-key.pem --output bundle.tar.gz >/dev/null
token=$("$top/examples/issuer.py" . alice '{"tenant_id":"default","scope":"orders:read"}')
port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

"$top/bench/request.py" "$token" >request

now_ns() { date +%s%N; }
cpu_ns() { cat /proc/"$sidecar"/task/*/schedstat | awk '{ sum += $1 } END { printf "%.0f", sum }'; }
memory_kb() { awk '/^VmRSS/ { print $2 }' /proc/"$sidecar"/status; }
is_up() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

begin=$(now_ns)
CORESDK_SIDECAR_ADDR=127.0.0.1:$port CORESDK_LISTEN_REST=unix:$home/rest.sock CORESDK_DATA_DIR=$home/data CORESDK_LISTEN_ADMIN='' \
	CORESDK_POLICY_BUNDLE_PATH=$home/bundle.tar.gz CORESDK_POLICY_VERIFY_KEYS=$home/signing-key.pub \
	CORESDK_JWKS_PATH=$home/jwks.json CORESDK_POLICY_DEFAULT_RULE=data.tenant.allow CORESDK_LOG_LEVEL=warn \
	CORESDK_AUDIT_FILE_PATH=$home/audit.ndjson CORESDK_AUDIT_FILE_ROTATE_MB=0 "$bin/coresdk-sidecar" start 2>sidecar.log &
sidecar=$!
until is_up; do
	kill -0 "$sidecar" 2>/dev/null || { cat sidecar.log; exit 1; }
done
printf 'start-up      %8.1f ms, from exec to the first connection\n' "$(awk "BEGIN { print ($(now_ns) - $begin) / 1e6 }")"
printf 'memory        %8d kB resident when idle\n' "$(memory_kb)"

load() { # load CONNECTIONS STREAMS REQUESTS
	local before after begin rate
	before=$(cpu_ns)
	h2load -c "$1" -m "$2" -n "$3" -d request -H 'content-type: application/grpc' -H 'te: trailers' \
		"http://127.0.0.1:$port/coresdk.v1.AuthService/Authorize" >load.txt 2>&1
	after=$(cpu_ns)
	grep -q "$3 succeeded" load.txt || { cat load.txt; tail -n 5 sidecar.log; exit 1; }
	rate=$(sed -n 's/^finished in .*, \([0-9.]*\) req\/s.*/\1/p' load.txt)
	printf '%3d x %-3d      %8.0f req/s %8.1f us of server CPU per request\n' "$1" "$2" "$rate" \
		"$(awk "BEGIN { print ($after - $before) / 1e3 / $3 }")"
}
echo 'connections x streams'
load 1 1 2000 >/dev/null
load 1 1 10000
load 8 1 40000
load 64 1 80000
load 8 16 80000
# The same decision over HTTP/1.1 and a Unix socket, as a client of OPA asks for it.
load_rest() { # load_rest CONNECTIONS REQUESTS
	local before after rate
	before=$(cpu_ns)
	h2load --h1 -c "$1" -n "$2" -d document -H 'content-type: application/json' -B "unix:$home/rest.sock" \
		http://localhost/v1/data/tenant/allow >load.txt 2>&1
	after=$(cpu_ns)
	grep -q "$2 succeeded" load.txt || { cat load.txt; tail -n 5 sidecar.log; exit 1; }
	rate=$(sed -n 's/^finished in .*, \([0-9.]*\) req\/s.*/\1/p' load.txt)
	printf '%3d HTTP/1.1   %8.0f req/s %8.1f us of server CPU per request\n' "$1" "$rate" \
		"$(awk "BEGIN { print ($after - $before) / 1e3 / $2 }")"
}
echo '{"input":{"tenant_id":"default","subject":"alice","action":"read","resource":"orders/17","context":{"scopes":["orders:read"]}}}' >document
load_rest 1 2000 >/dev/null
load_rest 1 10000
load_rest 8 40000
load_rest 64 80000
printf 'memory        %8d kB resident after it\n' "$(memory_kb)"
printf 'audit log     %8d lines\n' "$(wc -l <audit.ndjson)"
for program in coresdk-sidecar core; do
	printf '%-15s %6d kB\n' "$program" "$(($(stat -c %s "$bin/$program") / 1024))"
done
