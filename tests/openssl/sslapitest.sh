#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# Builds OpenSSL with its tests, runs its tests of libssl without pinning, under the provider and under the shim, and
# compares every line of the results. Takes half an hour or more, so ctest does not run it. See README.md.
#
#   tests/openssl/sslapitest.sh SOURCE BUILD [RECIPE...]
#
# SOURCE: the unpacked source. BUILD: where to build, outside the source; an existing build is reused. RECIPE: names such
# as test_sslapi; default: all that are listed below. Exits with 1 if a result differs.
set -euo pipefail
if [ $# -lt 2 ]; then
  echo "usage: ${0##*/} SOURCE BUILD [RECIPE...]" >&2
  exit 2
fi
here=$(cd "$(dirname "$0")/../.." && pwd)
module=$here/build/dev/lib/ossl-modules/pinning.so
preload=$here/build/dev/lib/libpinning-preload.so
source=$(realpath "$1")
mkdir -p "$2"
build=$(realpath "$2")
shift 2
[ $# -gt 0 ] || set -- test_sslapi test_ssl_new test_ssl_old test_ssl_ctx test_sslbuffers test_sslcorrupt test_servername \
  test_clienthello test_recordlen test_asyncio test_bad_dtls test_dtls test_dtls_mtu test_dane test_verify_extra \
  test_verify test_fatalerr test_tls13ccs test_sysdefault test_cms test_cmsapi test_ocsp test_tsa test_ca test_cipherlist \
  test_sslcbcpadding test_sslcertstatus test_sslextension test_sslmessages test_sslrecords test_sslsessiontick \
  test_sslsigalgs test_sslsignature test_sslskewith0p test_sslversions test_sslvertol test_tls13alerts test_tls13cookie \
  test_tls13downgrade test_tls13hrr test_tls13kexmodes test_tls13messages test_tls13psk test_tlsextms test_key_share \
  test_renegotiation test_comp
programs=(asynciotest bad_dtls_test cipherlist_test clienthellotest cmsapitest danetest dtls_mtu_test dtlstest fatalerrtest
  recordlentest servername_test ssl_ctx_test ssl_old_test ssl_test sslapitest sslbuffertest sslcorrupttest
  sysdefaulttest tls13ccstest verify_extra_test)
check='OSSL_PROVIDER_available(NULL, "default")'

cd "$build"
if [ ! -e Makefile ]; then
  "$source/Configure" --prefix="$build/nowhere" >configure.log
fi
make -j2 build_generated >make.log 2>&1
make -j2 apps/openssl apps/CA.pl apps/tsget.pl util/wrap.pl util/shlib_wrap.sh engines/dasync.so engines/ossltest.so \
  engines/loader_attic.so providers/legacy.so "${programs[@]/#/test/}" >>make.log 2>&1

# Removes the only check that cannot hold: that "default" is not active yet. It is active wherever a configuration
# activates any provider.
sed "/if (!TEST_false($check)\$/{N;s/.*\n *|| /    if (/}" "$source/test/sslapitest.c" >test/cut.c
if [ "$(diff "$source/test/sslapitest.c" test/cut.c | grep -c '^[<>]')" != 3 ] || grep -qF "$check" test/cut.c; then
  echo "the check that default is not active has another form in this release" >&2
  exit 2
fi
"${CC:-cc}" -O1 -Iinclude -I"$source/include" -Iapps/include -I"$source/apps/include" -I. -I"$source" -I"$source/test" \
  -c test/cut.c -o test/cut.o
"${CC:-cc}" -L. -o test/sslapitest-cut test/cut.o test/helpers/sslapitest-bin-ssltestlib.o \
  test/sslapitest-bin-filterprov.o test/sslapitest-bin-tls-provider.o -lssl test/libtestutil.a -lcrypto -ldl -pthread

# By default another host is pinned, so no result may differ. Pinning a host that the tests connect to must make tests fail.
# PINNING_BLOCKED=1: with blocked_keys, every path of every peer is looked at, see README.md.
no_key="sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
mkdir -p pinning
for host in another.example goodhost; do
  {
    echo 'version = 1;'
    [ "${PINNING_BLOCKED-0}" = 0 ] || echo "blocked_keys = [ \"$no_key\" ];"
    echo "hosts = ( { name = \"$host\"; pins = [ \"$no_key\" ]; } );"
  } >"pinning/$host.cfg"
done

# configuration HOST: writes the configuration that the recipes use, with pinning added.
configuration() {
  cat >"pinning/$1.cnf" <<EOF
.include = $source/apps/openssl.cnf
[default]
openssl_conf = pinning_init
[pinning_init]
providers = pinning_providers
[pinning_providers]
default = pinning_default
pinning = pinning_pinning
[pinning_default]
activate = 1
[pinning_pinning]
module = $module
activate = 1
policy = $build/pinning/$1.cfg
EOF
}
configuration another.example
configuration goodhost

# The recipes start each program through this wrapper. A configuration that a recipe sets itself is kept.
cat >pinning/start <<EOF
#!/bin/bash
export LD_LIBRARY_PATH=$build
program=\$1
shift
case \$WAY in
provider)
  if [ "\${OPENSSL_CONF-}" = "$source/apps/openssl.cnf" ]; then
    export OPENSSL_CONF=$build/pinning/\$PINNED.cnf
  fi
  [ "\${program##*/}" != sslapitest ] || program=\$program-cut
  ;;
shim) export LD_PRELOAD=$preload PINNING_POLICY=$build/pinning/\$PINNED.cfg ;;
esac
exec "\$program" "\$@"
EOF
chmod +x pinning/start

# run WAY PINNED RECIPE: prints the results, without the counters and times that differ from run to run.
run() {
  # Only the output is compared. A recipe that fails also fails without pinning, or its output differs.
  WAY=$1 PINNED=$2 EXE_SHELL=$build/pinning/start HARNESS_VERBOSE=yes SRCTOP=$source BLDTOP=$build PERL=perl \
    EXE_EXT='' RESULT_D=$build/pinning/runs-$1 perl "$source/test/run_tests.pl" "$3" >"pinning/$3.$1.$2.log" 2>&1 || true
  grep -E '^ *(# *)?(not )?ok |^Result: ' "pinning/$3.$1.$2.log" || true
}

status=0
compare() {
  local count
  count=$(grep -c 'ok ' "pinning/$1.without")
  if diff "pinning/$1.without" "pinning/$1.$2" >"pinning/$1.$2.diff" && [ "$count" -gt 0 ]; then
    printf '%-20s %-9s %5d results, none differs, %d fail without pinning as well\n' "$1" "$2" "$count" \
      "$(grep -c 'not ok ' "pinning/$1.without")"
  else
    printf '%-20s %-9s DIFFERS\n' "$1" "$2"
    cat "pinning/$1.$2.diff"
    status=1
  fi
}

# If pinning were not enforced, no result would differ either, so check that it is.
prove() {
  run "$1" goodhost test_sslapi >pinning/proof
  if ! grep -q 'host=goodhost' "pinning/test_sslapi.$1.goodhost.log" || ! grep -q 'not ok ' pinning/proof; then
    echo "a host of sslapitest's is pinned, and $1 does not refuse it" >&2
    exit 1
  fi
}

for way in provider shim; do
  prove "$way"
done
for recipe; do
  run without another.example "$recipe" >"pinning/$recipe.without"
  for way in provider shim; do
    run "$way" another.example "$recipe" >"pinning/$recipe.$way"
    compare "$recipe" "$way"
  done
done
exit "$status"
