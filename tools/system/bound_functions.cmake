# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors

# Makes bound_functions.c: the functions of OpenSSL without which pinning.so can judge nothing. They are those that
# provider/openssl/openssl.h lists, and the one that installs the hooks, less those for which openssl.c beside it has a
# stand-in.
set(provider "${PROJECT_SOURCE_DIR}/provider/openssl")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${provider}/openssl.h" "${provider}/openssl.c")
file(READ "${provider}/openssl.h" text)
string(REGEX MATCHALL "\n  X\\([A-Za-z0-9_]+\\)" bound "${text}")
list(TRANSFORM bound REPLACE ".*\\((.+)\\)" "\\1")
file(READ "${provider}/openssl.c" text)
string(REGEX MATCHALL "\n *{\"[A-Za-z0-9_]+\", ANSWER_" replaced "${text}")
list(TRANSFORM replaced REPLACE ".*\"(.+)\".*" "\\1")
list(LENGTH replaced replaced_count)
if(replaced_count LESS 20)
  message(FATAL_ERROR "provider/openssl/openssl.c: ${replaced_count} stand-ins found, there should be more")
endif()
list(APPEND bound CRYPTO_get_ex_new_index)
list(REMOVE_ITEM bound ${replaced})
list(REMOVE_DUPLICATES bound)
list(SORT bound COMPARE STRING CASE SENSITIVE)
list(LENGTH bound bound_count)
if(bound_count LESS 50)
  message(FATAL_ERROR "provider/openssl/openssl.h: ${bound_count} functions found, there should be more")
endif()
list(TRANSFORM bound REPLACE "(.+)" "    \"\\1\",\n")
list(JOIN bound "" bound_text)
file(CONFIGURE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/bound_functions.c"
     CONTENT "#include \"system/openssl_lacks.h\"

const char *const bound_functions[BOUND_FUNCTIONS] = {
@bound_text@};
" @ONLY)
target_sources(pinctl_system PRIVATE "${CMAKE_CURRENT_BINARY_DIR}/bound_functions.c")
target_compile_definitions(pinctl_system PUBLIC BOUND_FUNCTIONS=${bound_count})
