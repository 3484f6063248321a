/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/constants.h"

#include <ctype.h>
#include <string.h>

#include "base/memory.h"

/* Blocks around a name that are looked at, and tokens before a block that say whose it is. */
#define MOST_BLOCKS 64
#define LONGEST_HEAD 64

/*
 * A constant is kept under several keys:
 *   NAME@BLOCK       in the block that begins at this token, or TOKEN_NONE for the file itself
 *   NAME.TYPE.OUTER  in a type, with any number of the types around that
 *   .NAME            in any type
 *   *NAME            anywhere
 *   =NAME            is there where something is assigned to it without a declaration
 *   !NAME            stands for nothing, wherever it is
 *   -NAME            is there where a class of JavaScript has it, of which nobody finds it by its name alone
 */
#define IN_BLOCK "%s@%zu"
#define OF_TYPE "%s.%s"
#define OF_ANY_TYPE ".%s"
#define ANYWHERE "*%s"
#define ASSIGNED "=%s"
#define NOWHERE "!%s"
#define NOT_ALONE "-%s"

/* ---- Blocks and types ---- */

/* The "{" around a token; TOKEN_NONE: the file itself. */
static size_t block_around(const struct tokens *tokens, size_t at) {
  size_t inside = token_at(tokens, at)->inside;
  while (inside != TOKEN_NONE && !token_is(tokens, inside, "{"))
    inside = token_at(tokens, inside)->inside;
  return inside;
}

struct type {
  const char *name;  /* NULL: the block is no type's, or its type has no name */
  size_t first;      /* behind the name: what it extends and implements, up to the block */
  bool is_companion; /* what it holds belongs to the type around it as well */
};

static bool is_type(const struct tokens *tokens, size_t at) {
  const struct token *token = token_at(tokens, at);
  return token->kind == TOKEN_WORD && isupper((unsigned char)*token->text);
}

/* What stands before a block: "class Net(val a: A) : Base(a), Pins {". */
static struct type type_of(const struct tokens *tokens, size_t block) {
  static const char words[] = "class object enum struct interface extension protocol actor record";
  size_t around = token_at(tokens, block)->inside;
  for (size_t at = block; block != TOKEN_NONE && at > 0 && block - at < LONGEST_HEAD;) {
    at--;
    const struct token *token = token_at(tokens, at);
    if (token->inside != around)
      continue; /* In brackets. */
    if (token->kind == TOKEN_SIGN ? strchr(";={}", *token->text) != NULL
                                  : is_one_of(token->text, "fun func val var let"))
      break;
    if (token->kind != TOKEN_WORD || !is_one_of(token->text, words))
      continue;
    bool is_companion = at > 0 && token_is(tokens, at - 1, "companion");
    bool is_named = at + 1 < block && token_at(tokens, at + 1)->kind == TOKEN_WORD;
    return (struct type){is_named       ? token_at(tokens, at + 1)->text
                         : is_companion ? "Companion"
                                        : NULL,
                         at + 2, is_companion};
  }
  return (struct type){0};
}

/* The body of a function, or what a condition or loop holds: no names are there that are not around it. */
static bool is_body(const struct tokens *tokens, size_t block) {
  static const char heads[] = "if for while when switch catch synchronized";
  size_t around = token_at(tokens, block)->inside;
  if (block > 0 && is_one_of(token_at(tokens, block - 1)->text, "else do try finally init get set"))
    return true;
  for (size_t at = block; at > 0 && block - at < LONGEST_HEAD;) {
    at--;
    const struct token *token = token_at(tokens, at);
    if (token->inside != around)
      continue;
    if (token->kind == TOKEN_SIGN ? strchr(";={}", *token->text) != NULL
                                  : is_one_of(token->text, "val var let"))
      return false;
    if (token->kind == TOKEN_WORD && is_one_of(token->text, "fun func function constructor"))
      return true;
    if (!token_is(tokens, at, "(") || at == 0)
      continue;
    bool is_next = tokens_behind(tokens, at) == block;
    bool is_typed = at > 1 && (is_type(tokens, at - 2) ||
                               is_one_of(token_at(tokens, at - 2)->text, "void public private protected"));
    if (token_at(tokens, at - 1)->kind == TOKEN_WORD && token_at(tokens, at - 1)->line == token->line &&
        (is_typed || (is_next && is_one_of(token_at(tokens, at - 1)->text, heads))))
      return true;
  }
  return false;
}

