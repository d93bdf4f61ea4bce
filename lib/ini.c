#include "ini.h"
