/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * libpinpolicy reads a policy: which keys an administrator accepts from which hosts. It decides whether a
 * connection meets the policy. pinning.so, pinning-gnutls.so, pinctl and other programs call it.
 *
 * Before you use it:
 *  - A policy, once read, is one flat block of memory, the image. Every struct below points into it and
 *    must not be used after it is freed. No function here writes to an image.
 *  - A verdict of all zeroes is a refusal: PIN_REFUSED is zero.
 *  - No function logs, prints, exits, starts a thread or touches OpenSSL. Only functions whose comment
 *    says so allocate memory or open files. No function keeps state between calls, so every function may
 *    be called from any thread, as long as its arguments are not freed meanwhile.
 *
 * pinning.so has its own copy of all parts but the last. The last part, which reads text, is only in
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

/* A caller that ignores such a result does not notice that the call failed. */
#ifdef __GNUC__
#define PIN_MUST_USE __attribute__((warn_unused_result))
#else
#define PIN_MUST_USE
#endif

/* Result of a call. */
enum pin_status {
  PIN_OK = 0,
  PIN_INVALID,    /* the text has mistakes; the diagnostics say where */
  PIN_UNREADABLE, /* a file is missing or not trusted; the diagnostics say which one and why */
  PIN_DAMAGED,    /* bytes of the image do not match their checksum or their bounds */
  PIN_NO_MEMORY,
  PIN_TOO_LARGE,    /* more text than pin_text_compile_small reads */
  PIN_OTHER_VERSION /* a compiled form of a version that this library does not read */
};

/* ---- Digests ------------------------------------------------------------------------------------- */

/* A SHA-256 digest: of a DER SubjectPublicKeyInfo (RFC 5280, 4.1.2.7) or of a whole DER certificate. */
struct pin_digest {
  uint8_t bytes[32];
};

/* Size of a digest as pin_digest_format writes it: "sha256/", 44 base64 characters, NUL. */
#define PIN_DIGEST_TEXT_SIZE 52

/*
 * Reads a digest in any of the accepted forms: sha256/BASE64, sha256//BASE64 (curl), pin-sha256="BASE64" (RFC
 * 7469), 64 hexadecimal digits, 32 hexadecimal pairs joined by colons. text: `length` bytes, with or without
 * a NUL at the end; white space is not skipped. Padding is required, and the unused bits of the last base64
 * character must be zero, so that a digest has exactly one spelling in each form. Returns whether the text is
 * a digest; *ret_digest is written only then.
 */
PIN_MUST_USE bool pin_digest_parse(const char *text, size_t length, struct pin_digest *ret_digest);

/* Writes sha256/BASE64 with padding and a NUL. */
void pin_digest_format(const struct pin_digest *digest, char ret_text[PIN_DIGEST_TEXT_SIZE]);

/* ---- A policy and its entries -------------------------------------------------------------------- */

enum pin_mode { PIN_MODE_ENFORCE = 0, PIN_MODE_AUDIT, PIN_MODE_OFF };
enum pin_require { PIN_REQUIRE_ANY = 0, PIN_REQUIRE_ALL };
/* What happens to a TLS server that a client connects to and that no entry covers. */
enum pin_unlisted { PIN_UNLISTED_IGNORE = 0, PIN_UNLISTED_OBSERVE, PIN_UNLISTED_REFUSE };
enum pin_on_expiry { PIN_ON_EXPIRY_AUDIT = 0, PIN_ON_EXPIRY_ENFORCE };

/* The hosts that the name of an entry stands for. */
enum pin_name_kind {
  PIN_NAME_HOST = 0, /* "api.example.com": that host, and with include_subdomains all hosts below it */
  PIN_NAME_WILDCARD, /* "*.example.com": exactly one label below the base */
  PIN_NAME_ADDRESS   /* "192.0.2.1", "2001:db8::1": an IP address as inet_ntop(3) writes it */
};

/* The lists of an entry, in the order in which they are written to a policy. */
enum pin_list {
  PIN_LIST_PINS = 0,
  PIN_LIST_BACKUP_PINS,
  PIN_LIST_FINGERPRINTS, /* digests of certificates; all other lists hold digests of keys */
  PIN_LIST_INTERMEDIATES,
  PIN_LIST_ANCHORS,
  PIN_LIST_COUNT
};

