/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * libpinpolicy: which keys an administrator accepts behind which host.
 *
 * What may surprise you:
 *  - A policy, once read, is one flat block of memory, the image. Every struct below points into it and
 *    lives no longer than it does. Nothing here writes to an image.
 *  - A verdict of all zeroes is a refusal: PIN_REFUSED is zero.
 *  - Nothing here logs, prints, exits, starts a thread or touches OpenSSL. Only functions whose comment
 *    says so allocate or open files. No function keeps state between calls, so all may be called from any
 *    thread as long as their arguments are not freed meanwhile.
 *
 * All but the last part are also linked into pinning.so itself; the last part (reading text) is only in
 * libpinpolicy.so, together with libconfig.
 */
#ifndef PINPOLICY_H
#define PINPOLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Who ignores the result does not see what failed. */
#ifdef __GNUC__
#define PIN_MUST_USE __attribute__((warn_unused_result))
#else
#define PIN_MUST_USE
#endif

/* Result of a call. */
enum pin_status {
  PIN_OK = 0,
  PIN_INVALID,    /* the text is wrong; the diagnostics say where */
  PIN_UNREADABLE, /* a file is missing, or not to be trusted; the diagnostics say which and why */
  PIN_DAMAGED,    /* bytes of the image contradict their checksum or their bounds */
  PIN_NO_MEMORY,
  PIN_TOO_LARGE,    /* more text than pin_text_compile_small reads */
  PIN_OTHER_VERSION /* a compiled form, but not one that this library reads */
};

/* ---- Digests ------------------------------------------------------------------------------------- */

/* A SHA-256 digest: of a DER SubjectPublicKeyInfo (RFC 5280, 4.1.2.7) or of a whole DER certificate. */
struct pin_digest {
  uint8_t bytes[32];
};

/* Room for the one spelling that is written: "sha256/", 44 base64 characters, NUL. */
#define PIN_DIGEST_TEXT_SIZE 52

/*
 * Reads a digest spelled in any of the accepted ways: sha256/BASE64, sha256//BASE64 (curl),
 * pin-sha256="BASE64" (RFC 7469), 64 hexadecimal digits, 32 hexadecimal pairs joined by colons.
 * text: `length` bytes, not necessarily NUL-terminated; no white space is skipped. Padding is required
 * and the unused bits of the last base64 character must be zero, so that one digest has one spelling in
 * each form. Returns whether it was one; *ret_digest is written only then.
 */
PIN_MUST_USE bool pin_digest_parse(const char *text, size_t length, struct pin_digest *ret_digest);

/* Writes sha256/BASE64 with padding and a NUL. */
void pin_digest_format(const struct pin_digest *digest, char ret_text[PIN_DIGEST_TEXT_SIZE]);

/* ---- A policy and its entries -------------------------------------------------------------------- */

enum pin_mode { PIN_MODE_ENFORCE = 0, PIN_MODE_AUDIT, PIN_MODE_OFF };
enum pin_require { PIN_REQUIRE_ANY = 0, PIN_REQUIRE_ALL };
/* What becomes of a TLS server that a client connects to and that no entry covers. */
enum pin_unlisted { PIN_UNLISTED_IGNORE = 0, PIN_UNLISTED_OBSERVE, PIN_UNLISTED_REFUSE };
enum pin_on_expiry { PIN_ON_EXPIRY_AUDIT = 0, PIN_ON_EXPIRY_ENFORCE };

/* What the name of an entry stands for. */
enum pin_name_kind {
  PIN_NAME_HOST = 0, /* "api.example.com": itself, and with include_subdomains all below it */
  PIN_NAME_WILDCARD, /* "*.example.com": exactly one label below the base */
  PIN_NAME_ADDRESS   /* "192.0.2.1", "2001:db8::1": an IP address in the form of inet_ntop(3) */
};

/* The lists of an entry, in the order in which they are written. */
enum pin_list {
  PIN_LIST_PINS = 0,
  PIN_LIST_BACKUP_PINS,
  PIN_LIST_FINGERPRINTS, /* digests of certificates; all other lists hold digests of keys */
  PIN_LIST_INTERMEDIATES,
  PIN_LIST_ANCHORS,
  PIN_LIST_COUNT
};