/* What a type extends or implements; TOKEN_NONE: nothing. */
static size_t first_parent(const struct tokens *tokens, size_t block, const struct type *type) {
  for (size_t i = type->first; i < block; i++)
    if (token_at(tokens, i)->inside == token_at(tokens, block)->inside &&
        (token_is(tokens, i, ":") || token_is(tokens, i, "extends") || token_is(tokens, i, "implements")))
      return i + 1;
  return TOKEN_NONE;
}

/* Whether there may be names in a block that stand neither in it nor around it: "with(Net) {", "net.run {",
 * "object : Net() {", "class A : B() {". */
static bool may_bring_names(const struct tokens *tokens, size_t block) {
  struct type type = type_of(tokens, block);
  return type.name != NULL ? first_parent(tokens, block, &type) != TOKEN_NONE : !is_body(tokens, block);
}

/* ---- What is assigned ---- */

/* Whether the string at an index is all that is assigned:
 * no call, operator or other string goes on from it. */
static bool is_whole(const struct tokens *tokens, size_t at) {
  /* "as const", "as string": what type it is makes no other of it. */
  bool is_typed = token_is(tokens, at + 1, "as") && token_at(tokens, at + 2)->kind == TOKEN_WORD;
  at += is_typed ? 2 : 0;
  const struct token *next = token_at(tokens, at + 1);
  size_t word = at + (token_is(tokens, at + 1, "@") ? 2 : 1); /* an attribute of what is declared next */
  bool ends = next->kind == TOKEN_SIGN && strchr(";,)}]", *next->text) != NULL;
  bool is_next = next->line != token_at(tokens, at)->line && token_at(tokens, word)->kind == TOKEN_WORD;
  return ends || is_next || next->kind == TOKEN_END;
}

/* NULL, or another text than before: the key stands for none. Takes over the key. */
static void record(struct constants *found, char *key, const struct token *value) {
  size_t number = names_find(&found->names, key);
  if (number == NAMES_NONE) {
    names_add(&found->names, key, found->count);
    found->values = must_room(found->values, found->count, sizeof *found->values);
    found->values[found->count++] = value;
  } else if (value == NULL || found->values[number] == NULL ||
             strcmp(value->text, found->values[number]->text) != 0) {
    found->values[number] = NULL;
  }
  free(key);
}

/* In a block, and, where that is a type's, under the names of it and of the types around. */
static void record_in(struct constants *found, const struct tokens *tokens, const char *name, size_t block,
                      const struct token *value) {
  AUTO_TEXT path = must_copy(name);
  record(found, must_format(IN_BLOCK, name, block), value);
  for (int i = 0; i < MOST_BLOCKS && block != TOKEN_NONE; i++) {
    struct type type = type_of(tokens, block);
    if (type.name == NULL)
      return;
    if (i == 0)
      record(found, must_format(OF_ANY_TYPE, name), value);
    block = block_around(tokens, block);
    if (type.is_companion && i == 0)
      record_in(found, tokens, name, block, value);
    char *longer = must_format(OF_TYPE, path, type.name);
    free(path);
    path = longer;
    record(found, must_copy(path), value);
  }
}

/* A member of another object may have a name that stands for something else elsewhere. */
static bool is_of_another(const struct tokens *tokens, size_t at) {
  return at >= 2 && token_is(tokens, at - 1, ".") && !token_is(tokens, at - 2, "this") &&
         !token_is(tokens, at - 2, "self");
}

/* "val NAME", "String NAME", "NSString *NAME", "List<A> NAME", "A[] NAME", "A? NAME"; not "-> NAME = ...". */
static bool is_declared(const struct tokens *tokens, size_t name) {
  static const char words[] = "val var let const static final def auto string char public private protected "
                              "internal readonly";
  const struct token *before = token_at(tokens, name - 1), *other = token_at(tokens, name - 2);
  if (name == 0 || before->line != token_at(tokens, name)->line)
    return false;
  if (before->kind == TOKEN_WORD)
    return is_type(tokens, name - 1) || is_one_of(before->text, words);
  if (before->kind != TOKEN_SIGN || name < 2)
    return false;
  bool of_type = is_type(tokens, name - 2) || (other->kind == TOKEN_WORD && is_one_of(other->text, words));
  bool of_sign = other->kind == TOKEN_SIGN && strchr("*>]?", *other->text) != NULL;
  switch (*before->text) {
  case '*':
    return of_type || of_sign;
  case '>':
    return other->kind == TOKEN_WORD || of_sign;
  case '?':
    return before->is_joined && (of_type || of_sign);
  default:
    return *before->text == ']' && token_is(tokens, name - 2, "[");
  }
}

