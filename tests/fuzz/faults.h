/*
 * Makes calls fail that hardly ever fail by themselves: memory, json-c's makers, OpenSSL. Programs that use
 * this are linked with --wrap for each name in faults.def; only calls from our own objects are counted, never
 * those inside the libraries.
 */
#ifndef FAULTS_H
#define FAULTS_H

/* From here on calls are counted, and the n-th fails (and only that one). 0: none fails. */
void faults_begin(unsigned long n);
/* Ends that. Returns how many calls were counted. */
unsigned long faults_end(void);

#endif
