# SPDX-License-Identifier: GPL-3.0-or-later
# INPUTS, one after the other, as bytes in a C file, OUTPUT: see fixed.h.
string(REPLACE "|" ";" parts "${INPUTS}")
foreach(part ${parts})
  file(READ ${part} bytes HEX)
  string(APPEND script ${bytes})
endforeach()
string(REGEX REPLACE "(..)" "0x\\1," script "${script}")
string(REGEX REPLACE "(................................................................................)" "\\1\n" script "${script}")
file(WRITE ${OUTPUT} "#include \"convert/vm/emit/fixed.h\"\n
const unsigned char emit_fixed_script[] = {\n${script}};
const unsigned long emit_fixed_script_size = sizeof(emit_fixed_script);\n")
