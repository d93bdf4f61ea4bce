#include "b64url.h"
