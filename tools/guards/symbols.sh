#!/bin/sh
# symbols.sh SOURCE LIBRARY: what libpamjwt.so.0 exports is what its map says and Debian's symbols file promises, no more.
set -eu
names() { sed -n 's/^ *\(pjwt_[a-z_]*\)[;@].*/\1/p' "$1" | sort; }
seen=$(nm -D --defined-only "$2" | sed -n 's/.* T \(pjwt_[a-z_]*\)@@PAMJWT_0$/\1/p' | sort)
[ "$seen" = "$(names "$1/lib/api/libpamjwt.map")" ] || { echo "$2 exports something else than lib/api/libpamjwt.map says"; exit 1; }
[ "$seen" = "$(names "$1/debian/libpamjwt0.symbols")" ] || { echo "debian/libpamjwt0.symbols lists something else"; exit 1; }
others=$(nm -D --defined-only "$2" | grep -v ' T pjwt_.*@@PAMJWT_0$' | grep -v ' A PAMJWT_0' || true)
[ -z "$others" ] || { echo "exported: $others"; exit 1; }
