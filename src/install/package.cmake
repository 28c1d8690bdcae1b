# Read by cpack before each package that it makes: what goes into it and where.
set(ENV{SOURCE_DATE_EPOCH} ${CPACK_RELEASED_EPOCH}) # the times in the archives
if(CPACK_GENERATOR STREQUAL "DEB")
  set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
  set(own debian)
else()
  set(own other)
endif()
list(GET CPACK_INSTALL_CMAKE_PROJECTS 0 build)
set(CPACK_INSTALL_CMAKE_PROJECTS ${build} flambeau program / ${build} flambeau ${own} /)
