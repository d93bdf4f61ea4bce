#include "keycache.h"
