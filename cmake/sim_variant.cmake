# SPDX-License-Identifier: Apache-2.0
#
# Libraries that run in the simulation, several of them side by side in one program.
#
#   sim_variant(NAME sim_faulty SUFFIX _faulty [LIB dir] [SUBJECTS file...] [DEFINES ...]
#               [OPTIONS ...])
#
# Compiles all of lib/src and lib/src/heaps with the simulation's port and configuration, and its
# subjects, links them into one relocatable object and makes every symbol local to it but
# sim_kheap<SUFFIX>, sim_pool<SUFFIX> and sim_poolmalloc<SUFFIX>. The result is a static library
# target <NAME>. LIB is another lib folder (src/ and include/ below it): a deliberately faulty copy.
# SUBJECTS are compiled instead of the simulation's own.

set(SIM_VARIANT_ROOT ${CMAKE_CURRENT_LIST_DIR}/..)

function(_sim_variant_objects name)
  cmake_parse_arguments(V "" "SUFFIX;LIB" "SUBJECTS;DEFINES;OPTIONS" ${ARGN})
  if(V_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "sim_variant ${name}: unknown argument ${V_UNPARSED_ARGUMENTS}")
  endif()
  set(sim ${SIM_VARIANT_ROOT}/sim)
  if(NOT V_LIB)
    set(V_LIB ${SIM_VARIANT_ROOT}/lib)
  endif()
  if(NOT V_SUBJECTS)
    set(V_SUBJECTS ${sim}/kheap_subject.c ${sim}/pool_subject.c)
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${V_LIB}/src/*.c ${V_LIB}/src/heaps/*.c)
  add_library(${name}_objects OBJECT ${sources} ${sim}/port.c ${sim}/subject_common.c ${V_SUBJECTS})
  target_include_directories(${name}_objects PRIVATE ${V_LIB}/include ${V_LIB}/src ${sim}
                                                     ${SIM_VARIANT_ROOT}/ops)
  target_compile_definitions(${name}_objects PRIVATE ${V_DEFINES}
                                                     KHEAP_CONFIG_HEADER=\"sim_config.h\")
  if(V_SUFFIX)
    target_compile_definitions(${name}_objects PRIVATE SIM_SUFFIX=${V_SUFFIX})
  endif()
  # Link-time optimisation would leave no symbols to make local.
  target_compile_options(${name}_objects PRIVATE ${HEAPVET_WARNINGS} -fno-lto ${V_OPTIONS})
endfunction()

function(sim_variant)
  cmake_parse_arguments(PARSE_ARGV 0 W "" "NAME;SUFFIX" "OPTIONS")
  _sim_variant_objects(${W_NAME} SUFFIX ${W_SUFFIX} OPTIONS ${W_OPTIONS} ${W_UNPARSED_ARGUMENTS})
  set(keep)
  foreach(subject sim_kheap sim_pool sim_poolmalloc)
    list(APPEND keep --keep-global-symbol=${subject}${W_SUFFIX})
  endforeach()
  # As in kheap_variant.cmake.
  separate_arguments(machine UNIX_COMMAND "${CMAKE_C_FLAGS}")
  list(APPEND machine ${W_OPTIONS})
  list(FILTER machine INCLUDE REGEX "^(-m|--target=|-target$)")
  set(shared_names --keep-global-symbol=__* --keep-global-symbol=asan.*
                   --keep-global-symbol=sancov.*)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${W_NAME}.o)
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${CMAKE_C_COMPILER} ${machine} -r -nostdlib -o ${object}.all
            $<TARGET_OBJECTS:${W_NAME}_objects>
    COMMAND ${CMAKE_OBJCOPY} --wildcard ${keep} ${shared_names} --localize-symbol=__odr_asan*
            ${object}.all ${object}
    DEPENDS ${W_NAME}_objects $<TARGET_OBJECTS:${W_NAME}_objects>
    COMMAND_EXPAND_LISTS VERBATIM
    COMMENT "Joining ${W_NAME}")
  set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
  add_library(${W_NAME} STATIC ${object})
  set_target_properties(${W_NAME} PROPERTIES LINKER_LANGUAGE C)
endfunction()
