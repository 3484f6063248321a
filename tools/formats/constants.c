/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/constants.h"

#include <ctype.h>
#include <string.h>

#include "base/memory.h"

/* Limits: blocks around a name, and tokens before a block that say whose it is. */
#define MOST_BLOCKS 64
#define LONGEST_HEAD 64

/*
 * A constant is stored under several keys:
 *   NAME@BLOCK       in the block that begins at this token, or TOKEN_NONE for the file itself
 *   NAME.TYPE.OUTER  in a type, followed by any number of the types around it
 *   .NAME            in any type
 *   *NAME            anywhere
 *   =NAME            set if the name is assigned to without a declaration
 *   !NAME            set if the name stands for nothing, anywhere in the file
 *   -NAME            set if a class of JavaScript has the name, which its name alone does not reach
 */
#define IN_BLOCK "%s@%zu"
#define OF_TYPE "%s.%s"
#define OF_ANY_TYPE ".%s"
#define ANYWHERE "*%s"
#define ASSIGNED "=%s"
#define NOWHERE "!%s"
#define NOT_ALONE "-%s"

/* ---- Blocks and types ---- */

/* Returns the "{" around a token, or TOKEN_NONE for the file itself. */
static size_t block_around(const struct tokens *tokens, size_t at) {
  size_t inside = token_at(tokens, at)->inside;
  while (inside != TOKEN_NONE && !token_is(tokens, inside, "{"))
    inside = token_at(tokens, inside)->inside;
  return inside;
}

struct type {
  const char *name;  /* NULL: not the block of a type, or of one without a name */
  size_t first;      /* first token behind the name: what it extends and implements */
  bool is_companion; /* its members belong to the type around it too */
};

static bool is_type(const struct tokens *tokens, size_t at) {
  const struct token *token = token_at(tokens, at);
  return token->kind == TOKEN_WORD && isupper((unsigned char)*token->text);
}

