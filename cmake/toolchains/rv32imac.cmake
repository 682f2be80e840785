# SPDX-License-Identifier: Apache-2.0
# The library for RV32IMAC:
#   cmake -S . -B build/rv32imac --toolchain cmake/toolchains/rv32imac.cmake -DHEAPVET_TESTBED=OFF
set(CMAKE_SYSTEM_PROCESSOR riscv32)
set(target_prefix riscv64-unknown-elf-)
set(target_flags "-march=rv32imac_zicsr -mabi=ilp32 -mcmodel=medany")
include(${CMAKE_CURRENT_LIST_DIR}/bare-metal.cmake)
