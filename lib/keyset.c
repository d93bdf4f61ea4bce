#include "keyset.h"
