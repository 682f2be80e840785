# SPDX-License-Identifier: Apache-2.0
# What find_package(kheap) and pkg-config kheap find after cmake --install.

include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/kheap)
install(TARGETS kheap EXPORT kheapTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${generated} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/kheap)
install(EXPORT kheapTargets NAMESPACE kheap:: DESTINATION ${package_dir})

configure_package_config_file(
  ${CMAKE_CURRENT_SOURCE_DIR}/kheapConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/kheapConfig.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(
  ${CMAKE_CURRENT_BINARY_DIR}/kheapConfigVersion.cmake VERSION ${PROJECT_VERSION}
  COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/kheapConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/kheapConfigVersion.cmake DESTINATION ${package_dir})

# The prefix is found from where the file lies, so that an installed tree can be moved.
file(RELATIVE_PATH KHEAP_PC_UP /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" KHEAP_PC_UP "${KHEAP_PC_UP}")
configure_file(kheap.pc.in ${CMAKE_CURRENT_BINARY_DIR}/kheap.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/kheap.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
