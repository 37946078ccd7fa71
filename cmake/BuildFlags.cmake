# Two interface targets that everything links: ferro_build (language, hardening, sanitizers: all code, also generated)
# and ferro_warnings (our own code only). Warnings become errors in presets, not here, so that a packager's newer
# compiler still builds.

add_library(ferro_build INTERFACE)
target_compile_features(ferro_build INTERFACE cxx_std_20)
target_include_directories(ferro_build INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(ferro_build INTERFACE _GLIBCXX_ASSERTIONS)
target_compile_options(ferro_build INTERFACE -fstack-protector-strong)
if(CMAKE_BUILD_TYPE MATCHES "Rel")
    # Debian's hardening flags may have set it already.
    target_compile_options(ferro_build INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -ffunction-sections -fdata-sections)
    target_link_options(ferro_build INTERFACE -Wl,--gc-sections)
endif()
target_link_options(ferro_build INTERFACE -Wl,-z,relro,-z,now)

set(FERRO_SANITIZE "" CACHE STRING "address,undefined | thread | fuzzer")
if(FERRO_SANITIZE)
    target_compile_options(ferro_build INTERFACE -fsanitize=${FERRO_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(ferro_build INTERFACE -fsanitize=${FERRO_SANITIZE})
    if(FERRO_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # Asio fences where it also locks; g++ only wants to say that the fence itself is not modelled.
        target_compile_options(ferro_build INTERFACE -Wno-tsan)
    endif()
    if(FERRO_SANITIZE MATCHES "undefined")
        target_compile_options(ferro_build INTERFACE -fno-sanitize-recover=undefined)
    endif()
endif()

add_library(ferro_warnings INTERFACE)
target_compile_options(ferro_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
    -Woverloaded-virtual -Wnull-dereference -Wimplicit-fallthrough -Wformat=2 -Wundef
    # A designated initialiser names what differs; the rest keeps its default on purpose.
    -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(ferro_warnings INTERFACE -Wduplicated-cond -Wlogical-op)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 follows inlined foreign headers (Asio, std::string within tl::expected at -O2) and sanitizer
    # instrumentation into null and uninitialised paths that are not there. clang and the sanitizers keep watch.
    target_compile_options(ferro_warnings INTERFACE -Wno-null-dereference -Wno-maybe-uninitialized)
endif()

find_program(FERRO_CCACHE ccache)
if(FERRO_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${FERRO_CCACHE})
    set(CMAKE_C_COMPILER_LAUNCHER ${FERRO_CCACHE})
endif()
find_program(FERRO_MOLD mold)
if(FERRO_MOLD)
    # With start-up code apart from the rest, as ld's own script places it. Without, the pages that start-up touches are
    # spread over all of gRPC: an idle feed client had 10.5 MB resident instead of 9.6 (release build, connected, 3 s).
    # Not for what house_daemon (Daemon.cmake) gives to GNU ld, which orders so anyway.
    add_link_options($<$<NOT:$<BOOL:$<TARGET_PROPERTY:FERRO_GNU_LD>>>:-fuse-ld=mold>
        $<$<NOT:$<BOOL:$<TARGET_PROPERTY:FERRO_GNU_LD>>>:-Wl,-z,keep-text-section-prefix>)
endif()