/* "static NAME = ..." in a class, where other languages have a type, or a word that begins a declaration. */
static bool is_field_of_script(const struct tokens *tokens, size_t name) {
  size_t block = block_around(tokens, name);
  const struct token *before = token_at(tokens, name - 1);
  return block != TOKEN_NONE && type_of(tokens, block).name != NULL &&
         (before->kind == TOKEN_WORD
              ? is_one_of(before->text, "static public private protected readonly override declare")
              : before->kind == TOKEN_STRING || strchr(";{}", *before->text) != NULL);
}

/* The block of the name that an assignment is for:
 * the one around it that declares the name, or is a type's. */
static size_t block_of(const struct constants *found, const struct tokens *tokens, size_t name) {
  size_t block = block_around(tokens, name);
  if (is_declared(tokens, name))
    return block;
  for (int i = 0; i < MOST_BLOCKS && block != TOKEN_NONE; i++) {
    AUTO_TEXT key = must_format(IN_BLOCK, token_at(tokens, name)->text, block);
    if (names_find(&found->names, key) != NAMES_NONE || type_of(tokens, block).name != NULL)
      return block;
    block = block_around(tokens, block);
  }
  return block;
}

/* A declaration without a value that can be read: "val NAME by lazy", "val NAME get() =". */
static void read_declaration(struct constants *found, const struct tokens *tokens, size_t name) {
  const char *word = token_at(tokens, name)->text;
  if (name == 0 || token_is(tokens, name + 1, ".") || token_at(tokens, name - 1)->kind != TOKEN_WORD)
    return;
  if (token_is(tokens, name + 1, "of"))
    record(found, must_format(NOWHERE, word), NULL);
  else if (is_one_of(token_at(tokens, name - 1)->text, "val var let"))
    record_in(found, tokens, word, block_around(tokens, name), NULL);
}

static void read_assignment(struct constants *found, const struct tokens *tokens, size_t name) {
  /* "NAME +=" says that there is more to it than what is assigned elsewhere. */
  size_t equals = name + 1;
  while (equals < name + 3 && token_at(tokens, equals)->kind == TOKEN_SIGN &&
         strchr("+-?|&", *token_at(tokens, equals)->text) != NULL)
    equals++;
  bool is_added = equals > name + 1;
  equals += token_is(tokens, name + 1, ":") ? 2 : 0;
  if (!token_is(tokens, equals, "=") || token_is(tokens, equals + 1, "=")) {
    read_declaration(found, tokens, name);
    return;
  }
  size_t at = equals + (token_is(tokens, equals + 1, "@") ? 2 : 1);
  const struct token *text = token_at(tokens, at);
  const char *word = token_at(tokens, name)->text;
  bool is_plain = !is_added && text->kind == TOKEN_STRING && !text->is_open && is_whole(tokens, at);
  /* Within "(" it is an argument, or what a parameter is where nobody gives one. */
  if (token_within(tokens, name) == '(' || is_of_another(tokens, name)) {
    record(found, must_format(NOWHERE, word), NULL);
    return;
  }
  record(found, must_format(ANYWHERE, word), is_plain ? text : NULL);
  if (!is_declared(tokens, name))
    record(found, must_format(ASSIGNED, word), NULL);
  if (is_field_of_script(tokens, name))
    record(found, must_format(NOT_ALONE, word), NULL);
  record_in(found, tokens, word, block_of(found, tokens, name), is_plain ? text : NULL);
}

/* The last part of "a.b.C" or "a.b.*", all in one line; Kotlin writes some names in quotes. */
static size_t end_of_path(const struct tokens *tokens, size_t first) {
  size_t last = first;
  while (token_is(tokens, last + 1, ".") &&
         token_at(tokens, last + 2)->line == token_at(tokens, first)->line &&
         (token_at(tokens, last + 2)->kind != TOKEN_SIGN || token_is(tokens, last + 2, "*")))
    last += 2;
  return last;
}

/* A name whose value others give: "host: String", "host: kotlin.String", "(String host, ...", "(NSString
 * *)host". */
