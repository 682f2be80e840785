# SPDX-License-Identifier: Apache-2.0
# What all bare targets share. The files beside this one set target_prefix and target_flags and
# include it.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_C_COMPILER ${target_prefix}gcc)
set(CMAKE_AR ${target_prefix}ar)
set(CMAKE_RANLIB ${target_prefix}ranlib)
set(CMAKE_OBJCOPY ${target_prefix}objcopy)
set(CMAKE_C_FLAGS_INIT "${target_flags} -ffreestanding -ffunction-sections -fdata-sections")
# There is no C library to link a test program with.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
