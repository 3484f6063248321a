/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* XML of somebody else's, read by libxml2: without network, other files, or entities of its own. */
#ifndef PINCTL_FORMATS_XML_H
#define PINCTL_FORMATS_XML_H

#include <libxml/tree.h>
#include <libxml/xmlwriter.h>

#include "formats/conversion.h"

/*
 * The document in the conversion's text, for xmlFreeDoc. NULL, having reported why. A text that defines
 * entities is refused, so that nothing in it stands for more than it shows.
 */
xmlDoc *xml_read(struct conversion *conversion);

/* Its root, where that has this name; NULL, having reported it. */
xmlNode *xml_root(struct conversion *conversion, xmlDoc *document, const char *name);

unsigned xml_line(const xmlNode *node);
bool xml_is(const xmlNode *node, const char *name);
/* The next element of this name, beginning with the node itself; NULL: none. */
xmlNode *xml_next(xmlNode *node, const char *name);

/* The value of an attribute, or NULL; the text of an element without the white space around it.
 * For free(3). */
char *xml_attribute(xmlNode *node, const char *name);
char *xml_text(xmlNode *node);

/* Names the attributes of an element that the software `whose` does not know; those of other namespaces say
 * nothing to it. */
void xml_name_attributes(struct conversion *conversion, xmlNode *node, const char *known, const char *whose);

/*
 * Reads a boolean attribute; `otherwise` where it is not there. Reports what is neither "true" nor "false".
 */
bool xml_boolean(struct conversion *conversion, xmlNode *node, const char *name, bool otherwise);

/* A writer that indents, to the conversion's output, where the whole text is once it was closed. */
struct xml_output {
  xmlTextWriter *writer;
};
void xml_writer_open(const struct conversion *conversion, struct xml_output *ret_output);
void xml_writer_close(struct xml_output *output);
/* Writes <name> ... as xmlTextWriter does, with texts of this program's own type. */
void xml_start(struct xml_output *output, const char *name);
void xml_end(struct xml_output *output);
void xml_put_attribute(struct xml_output *output, const char *name, const char *value);
void xml_put_element(struct xml_output *output, const char *name, const char *text);

#endif
