/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "peer.h"

#include <arpa/inet.h>
#include <limits.h>
#include <malloc.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "rare.h"
#include "unterminated.h"

/* OpenSSL_version_num(3) of 4.0.0, which keeps verified names and addresses in another way. */
#define FIRST_WITH_BUFFERS 0x40000000UL

/* Where /proc cannot be read, as in a chroot, the first so many descriptors are tried. */
#define DESCRIPTORS_TRIED 4096

static _Atomic(pinning_resolved_name_fn *) resolved_name_function;

void peer_use_resolved_names(pinning_resolved_name_fn *resolved_name) {
  atomic_store(&resolved_name_function, resolved_name);
}

/* ---- Names that the client used ---- */

static bool is_known(const struct peer *peer, const char *name) {
  for (size_t i = 0; i < peer->pin.name_count; i++) {
    if (strcmp(peer->names[i], name) == 0)
      return true;
  }
  return false;
}

static void add_name(struct peer *peer, const char *name) {
  /* The server name is mostly one of the verified names. */
  if (name == NULL || *name == '\0' || is_known(peer, name))
    return;
  if (peer->pin.name_count - peer->concluded_count == PEER_MAX_NAMES) {
    peer->too_many = true;
    return;
  }
  peer->names[peer->pin.name_count++] = name;
}

/* A copy of a name that lasts as long as the peer. NULL: there is no more room; without memory it is
 * too_many. */
static char *keep(struct peer *peer, const char *name) {
  size_t size = strlen(name) + 1;
  char *kept;

  if (size > PEER_CONCLUDED_SIZE - peer->concluded_used)
    return NULL;
  if (peer->concluded == NULL)
    peer->concluded = malloc(PEER_CONCLUDED_SIZE);
  if (peer->concluded == NULL) {
    peer->too_many = true;
    return NULL;
  }
  kept = peer->concluded + peer->concluded_used;
  memcpy(kept, name, size);
  peer->concluded_used += size;
  return kept;
}

/* Adds a name that is kept here. False: there is no more room. */
static bool conclude(struct peer *peer, const char *name) {
  char *kept;

  if (is_known(peer, name))
    return true;
  kept = peer->concluded_count < PEER_MAX_CONCLUDED ? keep(peer, name) : NULL;
  if (kept == NULL)
    return false;
  peer->concluded_count++;
  peer->names[peer->pin.name_count++] = kept;
  return true;
}

/* ---- Verified names of OpenSSL 4.0 ---- */

/* How many bytes from the first on can be those of a host name; ASCII, whatever the program's locale. */
static size_t name_length_at_most(const char *name, size_t limit) {
  static const char bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.*";
  size_t length = 0;

  while (length < limit && memchr(bytes, name[length], sizeof bytes - 1) != NULL)
    length++;
  return length;
}

/*
 * In OpenSSL 4.0 a verified name that was copied with its parameters, as every verification copies them, is
 * not terminated (x509_vpm.c, buffer_copy): behind it stands whatever was in the heap. Its memory was
 * allocated for exactly its length, so the name is one of the prefixes that can have been given this much.
 * All of them are used: none but the true one is likely to be covered, and none that is covered may be passed
 * over.
 */
static void add_unterminated_name(struct peer *peer, const char *name, size_t room) {
  size_t longest = name_length_at_most(name, room < PEER_NAME_SIZE ? room : PEER_NAME_SIZE - 1);
  size_t shortest = unterminated_shortest(room);

  for (size_t length = longest; length >= shortest && length > 0; length--) {
    char prefix[PEER_NAME_SIZE];

    memcpy(prefix, name, length);
    prefix[length] = '\0';
    if (!conclude(peer, prefix))
      peer->too_many = true;
  }
}

static char lower(char byte) {
  return (char)(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
}

static bool same_letters(const char *a, const char *b, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (lower(a[i]) != lower(b[i]))
      return false;
  }
  return true;
}

/* The server name, terminated, settles which prefix it is where the name cannot go on behind it. */
static bool is_server_name(const struct peer *peer, const char *name, size_t room) {
  const char *server_name = peer->server_name;
  size_t length = server_name != NULL ? strlen(server_name) : 0;

  return length > 0 && length <= room && length >= unterminated_shortest(room) &&
         same_letters(name, server_name, length) &&
         (length == room || name_length_at_most(name + length, 1) == 0);
}

