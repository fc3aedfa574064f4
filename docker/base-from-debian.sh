#!/usr/bin/env bash
# Make a base image from Debian packages, for machines that reach no image registry.
#
#   docker/base-from-debian.sh [IMAGE]        default: reward-kit/base:debian
#
# Needs root, debootstrap and a running engine. It takes Debian's Python (bookworm: 3.11) and, so that pip and uv
# work behind the same proxies as the host, the host's certificate authorities. Then:
#
#   docker build --build-arg BASE=reward-kit/base:debian -f packages/math-gsm8k/Dockerfile .
set -euo pipefail

image=${1:-reward-kit/base:debian}
docker=${DOCKER:-docker}
suite=bookworm
if "$docker" image inspect "$image" >/dev/null 2>&1; then
    echo "$image is there already"
    exit 0
fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
# The mirror this host installs from, where apt knows one; otherwise debootstrap's default.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    grep -v security | head -n 1 || true)
debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates "$suite" "$root" ${mirror:+"$mirror"} >&2

# Certificate authorities of the host, on top of Debian's.
bundle=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
if [ -s "$bundle" ]; then
    cp "$bundle" "$root/etc/ssl/certs/ca-certificates.crt"
fi
ln -sf python3 "$root/usr/bin/python"
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,locale}
tar -C "$root" --exclude=./proc/* --exclude=./sys/* -c . | "$docker" import \
    --change 'ENV LANG=C.UTF-8 SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt' - "$image" >&2
echo "$image"
