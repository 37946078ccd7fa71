# The foreign libraries, each found once and given one name. All come from Debian 12's packages (scripts/setup).
# gRPC, protobuf and abseil are linked statically and unused sections dropped: an idle speaker is half the size so.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL 3 REQUIRED)
if(BUILD_TESTING AND NOT FERRO_FUZZ)
    find_package(GTest REQUIRED)
endif()
pkg_check_modules(LIBNL REQUIRED IMPORTED_TARGET libnl-3.0 libnl-route-3.0)

# Debian's header-only expected; CMake package name differs between releases, the include path does not.
find_path(TL_EXPECTED_INCLUDE tl/expected.hpp REQUIRED)

# spdlog: compiled library, so that no file pays for its templates twice.
pkg_check_modules(SPDLOG REQUIRED IMPORTED_TARGET spdlog)

# Static yaml-cpp and SQLite: a shared C++ library would bring the shared libstdc++ with it (cmake/Daemon.cmake).
find_library(YAML_CPP_STATIC libyaml-cpp.a REQUIRED)
find_path(YAML_CPP_INCLUDE yaml-cpp/yaml.h REQUIRED)
add_library(foreign_yaml INTERFACE)
target_include_directories(foreign_yaml SYSTEM INTERFACE ${YAML_CPP_INCLUDE})
target_link_libraries(foreign_yaml INTERFACE ${YAML_CPP_STATIC})

find_library(SQLITE_STATIC libsqlite3.a REQUIRED)
find_path(SQLITE_INCLUDE sqlite3.h REQUIRED)
add_library(foreign_sqlite INTERFACE)
target_include_directories(foreign_sqlite SYSTEM INTERFACE ${SQLITE_INCLUDE})
target_link_libraries(foreign_sqlite INTERFACE ${SQLITE_STATIC} m Threads::Threads ${CMAKE_DL_LIBS})

# Static gRPC. A link group, since Debian's .pc files do not order the archives' circular references.
pkg_check_modules(GRPCPP REQUIRED grpc++ protobuf libcares re2 zlib openssl)
add_library(foreign_grpc INTERFACE)
set(FERRO_GRPC_STATIC_LIBS "")
foreach(lib IN LISTS GRPCPP_STATIC_LIBRARIES)
    find_library(FERRO_LIB_${lib} NAMES lib${lib}.a ${lib})
    if(FERRO_LIB_${lib})
        list(APPEND FERRO_GRPC_STATIC_LIBS ${FERRO_LIB_${lib}})
    endif()
endforeach()
list(REMOVE_DUPLICATES FERRO_GRPC_STATIC_LIBS)
target_link_libraries(foreign_grpc INTERFACE -Wl,--start-group ${FERRO_GRPC_STATIC_LIBS} -Wl,--end-group Threads::Threads ${CMAKE_DL_LIBS})

find_program(PROTOC protoc REQUIRED)
find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)

# RE2: MetalLB's exclusion file is written in Go's regular expressions. The same archive that gRPC brings.
find_library(RE2_STATIC NAMES libre2.a re2 REQUIRED)
add_library(foreign_re2 INTERFACE)
target_link_libraries(foreign_re2 INTERFACE ${RE2_STATIC} Threads::Threads)

# Boost.JSON, compiled once.
add_library(foreign_json STATIC ${PROJECT_SOURCE_DIR}/cmake/boost_json.cc)
target_link_libraries(foreign_json PUBLIC ferro_build Boost::headers)
set_target_properties(foreign_json PROPERTIES CXX_CLANG_TIDY "")
