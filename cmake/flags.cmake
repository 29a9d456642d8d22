# SPDX-License-Identifier: GPL-3.0-or-later
# Language level and warnings of every target of the project.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(hvgen2_flags INTERFACE)
add_library(hvgen2::flags ALIAS hvgen2_flags)
target_compile_definitions(hvgen2_flags INTERFACE _GNU_SOURCE _FILE_OFFSET_BITS=64)
target_include_directories(hvgen2_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(hvgen2_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wundef -Wstrict-prototypes -Wmissing-prototypes
  -Wold-style-definition -Wimplicit-fallthrough -Wformat=2 -Wwrite-strings -Wpointer-arith
  -Wcast-qual -Wconversion -Wsign-conversion -Wnull-dereference
  $<$<C_COMPILER_ID:GNU>:-Wcast-align=strict -Wduplicated-cond -Wduplicated-branches -Wlogical-op>
  $<$<BOOL:${WARNINGS_AS_ERRORS}>:-Werror>)
target_compile_options(hvgen2_flags INTERFACE
  $<$<CONFIG:Release,RelWithDebInfo>:-D_FORTIFY_SOURCE=2 -fstack-protector-strong>)
target_link_options(hvgen2_flags INTERFACE
  $<$<CONFIG:Release,RelWithDebInfo>:-Wl,-z,relro,-z,now>
  $<$<AND:$<CONFIG:Release,RelWithDebInfo>,$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>>:-pie>)
