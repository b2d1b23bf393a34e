// Stands for a library that is not on the machine.
extern "C" int maquetteAbsent() { return 1; }
