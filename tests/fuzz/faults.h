/*
 * Makes calls fail that rarely fail by themselves: memory allocation, json-c constructors, OpenSSL.
 * Programs that use this are linked with --wrap for each name in faults.def; only calls from our own
 * objects are counted, not those inside the libraries.
 */
#ifndef FAULTS_H
#define FAULTS_H

/* Starts counting calls; only the n-th fails. 0: none fails. */
void faults_begin(unsigned long n);
/* Stops counting. Returns the number of calls. */
unsigned long faults_end(void);

#endif
