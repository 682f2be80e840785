# SPDX-License-Identifier: Apache-2.0
#
# kheap in several configurations side by side in one program.
#
#   kheap_variant(NAME kheap_small DEFINES CONFIG_SYS_HEAP_SMALL_ONLY=1
#                 [OPTIONS -fsanitize=address] [LABEL kheap-small] [LIB dir] [NO_PROBE]
#                 [PORT none] [SUBJECT kheap_multi.c])
#
# Compiles all of lib/src and subjects/kheap.c with DEFINES and OPTIONS, links them into one
# relocatable object and makes every symbol but subject_<NAME> local to it. The result is a static
# library target <NAME>. LABEL is the subject's name (default: by header format). LIB is another lib
# folder (src/ and include/ below it), for a second version or a deliberately faulty one. NO_PROBE
# leaves KHEAP_STEP() empty, as in shipped code: for benchmarks. PORT adds the heaps that stand on a
# port (lib/src/heaps) with that one; SUBJECT is the file in subjects/ that makes a subject of them.
#
#   kheap_plugin(NAME kheap_small_plugin OUTPUT kheap-small ...the same...)
#
# The same as a shared object OUTPUT.so, which --subject ./OUTPUT.so loads.

set(KHEAP_VARIANT_ROOT ${CMAKE_CURRENT_LIST_DIR}/..)

function(_kheap_variant_object name)
  cmake_parse_arguments(V "NO_PROBE;PIC" "LABEL;LIB;PORT;SUBJECT" "DEFINES;OPTIONS" ${ARGN})
  if(V_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "kheap_variant ${name}: unknown argument ${V_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT V_LIB)
    set(V_LIB ${KHEAP_VARIANT_ROOT}/lib)
  endif()
  if(NOT V_SUBJECT)
    set(V_SUBJECT kheap.c)
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${V_LIB}/src/*.c)
  if(V_PORT)
    file(GLOB heaps CONFIGURE_DEPENDS ${V_LIB}/src/heaps/*.c ${V_LIB}/port/${V_PORT}/*.c)
    list(APPEND sources ${heaps})
  endif()

  add_library(${name}_objects OBJECT ${sources} ${KHEAP_VARIANT_ROOT}/subjects/${V_SUBJECT})
  # lib/include comes first: a second version's headers must win.
  target_include_directories(
    ${name}_objects PRIVATE ${V_LIB}/include ${V_LIB}/src ${KHEAP_VARIANT_ROOT}/subjects
                            ${KHEAP_VARIANT_ROOT}/ops)
  target_compile_definitions(${name}_objects PRIVATE ${V_DEFINES} SUBJECT_SYMBOL=subject_${name})
  if(V_LABEL)
    target_compile_definitions(${name}_objects PRIVATE SUBJECT_NAME=\"${V_LABEL}\")
  endif()
  if(NOT V_NO_PROBE)
    target_compile_definitions(${name}_objects PRIVATE KHEAP_CONFIG_HEADER=\"kheap_probe.h\")
  endif()
  # Link-time optimisation would leave no symbols to make local.
  target_compile_options(${name}_objects PRIVATE ${HEAPVET_WARNINGS} -fno-lto ${V_OPTIONS})
  if(V_PIC)
    # Hidden, because interposable functions would not be inlined.
    target_compile_options(${name}_objects PRIVATE -fPIC -fvisibility=hidden)
  endif()

  # Of all flags only those that choose the machine matter to a relocatable link.
  separate_arguments(machine UNIX_COMMAND "${CMAKE_C_FLAGS}")
  list(APPEND machine ${V_OPTIONS})
  list(FILTER machine INCLUDE REGEX "^(-m|--target=|-target$)")
  # What the compiler itself adds must stay one per program: 32-bit thunks, sanitizer registration.
  # Its per-variable names (odr) must not.
  set(shared_names --keep-global-symbol=__* --keep-global-symbol=asan.*
                   --keep-global-symbol=sancov.*)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.o)
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${CMAKE_C_COMPILER} ${machine} -r -nostdlib -o ${object}.all
            $<TARGET_OBJECTS:${name}_objects>
    COMMAND ${CMAKE_OBJCOPY} --wildcard --keep-global-symbol=subject_${name} ${shared_names}
            --localize-symbol=__odr_asan* ${object}.all ${object}
    DEPENDS ${name}_objects $<TARGET_OBJECTS:${name}_objects>
    COMMAND_EXPAND_LISTS VERBATIM
    COMMENT "Joining ${name}")
  set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
endfunction()

function(kheap_variant)
  cmake_parse_arguments(PARSE_ARGV 0 W "" "NAME" "")
  _kheap_variant_object(${W_NAME} ${W_UNPARSED_ARGUMENTS})
  add_library(${W_NAME} STATIC ${CMAKE_CURRENT_BINARY_DIR}/${W_NAME}.o)
  set_target_properties(${W_NAME} PROPERTIES LINKER_LANGUAGE C)
endfunction()

function(kheap_plugin)
  cmake_parse_arguments(PARSE_ARGV 0 W "" "NAME;OUTPUT" "")
  _kheap_variant_object(${W_NAME} ${W_UNPARSED_ARGUMENTS} PIC)
  add_library(${W_NAME} MODULE ${KHEAP_VARIANT_ROOT}/subjects/plugin.c
                               ${CMAKE_CURRENT_BINARY_DIR}/${W_NAME}.o)
  target_include_directories(${W_NAME} PRIVATE ${KHEAP_VARIANT_ROOT}/ops)
  target_compile_definitions(${W_NAME} PRIVATE SUBJECT_SYMBOL=subject_${W_NAME})
  target_compile_options(${W_NAME} PRIVATE ${HEAPVET_WARNINGS} -fno-lto)
  set_target_properties(${W_NAME} PROPERTIES PREFIX "" SUFFIX ".so" OUTPUT_NAME ${W_OUTPUT})
endfunction()