/*
 * How many bytes a name of OpenSSL 4.0 can have. A program's own allocator (CRYPTO_set_mem_functions(3)) does
 * not tell, and may have given an address that malloc(3) does not know: any length then.
 */
static size_t room_of(const struct libcrypto *crypto, const char *name) {
  CRYPTO_malloc_fn allocate = NULL;

  crypto->CRYPTO_get_mem_functions(&allocate, NULL, NULL);
  return allocate == crypto->CRYPTO_malloc ? malloc_usable_size((void *)(uintptr_t)name) : UNTERMINATED_ANY;
}

static void add_verified_host(const struct libcrypto *crypto, struct peer *peer, const char *host) {
  size_t room;

  if (crypto->OpenSSL_version_num() < FIRST_WITH_BUFFERS) {
    add_name(peer, host);
    return;
  }
  room = room_of(crypto, host);
  if (!is_server_name(peer, host, room))
    add_unterminated_name(peer, host, room);
}

static void add_verified_hosts(const struct libcrypto *crypto, X509_VERIFY_PARAM *param, struct peer *peer) {
  const char *host;

  for (int i = 0; (host = crypto->X509_VERIFY_PARAM_get0_host(param, i)) != NULL; i++)
    add_verified_host(crypto, peer, host);
}

/*
 * A verified name with a dot in front means every subdomain of it (X509_check_host(3)). Postfix gives it
 * beside the name itself. It is looked up as a label that no entry spells, so that whatever covers the
 * subdomains decides about it. Alone it tells nobody which host this is, and stays a bad name.
 */
static void name_any_subdomain(struct peer *peer) {
  for (size_t i = 0; i < peer->pin.name_count; i++) {
    const char *name = peer->names[i];
    char any[PEER_NAME_SIZE + 1] = "*";

    if (*name != '.' || strlen(name) >= PEER_NAME_SIZE || !is_known(peer, name + 1))
      continue;
    strcpy(any + 1, name);
    name = keep(peer, any);
    if (name != NULL)
      peer->names[i] = name;
  }
}

/* ---- Names concluded from the socket ---- */

static void conclude_from_address(struct peer *peer, const char *address) {
  pinning_resolved_name_fn *resolved_name = atomic_load(&resolved_name_function);
  char name[PEER_NAME_SIZE];

  if (!conclude(peer, address))
    return;
  for (size_t i = 0; resolved_name != NULL && resolved_name(address, i, name, sizeof name) == 1; i++) {
    if (!conclude(peer, name))
      return;
  }
}

union socket_address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

/* What a descriptor is connected to; its family is AF_UNSPEC where it is no such socket. */
static union socket_address peer_of(int fd) {
  union socket_address address = {.any = {.sa_family = AF_UNSPEC}};
  socklen_t size = sizeof address;

  if (fd < 0 || getpeername(fd, &address.any, &size) != 0)
    address.any.sa_family = AF_UNSPEC;
  return address;
}

static uint16_t port_of(const union socket_address *address) {
  if (address->any.sa_family == AF_INET)
    return ntohs(address->v4.sin_port);
  return address->any.sa_family == AF_INET6 ? ntohs(address->v6.sin6_port) : 0;
}

/* NULL: not the address of a host. */
static const char *print_address(const union socket_address *address, char ret_text[INET6_ADDRSTRLEN]) {
  const struct in6_addr *v6 = &address->v6.sin6_addr;

  if (address->any.sa_family == AF_INET)
    return inet_ntop(AF_INET, &address->v4.sin_addr, ret_text, INET6_ADDRSTRLEN);
  if (address->any.sa_family != AF_INET6)
    return NULL;
  /* An IPv4 address on an IPv6 socket was resolved as one. */
  if (IN6_IS_ADDR_V4MAPPED(v6))
    return inet_ntop(AF_INET, &v6->s6_addr[12], ret_text, INET6_ADDRSTRLEN);
  return inet_ntop(AF_INET6, v6, ret_text, INET6_ADDRSTRLEN);
}

static void conclude_from_socket(struct peer *peer, const union socket_address *address) {
  char text[INET6_ADDRSTRLEN];

  if (print_address(address, text) != NULL)
    conclude_from_address(peer, text);
}