static bool is_parameter(const struct tokens *tokens, size_t at) {
  char within = token_within(tokens, at);
  bool is_qualified = token_is(tokens, at + 1, ":") && token_is(tokens, at + 3, ".");
  size_t type = is_qualified ? end_of_path(tokens, at + 2) : at + 2;
  bool is_typed = within != '[' && token_is(tokens, at + 1, ":") && is_type(tokens, type) &&
                  !token_is(tokens, type + 1, "=");
  bool ends = token_is(tokens, at + 1, ",") || token_is(tokens, at + 1, ")") || token_is(tokens, at + 1, ":");
  bool is_of_java = at > 0 && within == '(' && ends && is_type(tokens, at - 1);
  bool is_of_objective_c = at > 1 && token_is(tokens, at - 1, ")") && token_is(tokens, at - 2, "*");
  size_t open = token_at(tokens, at)->inside;
  bool is_of_script = within == '(' && ends && open > 1 &&
                      (token_is(tokens, open - 1, "function") || token_is(tokens, open - 2, "function"));
  return is_typed || is_of_java || is_of_objective_c || is_of_script;
}

/* "host, pin ->", "(host) =>", "for (host in ...", "val (host, pin) = ...", "const { host } = ...": all names
 * before it in its line. */
static void read_binding(struct constants *found, const struct tokens *tokens, size_t at) {
  bool is_of_script = token_is(tokens, at, "=") && token_is(tokens, at + 1, ">");
  bool is_arrow = is_of_script || (token_is(tokens, at, "-") && token_is(tokens, at + 1, ">"));
  bool is_object = token_is(tokens, at, "}");
  bool is_taken_apart = (is_object || token_is(tokens, at, ")")) && token_is(tokens, at + 1, "=") &&
                        !token_is(tokens, at + 2, "=");
  if (!is_arrow && !is_taken_apart && !token_is(tokens, at, "in"))
    return;
  const char *signs = is_of_script || is_object ? ",:(){}" : ",:()";
  unsigned line = token_at(tokens, at)->line;
  for (size_t i = at; i > 0; i--) {
    const struct token *token = token_at(tokens, i - 1);
    if (token->line != line || token->kind == TOKEN_STRING || token_is(tokens, i - 1, "in") ||
        (token->kind == TOKEN_SIGN && strchr(signs, *token->text) == NULL))
      return;
    if (token->kind == TOKEN_WORD)
      record(found, must_format(NOWHERE, token->text), NULL);
  }
}

/* At the start of a line or behind ";", outside of blocks. */
static bool begins_statement(const struct tokens *tokens, size_t at) {
  return token_at(tokens, at)->inside == TOKEN_NONE &&
         (at == 0 || token_is(tokens, at - 1, ";") ||
          token_at(tokens, at - 1)->line != token_at(tokens, at)->line);
}

/* The parts of a path from `first` up to `behind`, forwards or backwards. For free(3). */
static char *path_between(const struct tokens *tokens, size_t first, size_t behind, bool backwards) {
  char *path = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&path, &size);
  for (size_t i = first; i < behind; i += 2)
    fprintf(stream, "%s%s", i == first ? "" : ".",
            token_at(tokens, backwards ? first + (behind - 1 - i) / 2 * 2 : i)->text);
  memory_close(stream);
  return path;
}

/* Whether the part of a path before its types is the package of this file. */
static bool is_own_package(const struct constants *found, const struct tokens *tokens, size_t first,
                           size_t behind) {
  AUTO_TEXT package = path_between(tokens, first, behind, false);
  return strcmp(package, found->package == NULL ? "" : found->package) == 0;
}

/* "import com.x.TYPE.NAME", "... as ALIAS", and "import static com.x.TYPE.*". What is of another package has
 * nothing to do with a name of this file, but hides it. */