/* The setting's name in the policy, e.g. "backup_pins". Static. */
const char *pin_list_name(enum pin_list list);

struct pin_digest_list {
  const struct pin_digest *digests; /* `count` of them, in the order of the text */
  uint32_t count;
};

/* The value of `expires` when an entry has none. */
#define PIN_NEVER INT64_MAX

/* One entry of `hosts`. All pointers point into the image. */
struct pin_entry {
  const char *name; /* as compared: lower-case A-labels, no trailing dot; "*.example.com" keeps its star */
  enum pin_name_kind kind;
  bool include_subdomains;
  bool mode_is_default; /* the entry names no mode of its own */
  enum pin_mode mode;   /* its own, or else the policy's */
  enum pin_require require;
  enum pin_on_expiry on_expiry;
  int64_t expires;       /* last second of validity, seconds since the epoch, UTC; PIN_NEVER without one */
  const uint16_t *ports; /* in host byte order, ascending; NULL with port_count 0: every port */
  uint32_t port_count;
  struct pin_digest_list lists[PIN_LIST_COUNT];
  const char *comment; /* "" without one; UTF-8 by convention, unchecked */
  const char *file;    /* where it was written */
  uint32_t line;       /* of its name, from 1 */
  uint32_t column;     /* of its name, in bytes from 1 */
};

/*
 * A policy that can be asked. A view of an image that somebody else owns: copying it is cheap and shares
 * the image. Fill it with pin_policy_open or pin_compiled_open only; the members are for reading.
 *
 * Any number of threads may use one whose image is in memory. One whose image stays in a file (image is NULL)
 * is for one thread at a time, since it keeps what it reads: entries, verdicts and reports point into that.
 */
struct pin_policy {
  const uint8_t *image;
  size_t size;
  uint64_t generation; /* the same for the same policy, whoever reads it; shown as 16 hexadecimal digits */
  uint32_t entry_count;
  bool names_addresses;           /* whether any entry has an IP address for its name */
  bool names_hosts;               /* whether any entry has another name */
  bool ignores_certificate_names; /* certificate_names = "ignore" */
  uint8_t unlisted;               /* enum pin_unlisted, as it is written: `mode` has a say too */
  enum pin_mode mode;
  struct pin_digest_list blocked_keys;
  struct pin_digest_list exempt_anchors;
  struct pin_blocks *blocks; /* private: what was read of an image in a file */
  uint64_t head[24];         /* private: the head of the image, which was checked once and for all */
};

/*
 * Looks at the head of an image and fills *ret_policy. Checks magic, version, byte order, size and the
 * checksum of the head and the settings, not every entry: those are checked when they are read.
 * The image must be aligned to 8 bytes and outlive every use of *ret_policy.
 * PIN_OK, or PIN_DAMAGED with *ret_policy unusable.
 */
PIN_MUST_USE enum pin_status pin_policy_open(const void *image, size_t size, struct pin_policy *ret_policy);

/*
 * Whether every source of the policy still is what it was when it was read: the same path, inode, size
 * and modification time, no drop-in added or removed. Calls stat(2) once per source and opens nothing.
 * Leaves errno alone. A file that cannot be looked at counts as changed.
 */
bool pin_policy_is_fresh(const struct pin_policy *policy);

/*
 * A brief look, whose cost does not depend on the number of drop-ins: at the main file, policy.d, at most
 * PIN_LOOK_FILES drop-ins that people wrote and as many others, at the first look PIN_SMALL_FILES; which
 * others, `next` says, so that after enough looks each was seen. A file that came or went shows in policy.d
 * at once.
 */
struct pin_look {
  uint32_t next;      /* of the caller, zero at first; moved on by each look that finds nothing changed */
  int64_t changed_at; /* where something changed: when, in milliseconds since the epoch; 0: not known */
};
#define PIN_LOOK_FILES 16u
bool pin_policy_seems_fresh(const struct pin_policy *policy, struct pin_look *look);

/*
 * Calls `visit` for every entry, in no particular order, until it returns false. The entry is only valid
 * during the call. PIN_OK, or PIN_DAMAGED when a part of the image cannot be trusted (the entries before it
 * were visited).
 */
typedef bool pin_visit_fn(const struct pin_entry *entry, void *arg);
enum pin_status pin_policy_visit(const struct pin_policy *policy, pin_visit_fn *visit, void *arg);

