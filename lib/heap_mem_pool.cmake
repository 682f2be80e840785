# SPDX-License-Identifier: Apache-2.0
#
# The system heap's size from its three sorts of options, as kheap/config.h tells:
#
#   CONFIG_HEAP_MEM_POOL_SIZE             bytes as configured; empty or not set: 0
#   CONFIG_HEAP_MEM_POOL_ADD_SIZE_<NAME>  bytes that one user of the heap needs; any number of them
#   CONFIG_HEAP_MEM_POOL_IGNORE_MIN       yes: the size as configured, whatever the users need
#
# Variables and cache variables count alike, so that a tree with Kconfig may import its own.
# As a script it prints the result: cmake -DCONFIG_...=... -P heap_mem_pool.cmake

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  cmake_minimum_required(VERSION 3.23)
endif()
set(KHEAP_POOL_SIZE_MAX 2147483647)

# A number of bytes, or the end of the configuration.
function(_kheap_pool_bytes option out)
  set(value "${${option}}")
  if("${value}" STREQUAL "")
    set(value 0)
  endif()
  if(NOT "${value}" MATCHES "^[0-9]+$" OR "${value}" GREATER ${KHEAP_POOL_SIZE_MAX})
    message(FATAL_ERROR "${option} must be 0 to ${KHEAP_POOL_SIZE_MAX}; it is ${value}")
  endif()
  set(${out} ${value} PARENT_SCOPE)
endfunction()

# A switch as CMake's people, Kconfig's and the compiler's write it.
function(_kheap_pool_switch option out)
  set(value "${${option}}")
  if("${value}" MATCHES "^(1|y|Y|ON|on)$")
    set(${out} TRUE PARENT_SCOPE)
  elseif("${value}" MATCHES "^(0|n|N|OFF|off)?$")
    set(${out} FALSE PARENT_SCOPE)
  else()
    message(FATAL_ERROR "${option} must be 0 or 1; it is ${value}")
  endif()
endfunction()

# kheap_heap_mem_pool_size(OUT): the resolved size, and a status line that says where it is from.
function(kheap_heap_mem_pool_size out)
  _kheap_pool_bytes(CONFIG_HEAP_MEM_POOL_SIZE size)
  _kheap_pool_switch(CONFIG_HEAP_MEM_POOL_IGNORE_MIN no_minimum)
  # Lists variables and cache variables, each name once.
  get_cmake_property(names VARIABLES)
  list(FILTER names INCLUDE REGEX "^CONFIG_HEAP_MEM_POOL_ADD_SIZE_.")
  set(sum 0)
  set(parts "")
  foreach(name ${names})
    _kheap_pool_bytes(${name} bytes)
    math(EXPR sum "${sum} + ${bytes}")
    string(REGEX REPLACE "^CONFIG_HEAP_MEM_POOL" "" short ${name})
    string(APPEND parts " ${short}=${bytes}")
  endforeach()
  if(NOT no_minimum AND sum GREATER KHEAP_POOL_SIZE_MAX)
    message(FATAL_ERROR "CONFIG_HEAP_MEM_POOL_SIZE must be 0 to ${KHEAP_POOL_SIZE_MAX}; "
                        "the sum of CONFIG_HEAP_MEM_POOL_ADD_SIZE_<NAME> is ${sum}")
  endif()
  set(resolved ${size})
  set(why "as configured")
  if(sum GREATER size)
    if(no_minimum)
      set(why "as configured: IGNORE_MIN, and not the sum ${sum} of${parts}")
    else()
      set(resolved ${sum})
      set(why "the sum of${parts}; configured: ${size}")
    endif()
  endif()
  message(STATUS "kheap: CONFIG_HEAP_MEM_POOL_SIZE is ${resolved}, ${why}")
  set(${out} ${resolved} PARENT_SCOPE)
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  kheap_heap_mem_pool_size(size)
endif()