static void read_import(struct constants *found, const struct tokens *tokens, size_t at) {
  size_t first = at + (token_is(tokens, at + 1, "static") ? 2 : 1);
  if (token_at(tokens, first)->line != token_at(tokens, at)->line ||
      token_at(tokens, first)->kind == TOKEN_SIGN)
    return;
  size_t last = end_of_path(tokens, first), type = first;
  while (type < last && !is_type(tokens, type))
    type += 2;
  bool is_own = is_own_package(found, tokens, first, type);
  AUTO_TEXT types = path_between(tokens, type, last, true);
  if (token_is(tokens, last, "*")) {
    if (is_own && type < last)
      text_list_add(&found->imported_types, text_take(&types));
    return;
  }
  const char *name = token_at(tokens, last)->text;
  const char *alias = token_at(tokens, token_is(tokens, last + 1, "as") ? last + 2 : last)->text;
  if (names_find(&found->aliases, alias) != NAMES_NONE)
    return;
  names_add(&found->aliases, alias, found->imported.count);
  text_list_add(&found->imported, !is_own        ? must_copy("")
                                  : type == last ? must_format(IN_BLOCK, name, TOKEN_NONE)
                                                 : must_format(OF_TYPE, name, types));
}

/* "fun TYPE.name(", "val TYPE.name", "TYPE.() ->": in what follows, the type's names come first. */
static bool has_receiver(const struct tokens *tokens, size_t at) {
  static const size_t most = 16;
  if (is_type(tokens, at) && token_is(tokens, at + 1, ".") && token_is(tokens, at + 2, "("))
    return true;
  if (!is_one_of(token_at(tokens, at)->text, "fun val var"))
    return false;
  for (size_t i = at + 1;
       i < at + most && !token_is(tokens, i, "(") && !token_is(tokens, i, "=") && !token_is(tokens, i, ":");
       i++)
    if (token_is(tokens, i, "."))
      return true;
  return token_is(tokens, at, "fun") && token_is(tokens, at + 1, "<");
}

static void read_head(struct constants *found, const struct tokens *tokens, size_t at) {
  if (token_is(tokens, at, "import") && begins_statement(tokens, at))
    read_import(found, tokens, at);
  if (token_is(tokens, at, "package") && found->package == NULL && begins_statement(tokens, at))
    found->package = path_between(tokens, at + 1, end_of_path(tokens, at + 1) + 1, false);
  found->has_receivers = found->has_receivers || has_receiver(tokens, at);
}

struct constants constants_read(const struct tokens *tokens) {
  struct constants found = {0};
  for (size_t i = 0; i < tokens->count; i++) {
    read_binding(&found, tokens, i);
    const struct token *token = token_at(tokens, i);
    if (token->kind != TOKEN_WORD)
      continue;
    read_head(&found, tokens, i);
    if (is_parameter(tokens, i))
      record(&found, must_format(NOWHERE, token->text), NULL);
    read_assignment(&found, tokens, i);
  }
  return found;
}

void constants_clear(struct constants *constants) {
  names_clear(&constants->names);
  names_clear(&constants->aliases);
  text_list_clear(&constants->imported);
  text_list_clear(&constants->imported_types);
  free(constants->values);
  free(constants->package);
  *constants = (struct constants){0};
}

/* ---- What a name stands for ---- */

/* Whether the key is there; *ret_value: what it stands for. Takes over the key. */
static bool has(const struct constants *constants, char *key, const struct token **ret_value) {
  size_t number = names_find(&constants->names, key);
  free(key);
  if (number != NAMES_NONE)
    *ret_value = constants->values[number];
  return number != NAMES_NONE;
}

/* Whether an import takes the name from another file. */
static bool is_foreign(const struct constants *constants, const char *name) {
  size_t number = names_find(&constants->aliases, name);
  return number != NAMES_NONE && *constants->imported.items[number] == '\0';
}

/* Of a type of this file that this one extends or implements, by its name alone. */
static bool is_inherited(const struct constants *constants, const struct tokens *tokens, size_t block,
                         const char *name, const struct token **ret_value) {
  struct type type = type_of(tokens, block);
  size_t first = type.name == NULL ? TOKEN_NONE : first_parent(tokens, block, &type);
  int depth = 0; /* in "<...>" */
  for (size_t i = first; i < block && first != TOKEN_NONE; i++) {
    depth += token_is(tokens, i, "<") ? 1 : token_is(tokens, i, ">") ? -1 : 0;
    if (depth == 0 && token_at(tokens, i)->inside == token_at(tokens, block)->inside && is_type(tokens, i) &&
        !token_is(tokens, i - 1, ".") && !is_foreign(constants, token_at(tokens, i)->text) &&
        has(constants, must_format(OF_TYPE, name, token_at(tokens, i)->text), ret_value))
      return true;
  }
  return false;
}

