# SPDX-License-Identifier: Apache-2.0
# explore: all schedules of small programs.

# explore_program(NAME [SOURCE...]): the command, with some of its files replaced.
function(explore_program name)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/sim/explore*.c)
  foreach(replacement ${ARGN})
    get_filename_component(file ${replacement} NAME)
    list(FILTER sources EXCLUDE REGEX "/${file}$")
  endforeach()
  add_executable(${name} ${sources} ${ARGN})
  target_link_libraries(${name} PRIVATE sim ops_host ops reference)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/sim ${PROJECT_SOURCE_DIR}/lib/include)
  target_compile_options(${name} PRIVATE ${HEAPVET_WARNINGS})
  # Subjects from shared objects call the simulation in it, as in heapvet.
  target_link_options(${name} PRIVATE "LINKER:--export-dynamic-symbol=sim_*")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endfunction()

explore_program(explore)
