# A build that is made to be run once, with a sanitizer or in CI: a target's sources are compiled several at a
# time, as most of the time goes into headers. Not otherwise: a change would compile its neighbours too, and each file must
# include all that it uses.
if(SENSOR_SANITIZE)
  option(SENSOR_TOGETHER "Compile several sources at a time" ON)
else()
  option(SENSOR_TOGETHER "Compile several sources at a time" OFF)
endif()

# sensor_compile_together(TARGET APART file...): all but APART, whose anonymous namespaces have names that those of the
# target's other files have too; the compiler says "redefinition" where the list lacks one.
function(sensor_compile_together target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "APART")
  if(SENSOR_TOGETHER)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    set_source_files_properties(${arg_APART} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
endfunction()

# Takes warnings back that make sense for a file by itself only; dev and release still give them.
function(sensor_allow_together options)
  if(SENSOR_TOGETHER)
    target_compile_options(${options} INTERFACE -Wno-shadow $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  endif()
endfunction()
