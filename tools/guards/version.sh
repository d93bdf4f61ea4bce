#!/bin/sh
# version.sh SOURCE VERSION: meson.build alone says which release this is; what has to repeat it says the same.
set -eu
cd "$1"
head -n 1 NEWS | grep -q "^pam_jwt $2 (" || { echo "NEWS does not begin with $2"; exit 1; }
sed -n '1s/.*(\(.*\)-[^-]*).*/\1/p' debian/changelog | grep -qx "$2" || { echo "debian/changelog does not begin with $2"; exit 1; }
echo "$2" | grep -qxE '[0-9]+\.[0-9]+\.[0-9]+' || { echo "$2 is no semantic version"; exit 1; }
