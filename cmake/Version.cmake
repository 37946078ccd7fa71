# One generated source says what this build is; `git describe` when there is a repository, else the project's version.
set(FERRO_COMMIT "unknown")
find_package(Git QUIET)
if(Git_FOUND)
    execute_process(COMMAND ${GIT_EXECUTABLE} rev-parse --short=12 HEAD WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
        OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
    if(NOT failed)
        set(FERRO_COMMIT ${commit})
    endif()
endif()
configure_file(${PROJECT_SOURCE_DIR}/cmake/version.cc.in ${PROJECT_BINARY_DIR}/generated/version.cc @ONLY)
