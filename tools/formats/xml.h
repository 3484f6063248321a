/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Reads and writes XML by libxml2. Reading uses no network, no other files, and no entities that the text
 * defines. */
#ifndef PINCTL_FORMATS_XML_H
#define PINCTL_FORMATS_XML_H

#include <libxml/tree.h>
#include <libxml/xmlwriter.h>

#include "formats/conversion.h"

/*
 * Parses the conversion's text and returns its root, which must have this name; NULL having said why. A text
 * that defines entities is refused, so that nothing stands for more than it shows. Call xmlFreeDoc on
 * *ret_document in any case.
 */
xmlNode *xml_read(struct conversion *conversion, const char *name, xmlDoc **ret_document);

unsigned xml_line(const xmlNode *node);
bool xml_is(const xmlNode *node, const char *name);
/* Returns the next element of this name, possibly the node itself, or NULL. */
xmlNode *xml_next(xmlNode *node, const char *name);

/* The value of an attribute, or NULL if there is none; the text of an element. Both without white space
 * around. For free(3). */
char *xml_attribute(xmlNode *node, const char *name);
char *xml_text(xmlNode *node);

/* Reports attributes of an element that the software `whose` does not know. Those of other namespaces are
 * ignored. */
void xml_name_attributes(struct conversion *conversion, xmlNode *node, const char *known, const char *whose);

/*
 * Reads a boolean attribute; `otherwise` if there is none. Reports a value that is neither "true" nor
 * "false".
 */
bool xml_boolean(struct conversion *conversion, xmlNode *node, const char *name, bool otherwise);

/* An indenting writer to the conversion's output. The text is complete once the writer is closed. */
struct xml_output {
  xmlTextWriter *writer;
};
void xml_writer_open(const struct conversion *conversion, struct xml_output *ret_output);
void xml_writer_close(struct xml_output *output);
/* Wrappers of xmlTextWriter that take plain char texts. */
void xml_start(struct xml_output *output, const char *name);
void xml_end(struct xml_output *output);
void xml_put_attribute(struct xml_output *output, const char *name, const char *value);
void xml_put_element(struct xml_output *output, const char *name, const char *text);

#endif
