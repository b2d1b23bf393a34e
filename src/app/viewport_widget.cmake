# The 3D view as a widget: the one place where Qt and VTK meet.
find_package(Qt6 REQUIRED COMPONENTS Widgets)

add_library(maquette_viewport_widget STATIC
  ${CMAKE_CURRENT_LIST_DIR}/viewport_widget.cpp
  ${CMAKE_CURRENT_LIST_DIR}/viewport_widget.h)
add_library(maquette::viewport_widget ALIAS maquette_viewport_widget)
set_target_properties(maquette_viewport_widget PROPERTIES AUTOMOC ON)
target_compile_definitions(maquette_viewport_widget PRIVATE QT_NO_KEYWORDS)
target_link_libraries(maquette_viewport_widget
  PUBLIC maquette::core Qt6::Widgets
  PRIVATE maquette::viewport maquette::qvtk maquette::warnings)
