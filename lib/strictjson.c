#include "strictjson.h"
