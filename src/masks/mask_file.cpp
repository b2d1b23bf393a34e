#include "masks/mask_file.h"
