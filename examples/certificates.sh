#!/bin/sh
# certificates.sh DIR: a CA, a server certificate for localhost and a client certificate, for trying mTLS.
set -eu
cd "$1"
exec 2>/dev/null

key() {
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"
	chmod 600 "$1"
}

sign() { # sign NAME EXTENSION
	key "$1.key"
	openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
	printf 'authorityKeyIdentifier=keyid\n%s\n' "$2" >"$1.ext"
	openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -days 30 -extfile "$1.ext" -out "$1.crt"
	rm "$1.csr" "$1.ext"
}

key ca.key
openssl req -x509 -new -key ca.key -subj '/CN=Example CA' -days 30 -out ca.crt
sign server 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1'
sign client 'subjectAltName=DNS:app.example
extendedKeyUsage=clientAuth'