/* The name of the setting in the policy, e.g. "backup_pins". Static. */
const char *pin_list_name(enum pin_list list);

struct pin_digest_list {
  const struct pin_digest *digests; /* `count` of them, in the order of the text */
  uint32_t count;
};

/* The value of `expires` for an entry that never expires. */
#define PIN_NEVER INT64_MAX

/* One entry of the policy's `hosts`. All pointers point into the image. */
struct pin_entry {
  /* In the form used for comparing: lower-case A-labels without a trailing dot; "*.example.com" keeps its
   * star. */
  const char *name;
  enum pin_name_kind kind;
  bool include_subdomains;
  bool mode_is_default; /* the entry does not set a mode */
  enum pin_mode mode;   /* the entry's own mode, or else the policy's */
  enum pin_require require;
  enum pin_on_expiry on_expiry;
  int64_t expires;       /* last second of validity, in seconds since the epoch, UTC; PIN_NEVER: no end */
  const uint16_t *ports; /* in host byte order, ascending; NULL (and port_count 0): every port */
  uint32_t port_count;
  struct pin_digest_list lists[PIN_LIST_COUNT];
  const char *comment; /* "" if there is none; should be UTF-8, which is not checked */
  const char *file;    /* the file that contains the entry */
  uint32_t line;       /* line of the entry's name, from 1 */
  uint32_t column;     /* column of its name, in bytes from 1 */
};

/*
 * A policy that can be queried. It refers to an image that somebody else owns; a copy of the struct refers to
 * the same image. Fill it only with pin_policy_open or pin_compiled_open. The members are for reading.
 *
 * If the image is in memory, any number of threads may use the policy. If it stays in a file (image is NULL),
 * only one thread at a time may: the policy keeps what it has read, and entries, verdicts and reports point
 * to that.
 */
struct pin_policy {
  /* NULL: the image stays in a file. */
  const uint8_t *image;
  size_t size;
  uint64_t generation; /* equal for equal policies, in every process; shown as 16 hexadecimal digits */
  uint32_t entry_count;
  bool names_addresses;           /* some entry's name is an IP address */
  bool names_hosts;               /* some entry's name is not an IP address */
  bool ignores_certificate_names; /* certificate_names = "ignore" */
  uint8_t unlisted; /* enum pin_unlisted as the policy says it; the effect also depends on `mode` */
  enum pin_mode mode;
  struct pin_digest_list blocked_keys;
  struct pin_digest_list exempt_anchors;
  struct pin_blocks *blocks; /* private: what was read of an image in a file */
  uint64_t head[24];         /* private: the head of the image, already checked */
};

/*
 * Checks the head of an image and fills *ret_policy. Checks magic number, version, byte order, size, and the
 * checksums of the head and the settings. Entries are not checked here but when they are read. The image must
 * be aligned to 8 bytes and must outlive every use of *ret_policy. Returns PIN_OK, or PIN_DAMAGED with
 * *ret_policy unusable.
 */
PIN_MUST_USE enum pin_status pin_policy_open(const void *image, size_t size, struct pin_policy *ret_policy);

/*
 * Whether every source of the policy is unchanged since it was read: same path, inode, size and modification
 * time, and no drop-in added or removed. Calls stat(2) once for each source and opens nothing. Leaves errno
 * unchanged. A file that cannot be checked counts as changed.
 */
bool pin_policy_is_fresh(const struct pin_policy *policy);

/*
 * A quicker check, whose cost does not depend on the number of drop-ins. It looks at the main file, policy.d,
 * at most PIN_LOOK_FILES drop-ins that people wrote, and as many others (PIN_SMALL_FILES at the first look).
 * `next` says which others, so that after enough looks every file was checked. A file that was added or
 * removed changes policy.d and is noticed at once.
 */
struct pin_look {
  uint32_t next;      /* kept by the caller, zero at first; each look that finds no change moves it on */
  int64_t changed_at; /* if something changed: when, in milliseconds since the epoch; 0: not known */
};
#define PIN_LOOK_FILES 16u
bool pin_policy_seems_fresh(const struct pin_policy *policy, struct pin_look *look);

/*
 * Calls `visit` for every entry, in no particular order, until it returns false. The entry is valid only
 * during the call. Returns PIN_OK, or PIN_DAMAGED if a part of the image is damaged (entries before that part
 * were visited).
 */
