# SPDX-License-Identifier: Apache-2.0
# The library for Cortex-M3:
#   cmake -S . -B build/cortex-m3 --toolchain cmake/toolchains/cortex-m3.cmake -DHEAPVET_TESTBED=OFF
set(CMAKE_SYSTEM_PROCESSOR arm)
set(target_prefix arm-none-eabi-)
set(target_flags "-mcpu=cortex-m3 -mthumb")
include(${CMAKE_CURRENT_LIST_DIR}/bare-metal.cmake)
