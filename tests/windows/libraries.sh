#!/bin/sh
# tests/windows/libraries.sh DIR: the libraries that porthole.exe needs, for mingw-w64, in DIR (include, lib, lib/pkgconfig).
#
# They are built from the sources of this system's own Debian packages, which apt fetches and checks; nothing in the
# system is changed. A library that is already in DIR at the package's version is not built again. Needs
# gcc-mingw-w64-x86-64, dpkg-dev, cmake and ninja.
set -eu
[ $# -eq 1 ] || { echo "usage: tests/windows/libraries.sh DIR" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
host=x86_64-w64-mingw32
here=$(cd "$(dirname "$0")" && pwd)
jobs=$(getconf _NPROCESSORS_ONLN)
work=$out/work

# shellcheck disable=SC1091
. "$here/../debian-source.sh"

with_cmake() { # PACKAGE OPTIONS...
    name=$1
    shift
    cmake -S "$work/src/$name" -B "$work/build/$name" -G Ninja -DCMAKE_TOOLCHAIN_FILE="$here/toolchain.cmake" \
        -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_INSTALL_PREFIX="$out" -DCMAKE_INSTALL_LIBDIR=lib -DBUILD_SHARED_LIBS=OFF \
        "$@"
    cmake --build "$work/build/$name" --parallel "$jobs"
    cmake --install "$work/build/$name"
}

# pc NAME VERSION LIBS [CFLAGS]: the description that pkg-config reads.
pc() {
    mkdir -p "$out/lib/pkgconfig"
    printf 'Name: %s\nDescription: %s\nVersion: %s\nLibs: -L%s %s\nCflags: -I%s %s\n' \
        "$1" "$1" "$2" "$out/lib" "$3" "$out/include" "${4-}" >"$out/lib/pkgconfig/$1.pc"
}

build_libuv1() {
    with_cmake libuv1 -DLIBUV_BUILD_TESTS=OFF
    rm -f "$out/lib/libuv.dll.a"
    [ -f "$out/lib/libuv.a" ] || mv "$out/lib/libuv_a.a" "$out/lib/libuv.a"
    pc libuv "$1" "-luv -lpsapi -luser32 -ladvapi32 -liphlpapi -luserenv -lws2_32 -ldbghelp -lole32 -lshell32"
}

build_cjson() {
    with_cmake cjson -DENABLE_CJSON_TEST=OFF -DENABLE_TARGET_EXPORT=OFF -DBUILD_SHARED_AND_STATIC_LIBS=OFF \
        -DENABLE_CUSTOM_COMPILER_FLAGS=OFF
    pc libcjson "$1" -lcjson "-I$out/include/cjson -DCJSON_HIDE_SYMBOLS"
}

build_utf8proc() {
    with_cmake utf8proc
    pc libutf8proc "$1" -lutf8proc -DUTF8PROC_STATIC
}

build_cmocka() {
    with_cmake cmocka -DWITH_EXAMPLES=OFF -DWITH_STATIC_LIB=ON -DUNIT_TESTING=OFF
    [ -f "$out/lib/libcmocka.a" ] || cp "$(find "$work/build/cmocka" -name 'libcmocka*.a' ! -name '*.dll.a' | head -n 1)" \
        "$out/lib/libcmocka.a"
    rm -f "$out/lib/libcmocka.dll.a"
    pc cmocka "$1" -lcmocka -DCMOCKA_STATIC
}

build_libvterm() {
    mkdir -p "$work/build/libvterm" "$out/include" "$out/lib"
    for file in "$work"/src/libvterm/src/*.c; do
        $host-gcc -std=c99 -O2 -g -I"$work/src/libvterm/include" -c "$file" \
            -o "$work/build/libvterm/$(basename "$file" .c).o"
    done
    $host-ar rcs "$out/lib/libvterm.a" "$work"/build/libvterm/*.o
    cp "$work"/src/libvterm/include/*.h "$out/include/"
    pc vterm "$1" -lvterm
}

# The driver for the Windows console; no terminal descriptions are needed for it.
build_ncurses() {
    mkdir -p "$work/build/ncurses"
    (cd "$work/build/ncurses" && "$work/src/ncurses/configure" --host=$host --build="$(gcc -dumpmachine)" \
        --prefix="$out" --with-build-cc=gcc --without-ada --without-cxx --without-cxx-binding --without-manpages \
        --without-progs --without-tests --without-shared --with-normal --without-debug --without-libtool \
        --disable-home-terminfo --enable-term-driver --enable-sp-funcs --enable-interop --enable-widec \
        --enable-ext-colors --disable-termcap --disable-database --with-fallbacks=xterm --disable-db-install \
        --disable-rpath --enable-overwrite)
    make -C "$work/build/ncurses/include" # not the parts for panels, menus and forms
    PATH_SEPARATOR=";" make -C "$work/build/ncurses/ncurses" -j "$jobs" libs
    make -C "$work/build/ncurses/include" install
    cp "$work/build/ncurses/lib/libncursesw.a" "$out/lib/"
    pc ncursesw "$1" -lncursesw -DNCURSES_STATIC
}

build_http_parser() {
    mkdir -p "$work/build/http-parser"
    $host-gcc -std=c99 -O2 -g -c "$work/src/http-parser/http_parser.c" -o "$work/build/http-parser/http_parser.o"
    $host-ar rcs "$out/lib/libhttp_parser.a" "$work/build/http-parser/http_parser.o"
    cp "$work/src/http-parser/http_parser.h" "$out/include/"
}

build_openssl() {
    mkdir -p "$work/build/openssl"
    (cd "$work/build/openssl" && perl "$work/src/openssl/Configure" mingw64 --cross-compile-prefix=$host- --prefix="$out" \
        --libdir=lib no-shared no-tests no-engine no-legacy)
    make -C "$work/build/openssl" -j "$jobs" build_libs
    make -C "$work/build/openssl" install_dev
    pc openssl "$1" "-lssl -lcrypto -lws2_32 -lgdi32 -lcrypt32"
}

apt_sources
# The newest version whose source is to be had: a mirror may not have all of a security update.
build() { # PACKAGE
    mark=$out/.built-$1
    # shellcheck disable=SC2086,SC2154
    for version in $(apt-cache $apt showsrc "$1" | sed -n 's/^Version: //p' | sort -rV | uniq); do
        [ "$(cat "$mark" 2>/dev/null)" != "$version $(cat "$0" "$here/../debian-source.sh" | cksum)" ] || return 0
        echo "libraries.sh: $1 $version"
        if fetch "$1" "$version"; then
            rm -rf "$work/build/$1"
            upstream=${version#*:}
            "build_$(echo "$1" | tr - _)" "${upstream%%-*}"
            echo "$version $(cat "$0" "$here/../debian-source.sh" | cksum)" >"$mark"
            return 0
        fi
    done
    echo "libraries.sh: no source package $1" >&2
    exit 1
}

for package in libuv1 cjson utf8proc libvterm cmocka ncurses http-parser openssl; do
    build "$package"
done