typedef bool pin_visit_fn(const struct pin_entry *entry, void *arg);
enum pin_status pin_policy_visit(const struct pin_policy *policy, pin_visit_fn *visit, void *arg);

/*
 * Does the same, but only for entries whose name is `base` or "*." followed by `base`; `base` must be
 * canonical. The cost does not depend on the number of other entries. If the image is in a file, the entries
 * stay valid until the policy is used again.
 */
enum pin_status pin_policy_visit_base(const struct pin_policy *policy, const char *base, pin_visit_fn *visit,
                                      void *arg);

/* ---- The verdict --------------------------------------------------------------------------------- */

/* What is known of a connection before the chain is examined. */
struct pin_peer {
  /* Every name that the client used, in its own spelling: verified names, SNI, the text of a verified IP
   * address (without brackets). A name may occur more than once. */
  const char *const *names;
  size_t name_count;
  uint16_t port; /* in host byte order; 0: not known, so entries limited to ports apply, see pin_finding */
  int64_t now;   /* seconds since the epoch */
};

/* One key on the proven path. */
struct pin_path_key {
  struct pin_digest key;         /* digest of the SubjectPublicKeyInfo */
  struct pin_digest certificate; /* digest of the certificate; read only after PIN_NEEDS_CERTIFICATES */
  const char *subject;           /* for the report; NULL: not known */
};

enum pin_outcome {
  PIN_REFUSED = 0,
  PIN_ACCEPTED,    /* every entry that covers the peer is satisfied */
  PIN_NOT_COVERED, /* no rule of the policy is about this peer */
  PIN_AUDITED,     /* would have been refused, but must only be logged */
  PIN_EXEMPT       /* the path ends in an exempt anchor: not checked, but must be logged */
};