/*
 * The same for the entries whose name is `base`, or "*." and `base`, alone; `base` is canonical. The cost
 * does not depend on the number of others. Of an image in a file the entries are valid as verdicts are, until
 * anything else is asked.
 */
enum pin_status pin_policy_visit_base(const struct pin_policy *policy, const char *base, pin_visit_fn *visit,
                                      void *arg);

/* ---- The verdict --------------------------------------------------------------------------------- */

/* A connection, as far as it is known before the chain is looked at. */
struct pin_peer {
  /*
   * Every name the client itself used, as it spelled it: verified names, SNI, the text of the verified IP
   * address (without brackets). Repetitions are harmless.
   */
  const char *const *names;
  size_t name_count;
  uint16_t port; /* host byte order; 0: not known, then entries limited to ports apply, see pin_finding */
  int64_t now;   /* seconds since the epoch */
};

/* One key on the proven path. */
struct pin_path_key {
  struct pin_digest key;         /* of the SubjectPublicKeyInfo */
  struct pin_digest certificate; /* of the certificate; read only after PIN_NEEDS_CERTIFICATES */
  const char *subject;           /* for the report only; NULL: not known */
};

enum pin_outcome {
  PIN_REFUSED = 0,
  PIN_ACCEPTED,    /* every entry that covers the peer is satisfied */
  PIN_NOT_COVERED, /* the policy says nothing about this peer */
  PIN_AUDITED,     /* would have been refused, but is only to be logged */
  PIN_EXEMPT       /* the path ends in an exempt anchor: not checked, only to be logged */
};

/* The reason of a finding and of a verdict. Keep in step with pin_reason_text. */
enum pin_reason {
  PIN_REASON_UNDECIDED = 0,   /* not judged yet */
  PIN_REASON_MATCHED,         /* every rule of the entry is satisfied */
  PIN_REASON_OFF,             /* the entry's mode is "off" */
  PIN_REASON_NO_PIN,          /* no key or certificate of the path is in pins, backup_pins or fingerprints */
  PIN_REASON_NO_INTERMEDIATE, /* no issuing CA of the path is in intermediates */
  PIN_REASON_NO_ANCHOR,       /* the path does not end in one of the anchors */
  PIN_REASON_BLOCKED_KEY,     /* a key of the path is in blocked_keys */
  PIN_REASON_EXEMPT_ANCHOR,   /* the path ends in one of the exempt_anchors */
  PIN_REASON_NO_KEY,          /* the peer showed no key, or nothing could be proven */
  PIN_REASON_BAD_NAME,        /* a name with an empty label below a covered name */
  PIN_REASON_TOO_MANY_NAMES,  /* more covered names than a verdict holds */
  PIN_REASON_TOO_MUCH_TO_SEE, /* set by the caller: more sockets or names than it looks at */
  PIN_REASON_DAMAGED,         /* the image cannot be trusted */
  PIN_REASON_NOT_COVERED,
  PIN_REASON_NO_POLICY,    /* set by the caller: there is no usable policy */
  PIN_REASON_WRONG_NAME,   /* a CA is pinned, and the peer's certificate is not for the covered name */
  PIN_REASON_OUT_OF_DATE,  /* a CA is pinned, and the peer's certificate is not valid now */
  PIN_REASON_NOT_A_SERVER, /* a CA is pinned, and the peer's certificate does not allow TLS server
                              authentication */
  PIN_REASON_PATH_CUT,     /* the path goes on above the last key, and what is there could decide */
  PIN_REASON_UNLISTED,     /* no entry covers the host, and `unlisted` is "observe" or "refuse" */
  PIN_REASON_COUNT
};

struct pin_finding;

/*
 * Whether the peer's own certificate is one that a pinned CA may be trusted with: it speaks for each name
 * that led to the finding (finding->name, and those among verdict->further that are of this finding), is
 * within its dates, and allows TLS server authentication. Returns PIN_REASON_MATCHED, or else
 * PIN_REASON_WRONG_NAME, PIN_REASON_OUT_OF_DATE or PIN_REASON_NOT_A_SERVER. depth: of the key whose word is
 * taken; every CA from there down to the peer must permit it too, and those above have no say. May be asked
 * more than once about one finding and depth, and is to give the same answer.
 */
