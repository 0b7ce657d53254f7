#!/usr/bin/env bash
# bench.sh [ROUNDS [TABLE...]]: compares verify-manifests side by side with what a user would run instead, over TLS
# from an nginx of its own on loopback. Prints medians of interleaved runs as Markdown tables: compare, processor, network,
# memory, or those that are named. Needs nginx, its echo module, aria2, openssl, time and curl (Debian: see the line
# below), toxiproxy, which it has Go build, for the table network, and 20 GB of disk for sparse and real files.
# apt-get install nginx-light libnginx-mod-http-echo aria2 openssl time curl
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-5}
tables=("${@:2}")
work=$(mktemp -d)
chmod 755 "$work"
toxiproxy=
trap 'nginx -c "$work/nginx.conf" -s quit 2>/dev/null || true; [ -z "$toxiproxy" ] || kill "$toxiproxy"; rm -rf "$work"' EXIT

go build -o "$work/verify-manifests" .
www=$work/www
mkdir -p "$www/small" "$work/big" "$work/throttled" "$work/many" "$work/late" "$work/huge" "$work/far"

random() { openssl enc -aes-128-ctr -pass pass:bench -nosalt -pbkdf2 </dev/zero 2>/dev/null | head -c "$1" || true; }
random $((1 << 30)) >"$www/1GiB"
head -c $((400 << 20)) "$www/1GiB" >"$www/400MiB"
head -c $((128 << 20)) "$www/1GiB" >"$www/128MiB"
for i in $(seq 200); do tail -c "+$((i * 4096))" "$www/1GiB" | head -c $((1 << 20)) >"$www/small/$i" || true; done
truncate -s 16G "$www/16GiB"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=bench \
	-addext subjectAltName=IP:127.0.0.1 -keyout "$work/key.pem" -out "$work/ca.pem" 2>/dev/null
cat >"$work/nginx.conf" <<EOF
load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;
worker_processes 2;
pid $work/nginx.pid;
error_log $work/error.log;
events { worker_connections 512; }
http {
	access_log off;
	sendfile on;
	keepalive_requests 100000;
	ssl_certificate $work/ca.pem;
	ssl_certificate_key $work/key.pem;
	server {
		listen 127.0.0.1:9443 ssl;
		listen 127.0.0.1:9080;
		root $www;
		location /throttled/ { alias $www/; limit_rate 20m; }
		location /late/ { rewrite ^/late/(.*)\$ /late?name=\$1; }
		location = /late { internal; echo_sleep 0.05; echo_exec /small/\$arg_name; }
	}
}
EOF
nginx -c "$work/nginx.conf"
url=https://127.0.0.1:9443
far=https://127.0.0.1:9444 # the same, through toxiproxy
export CURL_CA_BUNDLE=$work/ca.pem SSL_CERT_FILE=$work/ca.pem

