// A plug-in whose library is not on this machine.
extern "C" int maquetteAbsent();
extern "C" const void* maquetteNeural() {
  static const int value = maquetteAbsent();
  return &value;
}