typedef enum pin_reason pin_vouch_fn(void *arg, const struct pin_finding *finding, size_t depth);

/*
 * The path from the peer's own key (depth 0) upwards. The caller vouches that each certificate was
 * really signed by the key above it, and that all above depth 0 are CA certificates.
 */
struct pin_path {
  const struct pin_path_key *keys;
  size_t count;
  /* The path may go on above the last key, and was not followed further. Then nothing counts as absent. */
  bool cut;
  /* Called where an entry names only keys above depth 0. NULL: such an entry refuses. */
  pin_vouch_fn *vouch;
  void *vouch_arg;
};

/* A short English text for a reason, e.g. "no key on the path is pinned". Static. */
const char *pin_reason_text(enum pin_reason reason);
/* The same as one word for key=value lines, e.g. "no-pin". Static. */
const char *pin_reason_word(enum pin_reason reason);
/* "refused", "accepted", "not-covered", "audited", "exempt". Static. */
const char *pin_outcome_word(enum pin_outcome outcome);

/* The judgement of one entry. */
struct pin_finding {
  const char *name; /* the caller's spelling that led to this entry */
  struct pin_entry entry;
  bool expired; /* `expires` has passed */
  /* The entry is limited to ports, and the port is not known: the entries of the same name for other ports
   * are alternatives, and one of them that matches is enough. */
  bool port_unknown;
  /* Set by the caller: the name is not the client's own, but was concluded from what the peer showed, or from
   * sockets of which any may be the connection's. Such a name makes the host count as listed only if the path
   * satisfies the entry. */
  bool concluded;
  enum pin_reason reason;
  int depth[PIN_LIST_COUNT]; /* the lowest depth at which a list matched; -1: it did not, or was not tried */
};

/* A peer with more covered names than this is refused. */
#define PIN_MAX_FINDINGS 16

/* Of so many names that lead to an entry which another name has led to already, each is remembered. */
#define PIN_MAX_FURTHER_NAMES 32

/* Another name that led to a finding. */
struct pin_further_name {
  const char *name; /* the caller's spelling */
  size_t finding;   /* the index of the finding */
};

/* A value: no owner, nothing to free; it points into the image, the names and the path. */
struct pin_verdict {
  enum pin_outcome outcome;
  enum pin_reason reason;
  size_t decisive;   /* index of the finding that decided; == count where none did */
  int blocked_depth; /* depth of the blocked key; -1: none */
  const char *name;  /* the name to report: that of the decisive finding, else the peer's first; NULL: none */
  uint16_t port;     /* of the peer */
  int64_t now;       /* seconds since the epoch */
  const struct pin_policy *policy; /* that is being asked */
  size_t count;
  struct pin_finding findings[PIN_MAX_FINDINGS];
  /* Names of a host that led to findings of other names,
   * for which a pinned CA's certificate must speak too. */
  size_t further_count;
  struct pin_further_name further[PIN_MAX_FURTHER_NAMES];
  /* There were more names than are remembered: then no entry is satisfied by a CA alone. A caller that cannot
   * keep a name sets it too. */
  bool names_lost;
  /* enum pin_unlisted, by the policy's setting and its mode. A caller whose peer is no TLS server that a
   * client connects to sets PIN_UNLISTED_IGNORE after pin_select_begin. */
  uint8_t unlisted;
  /* enum pin_reason: what the path's voucher says of a host that is only logged, so that somebody may learn
   * its keys; PIN_REASON_UNDECIDED: it was not asked. */
  uint8_t certificate;
  /* Keys are blocked, and the path was cut off before its end: one of them may stand above. */
  bool may_hide_blocked;
  int64_t paused_until; /* it would have been refused, but is only logged until then; 0: no pause had a say */
};

/* The digests that pin_judge needs. */
enum pin_needs {
  PIN_NEEDS_NOTHING = 0, /* *ret_verdict is final: not covered, or every entry is off, or refused already */
  PIN_NEEDS_KEYS,        /* the key digests of the path */
  PIN_NEEDS_CERTIFICATES /* the key and the certificate digests of the path */
};

