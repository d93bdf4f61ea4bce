/* The search of all ways against single runs. */
#ifndef WALKS_H
#define WALKS_H

#include "stackwalk.h"

/*
 * Walks all ways of auth, account and session. Each way that is found has to give the same result when it is
 * run, and the results of random runs have to be among those found. Returns NULL, or what is wrong.
 */
const char *walks_check(const struct pjwt_stack *stack, unsigned seed);

#endif
