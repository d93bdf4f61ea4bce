#include "issuer.h"