/*
 * Finds the entries that cover a peer. Allocates nothing, hashes nothing, takes no lock; the cost does not
 * depend on the number of entries. For every name the most specific entry wins: the name itself, then the
 * one-label wildcard, then the nearest parent with include_subdomains; entries limited to other ports are
 * passed over. Where the port is not known they apply, those of one name as alternatives (see pin_finding),
 * but one that would refuse nothing (off, audited, expired) does not end the search for a less specific entry
 * that would. A damaged part of the image gives a final refusal with PIN_REASON_DAMAGED. *ret_verdict is
 * always filled.
 */
enum pin_needs pin_select(const struct pin_policy *policy, const struct pin_peer *peer,
                          struct pin_verdict *ret_verdict);

/*
 * pin_select in steps, for callers whose names come from many places and are not to be collected first:
 * begin, each name once, end. Between them *verdict is the caller's to keep, not to change, but for the names
 * in it. The policy must outlive it.
 */
void pin_select_begin(const struct pin_policy *policy, uint16_t port, int64_t now,
                      struct pin_verdict *ret_verdict);

enum pin_selected {
  PIN_SELECTED_NOTHING = 0, /* nothing of the verdict depends on the name: it may be forgotten */
  PIN_SELECTED_ENTRIES,     /* the verdict points at the name from now on */
  PIN_SELECTED_REFUSAL      /* the verdict is final, whatever other names there are */
};

/* Adds the entries that cover a name; port: as in struct pin_peer, for this name. */
enum pin_selected pin_select_name(struct pin_verdict *verdict, const char *name, uint16_t port);

/* Whether any entry covers the name: PIN_SELECTED_ENTRIES or PIN_SELECTED_NOTHING;
 * _REFUSAL: it is damaged. */
enum pin_selected pin_covers(const struct pin_policy *policy, const char *name, uint16_t port);

/* Makes the verdict a final refusal: something could not be looked at. A refusal before this one stays. */
void pin_select_refuse(struct pin_verdict *verdict, enum pin_reason reason);

enum pin_needs pin_select_end(struct pin_verdict *verdict);

/*
 * Whether pin_judge would accept this path, and every longer one that begins with it: then the keys above
 * need not be seen. Every entry is satisfied or off, and nothing looks for blocked keys or at the end of a
 * path. *verdict as pin_select left it.
 */
bool pin_is_satisfied(const struct pin_policy *policy, const struct pin_path *path,
                      const struct pin_verdict *verdict);

/*
 * Decides what pin_select left open (*verdict as it left it, and the same policy). A path of no keys is
 * refused wherever anything had to be seen. Allocates nothing.
 */
void pin_judge(const struct pin_policy *policy, const struct pin_path *path, int64_t now,
               struct pin_verdict *verdict);

/*
 * pin_judge for a peer that shows no key at all, and so no blocked one: only an entry, or that there is none
 * where `unlisted` refuses, can refuse it.
 */
void pin_judge_silent(struct pin_verdict *verdict);

/* ---- Pauses -------------------------------------------------------------------------------------- */

/*
 * A pause makes refusals audited until a time. It stands in a file of its own, which is read when something
 * is about to be refused: so it holds at once, whatever the text and the compiled form of the policy are
 * worth, costs nothing elsewhere, and ends by the clock. The file:
 *
 *   pinning-pause 1
 *   SINCE UNTIL NAME [subdomains]
 *   end
 *
 * Times are seconds since the epoch; NAME is canonical (pin_name_canonical), or PIN_PAUSE_ALL. A file in
 * which any line is wrong or missing pauses nothing. The two files below count only if they are root's.
 */
#define PIN_DEFAULT_PAUSE "/var/lib/pinning/policy.pause"
/* Counts in its place where it is there: what could not be written on a disk that is full, say. */
#define PIN_DISKLESS_PAUSE "/run/pinning/policy.pause"
#define PIN_PAUSE_ALL "*"
/* A pause is no longer than this; a file with a longer one is damaged. */
#define PIN_PAUSE_LONGEST (INT64_C(7) * 86400)
#define PIN_PAUSE_FILE_SIZE 65536

struct pin_pause {
  int64_t since, until; /* it holds from the one on, and before the other */
  const char *name;
  bool include_subdomains; /* also every name below, at any depth */
};

