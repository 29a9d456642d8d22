# SPDX-License-Identifier: GPL-3.0-or-later
# hvgen2_room(NAME SOURCES file.c ... [USES room ...] [LIBRARIES target ...] [DEFINES name ...])
# A room is a static library. USES are the rooms below it, LIBRARIES are other people's. That it calls nothing else is
# proven by closed_NAME: the whole room, linked with what stands here alone. An undefined reference there is a call
# against a direction: mend the call, or think about the direction.
function(hvgen2_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;USES;LIBRARIES;DEFINES" ${ARGN})
  add_library(${name} STATIC ${ROOM_SOURCES})
  target_link_libraries(${name} PUBLIC ${ROOM_USES} hvgen2::flags PRIVATE ${ROOM_LIBRARIES})
  target_compile_definitions(${name} PRIVATE ${ROOM_DEFINES})
  add_executable(closed_${name} ${PROJECT_SOURCE_DIR}/cmake/closed.c)
  target_link_libraries(closed_${name} PRIVATE $<LINK_LIBRARY:WHOLE_ARCHIVE,${name}>)
endfunction()
