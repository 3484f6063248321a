# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors

# Makes completion_text.c, which holds the files of this folder as strings.
set(completion_texts "")
foreach(shell bash zsh fish)
  set(file "${CMAKE_CURRENT_SOURCE_DIR}/completion/pinctl.${shell}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
  file(READ "${file}" text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\"\n    \"" text "${text}")
  string(APPEND completion_texts "\nconst char completion_text_${shell}[] =\n    \"${text}\";\n")
endforeach()
file(CONFIGURE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/completion_text.c"
     CONTENT "#include \"verbs/completion.h\"\n@completion_texts@" @ONLY)
# Longer than compilers have to take; those that we build with do.
set_source_files_properties("${CMAKE_CURRENT_BINARY_DIR}/completion_text.c"
                            PROPERTIES COMPILE_OPTIONS "-Wno-overlength-strings")
