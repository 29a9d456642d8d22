# The schema of 'inspect' is made whole: it refers to definitions of that of reports, which a validator does not look for in another
# file. They stand in report.schema.json alone; as its last member, they are taken from there as they are written.
set(folder ${CMAKE_SOURCE_DIR}/schema)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${folder}/report.schema.json ${folder}/inspect.schema.json)
file(READ ${folder}/report.schema.json report)
file(READ ${folder}/inspect.schema.json inspect)
string(FIND "${report}" "\t\"$defs\": {" at)
string(SUBSTRING "${report}" ${at} -1 definitions)
string(REPLACE "report.schema.json#" "#" inspect "${inspect}")
string(REGEX REPLACE "\n}\n$" "" inspect "${inspect}")
string(CONCAT inspect "${inspect}" ",\n" "${definitions}")
string(JSON count LENGTH "${inspect}" $defs)
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/schema/inspect.schema.json CONTENT "${inspect}" @ONLY)
