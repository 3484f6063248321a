# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors

# Adds the target "uninstall". Include this after everything that installs files, because it reads the folders from their
# settings. The script that notes which folders exist has to be the first install rule.
set(folders
    "${CMAKE_INSTALL_BINDIR}"
    "${CMAKE_INSTALL_INCLUDEDIR}"
    "${CMAKE_INSTALL_LIBDIR}/pkgconfig"
    "${CMAKE_INSTALL_LIBDIR}/${PINNING_MODULES_SUBDIR}"
    "${CMAKE_INSTALL_LIBDIR}/${PINNING_GNUTLS_SUBDIR}"
    "${CMAKE_INSTALL_DOCDIR}/docs"
    "${PINNING_BASH_COMPLETIONS}"
    "${PINNING_ZSH_COMPLETIONS}"
    "${PINNING_FISH_COMPLETIONS}")
foreach(section 1 3 5 7)
  list(APPEND folders "${CMAKE_INSTALL_MANDIR}/man${section}")
endforeach()
if(PINNING_SYSTEM_FILES)
  list(APPEND folders "${PINNING_UNITDIR}")
  foreach(place crypto.d openssl.d)
    list(APPEND folders "${CMAKE_INSTALL_FULL_SYSCONFDIR}/apparmor.d/abstractions/${place}")
  endforeach()
endif()

configure_file("${CMAKE_CURRENT_LIST_DIR}/note_folders.cmake.in" "${PINNING_NOTE_FOLDERS}" @ONLY)
configure_file("${CMAKE_CURRENT_LIST_DIR}/uninstall.cmake.in" "${CMAKE_BINARY_DIR}/cmake/uninstall.cmake" @ONLY)
add_custom_target(uninstall COMMAND "${CMAKE_COMMAND}" -P "${CMAKE_BINARY_DIR}/cmake/uninstall.cmake" VERBATIM)
