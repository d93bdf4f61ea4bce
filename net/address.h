/* Public and other addresses. Pure. */
#ifndef PJWT_FETCH_ADDRESS_H
#define PJWT_FETCH_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/*
 * Can the address be one of the internet? False for this host, this link, private and shared networks,
 * benchmarks, multicast and reserved ones (RFC 6890 and its registries), for IPv6 addresses that
 * contain such an IPv4 address (mapped, NAT64, 6to4), and for other families.
 */
bool fetch_address_is_public(const struct sockaddr *address);

/*
 * The same for text; an IPv6 address may be in brackets. False, and *retpublic untouched, if it is not
 * an address.
 */
bool fetch_address_parse(const char *text, bool *retpublic);

#endif