/* The file of pauses of the policy at `path`: PIN_DEFAULT_PAUSE, or `path`.pause. False: it does not fit. */
PIN_MUST_USE bool pin_pause_path(const char *path, char *ret_path, size_t size);

/*
 * Calls `visit` for each pause in a file, whatever the time; what it returns is ignored. For
 * PIN_DEFAULT_PAUSE it reads PIN_DISKLESS_PAUSE where that is there and to be trusted. PIN_OK;
 * PIN_UNREADABLE: there is no file, or it is not to be trusted (rules as for the compiled form); PIN_DAMAGED
 * with nothing visited. Allocates.
 */
typedef bool pin_pause_visit_fn(const struct pin_pause *pause, void *arg);
PIN_MUST_USE enum pin_status pin_pause_visit(const char *path, pin_pause_visit_fn *visit, void *arg);

/* Whether a pause is for this name, as a client spelled it. A pause of a domain with all below it has no say
 * for addresses. */
bool pin_pause_covers(const struct pin_pause *pause, const char *name);

/*
 * Makes a refusal audited where the file at `path`, found in the same way, pauses the whole machine, or every
 * host that is refused for its keys; verdict->paused_until then says how long. Anything else stays as it is.
 * Allocates; where that fails, or the file cannot be read, nothing is paused. Leaves errno alone.
 */
void pin_pause_apply(const char *path, struct pin_verdict *verdict);

/* Whether the connection may go on: anything but PIN_REFUSED. */
bool pin_allows(const struct pin_verdict *verdict);

/*
 * The one text of a verdict, as it stands in the error queue, in the log and in pinctl: one line of
 * key=value pairs (host, port, verdict, reason, mode, entry as file:line, key0..keyN with subject, what
 * was expected). Values with spaces or special bytes are quoted; control characters, quotes, backslashes
 * and bytes that are not UTF-8 are escaped as \xHH, so the line is safe on a terminal.
 * path: may be NULL. Writes at most `size` bytes with the NUL; cuts at a pair and ends in "..." when
 * there is more. Returns the length written. Size 0 writes nothing.
 */
size_t pin_report(const struct pin_verdict *verdict, const struct pin_path *path, char *buffer, size_t size);

/* Room enough for a report of ten keys and ten expected digests. */
#define PIN_REPORT_SIZE 4096

/* ---- The compiled form --------------------------------------------------------------------------- */

/* Where a policy is when nothing else is said, and where its compiled form is. */
#define PIN_DEFAULT_POLICY "/etc/pinning/policy.cfg"
#define PIN_DEFAULT_COMPILED "/var/lib/pinning/policy.db"

/*
 * Writes the path of the compiled form of the policy at `path`: PIN_DEFAULT_COMPILED for PIN_DEFAULT_POLICY,
 * policy.db in the same folder for any other. False when it does not fit.
 */
PIN_MUST_USE bool pin_compiled_path(const char *path, char *ret_path, size_t size);

/* Tells one state of a file from another: any write to it, and any other file in its place,
 * has another one. */
struct pin_file_identity {
  uint64_t device, inode;
  int64_t changed_seconds, changed_nanoseconds; /* status change time, which no program can set */
};

/*
 * An image in a file. A small one was read into memory; of a large one, what a lookup needs is read from the
 * file each time. No page of it is ever touched where it is mapped: shortening a mapped file kills every
 * process that does.
 */
struct pin_compiled {
  struct pin_policy policy;
  int64_t written_seconds; /* modification time of the file */
  int64_t written_nanoseconds;
  struct pin_file_identity identity;
  int fd; /* open on the file, from 100 on if there is such a number; -1: the image is in memory; or the one
             below */
  void *mapped; /* where the file is mapped, for when the program closes the descriptor; NULL: nowhere */
  size_t mapped_size;
  void *memory; /* the image, or that part of it which is always needed */
};

/* A descriptor that was lost for good: the kernel reads from where the file is mapped. */
#define PIN_COMPILED_MAPPED (-2)

/* Images of at most so many bytes are read into memory: some 350 hosts with two pins each. */
#define PIN_COMPILED_IN_MEMORY 65536

