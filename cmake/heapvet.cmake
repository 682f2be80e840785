# SPDX-License-Identifier: Apache-2.0
# What the testbed's folders share: warnings, and kheap built in several configurations side by side.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_EXTENSIONS ON)
set(HEAPVET_WARNINGS -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wundef -Wcast-align -Wvla
                     -Werror)

# heapvet_library(NAME SOURCE...): a static library of the testbed, freestanding-safe, with warnings on.
function(heapvet_library name)
  add_library(${name} STATIC ${ARGN})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR}/ops)
  target_compile_options(${name} PRIVATE ${HEAPVET_WARNINGS})
endfunction()
