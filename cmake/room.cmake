# SPDX-License-Identifier: GPL-3.0-or-later
# hvgen2_room(NAME SOURCES file.c ... [USES room ...] [LIBRARIES target ...] [SHOWS target ...] [DEFINES name ...])
# A room is a static library. USES are the rooms below it; LIBRARIES are other people's, SHOWS those of them whose types
# stand in its headers. closed_NAME is the whole room, linked with these and with what they stand on: an undefined
# reference there is a call against a direction. Mend the call, or think about the direction. What a room may include
# says tests/scripts/directions.sh; tests/scripts/calls.sh finds calls of rooms that are linked only because others use
# them, for which each room has a line in rooms.txt.
function(hvgen2_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;USES;LIBRARIES;SHOWS;DEFINES" ${ARGN})
  add_library(${name} STATIC ${ROOM_SOURCES})
  target_link_libraries(${name} PUBLIC ${ROOM_USES} ${ROOM_SHOWS} hvgen2::flags PRIVATE ${ROOM_LIBRARIES})
  target_compile_definitions(${name} PRIVATE ${ROOM_DEFINES})
  if(WITH_TESTS)
    add_executable(closed_${name} ${PROJECT_SOURCE_DIR}/cmake/closed.c)
  else()
    add_executable(closed_${name} EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/cmake/closed.c)
  endif()
  target_link_libraries(closed_${name} PRIVATE $<LINK_LIBRARY:WHOLE_ARCHIVE,${name}>)
  list(JOIN ROOM_USES " " uses)
  set_property(GLOBAL APPEND_STRING PROPERTY HVGEN2_ROOMS "${name} $<TARGET_FILE:${name}> ${uses}\n")
endfunction()