/*
 * Opens a compiled form, which is held to the same rules as the text: a regular file, owned by root or the
 * effective user, not writable by group or others. PIN_OK; PIN_UNREADABLE: there is none, or it is not to be
 * trusted; PIN_OTHER_VERSION: another version of this library wrote it, or another kind of machine;
 * PIN_DAMAGED: it is no image; PIN_NO_MEMORY. *ret_compiled is to be given to pin_compiled_close
 * only after PIN_OK. A large form keeps a descriptor open; where the program has closed it, and perhaps given
 * the number to something else, everything reads as damaged, since nothing else bears its checksums.
 */
PIN_MUST_USE enum pin_status pin_compiled_open(const char *path, struct pin_compiled *ret_compiled);

/* The state of the file that would be opened as the compiled form of the policy at `path`; false: there is
 * none. Leaves errno alone. */
bool pin_compiled_look(const char *path, struct pin_file_identity *ret_identity);

/* Closes the descriptor only where it still is the one that was opened. */
void pin_compiled_close(struct pin_compiled *compiled);

/*
 * Whether the descriptor of a large form still is the one that was opened; otherwise it is opened anew, if
 * the same file is at `path`, or else given up where the file is mapped. True also where there is no
 * descriptor.
 */
bool pin_compiled_keep_open(struct pin_compiled *compiled, const char *path);

/* Notes the state in which the file of a large form is now; that of a small one is as it was read. */
void pin_compiled_identify(struct pin_compiled *compiled);

/*
 * Whether it was made from the policy at `path`. It may not have been: policies in one folder share the name
 * of their compiled form, and a copied folder brings along one that was made from the original. Stats the two
 * folders where the paths are spelled differently. Leaves errno alone.
 */
bool pin_compiled_is_of(const struct pin_compiled *compiled, const char *path);

/* Whether it is newer than every source it was made from, and all of them are as they were then
 * (pin_policy_is_fresh). */
bool pin_compiled_is_current(const struct pin_compiled *compiled);
/* The same by a brief look. */
bool pin_compiled_seems_current(const struct pin_compiled *compiled, struct pin_look *look);

/* ---- Reading text (libpinpolicy.so only) --------------------------------------------------------- */

enum pin_severity { PIN_ERROR = 0, PIN_WARNING };

/* One thing wrong with a policy. Valid during the callback. */
struct pin_diagnostic {
  enum pin_severity severity;
  const char *file;
  unsigned line;           /* from 1; 0: the file as a whole */
  unsigned column;         /* in bytes from 1; 0: the line as a whole */
  unsigned width;          /* bytes to underline from column; 0: unknown */
  const char *message;     /* what is wrong and what was expected; no newline */
  const char *source_line; /* the text of the line without its newline; NULL: not at hand */
};
typedef void pin_diagnostic_fn(const struct pin_diagnostic *diagnostic, void *arg);

/*
 * Reads a policy from its text: the file `path`, then policy.d/ *.cfg beside it in byte order of their
 * names, and builds its image. Reports every mistake, not only the first, through `report` (NULL: silent)
 * with `arg`. Each file is opened once and judged by fstat(2): a regular file, owned by root or the effective
 * user, not writable by group or others; so are policy.d and the folder of the main file, which may be sticky
 * instead. The policy is taken whole or not at all, as it stood at one moment: what changes meanwhile is read
 * again, all of it, a few times.
 * Allocates; *ret_image is to be freed with free(3), and is aligned for pin_policy_open.
 * PIN_OK, PIN_INVALID, PIN_UNREADABLE or PIN_NO_MEMORY; *ret_image is NULL in all but the first.
 */
PIN_MUST_USE enum pin_status pin_text_compile(const char *path, pin_diagnostic_fn *report, void *arg,
                                              void **ret_image, size_t *ret_size);

/*
 * The same for a process that has other things to do: stops reading after so many mistakes, or some more
 * where one line leads to several (0: never), and reads no policy of more text or files than this. Such a one
 * is PIN_TOO_LARGE, whatever is wrong with it, and nothing is reported.
 */
PIN_MUST_USE enum pin_status pin_text_compile_small(const char *path, size_t most_mistakes,
                                                    pin_diagnostic_fn *report, void *arg, void **ret_image,
                                                    size_t *ret_size);
#define PIN_SMALL_TEXT ((size_t)256 << 10)
#define PIN_SMALL_FILES ((size_t)512)

