# SPDX-License-Identifier: Apache-2.0
#
# The options of kheap/config.h as cache variables of the same names. Names, ranges and sentences
# are read from that header, so that there is no second list to keep.

# kheap_options_read(TEXT): KHEAP_OPTIONS, and KHEAP_<option>_{LOW,HIGH,RULE} for each.
macro(kheap_options_read text)
  set(_check "#if KHEAP_OUTSIDE.(CONFIG_[A-Z_]+), ([0-9]+), ([0-9]+).\n#error \"([^\"]*)\"")
  string(REGEX MATCHALL "${_check}" _checks "${text}")
  set(KHEAP_OPTIONS "")
  foreach(_one IN LISTS _checks)
    string(REGEX MATCH "${_check}" _one "${_one}")
    list(APPEND KHEAP_OPTIONS ${CMAKE_MATCH_1})
    set(KHEAP_${CMAKE_MATCH_1}_LOW ${CMAKE_MATCH_2})
    set(KHEAP_${CMAKE_MATCH_1}_HIGH ${CMAKE_MATCH_3})
    set(KHEAP_${CMAKE_MATCH_1}_RULE "${CMAKE_MATCH_4}")
  endforeach()
  if(NOT KHEAP_OPTIONS)
    message(FATAL_ERROR "kheap/config.h has no options: its checks are laid out in another way")
  endif()
endmacro()

# kheap_option_value(OPTION OUT): its value as config.h wants it, or the end of the configuration.
function(kheap_option_value option out)
  # A switch may be given as people write CMake's own, or as Kconfig does.
  set(value "${${option}}")
  if(KHEAP_${option}_HIGH EQUAL 1)
    string(REGEX REPLACE "^(ON|on|y|Y)$" "1" value "${value}")
    string(REGEX REPLACE "^(OFF|off|n|N)$" "0" value "${value}")
  endif()
  if(NOT value MATCHES "^[0-9]+$" OR value LESS KHEAP_${option}_LOW OR value GREATER
                                                                      KHEAP_${option}_HIGH)
    message(FATAL_ERROR "${KHEAP_${option}_RULE}; it is ${value}")
  endif()
  set(${out} ${value} PARENT_SCOPE)
endfunction()
