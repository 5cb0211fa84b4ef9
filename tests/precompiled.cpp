// Has nothing: see tests/CMakeLists.txt.
