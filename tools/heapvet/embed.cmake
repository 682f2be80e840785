# SPDX-License-Identifier: Apache-2.0
# cmake -DFILES=a.h;b.h -DOUT=x.c -P embed.cmake: text files as arrays of characters, emit_text_a and so on.
set(text "/* Made by embed.cmake. */\n#include \"emit.h\"\n")
foreach(file ${FILES})
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND text "const char emit_text_${name}[] = {${bytes}0};\n")
endforeach()
file(WRITE ${OUT} "${text}")