sum() { sha256sum "$1" | cut -c 1-64; }
# manifest FOLDER URL FILE...: a service whose weights are the files below the URL.
manifest() {
	local folder=$1 base=$2 comma='' name
	shift 2
	{
		printf '{"id":"bench","serviceType":"binary","version":"1.1","modelInfo":{},"interfaces":["chat"],"binaries":{},"weights":{'
		for name; do
			printf '%s"%s":{"url":"%s/%s","checksum":"sha256:%s"}' "$comma" "$name" "$base" "$(basename "$name")" "$(sum "$www/$name")"
			comma=,
		done
		printf '}}'
	} >"$folder/manifest.json"
}
manifest "$work/big" "$url" 1GiB
manifest "$work/throttled" "$url/throttled" 400MiB
manifest "$work/huge" "$url" 16GiB
mapfile -t small < <(cd "$www" && printf '%s\n' small/*)
manifest "$work/many" "$url/small" "${small[@]}"
manifest "$work/late" "$url/late" "${small[@]}"
manifest "$work/far" "$far" 128MiB

connections=8 # of each program for one file
ours() { "$work/verify-manifests" check --allow-networks 127.0.0.0/8 --missing-checksum off --connections "$connections" "$1" >/dev/null; }
curled() { curl -sf "$1" | sha256sum >/dev/null; }
received() { curl -sf -o /dev/null "$1"; }
aria2() { aria2c -q "-x$connections" "-s$connections" -k1M --allow-overwrite=true --file-allocation=none --ca-certificate="$work/ca.pem" -d "$work" "$@"; }
aria() { aria2 -o aria --checksum=sha-256="$2" "$1"; }
# The small files below a URL, eight at a time, by one process.
arias() {
	local name
	for name in "${small[@]}"; do
		printf '%s/%s\n  checksum=sha-256=%s\n  out=aria-%s\n' "$1" "$(basename "$name")" "$(sum "$www/$name")" "$(basename "$name")"
	done >"$work/arias-$(basename "$1")"
}
arias "$url/small"
arias "$url/late"
# The URLs of the small files, eight at a time, each by a process pair of its own.
crowd() { printf "$url/late/%s\n" $(seq 200) | xargs -P8 -I{} sh -c 'curl -sf {} | sha256sum' >/dev/null; }

seconds() {
	local start=$EPOCHREALTIME
	"$@"
	awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }'
}
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# both FOLDER THEIRS...: runs both in turn and prints three cells.
both() {
	local argument=$1 a=() b=()
	shift
	for _ in $(seq "$rounds"); do
		a+=("$(seconds ours "$argument")")
		b+=("$(seconds "$@")")
	done
	awk -v a="$(printf '%s\n' "${a[@]}" | median)" -v b="$(printf '%s\n' "${b[@]}" | median)" \
		'BEGIN { printf " %.2f s | %.2f s | %.2f |", a, b, a / b }'
}

# compare NAME OTHER FOLDER THEIRS...: prints a row.
compare() {
	printf '| %s | %s |%s\n' "$1" "$2" "$(both "${@:3}")"
}

# per_GiB PACKAGE BENCHMARK: seconds, by a benchmark that says MB/s.
per_GiB() {
	local rate
	rate=$(go test -run '^$' -bench "$2" -count "$rounds" "$1" | awk '/MB\/s/ { for (i = 2; i <= NF; i++) if ($i == "MB/s") print $(i - 1) }' | median)
	awk -v r="$rate" 'BEGIN { printf "%.2f", 1073.741824 / r }'
}

compare_table() {
	echo "| work | compared with | ours | theirs | ratio |"
	echo "|---|---|---|---|---|"
	compare "one 1 GiB file" "curl \| sha256sum" "$work/big" curled "$url/1GiB"
	compare "one 1 GiB file" "curl -o /dev/null, which hashes nothing" "$work/big" received "$url/1GiB"
	compare "one 1 GiB file" "aria2c -x8 --checksum" "$work/big" aria "$url/1GiB" "$(sum "$www/1GiB")"
	compare "one 1 GiB file" "SHA-256 in memory, one core" "$work/big" sleep "$(per_GiB ./pkg/digest 'Hasher/^sha256$')"
	compare "one 400 MiB file, 20 MB/s a connection" "aria2c -x8 --checksum" "$work/throttled" aria "$url/throttled/400MiB" "$(sum "$www/400MiB")"
	compare "one 400 MiB file, 20 MB/s a connection" "curl \| sha256sum" "$work/throttled" curled "$url/throttled/400MiB"
	compare "200 files of 1 MiB" "aria2c -j8 --checksum" "$work/many" aria2 -j8 -i "$work/arias-small"
	compare "200 files of 1 MiB, 50 ms before each answer" "aria2c -j8 --checksum" "$work/late" aria2 -j8 -i "$work/arias-late"
	compare "200 files of 1 MiB, 50 ms before each answer" "xargs -P8 of curl \| sha256sum" "$work/late" crowd
}

# cpu COMMAND...: the median of its seconds of processor time, user and system.
cpu() {
	for _ in $(seq "$rounds"); do
		env time -f '%U %S' -o "$work/time" "$@" >/dev/null && awk '{ print $1 + $2 }' "$work/time"
	done | median
}

# served: seconds of processor time that the server has taken.
served() { pgrep -P "$(cat "$work/nginx.pid")" | sed 's|.*|/proc/&/stat|' | xargs cat | awk -v hz="$(getconf CLK_TCK)" '{ n += $14 + $15 } END { print n / hz }'; }

processor_table() {
	local before mine
	echo "| processor time of 1 GiB | |"
	echo "|---|---|"
	before=$(served)
	mine=$(cpu "$work/verify-manifests" check --allow-networks 127.0.0.0/8 --missing-checksum off "$work/big")
	echo "| ours | $mine s |"
	awk -v a="$before" -v b="$(served)" -v n="$rounds" 'BEGIN { printf "| the server beside it | %.2f s |\n", (b - a) / n }'
	echo "| SHA-256 in memory | $(per_GiB ./pkg/digest 'Hasher/^sha256$') s |"
	echo "| opening TLS records in memory | $(per_GiB ./pkg/fetch 'Records$') s |"
	echo "| curl -o /dev/null, without TLS | $(cpu curl -sf -o /dev/null http://127.0.0.1:9080/1GiB) s |"
	echo "| curl -o /dev/null | $(cpu curl -sf -o /dev/null "$url/1GiB") s |"
}

api() { curl -sf -o /dev/null -X POST "http://127.0.0.1:9474/$1" -d "${2:-}"; }

# link MILLISECONDS KILOBYTES: answers come so much later, and no connection carries more than that in a second (0: any).
link() {
	api reset
	[ "$1" = 0 ] || api proxies/far/toxics '{"type": "latency", "attributes": {"latency": '"$1"'}}'
	[ "$2" = 0 ] || api proxies/far/toxics '{"type": "bandwidth", "attributes": {"rate": '"$2"'}}'
}

network_table() {
	GOBIN=$work/bin go install github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0
	"$work/bin/server" -port 9474 >"$work/toxiproxy.log" 2>&1 &
	toxiproxy=$!
	until api proxies '{"name": "far", "listen": "127.0.0.1:9444", "upstream": "127.0.0.1:9443"}' 2>/dev/null; do sleep 0.1; done
	local digest latency
	digest=$(sum "$www/128MiB")
	echo "| 128 MiB: latency | connections | ours | aria2c | ratio | 20 MB/s each: ours | aria2c | ratio |"
	echo "|---|---|---|---|---|---|---|---|"
	for latency in 0 20 100 200; do
		for connections in 1 2 4 8 16; do
			printf '| %s ms | %s |' "$latency" "$connections"
			for rate in 0 20000; do
				link "$latency" "$rate"
				both "$work/far" aria "$far/128MiB" "$digest"
			done
			echo
		done
	done
	connections=8
}

memory_table() {
	echo "| peak resident memory | |"
	echo "|---|---|"
	local size kilobytes
	for size in big huge; do
		kilobytes=$(env time -f %M "$work/verify-manifests" check --allow-networks 127.0.0.0/8 "$work/$size" 2>&1 >/dev/null | tail -n 1)
		echo "| $(basename "$(jq -r '.weights | keys[0]' "$work/$size/manifest.json" 2>/dev/null || echo "$size")") | $((kilobytes / 1024)) MiB |"
	done
}

[ ${#tables[@]} -gt 0 ] || tables=(compare processor network memory)
for table in "${tables[@]}"; do
	"${table}_table"
	echo
done
