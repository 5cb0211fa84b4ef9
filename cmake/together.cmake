# A target's sources are compiled several at a time, as most of a compiler's time goes into headers: from nothing that takes
# half as long. A change compiles its neighbours too; who changes one file all day builds with TOGETHER=OFF.
option(SENSOR_TOGETHER "Compile several sources at a time" ON)
set(SENSOR_TOGETHER_AT_MOST 8 CACHE STRING "Sources of a target to compile at a time; 0: all")

# sensor_compile_together(TARGET APART file...): all but APART, whose anonymous namespaces have names that those of the
# target's other files have too; the compiler says "redefinition" where the list lacks one.
function(sensor_compile_together target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "APART")
  if(SENSOR_TOGETHER)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${SENSOR_TOGETHER_AT_MOST})
    set_source_files_properties(${arg_APART} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
endfunction()

# sensor_do_not_optimise(file...): templates of a library (CLI11) take long to optimise, and run once. Not in what is shipped,
# and by themselves, as one option holds for all that is compiled together. To be called in the folder of their target.
function(sensor_do_not_optimise)
  if(NOT CMAKE_INTERPROCEDURAL_OPTIMIZATION)
    set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS -O0 SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
endfunction()

# Takes warnings back that make sense for a file by itself only; `./dev lint` gives them.
function(sensor_allow_together options)
  if(SENSOR_TOGETHER)
    target_compile_options(${options} INTERFACE -Wno-shadow $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  endif()
endfunction()
