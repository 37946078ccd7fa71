# house_proto(NAME proto_part PROTO file.proto [GRPC] [DEPS ...])
#
# Generates C++ from one .proto file of the room `proto` and makes it the house library `ferro::<name>` of layer 1, in a
# quiet target of its own: generated code gets our hardening and sanitizers, not our warnings. Its headers are included as
# "proto/<file>.pb.h" and, with GRPC, "proto/<file>.grpc.pb.h". DEPS are other house_proto libraries that it imports.
function(house_proto)
    cmake_parse_arguments(ARG "GRPC" "NAME;PROTO" "DEPS" ${ARGN})
    if(ARG_UNPARSED_ARGUMENTS OR NOT ARG_NAME OR NOT ARG_PROTO)
        message(FATAL_ERROR "house_proto needs NAME and PROTO, and knows GRPC and DEPS: ${ARGN}")
    endif()
    set(source ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_PROTO})
    set(root ${PROJECT_BINARY_DIR}/generated/proto_root)
    file(RELATIVE_PATH relative ${PROJECT_SOURCE_DIR} ${source})
    string(REGEX REPLACE "\\.proto$" "" stem ${root}/${relative})
    file(MAKE_DIRECTORY ${root})

    set(outputs ${stem}.pb.cc ${stem}.pb.h)
    set(plugin "")
    if(ARG_GRPC)
        list(APPEND outputs ${stem}.grpc.pb.cc ${stem}.grpc.pb.h)
        set(plugin --grpc_out=${root} --plugin=protoc-gen-grpc=${GRPC_CPP_PLUGIN})
    endif()
    add_custom_command(OUTPUT ${outputs}
        COMMAND ${PROTOC} -I ${PROJECT_SOURCE_DIR} --cpp_out=${root} ${plugin} ${source}
        DEPENDS ${source} COMMENT "Generating from ${relative}" VERBATIM)

    add_library(ferro_${ARG_NAME} STATIC ${outputs})
    add_library(ferro::${ARG_NAME} ALIAS ferro_${ARG_NAME})
    set_target_properties(ferro_${ARG_NAME} PROPERTIES FERRO_LAYER 1 FERRO_ROOM proto CXX_CLANG_TIDY ""
        COMPILE_WARNING_AS_ERROR OFF)
    target_compile_options(ferro_${ARG_NAME} PRIVATE -w)
    target_include_directories(ferro_${ARG_NAME} SYSTEM PUBLIC ${root})
    target_link_libraries(ferro_${ARG_NAME} PUBLIC ferro_build foreign_grpc)
    foreach(dep IN LISTS ARG_DEPS)
        target_link_libraries(ferro_${ARG_NAME} PUBLIC ferro::${dep})
    endforeach()
    set_property(GLOBAL APPEND PROPERTY FERRO_LIBRARIES ${ARG_NAME})
endfunction()
