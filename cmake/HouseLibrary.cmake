# house_library(NAME room_part LAYER n [DEPS ...] [LINK ...] SOURCES ... HEADERS ...)
#
# Declares one part of a room as a static library `ferro_<name>` with the alias `ferro::<name>`. DEPS are other house
# libraries by their short names; LINK are foreign targets. The walls of the house are checked here, at configure time:
#   - a dependency on a higher layer is refused;
#   - within layers 1 and 3 a dependency on another room is refused (engines and adapters do not know each other),
#     except on the parts of its own room.
# The room is the first word of the name: `gossip_engine` is the engine of the room `gossip`.
# Since foreign headers sit in /usr/include, a link list alone cannot stop an include: tests/house reads those.

function(house_library)
    cmake_parse_arguments(ARG "" "NAME;LAYER;ROOM" "DEPS;LINK;SOURCES;HEADERS" ${ARGN})
    if(ARG_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "house_library(${ARG_NAME}): unknown words: ${ARG_UNPARSED_ARGUMENTS}")
    endif()
    if(NOT DEFINED ARG_LAYER OR NOT ARG_NAME)
        message(FATAL_ERROR "house_library needs NAME and LAYER")
    endif()
    if(NOT ARG_ROOM)
        string(REGEX REPLACE "_.*$" "" ARG_ROOM "${ARG_NAME}")
    endif()

    foreach(dep IN LISTS ARG_DEPS)
        if(NOT TARGET ferro_${dep})
            message(FATAL_ERROR "house_library(${ARG_NAME}): no house library named '${dep}' (rooms are added in layer order)")
        endif()
        get_target_property(dep_layer ferro_${dep} FERRO_LAYER)
        get_target_property(dep_room ferro_${dep} FERRO_ROOM)
        if(dep_layer GREATER ARG_LAYER)
            message(FATAL_ERROR "house_library(${ARG_NAME}): layer ${ARG_LAYER} may not depend on '${dep}' of layer ${dep_layer}: dependencies point down")
        endif()
        if(dep_layer EQUAL ARG_LAYER AND ARG_LAYER MATCHES "^(1|3)$" AND NOT dep_room STREQUAL ARG_ROOM)
            message(FATAL_ERROR "house_library(${ARG_NAME}): layer ${ARG_LAYER} of room '${ARG_ROOM}' may not depend on '${dep}' of room '${dep_room}'")
        endif()
    endforeach()

    if(ARG_SOURCES)
        add_library(ferro_${ARG_NAME} STATIC ${ARG_SOURCES})
        set(scope PUBLIC)
    else()
        add_library(ferro_${ARG_NAME} INTERFACE)
        set(scope INTERFACE)
    endif()
    add_library(ferro::${ARG_NAME} ALIAS ferro_${ARG_NAME})
    target_sources(ferro_${ARG_NAME} ${scope} FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${ARG_HEADERS})
    set_target_properties(ferro_${ARG_NAME} PROPERTIES FERRO_LAYER ${ARG_LAYER} FERRO_ROOM ${ARG_ROOM})
    if(ARG_SOURCES)
        target_link_libraries(ferro_${ARG_NAME} PRIVATE ferro_warnings)
    endif()
    target_link_libraries(ferro_${ARG_NAME} ${scope} ferro_build)
    foreach(dep IN LISTS ARG_DEPS)
        target_link_libraries(ferro_${ARG_NAME} ${scope} ferro::${dep})
    endforeach()
    if(ARG_LINK)
        target_link_libraries(ferro_${ARG_NAME} ${scope} ${ARG_LINK})
    endif()
    set_property(GLOBAL APPEND PROPERTY FERRO_LIBRARIES ${ARG_NAME})
endfunction()