/* Reads the type before a block: "class Net(val a: A) : Base(a), Pins {". */
static struct type type_of(const struct tokens *tokens, size_t block) {
  static const char words[] = "class object enum struct interface extension protocol actor record";
  size_t around = token_at(tokens, block)->inside;
  for (size_t at = block; block != TOKEN_NONE && at > 0 && block - at < LONGEST_HEAD;) {
    at--;
    const struct token *token = token_at(tokens, at);
    if (token->inside != around)
      continue; /* in brackets */
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

/* Whether a block is the body of a function, condition or loop: no names come into such a block but those
 * around it. */
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

/* Returns the first token of what a type extends or implements, or TOKEN_NONE. */
static size_t first_parent(const struct tokens *tokens, size_t block, const struct type *type) {
  for (size_t i = type->first; i < block; i++)
    if (token_at(tokens, i)->inside == token_at(tokens, block)->inside &&
        (token_is(tokens, i, ":") || token_is(tokens, i, "extends") || token_is(tokens, i, "implements")))
      return i + 1;
  return TOKEN_NONE;
}

/* Whether a block may have names that stand neither in it nor around it: "with(Net) {", "net.run {",
 * "object : Net() {", "class A : B() {". */
static bool may_bring_names(const struct tokens *tokens, size_t block) {
  struct type type = type_of(tokens, block);
  return type.name != NULL ? first_parent(tokens, block, &type) != TOKEN_NONE : !is_body(tokens, block);
}

/* ---- What is assigned ---- */

/* Whether the string at an index is the whole value: no call, operator or further string follows. */
static bool is_whole(const struct tokens *tokens, size_t at) {
  /* "as const", "as string": a type does not change the value. */
  bool is_typed = token_is(tokens, at + 1, "as") && token_at(tokens, at + 2)->kind == TOKEN_WORD;
  at += is_typed ? 2 : 0;
  const struct token *next = token_at(tokens, at + 1);
  /* The next declaration may begin with an attribute. */
  size_t word = at + (token_is(tokens, at + 1, "@") ? 2 : 1);
  bool ends = next->kind == TOKEN_SIGN && strchr(";,)}]", *next->text) != NULL;
  bool is_next = next->line != token_at(tokens, at)->line && token_at(tokens, word)->kind == TOKEN_WORD;
  return ends || is_next || next->kind == TOKEN_END;
}

/* Records a value for a key. NULL, or a second value with another text, makes the key stand for nothing.
 * Takes over the key. */
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

/* Records a name in its block and, if that is the block of a type, as a member of that type and of the
 * types around it. */
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

/* Whether the name is a member of another object ("other.NAME"). */
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

/* "static NAME = ..." in a class of JavaScript: no type and no word like "val" stands before the name. */
static bool is_field_of_script(const struct tokens *tokens, size_t name) {
  size_t block = block_around(tokens, name);
  const struct token *before = token_at(tokens, name - 1);
  return block != TOKEN_NONE && type_of(tokens, block).name != NULL &&
         (before->kind == TOKEN_WORD
              ? is_one_of(before->text, "static public private protected readonly override declare")
              : before->kind == TOKEN_STRING || strchr(";{}", *before->text) != NULL);
}

/* Returns the block to which an assigned name belongs: the nearest one around that declares it, or that of
 * a type. */
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

/* Records a declaration without a readable value: "val NAME by lazy", "val NAME get() =". */
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
  /* "NAME +=" adds to what is assigned elsewhere. */
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
  /* Within "(" it is a named argument, or the default of a parameter. */
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

/* Returns the last token of "a.b.C" or "a.b.*", within one line. Kotlin writes some names in quotes. */
static size_t end_of_path(const struct tokens *tokens, size_t first) {
  size_t last = first;
  while (token_is(tokens, last + 1, ".") &&
         token_at(tokens, last + 2)->line == token_at(tokens, first)->line &&
         (token_at(tokens, last + 2)->kind != TOKEN_SIGN || token_is(tokens, last + 2, "*")))
    last += 2;
  return last;
}

/* Whether the name is a parameter: "host: String", "host: kotlin.String", "(String host, ...", "(NSString
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

/* Records bound names, all those before the sign in its line: "host, pin ->", "(host) =>", "for (host in
 * ...", "val (host, pin) = ...", "const { host } = ...". */
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

/* Whether a token is outside of blocks, at the start of a line or behind ";". */
static bool begins_statement(const struct tokens *tokens, size_t at) {
  return token_at(tokens, at)->inside == TOKEN_NONE &&
         (at == 0 || token_is(tokens, at - 1, ";") ||
          token_at(tokens, at - 1)->line != token_at(tokens, at)->line);
}

/* Joins the parts of a path from `first` up to `behind`, forwards or backwards. For free(3). */
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

/* "import com.x.TYPE.NAME", "... as ALIAS", and "import static com.x.TYPE.*". A name from another package
 * is unrelated to a name in this file, but hides it. */
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

/* "fun TYPE.name(", "val TYPE.name", "TYPE.() ->": in the body that follows, names of TYPE come first. */
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

/* Whether the key is there; *ret_value is set to its value. Takes over the key. */
static bool find_key(const struct constants *constants, char *key, const struct token **ret_value) {
  size_t number = names_find(&constants->names, key);
  free(key);
  if (number != NAMES_NONE)
    *ret_value = constants->values[number];
  return number != NAMES_NONE;
}

/* Whether the name is imported from another file. */
static bool is_foreign(const struct constants *constants, const char *name) {
  size_t number = names_find(&constants->aliases, name);
  return number != NAMES_NONE && *constants->imported.items[number] == '\0';
}

/* Looks for the name in the types of this file that the type of the block extends or implements. */
static bool is_inherited(const struct constants *constants, const struct tokens *tokens, size_t block,
                         const char *name, const struct token **ret_value) {
  struct type type = type_of(tokens, block);
  size_t first = type.name == NULL ? TOKEN_NONE : first_parent(tokens, block, &type);
  int depth = 0; /* in "<...>" */
  for (size_t i = first; i < block && first != TOKEN_NONE; i++) {
    depth += token_is(tokens, i, "<") ? 1 : token_is(tokens, i, ">") ? -1 : 0;
    if (depth == 0 && token_at(tokens, i)->inside == token_at(tokens, block)->inside && is_type(tokens, i) &&
        !token_is(tokens, i - 1, ".") && !is_foreign(constants, token_at(tokens, i)->text) &&
        find_key(constants, must_format(OF_TYPE, name, token_at(tokens, i)->text), ret_value))
      return true;
  }
  return false;
}

/* Looks for an imported name or alias; *ret_value is NULL if it is not from this file. */
static bool is_imported(const struct constants *constants, const char *name, const struct token **ret_value) {
  size_t number = names_find(&constants->aliases, name);
  if (number != NAMES_NONE && !find_key(constants, must_copy(constants->imported.items[number]), ret_value))
    *ret_value = NULL;
  return number != NAMES_NONE;
}

static bool is_of_imported_type(const struct constants *constants, const char *name,
                                const struct token **ret_value) {
  for (size_t i = 0; i < constants->imported_types.count && i < MOST_BLOCKS; i++)
    if (find_key(constants, must_format(OF_TYPE, name, constants->imported_types.items[i]), ret_value))
      return true;
  return false;
}

/* Whether all types with a member of this name give it this text. */
static bool is_only(const struct constants *constants, const char *name, const struct token *value) {
  const struct token *other = NULL;
  return !find_key(constants, must_format(OF_ANY_TYPE, name), &other) ||
         (value != NULL && other != NULL && strcmp(other->text, value->text) == 0);
}

/*
 * Looks a name up as the languages do: from the innermost block outwards, including inherited members,
 * then among imports. Returns NULL also if a block on the way may bring a name of another type. members:
 * only in types ("this.NAME") and, for a fragment of source, outside of blocks.
 */
static const struct token *find_around(const struct constants *constants, const struct tokens *tokens,
                                       size_t at, bool members) {
  const char *name = token_at(tokens, at)->text;
  const struct token *value = NULL;
  size_t block = block_around(tokens, at);
  bool is_doubtful = false, is_alone = !members && find_key(constants, must_format(NOT_ALONE, name), &value);
  for (int i = 0; i < MOST_BLOCKS; i++) {
    bool is_local = block != TOKEN_NONE && type_of(tokens, block).name == NULL;
    bool is_hidden = is_alone && !is_local && block != TOKEN_NONE;
    if (!is_hidden &&
        ((block == TOKEN_NONE && !members && is_imported(constants, name, &value)) ||
         (!(members && is_local) && find_key(constants, must_format(IN_BLOCK, name, block), &value)) ||
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

/* "A.B.NAME": A and B must be the types around the constant, in this file. */
static const struct token *find_in_types(const struct constants *constants, const struct tokens *tokens,
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
  return is_own && find_key(constants, path_between(tokens, type, at + 1, true), &value) ? value : NULL;
}

/* Whether different values are assigned to the name, one of them without a declaration: the value at any
 * moment is unknown. */
static bool changes(const struct constants *constants, const char *name) {
  const struct token *value = NULL;
  return find_key(constants, must_format(ASSIGNED, name), &value) &&
         find_key(constants, must_format(ANYWHERE, name), &value) && value == NULL;
}

const struct token *constants_find(const struct constants *constants, const struct tokens *tokens,
                                   size_t at) {
  const struct token *nothing = NULL;
  bool is_member = at > 1 && token_is(tokens, at - 1, ".");
  const struct token *of = is_member ? token_at(tokens, at - 2) : NULL;
  if ((is_member && (of->kind != TOKEN_WORD || !token_has_constants(of->text))) ||
      find_key(constants, must_format(NOWHERE, token_at(tokens, at)->text), &nothing) ||
      changes(constants, token_at(tokens, at)->text))
    return NULL;
  bool is_own = is_member && is_one_of(of->text, "this self Self");
  return is_member && !is_own ? find_in_types(constants, tokens, at)
                              : find_around(constants, tokens, at, is_own);
}