/* By its own name or an alias; *ret_value: NULL where it is none of this file. */
static bool is_imported(const struct constants *constants, const char *name, const struct token **ret_value) {
  size_t number = names_find(&constants->aliases, name);
  if (number != NAMES_NONE && !has(constants, must_copy(constants->imported.items[number]), ret_value))
    *ret_value = NULL;
  return number != NAMES_NONE;
}

static bool is_of_imported_type(const struct constants *constants, const char *name,
                                const struct token **ret_value) {
  for (size_t i = 0; i < constants->imported_types.count && i < MOST_BLOCKS; i++)
    if (has(constants, must_format(OF_TYPE, name, constants->imported_types.items[i]), ret_value))
      return true;
  return false;
}

/* Whether each type that has the name has it with this text. */
static bool is_only(const struct constants *constants, const char *name, const struct token *value) {
  const struct token *other = NULL;
  return !has(constants, must_format(OF_ANY_TYPE, name), &other) ||
         (value != NULL && other != NULL && strcmp(other->text, value->text) == 0);
}

/*
 * As the languages look for a name: in the blocks around it from the inmost one on, and in what the types
 * among them inherit; then in what is imported. NULL also where some block may bring the name of another
 * type. members: only in types, and, of a part of a source, outside of blocks.
 */
static const struct token *find_around(const struct constants *constants, const struct tokens *tokens,
                                       size_t at, bool members) {
  const char *name = token_at(tokens, at)->text;
  const struct token *value = NULL;
  size_t block = block_around(tokens, at);
  bool is_doubtful = false, is_alone = !members && has(constants, must_format(NOT_ALONE, name), &value);
  for (int i = 0; i < MOST_BLOCKS; i++) {
    bool is_local = block != TOKEN_NONE && type_of(tokens, block).name == NULL;
    bool is_hidden = is_alone && !is_local && block != TOKEN_NONE;
    if (!is_hidden &&
        ((block == TOKEN_NONE && !members && is_imported(constants, name, &value)) ||
         (!(members && is_local) && has(constants, must_format(IN_BLOCK, name, block), &value)) ||
         is_inherited(constants, tokens, block, name, &value))) {
      is_doubtful = is_doubtful || (constants->has_receivers && !is_local);
      return is_doubtful && !is_only(constants, name, value) ? NULL : value;
    }
    if (block == TOKEN_NONE)
      return !members && is_of_imported_type(constants, name, &value) && is_only(constants, name, value)
                 ? value
                 : NULL;
    is_doubtful = is_doubtful || may_bring_names(tokens, block);
    block = block_around(tokens, block);
  }
  return NULL;
}

/* "A.B.NAME": all types before it have to be the types around the constant, and of this file. */
static const struct token *find_of_type(const struct constants *constants, const struct tokens *tokens,
                                        size_t at) {
  const struct token *value = NULL;
  size_t type = at, first;
  while (type >= 2 && token_is(tokens, type - 1, ".") && is_type(tokens, type - 2))
    type -= 2;
  for (first = type;
       first >= 2 && token_is(tokens, first - 1, ".") && token_at(tokens, first - 2)->kind == TOKEN_WORD;)
    first -= 2;
  bool is_own = first < type ? is_own_package(constants, tokens, first, type)
                             : !is_foreign(constants, token_at(tokens, type)->text);
  return is_own && has(constants, path_between(tokens, type, at + 1, true), &value) ? value : NULL;
}

/* Whether something else than in another place is assigned to the name: nobody knows when. */
static bool changes(const struct constants *constants, const char *name) {
  const struct token *value = NULL;
  return has(constants, must_format(ASSIGNED, name), &value) &&
         has(constants, must_format(ANYWHERE, name), &value) && value == NULL;
}

const struct token *constants_find(const struct constants *constants, const struct tokens *tokens,
                                   size_t at) {
  const struct token *nothing = NULL;
  bool is_member = at > 1 && token_is(tokens, at - 1, ".");
  const struct token *of = is_member ? token_at(tokens, at - 2) : NULL;
  if ((is_member && (of->kind != TOKEN_WORD || !token_has_constants(of->text))) ||
      has(constants, must_format(NOWHERE, token_at(tokens, at)->text), &nothing) ||
      changes(constants, token_at(tokens, at)->text))
    return NULL;
  bool is_own = is_member && is_one_of(of->text, "this self Self");
  return is_member && !is_own ? find_of_type(constants, tokens, at)
                              : find_around(constants, tokens, at, is_own);
}
