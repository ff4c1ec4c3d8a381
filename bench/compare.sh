#!/bin/bash
# compare.sh BIN ECHO: what the daemon costs beside servers that do (almost) nothing, in one
# run: an nghttp2 echo over a Unix socket, gRPC C++ and OPA over TCP, nginx's static answer
# over HTTP/1.1.  Every server has core 0 to itself, the load generator another.
#
# CPU is user and system time of all threads of the server (/proc/PID/task/*/schedstat).  Each
# decision of ours is audited: the writer's time is in the figure.  A figure that misses its
# target is printed as such; nothing fails, for machines differ.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
bin=$(cd "$1" && pwd)
echo=$(realpath "$2")
home=$(mktemp -d)
pids=()
trap 'for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done; wait; rm -rf "$home"' EXIT
cd "$home"
last=$(($(nproc) - 1))

on_core_0() { taskset -c 0 "$@" & pids+=($!); pid=$!; }
cpu_ns() { cat $(for p in "$@"; do echo /proc/"$p"/task/*/schedstat; done) | awk '{ sum += $1 } END { printf "%.0f", sum }'; }
compute() { awk "BEGIN { printf \"%.2f\", $1 }"; }
free_port() { /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
verdict() { awk "BEGIN { print ($1) ? \"met\" : \"MISSED\" }"; }
row() { printf '%-44s %10s %10s %10s  %s\n' "$@"; }
wait_for() { # wait_for COMMAND...: up to ten seconds
	local i
	for i in $(seq 200); do "$@" 2>/dev/null && return 0; sleep 0.05; done
	echo "no server: $*" >&2
	cat sidecar.log >&2
	return 1
}
is_up() { (exec 3<>"/dev/tcp/127.0.0.1/$1"); }

# load PIDS REQUESTS H2LOAD-ARGS...: sets us (CPU per request), rate, p50 and p99 (us)
load() {
	local of=$1 count=$2 before after
	shift 2
	taskset -c "$last" h2load -n 500 "$@" >load.txt 2>&1
	rm -f times
	before=$(cpu_ns $of)
	taskset -c "$last" h2load -n "$count" --log-file=times "$@" >load.txt 2>&1
	after=$(cpu_ns $of)
	grep -q "$count succeeded" load.txt || { cat load.txt >&2; return 1; }
	us=$(compute "($after - $before) / 1e3 / $count")
	rate=$(sed -n 's/^finished in .*, \([0-9.]*\) req\/s.*/\1/p' load.txt)
	cut -f3 times | sort -n >sorted
	p50=$(sed -n "$((count / 2))p" sorted)
	p99=$(sed -n "$((count * 99 / 100))p" sorted)
}
grpc=(-d request -H 'content-type: application/grpc' -H 'te: trailers')
method=/coresdk.v1.AuthService/Authorize

"$bin/core" policy keygen --out . >/dev/null
"$bin/core" policy bundle --dir "$top/examples/policies" --sign-key signing-key.pem --output bundle.tar.gz >/dev/null
token=$("$top/examples/issuer.py" . alice '{"tenant_id":"default","scope":"orders:read"}')
"$top/bench/request.py" "$token" >request
echo '{"input":{"tenant_id":"default","subject":"alice","action":"read","resource":"orders/17","context":{"scopes":["orders:read"]}}}' >document

start_sidecar() { # start_sidecar ADDRESS
	rm -rf data
	CORESDK_SIDECAR_ADDR=$1 CORESDK_LISTEN_REST=127.0.0.1:$rest CORESDK_DATA_DIR=$home/data CORESDK_LISTEN_ADMIN='' \
		CORESDK_POLICY_BUNDLE_PATH=$home/bundle.tar.gz CORESDK_POLICY_VERIFY_KEYS=$home/signing-key.pub \
		CORESDK_JWKS_PATH=$home/jwks.json CORESDK_POLICY_DEFAULT_RULE=data.tenant.allow CORESDK_LOG_LEVEL=warn \
		CORESDK_AUDIT_FILE_PATH=$home/audit.ndjson CORESDK_AUDIT_FILE_ROTATE_MB=0 CORESDK_WORKERS=1 \
		taskset -c 0 "$bin/coresdk-sidecar" start 2>sidecar.log &
	sidecar=$!
	pids+=($sidecar)
	wait_for is_up "$rest"
}

rest=$(free_port)
start_sidecar "unix:$home/core.sock"
on_core_0 "$echo" "unix:$home/echo.sock"
echoer=$pid
wait_for test -S echo.sock
row 'over a Unix socket (connections x streams)' ours echo above target
for shape in '1 1 10000 4' '8 1 40000 4' '1 32 80000 2' '8 32 80000 2'; do
	read -r c m n target <<<"$shape"
	load $echoer "$n" -c "$c" -m "$m" "${grpc[@]}" -B "unix:$home/echo.sock" http://localhost$method
	theirs=$us
	load $sidecar "$n" -c "$c" -m "$m" "${grpc[@]}" -B "unix:$home/core.sock" http://localhost$method
	above=$(compute "$us - $theirs")
	row "CPU per request, us, $c x $m" "$us" "$theirs" "$above" "<= $target: $(verdict "$above <= $target")"
done
load $sidecar 80000 -c 64 -m 1 "${grpc[@]}" -B "unix:$home/core.sock" http://localhost$method
row 'latency at 64 connections, us' "p50 $p50" "p99 $p99" "$(compute "$p99 / $p50")x" "< 3x: $(verdict "$p99 < 3 * $p50")"
kill $echoer $sidecar
wait $sidecar 2>/dev/null || true

port=$(free_port)
start_sidecar "127.0.0.1:$port"
load $sidecar 80000 -c 64 -m 1 "${grpc[@]}" "http://127.0.0.1:$port$method"
ours=$rate ours_us=$us
row 'over TCP, 64 connections' ours theirs ratio target
if [ -x "${GRPC_SERVER:-}" ]; then
	theirs=$(free_port)
	on_core_0 "$GRPC_SERVER" "$theirs"
	wait_for is_up "$theirs"
	load $pid 20000 -c 64 -m 1 "${grpc[@]}" "http://127.0.0.1:$theirs$method"
	# Requests per second of server CPU: the load generator limits those by the clock.
	ratio=$(compute "$us / $ours_us")
	row 'requests/s of one core, gRPC C++ idle' "$(compute "1e6 / $ours_us")" "$(compute "1e6 / $us")" "${ratio}x" \
		">= 3x: $(verdict "$ratio >= 3")"
	kill "$pid"
else
	row 'requests/s of one core, gRPC C++ idle' "$(compute "1e6 / $ours_us")" skipped - 'set GRPC_SERVER to one'
fi
json=(--h1 -d document -H 'content-type: application/json')
load $sidecar 40000 -c 64 "${json[@]}" "http://127.0.0.1:$rest/v1/data/tenant/allow"
ours_us=$us
if command -v opa >/dev/null; then
	theirs=$(free_port)
	on_core_0 env GOMAXPROCS=1 opa run --server --log-level error --addr "127.0.0.1:$theirs" "$top/examples/policies"
	wait_for is_up "$theirs"
	load $pid 20000 -c 64 "${json[@]}" "http://127.0.0.1:$theirs/v1/data/tenant/allow"
	ratio=$(compute "$us / $ours_us")
	row 'requests/s of one core, OPA' "$(compute "1e6 / $ours_us")" "$(compute "1e6 / $us")" "${ratio}x" ">= 10x: $(verdict "$ratio >= 10")"
	kill "$pid"
else
	row 'requests/s of one core, OPA' "$(compute "1e6 / $ours_us")" skipped - 'no opa on the PATH'
fi
nginx=$(command -v nginx || command -v /usr/sbin/nginx || true)
if [ -n "$nginx" ]; then
	theirs=$(free_port)
	cat >nginx.conf <<CONF
daemon off; master_process off; pid $home/nginx.pid; error_log $home/nginx.err;
events { worker_connections 512; }
http {
	access_log off; keepalive_requests 1000000;
	client_body_temp_path $home/nginx-body; proxy_temp_path $home/nginx-proxy; fastcgi_temp_path $home/nginx-f;
	uwsgi_temp_path $home/nginx-u; scgi_temp_path $home/nginx-s;
	server { listen 127.0.0.1:$theirs; location / { default_type application/json; return 200 '{"result":true}'; } }
}
CONF
	on_core_0 "$nginx" -p "$home" -c "$home/nginx.conf" 2>nginx.log
	wait_for is_up "$theirs"
	load $pid 40000 -c 64 "${json[@]}" "http://127.0.0.1:$theirs/v1/data/tenant/allow"
	ratio=$(compute "$ours_us / $us")
	row 'CPU per request, us, HTTP/1.1: nginx static' "$ours_us" "$us" "${ratio}x" "<= 1.3x: $(verdict "$ratio <= 1.3")"
else
	row 'CPU per request, us, HTTP/1.1: nginx static' "$ours_us" skipped - 'no nginx'
fi
