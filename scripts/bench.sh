#!/usr/bin/env bash
# bench.sh [ROUNDS]: compares verify-manifests side by side with what a user would run instead, over TLS
# from an nginx of its own on loopback. Prints medians of interleaved runs as a Markdown table. Needs
# nginx, its echo module, aria2, openssl, time and curl (Debian: see the line below), and 20 GB of
# disk for sparse and real files.
# apt-get install nginx-light libnginx-mod-http-echo aria2 openssl time curl
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-5}
work=$(mktemp -d)
chmod 755 "$work"
trap 'nginx -c "$work/nginx.conf" -s quit 2>/dev/null || true; rm -rf "$work"' EXIT

go build -o "$work/verify-manifests" .
www=$work/www
mkdir -p "$www/small" "$work/big" "$work/throttled" "$work/many" "$work/huge"

random() { openssl enc -aes-128-ctr -pass pass:bench -nosalt -pbkdf2 </dev/zero 2>/dev/null | head -c "$1" || true; }
random $((1 << 30)) >"$www/1GiB"
head -c $((400 << 20)) "$www/1GiB" >"$www/400MiB"
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
		root $www;
		location /throttled/ { alias $www/; limit_rate 20m; }
		location /late/ { rewrite ^/late/(.*)\$ /late?name=\$1; }
		location = /late { internal; echo_sleep 0.05; echo_exec /small/\$arg_name; }
	}
}
EOF
nginx -c "$work/nginx.conf"
url=https://127.0.0.1:9443
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
manifest "$work/many" "$url/late" "${small[@]}"

ours() { "$work/verify-manifests" check --allow-networks 127.0.0.0/8 --missing-checksum off "$1" >/dev/null; }
curled() { curl -sf "$1" | sha256sum >/dev/null; }
aria() { aria2c -q -x8 -s8 -k1M --allow-overwrite=true --file-allocation=none --ca-certificate="$work/ca.pem" -d "$work" -o aria --checksum=sha-256="$2" "$1"; }
# The URLs of the small files, eight at a time, each by a process pair of its own.
crowd() { printf "$url/late/%s\n" $(seq 200) | xargs -P8 -I{} sh -c 'curl -sf {} | sha256sum' >/dev/null; }

seconds() {
	local start=$EPOCHREALTIME
	"$@"
	awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }'
}
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# compare NAME OURS -- THEIRS: runs both in turn and prints a row.
compare() {
	local work_name=$1 other=$2 argument=$3 a=() b=()
	shift 3
	for _ in $(seq "$rounds"); do
		a+=("$(seconds ours "$argument")")
		b+=("$(seconds "$@")")
	done
	local ours_median theirs_median
	ours_median=$(printf '%s\n' "${a[@]}" | median)
	theirs_median=$(printf '%s\n' "${b[@]}" | median)
	awk -v w="$work_name" -v o="$other" -v a="$ours_median" -v b="$theirs_median" \
		'BEGIN { printf "| %s | %s | %.2f s | %.2f s | %.2f |\n", w, o, a, b, a / b }'
}

echo "| work | compared with | ours | theirs | ratio |"
echo "|---|---|---|---|---|"
compare "one 1 GiB file" "curl \| sha256sum" "$work/big" curled "$url/1GiB"
compare "one 1 GiB file" "aria2c -x8 --checksum" "$work/big" aria "$url/1GiB" "$(sum "$www/1GiB")"
rate=$(go test -run '^$' -bench 'Hasher/sha256$' -count "$rounds" ./pkg/digest | awk '/MB\/s/ { print $(NF - 5) }' | median)
memory=$(awk -v r="$rate" 'BEGIN { print 1073.741824 / r }')
compare "one 1 GiB file" "SHA-256 in memory, one core ($memory s)" "$work/big" sleep "$memory"
compare "one 400 MiB file, 20 MB/s a connection" "aria2c -x8 --checksum" "$work/throttled" aria "$url/throttled/400MiB" "$(sum "$www/400MiB")"
compare "one 400 MiB file, 20 MB/s a connection" "curl \| sha256sum" "$work/throttled" curled "$url/throttled/400MiB"
compare "200 files of 1 MiB, 50 ms before each answer" "xargs -P8 of curl \| sha256sum" "$work/many" crowd

echo
echo "| peak resident memory | |"
echo "|---|---|"
for size in big huge; do
	kilobytes=$(env time -f %M "$work/verify-manifests" check --allow-networks 127.0.0.0/8 "$work/$size" 2>&1 >/dev/null | tail -n 1)
	echo "| $(basename "$(jq -r '.weights | keys[0]' "$work/$size/manifest.json" 2>/dev/null || echo "$size")") | $((kilobytes / 1024)) MiB |"
done