/* -1: it is no number. */
static int descriptor_of(const char *name) {
  int fd = 0;

  for (const char *digit = name; *digit != '\0'; digit++) {
    if (*digit < '0' || *digit > '9' || fd > INT_MAX / 10 - 1)
      return -1;
    fd = 10 * fd + *digit - '0';
  }
  return *name != '\0' ? fd : -1;
}

static void conclude_from_descriptor(struct peer *peer, int fd) {
  union socket_address address = peer_of(fd);

  conclude_from_socket(peer, &address);
}

static void conclude_from_all_sockets(struct peer *peer) {
  struct rare libc;
  DIR *descriptors = rare_bind(&libc) ? libc.opendir("/proc/self/fd") : NULL;
  const struct dirent64 *entry;

  if (descriptors == NULL) {
    for (int fd = 0; fd < DESCRIPTORS_TRIED; fd++)
      conclude_from_descriptor(peer, fd);
    return;
  }
  while ((entry = libc.readdir64(descriptors)) != NULL)
    conclude_from_descriptor(peer, descriptor_of(entry->d_name));
  libc.closedir(descriptors);
}

/* What time(2) says: seconds since the epoch. */
static int64_t seconds_now(void) {
  struct timespec now;

  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return (int64_t)now.tv_sec;
}

/*
 * OpenSSL 4.0 verifies any of several addresses, and tells only the first. The one that it will come to,
 * where a program verifies addresses at all, is that of the socket.
 */
static void add_address_of_socket(const struct libcrypto *crypto, struct peer *peer) {
  union socket_address address;
  char text[INET6_ADDRSTRLEN];

  if (peer->verified_addresses[0] == NULL || crypto->OpenSSL_version_num() < FIRST_WITH_BUFFERS)
    return;
  address = peer_of(peer->fd);
  if (print_address(&address, text) != NULL)
    (void)conclude(peer, text);
}

void peer_add_addresses(const struct libcrypto *crypto, struct peer *peer) {
  if (peer->asked_for_addresses)
    return;
  peer->asked_for_addresses = true;
  for (int i = 0; i < PEER_PARAMS; i++) {
    if (peer->params[i] == NULL)
      continue;
    peer->verified_addresses[i] = crypto->X509_VERIFY_PARAM_get1_ip_asc(peer->params[i]);
    add_name(peer, peer->verified_addresses[i]);
  }
  add_address_of_socket(crypto, peer);
}

void peer_gather(const struct libcrypto *crypto, const struct libssl *libssl,
                 X509_VERIFY_PARAM *const params[PEER_PARAMS], SSL *ssl, struct peer *ret_peer) {
  union socket_address address;

  memset(ret_peer, 0, offsetof(struct peer, names));
  ret_peer->pin.names = ret_peer->names;
  ret_peer->pin.now = seconds_now();
  if (ssl != NULL) {
    ret_peer->server_name = libssl->SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    add_name(ret_peer, ret_peer->server_name);
  }
  for (int i = 0; i < PEER_PARAMS; i++) {
    ret_peer->params[i] = params[i];
    if (params[i] != NULL)
      add_verified_hosts(crypto, params[i], ret_peer);
  }
  name_any_subdomain(ret_peer);
  ret_peer->fd = ssl != NULL ? libssl->SSL_get_rfd(ssl) : -1;
  if (ret_peer->pin.name_count == 0)
    peer_add_addresses(crypto, ret_peer);
  if (ssl == NULL)
    return;
  address = peer_of(ret_peer->fd);
  ret_peer->pin.port = port_of(&address);
  if (ret_peer->pin.name_count > 0)
    return;
  if (ret_peer->pin.port != 0)
    conclude_from_socket(ret_peer, &address);
  else
    conclude_from_all_sockets(ret_peer);
}

void peer_clear(const struct libcrypto *crypto, struct peer *peer) {
  for (int i = 0; i < PEER_PARAMS; i++) {
    if (peer->verified_addresses[i] != NULL)
      crypto->CRYPTO_free(peer->verified_addresses[i], NULL, 0);
    peer->verified_addresses[i] = NULL;
  }
  free(peer->concluded);
  peer->concluded = NULL;
}