/* The reason of a finding or a verdict. Must match pin_reason_text. */
enum pin_reason {
  PIN_REASON_UNDECIDED = 0,   /* not judged yet */
  PIN_REASON_MATCHED,         /* every rule of the entry is satisfied */
  PIN_REASON_OFF,             /* the entry's mode is "off" */
  PIN_REASON_NO_PIN,          /* no key or certificate of the path is in pins, backup_pins or fingerprints */
  PIN_REASON_NO_INTERMEDIATE, /* no issuing CA on the path is in intermediates */
  PIN_REASON_NO_ANCHOR,       /* the path does not end in one of the anchors */
  PIN_REASON_BLOCKED_KEY,     /* a key of the path is in blocked_keys */
  PIN_REASON_EXEMPT_ANCHOR,   /* the path ends in one of the exempt_anchors */
  PIN_REASON_NO_KEY,          /* the peer showed no key, or no key could be proven */
  PIN_REASON_BAD_NAME,        /* a name with an empty label, below a covered name */
  PIN_REASON_TOO_MANY_NAMES,  /* more covered names than a verdict can hold */
  PIN_REASON_TOO_MUCH_TO_SEE, /* set by the caller: more sockets or names than it examines */
  PIN_REASON_DAMAGED,         /* the image is damaged */
  PIN_REASON_NOT_COVERED,
  PIN_REASON_NO_POLICY,    /* set by the caller: no policy can be used */
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
 * Tells whether a pinned CA may be trusted for the peer's own certificate. The certificate must be valid for
 * each name that led to the finding (finding->name, and those in verdict->further that belong to this
 * finding), within its dates, and allowed for TLS server authentication. depth: of the pinned key; every CA
 * from there down to the peer must permit the certificate too, and those above do not matter. Returns
 * PIN_REASON_MATCHED, or else PIN_REASON_WRONG_NAME, PIN_REASON_OUT_OF_DATE or PIN_REASON_NOT_A_SERVER. May
 * be called more than once for one finding and depth, and must give the same answer each time.
 */
typedef enum pin_reason pin_vouch_fn(void *arg, const struct pin_finding *finding, size_t depth);

/* The path from the peer's own key (depth 0) upwards. The caller guarantees that each certificate was
 * really signed by the key above it, and that all certificates above depth 0 are CA certificates. */
struct pin_path {
  const struct pin_path_key *keys;
  size_t count;
  /* The path may go on above the last key, but was not followed. Then no key counts as missing. */
  bool cut;
  /* Called if an entry names only keys above depth 0. NULL: such an entry refuses. */
  pin_vouch_fn *vouch;
  void *vouch_arg;
};

/* A short English text for a reason, e.g. "no key on the path is pinned". Static. */
const char *pin_reason_text(enum pin_reason reason);
/* A reason as one word, for key=value lines, e.g. "no-pin". Static. */
const char *pin_reason_word(enum pin_reason reason);
/* "refused", "accepted", "not-covered", "audited", "exempt". Static. */
const char *pin_outcome_word(enum pin_outcome outcome);

/* The result for one entry. */
struct pin_finding {
  const char *name; /* the caller's spelling of the name that led to this entry */
  struct pin_entry entry;
  bool expired; /* `expires` has passed */
  /* The entry is limited to ports and the port is not known. Then entries of the same name for other ports
   * are alternatives, and it is enough if one of them matches. */
  bool port_unknown;
  /*
   * Set by the caller: the client did not give this name. It was concluded from what the peer showed, or from
   * several sockets, any of which may belong to the connection. Such a name makes the host count as listed
   * only if the path satisfies the entry.
   */
  bool concluded;
  enum pin_reason reason;
  int depth[PIN_LIST_COUNT]; /* the lowest depth at which the list matched; -1: no match, or not tried */
};

/* A peer with more covered names than this is refused. */
#define PIN_MAX_FINDINGS 16

/* How many further names are remembered that led to an entry already found by another name. */
#define PIN_MAX_FURTHER_NAMES 32

/* A further name that led to a finding. */
struct pin_further_name {
  const char *name; /* the caller's spelling */
  size_t finding;   /* index of that finding */
};

/* A verdict owns nothing and need not be freed. It points into the image, the names and the path. */
struct pin_verdict {
  enum pin_outcome outcome;
  enum pin_reason reason;
  size_t decisive;   /* index of the finding that decided; equal to `count` if none did */
  int blocked_depth; /* depth of the blocked key; -1: none */
  /* The name to report: that of the deciding finding, or else the peer's first; NULL: none. */
  const char *name;
  uint16_t port;                   /* of the peer */
  int64_t now;                     /* seconds since the epoch */
  const struct pin_policy *policy; /* the policy that was asked */
  size_t count;
  struct pin_finding findings[PIN_MAX_FINDINGS];
  /* Further names of the host that led to findings of other names. A pinned CA's certificate must be valid
   * for them too. */
  size_t further_count;
  struct pin_further_name further[PIN_MAX_FURTHER_NAMES];
  /* There were more names than can be remembered, so that no entry is satisfied by a CA alone. A caller
   * that cannot keep a name sets it too. */
  bool names_lost;
  /* enum pin_unlisted, from the policy's setting and mode. A caller whose peer is not a TLS server that a
   * client connects to sets PIN_UNLISTED_IGNORE after pin_select_begin. */
  uint8_t unlisted;
  /* enum pin_reason: what `vouch` says about a host that is only logged, so that its keys can be learnt;
   * PIN_REASON_UNDECIDED: it was not asked. */
  uint8_t certificate;
  /* Keys are blocked, and the path was cut, so that a blocked key may be above. */
  bool may_hide_blocked;
  int64_t paused_until; /* until then the refusal is only logged (a pause); 0: no pause applied */
};

/* The digests that pin_judge needs. */
enum pin_needs {
  PIN_NEEDS_NOTHING = 0, /* *ret_verdict is final: not covered, every entry off, or already refused */
  PIN_NEEDS_KEYS,        /* the digests of the path's keys */
  PIN_NEEDS_CERTIFICATES /* the digests of the path's keys and certificates */
};

/*
 * Finds the entries that cover a peer. Allocates nothing, hashes nothing, takes no lock; the cost does not
 * depend on the number of entries. For each name the most specific entry is used: first an entry for the name
 * itself, then a wildcard whose star stands for its first label, then the nearest parent with
 * include_subdomains. Entries limited to other ports are skipped.
 *
 * If the port is not known, entries limited to ports apply, and those of one name are alternatives (see
 * pin_finding). An entry that would refuse nothing (off, audited, expired) does not end the search for a less
 * specific entry that would.
 *
 * A damaged part of the image gives a final refusal with PIN_REASON_DAMAGED. *ret_verdict is always filled.
 */
enum pin_needs pin_select(const struct pin_policy *policy, const struct pin_peer *peer,
                          struct pin_verdict *ret_verdict);

/*
 * pin_select in steps, for callers that find names in many places and do not want to collect them first: call
 * pin_select_begin, pin_select_name once for each name, then pin_select_end. Between these calls keep
 * *verdict and the names in it, and do not change them. The policy must outlive the verdict.
 */
void pin_select_begin(const struct pin_policy *policy, uint16_t port, int64_t now,
                      struct pin_verdict *ret_verdict);

enum pin_selected {
  PIN_SELECTED_NOTHING = 0, /* the verdict does not depend on the name, which may be freed */
  PIN_SELECTED_ENTRIES,     /* the verdict points to the name from now on */
  PIN_SELECTED_REFUSAL      /* the verdict is final, whatever other names follow */
};

/* Adds the entries that cover a name. port: for this name, as in struct pin_peer. */
enum pin_selected pin_select_name(struct pin_verdict *verdict, const char *name, uint16_t port);

/* Whether any entry covers the name: PIN_SELECTED_ENTRIES or PIN_SELECTED_NOTHING; PIN_SELECTED_REFUSAL:
 * the image is damaged. */
enum pin_selected pin_covers(const struct pin_policy *policy, const char *name, uint16_t port);

/* Makes the verdict a final refusal because something could not be examined. An earlier refusal stays. */
void pin_select_refuse(struct pin_verdict *verdict, enum pin_reason reason);

/* Ends the steps: returns what pin_select returns. */
enum pin_needs pin_select_end(struct pin_verdict *verdict);

/*
 * Whether pin_judge would accept this path and also every longer path that begins with it, so that the keys
 * above need not be examined: every entry is satisfied or off, no keys are blocked, and no rule depends on
 * the end of the path. *verdict must be as pin_select left it.
 */
bool pin_is_satisfied(const struct pin_policy *policy, const struct pin_path *path,
                      const struct pin_verdict *verdict);

/* Decides what pin_select left open. *verdict and the policy must be those of pin_select. A path without
 * keys is refused if any key was needed. Allocates nothing. */
void pin_judge(const struct pin_policy *policy, const struct pin_path *path, int64_t now,
               struct pin_verdict *verdict);

/* pin_judge for a peer that shows no key, and so no blocked one. Only an entry can refuse it, or
 * `unlisted` = "refuse" if there is no entry. */
void pin_judge_silent(struct pin_verdict *verdict);

/* ---- Pauses -------------------------------------------------------------------------------------- */

/*
 * During a pause a refusal is only logged (audited). A pause is in a file of its own, which is read when a
 * connection is about to be refused. So it takes effect at once, even if the policy's text or compiled form
 * cannot be used; it costs nothing otherwise, and ends at its time. The file:
 *
 *   pinning-pause 1
 *   SINCE UNTIL NAME [subdomains]
 *   end
 *
 * Times are seconds since the epoch. NAME is canonical (pin_name_canonical), or PIN_PAUSE_ALL. If any line is
 * wrong or missing, the file pauses nothing. The two files below count only if they belong to root.
 */
#define PIN_DEFAULT_PAUSE "/var/lib/pinning/policy.pause"
/* Used instead if it exists: for a pause that cannot be written to a full disk, for example. */
#define PIN_DISKLESS_PAUSE "/run/pinning/policy.pause"
#define PIN_PAUSE_ALL "*"
/* The longest pause, in seconds; a file with a longer one is damaged. */
#define PIN_PAUSE_LONGEST (INT64_C(7) * 86400)
#define PIN_PAUSE_FILE_SIZE 65536

struct pin_pause {
  int64_t since, until; /* the pause holds from `since` until before `until` */
  const char *name;
  bool include_subdomains; /* also for every name below, at any depth */
};

/* Writes the path of the pause file for the policy at `path`: PIN_DEFAULT_PAUSE for the default policy, or
 * else `path` followed by ".pause". False: it does not fit. */
PIN_MUST_USE bool pin_pause_path(const char *path, char *ret_path, size_t size);

/*
 * Calls `visit` for each pause in a file, also for those of another time; its result is ignored. For
 * PIN_DEFAULT_PAUSE it reads PIN_DISKLESS_PAUSE if that exists and is trusted. Returns PIN_OK;
 * PIN_UNREADABLE: there is no file, or it is not trusted (the rules of the compiled form apply); PIN_DAMAGED:
 * no pause was visited. Allocates.
 */
typedef bool pin_pause_visit_fn(const struct pin_pause *pause, void *arg);
PIN_MUST_USE enum pin_status pin_pause_visit(const char *path, pin_pause_visit_fn *visit, void *arg);

/* Whether a pause applies to this name, in a client's spelling. A pause of a domain with
 * include_subdomains does not apply to addresses. */
bool pin_pause_covers(const struct pin_pause *pause, const char *name);

/*
 * Turns a refusal into an audited verdict if the pause file at `path` (found as above) pauses the whole
 * machine, or every host that is refused because of its keys. verdict->paused_until then says until when.
 * Other verdicts stay as they are. Allocates; if that fails or the file cannot be read, nothing is paused.
 * Leaves errno unchanged.
 */
void pin_pause_apply(const char *path, struct pin_verdict *verdict);

/* Whether the connection may go on: any outcome but PIN_REFUSED. */
bool pin_allows(const struct pin_verdict *verdict);

/*
 * Writes the text of a verdict that the error queue, the log and pinctl all show: one line of key=value pairs
 * (host, port, verdict, reason, mode, entry as file:line, key0..keyN with subject, expected digests). Values
 * with spaces or special bytes are quoted. Control characters, quotes, backslashes and bytes that are not
 * UTF-8 are written as \xHH, so the line is safe on a terminal. path: may be NULL. Writes at most `size`
 * bytes including the NUL. A longer text is cut after a pair and ends in "...". Returns the length written.
 * With size 0 it writes nothing.
 */
size_t pin_report(const struct pin_verdict *verdict, const struct pin_path *path, char *buffer, size_t size);

/* Enough for a report with ten keys and ten expected digests. */
#define PIN_REPORT_SIZE 4096

/* ---- The compiled form --------------------------------------------------------------------------- */

/* The default places of a policy and its compiled form. */
#define PIN_DEFAULT_POLICY "/etc/pinning/policy.cfg"
#define PIN_DEFAULT_COMPILED "/var/lib/pinning/policy.db"

/* Writes the path of the compiled form of the policy at `path`: PIN_DEFAULT_COMPILED for
 * PIN_DEFAULT_POLICY, or else policy.db in the policy's folder. False: it does not fit. */
PIN_MUST_USE bool pin_compiled_path(const char *path, char *ret_path, size_t size);

/* Identifies one state of a file: it differs after any write to the file, and for any file that replaces
 * it. */
struct pin_file_identity {
  uint64_t device, inode;
  int64_t changed_seconds, changed_nanoseconds; /* status change time, which no program can set */
};

/*
 * An image in a file. A small one is read into memory. Of a large one, each lookup reads what it needs from
 * the file. Its mapping is never accessed directly: if somebody shortens a mapped file, every process that
 * touches a missing page is killed.
 */
struct pin_compiled {
  struct pin_policy policy;
  int64_t written_seconds; /* modification time of the file */
  int64_t written_nanoseconds;
  struct pin_file_identity identity;
  /* Open on the file, numbered from 100 if possible. -1: the image is in memory. Or PIN_COMPILED_MAPPED. */
  int fd;
  void *mapped; /* where the file is mapped, in case the program closes the descriptor; NULL: not mapped */
  size_t mapped_size;
  void *memory; /* the image, or the part of it that is always needed */
};

/* Value of `fd` if the descriptor is lost for good: the kernel copies from the mapping instead. */
#define PIN_COMPILED_MAPPED (-2)

/* Images of at most this many bytes are read into memory. That is some 350 hosts with two pins each. */
#define PIN_COMPILED_IN_MEMORY 65536

/*
 * Opens a compiled form. The rules for text apply: a regular file, owned by root or the effective user, not
 * writable by group or others. Returns PIN_OK; PIN_UNREADABLE: there is no such file, or it is not trusted;
 * PIN_OTHER_VERSION: written by another version of this library or on another kind of machine; PIN_DAMAGED:
 * not an image; PIN_NO_MEMORY. Only after PIN_OK must the caller pass *ret_compiled to pin_compiled_close. A
 * large form keeps a descriptor open. If the program closes it, and perhaps reuses its number for another
 * file, every read gives PIN_DAMAGED, because no other file has matching checksums.
 */
PIN_MUST_USE enum pin_status pin_compiled_open(const char *path, struct pin_compiled *ret_compiled);

/* Gets the state of the file that would be opened as the compiled form of the policy at `path`. False:
 * there is none. Leaves errno unchanged. */
bool pin_compiled_look(const char *path, struct pin_file_identity *ret_identity);

/* Frees the form. Closes the descriptor only if it is still open on the same file. */
void pin_compiled_close(struct pin_compiled *compiled);

/*
 * Checks that the descriptor of a large form is still the one that was opened. If not, opens the file again
 * if the same file is at `path`, and otherwise uses the mapping if there is one. Returns whether the form can
 * be read. True also for a form without a descriptor.
 */
bool pin_compiled_keep_open(struct pin_compiled *compiled, const char *path);

/* Stores the present state of a large form's file in `identity`. For a small form the state when it was
 * read stays. */
void pin_compiled_identify(struct pin_compiled *compiled);

/*
 * Whether the form was made from the policy at `path`. It may not have been: policies in one folder share the
 * name of their compiled form, and a copied folder contains a form made from the original. Calls stat(2) for
 * both folders if the paths are spelled differently. Leaves errno unchanged.
 */
bool pin_compiled_is_of(const struct pin_compiled *compiled, const char *path);

/* Whether the form is newer than every source that it was made from, and none of them has changed since
 * (pin_policy_is_fresh). */
bool pin_compiled_is_current(const struct pin_compiled *compiled);
/* Does the same with the quicker check (pin_policy_seems_fresh). */
bool pin_compiled_seems_current(const struct pin_compiled *compiled, struct pin_look *look);

/* ---- Reading text (libpinpolicy.so only) --------------------------------------------------------- */

enum pin_severity { PIN_ERROR = 0, PIN_WARNING };

/* One mistake in a policy. Valid only during the callback. */
struct pin_diagnostic {
  enum pin_severity severity;
  const char *file;
  unsigned line;           /* from 1; 0: the whole file */
  unsigned column;         /* in bytes from 1; 0: the whole line */
  unsigned width;          /* bytes to underline, from `column`; 0: not known */
  const char *message;     /* what is wrong and what was expected; no newline */
  const char *source_line; /* the text of the line without its newline; NULL: not available */
};
typedef void pin_diagnostic_fn(const struct pin_diagnostic *diagnostic, void *arg);

/*
 * Reads a policy from its text and builds its image: the file `path`, then policy.d/ *.cfg beside it in byte
 * order of their names. Reports every mistake, not only the first, through `report` (NULL: no reports) with
 * `arg`.
 *
 * Each file is opened once and checked by fstat(2): it must be a regular file, owned by root or the effective
 * user, not writable by group or others. The same holds for policy.d and the folder of the main file, which
 * may be sticky instead. The policy is read whole or not at all, in the state of one moment: if something
 * changes meanwhile, everything is read again, a few times.
 *
 * Allocates. The caller frees *ret_image by free(3); it is aligned for pin_policy_open. Returns PIN_OK,
 * PIN_INVALID, PIN_UNREADABLE or PIN_NO_MEMORY; *ret_image is NULL unless PIN_OK.
 */
PIN_MUST_USE enum pin_status pin_text_compile(const char *path, pin_diagnostic_fn *report, void *arg,
                                              void **ret_image, size_t *ret_size);

/*
 * The same with limits, for a process that must not spend long on it. Stops after `most_mistakes` mistakes,
 * or a few more if one line has several (0: never stops). If there is more text than PIN_SMALL_TEXT or more
 * files than PIN_SMALL_FILES, returns PIN_TOO_LARGE, whatever else is wrong, and reports nothing.
 */
PIN_MUST_USE enum pin_status pin_text_compile_small(const char *path, size_t most_mistakes,
                                                    pin_diagnostic_fn *report, void *arg, void **ret_image,
                                                    size_t *ret_size);
#define PIN_SMALL_TEXT ((size_t)256 << 10)
#define PIN_SMALL_FILES ((size_t)512)

/* One file of a policy, as it will be after a change. */
struct pin_staged_file {
  const char *name; /* in policy.d; NULL: the main file */
  const char *text; /* NULL: the file will be removed */
  int fd; /* open on the file that will be renamed to its place; its identity goes into the image. -1: none */
};

/* pin_text_compile for a policy as it will be after a change: `files` replace those that are there. Owner
 * and mode of the staged texts are not checked. */
PIN_MUST_USE enum pin_status pin_text_compile_staged(const char *path, const struct pin_staged_file *files,
                                                     size_t count, pin_diagnostic_fn *report, void *arg,
                                                     void **ret_image, size_t *ret_size);

/*
 * Checks the folder of a policy's main file, and policy.d in it, by the rules of pin_text_compile and with
 * the same reports, but checks no file: for a policy that is still to be written. Folders that do not exist
 * are no mistake. Returns PIN_OK, PIN_UNREADABLE or PIN_NO_MEMORY.
 */
enum pin_status pin_text_judge_folders(const char *path, pin_diagnostic_fn *report, void *arg);

/*
 * Writes the canonical form of a host name, wildcard or IP address, in which names are compared: lower-case
 * A-labels without a trailing dot, IP addresses as inet_ntop(3) writes them (IPv4-mapped IPv6 as IPv4). A
 * name in Unicode is converted to A-labels if libidn2 is installed. Allocates *ret_name; free it by free(3).
 * On failure returns PIN_INVALID and sets *ret_why to a static text that says what was expected, or returns
 * PIN_NO_MEMORY.
 */
PIN_MUST_USE enum pin_status pin_name_canonical(const char *name, char **ret_name, const char **ret_why);

/*
 * Writes an image to `path` as its compiled form. Writes a new file in the same folder with mode 0644, then
 * calls fsync(2) and rename(2): readers of the old form are not disturbed, and nobody sees half a file. Does
 * not create folders. Returns 0 or an errno value. After a failure the old file is unchanged, unless only the
 * last step failed, which makes the new name durable. If the process is killed, a useless file may remain,
 * named `path`, PIN_COMPILED_BESIDE and six more characters.
 */
#define PIN_COMPILED_BESIDE ".new-"
PIN_MUST_USE int pin_compiled_write(const char *path, const void *image, size_t size);

/*
 * Does the same in two steps, for a policy whose files change in between; the first step does the slow part.
 *
 * pin_compiled_begin writes the new file. *ret_beside is its name, to be freed by free(3), and *ret_fd is
 * open on it. pin_compiled_put stores the present state of policy.d in it, renames it to `path` and makes the
 * name durable. If policy.d does not contain exactly the drop-ins of the image, the form is put in place all
 * the same, but is not current. Both return 0 or an errno value. pin_compiled_put always closes `fd` and
 * frees `beside`. pin_compiled_drop does so too and deletes the new file; what is at `path` stays.
 */
PIN_MUST_USE int pin_compiled_begin(const char *path, const void *image, size_t size, char **ret_beside,
                                    int *ret_fd);
PIN_MUST_USE int pin_compiled_put(const char *path, char *beside, int fd);
void pin_compiled_drop(char *beside, int fd);

/* A change of drop-ins, in a policy that has a current compiled form. */
struct pin_change {
  const struct pin_compiled *current; /* the present form; must be current (pin_compiled_is_current) */
  const struct pin_staged_file *files;
  size_t count;
  const char *form; /* path of the new form; NULL: only check the change */
};

/*
 * Does what pin_text_compile_staged and pin_compiled_begin do, but does not read files that stay: their
 * entries are copied from the present form. So a change among a million hosts costs as much as copying a
 * file, in little memory. Returns PIN_OK; PIN_INVALID or PIN_NO_MEMORY as pin_text_compile_staged does;
 * PIN_TOO_LARGE or PIN_DAMAGED: call the other two functions instead, because more than entries of drop-ins
 * changes, or the form is damaged. After PIN_OK *ret_beside and *ret_fd are as after pin_compiled_begin. If
 * *ret_beside is NULL, errno says why nothing was written (0: none was asked for).
 */
PIN_MUST_USE enum pin_status pin_compiled_change(const struct pin_change *change, pin_diagnostic_fn *report,
                                                 void *arg, char **ret_beside, int *ret_fd);

#ifdef __cplusplus
}
#endif

#endif
