# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors

# Sets warnings and hardening; each flag is used only if the compiler knows it. PINNING_DEV turns warnings into errors.
option(PINNING_DEV "Treat warnings as errors" OFF)
set(PINNING_SANITIZE "" CACHE STRING "Sanitizers to build with, e.g. address,undefined")

function(pinning_add_if_known flag)
  string(MAKE_C_IDENTIFIER "HAVE_FLAG_${flag}" known)
  check_c_compiler_flag("${flag}" ${known})
  if(${known})
    add_compile_options("${flag}")
  endif()
endfunction()

add_compile_options(-Wall -Wextra -Wpedantic)
foreach(flag -Wshadow -Wconversion -Wsign-conversion -Wmissing-prototypes -Wstrict-prototypes -Wcast-qual
        -Wpointer-arith -Wwrite-strings -Wformat=2 -Wundef -Wvla -Wlogical-op -Wduplicated-cond
        -Wnull-dereference -fno-common -fstack-clash-protection -fcf-protection -fno-plt)
  pinning_add_if_known(${flag})
endforeach()
# The macros of sys/sdt.h leave out the last argument, and clang warns wherever they are used.
pinning_add_if_known(-Wno-gnu-zero-variadic-macro-arguments)
# GCC 11 changed the alignment of 64-bit atomics on 32-bit processors. None is in an interface, so the note is useless.
pinning_add_if_known(-Wno-psabi)
if(PINNING_DEV)
  add_compile_options(-Werror)
endif()

option(PINNING_FUZZ "Let the compiler (clang) note which code runs, for libFuzzer: tests/fuzz" OFF)
if(PINNING_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()
option(PINNING_COVERAGE "Count which lines run, for tests/coverage.sh" OFF)
if(PINNING_COVERAGE)
  # Atomic counters, because threads and parallel processes count too.
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()
if(PINNING_SANITIZE)
  add_compile_options(-fsanitize=${PINNING_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PINNING_SANITIZE})
else()
  pinning_add_if_known(-fstack-protector-strong)
  add_compile_options("$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>")
  # With sanitizers, libraries have undefined symbols, which the program's run time provides.
  add_link_options(LINKER:--no-undefined)
endif()
add_link_options(LINKER:-z,relro,-z,now,-z,noexecstack,--as-needed)
