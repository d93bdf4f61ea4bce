#include "grant.h"