/* One file of a policy as it will be. */
struct pin_staged_file {
  const char *name; /* in policy.d; NULL: the main file */
  const char *text; /* NULL: it goes */
  int fd;           /* open on what will be renamed to its place, whose identity is noted; -1: nothing is */
};

/*
 * pin_text_compile of a policy as it will be after a change: these files take the place of those that lie
 * there. The staged texts are not judged by owner and mode.
 */
PIN_MUST_USE enum pin_status pin_text_compile_staged(const char *path, const struct pin_staged_file *files,
                                                     size_t count, pin_diagnostic_fn *report, void *arg,
                                                     void **ret_image, size_t *ret_size);

/*
 * Judges the folder of a policy's main file and policy.d in it as pin_text_compile does, with the same
 * reports, but no file: for a policy that is still to be written there. What does not exist is no mistake.
 * PIN_OK, PIN_UNREADABLE or PIN_NO_MEMORY.
 */
enum pin_status pin_text_judge_folders(const char *path, pin_diagnostic_fn *report, void *arg);

/*
 * The spelling under which a host name, wildcard or IP address of an entry is compared: lower-case A-labels
 * without trailing dots, IP addresses as inet_ntop(3) writes them (IPv4-mapped IPv6 as IPv4). A name in
 * Unicode becomes A-labels where libidn2 is installed. Allocates *ret_name, for free(3).
 * On failure returns PIN_INVALID and sets *ret_why to a static text that says what was expected, or
 * PIN_NO_MEMORY.
 */
PIN_MUST_USE enum pin_status pin_name_canonical(const char *name, char **ret_name, const char **ret_why);

/*
 * Writes an image to `path` as its compiled form: beside it first, with mode 0644, then fsync(2) and
 * rename(2), so that readers of the old one are not disturbed and nobody ever sees half of one. Creates no
 * folder. Returns 0 or an errno value; after a failure the old file is as it was, unless only the last step
 * failed, making the new name durable. When it is killed it leaves a file `path`PIN_COMPILED_BESIDE and six
 * characters more, which is good for nothing.
 */
#define PIN_COMPILED_BESIDE ".new-"
PIN_MUST_USE int pin_compiled_write(const char *path, const void *image, size_t size);

/*
 * The same in two steps, for a policy whose files change between them: what takes long comes before.
 *
 * pin_compiled_begin writes the image beside; *ret_beside is its name (for free(3)), *ret_fd is open on it.
 * pin_compiled_put notes in it how policy.d stands now, renames it and makes the name durable; where policy.d
 * does not hold just the drop-ins of the image it is put in place all the same, and is not current.
 * Both return 0 or an errno value. pin_compiled_put closes and frees in any case; so does pin_compiled_drop,
 * which leaves what is at `path` as it is.
 */
PIN_MUST_USE int pin_compiled_begin(const char *path, const void *image, size_t size, char **ret_beside,
                                    int *ret_fd);
PIN_MUST_USE int pin_compiled_put(const char *path, char *beside, int fd);
void pin_compiled_drop(char *beside, int fd);

/* A change of drop-ins, in a policy whose compiled form is at hand. */
struct pin_change {
  const struct pin_compiled *current; /* the form of the policy as it is (pin_compiled_is_current) */
  const struct pin_staged_file *files;
  size_t count;
  const char *form; /* where the new form is to be; NULL: the change is only checked */
};

/*
 * pin_text_compile_staged and pin_compiled_begin in one, without reading what does not change: that is copied
 * from the form at hand. So the cost of a change among a million hosts is that of copying a file, in little
 * memory. PIN_OK; PIN_INVALID or PIN_NO_MEMORY as pin_text_compile_staged; PIN_TOO_LARGE: it is more than
 * entries of drop-ins that changes, or PIN_DAMAGED: use the other two. After PIN_OK *ret_beside and *ret_fd
 * are as after pin_compiled_begin, or else *ret_beside is NULL and errno says why nothing was written (0: it
 * was not asked for).
 */
PIN_MUST_USE enum pin_status pin_compiled_change(const struct pin_change *change, pin_diagnostic_fn *report,
                                                 void *arg, char **ret_beside, int *ret_fd);

#ifdef __cplusplus
}
#endif

#endif
