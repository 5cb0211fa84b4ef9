# sensor_schema(FOLDER): makes schema.cpp of FOLDER/schema.cpp.in, with one migration for each
# FOLDER/schema/*.sql, in the order of their names.
function(sensor_schema folder)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/schema/*.sql)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${files})
  set(migrations "")
  foreach(file IN LISTS files)
    file(READ ${file} sql)
    string(APPEND migrations "R\"sql(${sql})sql\",\n")
  endforeach()
  configure_file(${folder}/schema.cpp.in schema.cpp @ONLY)
endfunction()
