# Writes the C array NAME holding the bytes of INPUT, ended by a NUL, to OUTPUT.
#   cmake -DINPUT=file -DOUTPUT=file.c -DNAME=symbol -P embed.cmake
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
file(WRITE ${OUTPUT} "const char ${NAME}[] = {${bytes}0};\n")
