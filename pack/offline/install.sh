#!/bin/sh
# install.sh [--root DIR] [--pubkey FILE]: checks the files beside it, then copies them to DIR (/).
# A configuration that is there stays; nothing is started.
set -eu
root=/
pubkey=
while [ $# -gt 0 ]; do
	case $1 in
	--root) root=${2:?a directory} ;;
	--pubkey) pubkey=${2:?a file} ;;
	*)
		echo 'usage: install.sh [--root DIR] [--pubkey FILE]' >&2
		exit 64
		;;
	esac
	shift 2
done
[ -z "$pubkey" ] || pubkey=$(realpath "$pubkey")
root=$(realpath "$root")
cd "$(dirname "$0")"

if [ -n "$pubkey" ]; then
	openssl dgst -sha256 -verify "$pubkey" -signature SHA256SUMS.sig SHA256SUMS >/dev/null || {
		echo 'install: the signature of SHA256SUMS is not by that key; nothing was installed' >&2
		exit 5
	}
else
	echo 'install: no --pubkey: who made these files was not checked' >&2
fi
sha256sum --quiet -c SHA256SUMS || {
	echo 'install: a file is not what SHA256SUMS says; nothing was installed' >&2
	exit 5
}
# What is copied is what was signed, and nothing else.
refuse() {
	echo "install: $1; nothing was installed" >&2
	exit 5
}
(cd files && sha256sum --quiet -c ../FILES.sha256) || refuse 'a file below files/ is not what FILES.sha256 says'
[ "$(cd files && find . ! -type d ! -type l | wc -l)" = "$(wc -l <FILES.sha256)" ] || refuse 'there are files below files/ that FILES.sha256 does not name'
[ "$(cd files && find . -type l -printf '%p %l\n')" = './usr/bin/coresdk core' ] || refuse 'there is a link below files/ that does not belong there'

config=etc/coresdk/coresdk-sidecar.yaml
keep=
[ ! -e "$root/$config" ] || {
	keep=--exclude=./$config
	echo "install: $config stays as it was" >&2
}
# shellcheck disable=SC2086
tar cf - -C files --owner=0 --group=0 $keep . | tar xpf - -C "$root" --no-overwrite-dir
if [ "$root" = / ] && command -v systemd-sysusers >/dev/null; then
	systemd-sysusers coresdk-sidecar.conf || true
	[ ! -d /run/systemd/system ] || systemctl daemon-reload
fi
echo "installed; next: a bundle and its key in /etc/coresdk, then systemctl enable --now coresdk-sidecar"
