# Dependencies point inward; the table below says what may link what.
# The folder is the layer. A link that the table does not allow, or to another service, stops the configure step, by
# whatever command it was made.

include(${CMAKE_CURRENT_LIST_DIR}/together.cmake)

# The layer of each folder, from the top of the tree; what stands in none of them belongs to no library.
set(layers_of_folders
  "common/core core"
  "common/codec codec"
  "common/runtime runtime"
  "common/adapters/[^/]+ adapter"
  "common/service service"
  "(common/self|common/verdict|services/[^/]+/(logic|delivery|sinks/[^/]+/logic|web|home_assistant|setup|verbs|doctor|redaction)) logic"
  "services/[^/]+/drivers driver"
  "services/[^/]+(/(outbox|store|sinks|channels|shell|backup|bundle|machine))? shell")

set(layer_core_may_link "")
set(layer_codec_may_link core)
set(layer_logic_may_link core codec logic)
set(layer_runtime_may_link core)
set(layer_adapter_may_link core runtime)
set(layer_service_may_link core codec runtime adapter)
set(layer_driver_may_link core codec runtime)
set(layer_shell_may_link core codec logic runtime adapter service driver shell)

# Libraries of others, by layer. Core has none beyond the header-only Result; a shell brings in none of its own.
set(layer_core_may_use "")
set(layer_codec_may_use simdjson::simdjson ZLIB::ZLIB fmt::fmt)
set(layer_logic_may_use fmt::fmt)
set(layer_runtime_may_use Boost::headers tomlplusplus::tomlplusplus CLI11::CLI11 fmt::fmt Threads::Threads)
set(layer_adapter_may_use PahoMqttCpp::paho-mqttpp3 eclipse-paho-mqtt-c::paho-mqtt3as SQLite::SQLite3 CURL::libcurl ZLIB::ZLIB OpenSSL::SSL
  systemd::systemd Boost::headers fmt::fmt Threads::Threads)
set(layer_driver_may_use modbus::modbus fmt::fmt Threads::Threads)
set(layer_service_may_use fmt::fmt)
set(layer_shell_may_use fmt::fmt Threads::Threads)

define_property(TARGET PROPERTY SENSOR_LAYER BRIEF_DOCS "Layer of a library" FULL_DOCS "See cmake/layers.cmake")

# Sets `result` to all .cpp files in the folders, and in those below.
function(sensor_sources_in result)
  set(sources "")
  foreach(folder IN LISTS ARGN)
    file(GLOB_RECURSE more CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} ${folder}/*.cpp)
    if(NOT more)
      message(FATAL_ERROR "${folder}: there is no .cpp file in this folder")
    endif()
    list(APPEND sources ${more})
  endforeach()
  set(${result} "${sources}" PARENT_SCOPE)
endfunction()

# Sets `result` to the layer of a folder, given from where the CMakeLists.txt is.
function(sensor_layer_of folder result)
  cmake_path(ABSOLUTE_PATH folder NORMALIZE OUTPUT_VARIABLE path)
  cmake_path(RELATIVE_PATH path BASE_DIRECTORY ${CMAKE_SOURCE_DIR})
  foreach(line IN LISTS layers_of_folders)
    string(REPLACE " " ";" line "${line}")
    list(GET line 0 pattern)
    if(path MATCHES "^${pattern}$")
      list(GET line 1 layer)
      set(${result} ${layer} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "${path}: this folder has no layer; see cmake/layers.cmake")
endfunction()

# sensor_library(NAME [FOLDERS folder...] [SOURCES file...] [LINKS target...] [APART file...])
# All sources in the folders, which have one layer; without folders, files of the one that declares it. A folder `logic`
# within one of another layer is not part of it. APART: see together.cmake.
function(sensor_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "FOLDERS;SOURCES;LINKS;APART")
  set(folders ${arg_FOLDERS})
  if(NOT folders)
    set(folders ${CMAKE_CURRENT_SOURCE_DIR})
  endif()
  set(layers "")
  foreach(folder IN LISTS folders)
    sensor_layer_of(${folder} layer)
    list(APPEND layers ${layer})
  endforeach()
  list(REMOVE_DUPLICATES layers)
  list(LENGTH layers count)
  if(NOT count EQUAL 1)
    message(FATAL_ERROR "${name} has folders of several layers: ${layers}; see cmake/layers.cmake")
  endif()
  sensor_sources_in(sources ${arg_FOLDERS})
  if(NOT layers STREQUAL "logic")
    list(FILTER sources EXCLUDE REGEX "/logic/")
  endif()
  add_library(${name} STATIC ${sources} ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES SENSOR_LAYER ${layers})
  set_property(GLOBAL APPEND PROPERTY SENSOR_LIBRARIES ${name})
  target_link_libraries(${name} PUBLIC sensor_options ${arg_LINKS})
  sensor_compile_together(${name} APART ${arg_APART})
endfunction()

# At the end of the configure step, when all links are known; those made in another folder stand between marks "::@...".
function(sensor_check_libraries)
  get_property(libraries GLOBAL PROPERTY SENSOR_LIBRARIES)
  foreach(name IN LISTS libraries)
    get_target_property(layer ${name} SENSOR_LAYER)
    get_target_property(links ${name} LINK_LIBRARIES)
    get_target_property(interface_links ${name} INTERFACE_LINK_LIBRARIES)
    foreach(link IN LISTS links interface_links)
      string(REGEX REPLACE "^\\$<LINK_ONLY:(.*)>$" "\\1" link "${link}")
      if(NOT link STREQUAL "sensor_options" AND NOT link MATCHES "^::@")
        sensor_check_link(${name} ${layer} ${link})
      endif()
    endforeach()
  endforeach()
endfunction()
cmake_language(DEFER DIRECTORY ${CMAKE_SOURCE_DIR} CALL sensor_check_libraries)

# The folder below services/ that `target` is declared in; empty for common/.
function(sensor_service_of target result)
  get_target_property(folder ${target} SOURCE_DIR)
  cmake_path(RELATIVE_PATH folder BASE_DIRECTORY ${CMAKE_SOURCE_DIR})
  string(REGEX MATCH "^services/[^/]+" service "${folder}")
  set(${result} "${service}" PARENT_SCOPE)
endfunction()

function(sensor_check_link name layer link)
  set(link_layer NOTFOUND)
  if(TARGET ${link})
    get_target_property(link_layer ${link} SENSOR_LAYER)
  endif()
  if(link_layer)
    if(NOT link_layer IN_LIST layer_${layer}_may_link)
      message(FATAL_ERROR "${name} is of layer '${layer}' and may not link ${link} of layer '${link_layer}'; see cmake/layers.cmake")
    endif()
    sensor_service_of(${name} service)
    sensor_service_of(${link} link_service)
    if(link_service AND NOT link_service STREQUAL service)
      message(FATAL_ERROR "${name} may not link ${link} of another service, ${link_service}; see cmake/layers.cmake")
    endif()
  elseif(NOT link IN_LIST layer_${layer}_may_use)
    message(FATAL_ERROR "${name} is of layer '${layer}' and may not use ${link}; see cmake/layers.cmake")
  endif()
endfunction()

# sensor_program(NAME SOURCES file... [LINKS target...]): an executable, the outermost layer; it may link anything.
function(sensor_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE sensor_options ${arg_LINKS})
endfunction()
