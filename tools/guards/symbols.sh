#!/bin/sh
# symbols.sh SOURCE LIBRARY: what libpamjwt.so.0 exports is what its map says and Debian's symbols file promises, no more.
set -eu
here=$(dirname "$0")
source=$1 library=$2
status=0
bad() { echo "$*"; status=1; }
names() { sed -n 's/^ *\(pjwt_[a-z_]*\)[;@].*/\1/p' "$1" | sort; }

seen=$(nm -D --defined-only "$library" | sed -n 's/.* T \(pjwt_[a-z_]*\)@@PAMJWT_0$/\1/p' | sort)
[ "$(echo "$seen" | wc -l)" -gt 20 ] || bad "$library: hardly a function was read"
# pam_jwt.map and module/judge.map are exports.sh's.
promises=$("$here/known.sh" "$source" '*.map' 'debian/*.symbols' | grep -vxE 'pam_jwt.map|module/judge.map')
[ "$(echo "$promises" | wc -l)" -ge 2 ] || bad 'lib/api/libpamjwt.map or debian/libpamjwt0.symbols was not read'
for promise in $promises; do
        [ "$seen" = "$(names "$source/$promise")" ] || bad "$promise lists something else than $library exports"
done
others=$(nm -D --defined-only "$library" | grep -v ' T pjwt_.*@@PAMJWT_0$' | grep -v ' A PAMJWT_0' || true)
[ -z "$others" ] || bad "$library also exports: $others"
exit $status
