# Writes the C array NAME holding the bytes of the INPUT files, one after another, ended by a NUL, to OUTPUT.
#   cmake "-DINPUT=file;file" -DOUTPUT=file.c -DNAME=symbol -P embed.cmake
foreach(file ${INPUT})
  file(READ ${file} hex HEX)
  string(APPEND bytes "${hex}")
endforeach()
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
file(WRITE ${OUTPUT} "const char ${NAME}[] = {${bytes}0};\n")
