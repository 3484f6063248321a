/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/xml.h"

#include <string.h>

#include <libxml/parser.h>

#include "base/memory.h"
#include "formats/words.h"

/*
 * No XML_PARSE_HUGE: the limits on depth and on the growth by entities stay in force. No XML_PARSE_NOENT
 * and no XML_PARSE_DTDLOAD: entities are not expanded, and no other file is read.
 */
#define PARSE_OPTIONS (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES)

static xmlParserInput *open_nothing(const char *url, const char *id, xmlParserCtxt *context) {
  (void)url;
  (void)id;
  (void)context;
  return NULL;
}

/* A message of libxml2 ends in a newline. */
static void report(struct conversion *conversion, xmlParserCtxt *context) {
  const xmlError *error = xmlCtxtGetLastError(context);
  const char *message = error == NULL || error->message == NULL ? "cannot be parsed" : error->message;
  AUTO_TEXT line = must_copy_bytes(message, strcspn(message, "\n"));
  convert_error(conversion, error == NULL ? 0 : (unsigned)error->line, "%s; expected XML", line);
}

xmlNode *xml_read(struct conversion *conversion, const char *name, xmlDoc **ret_document) {
  xmlSetExternalEntityLoader(open_nothing);
  xmlParserCtxt *context = xmlNewParserCtxt();
  if (context == NULL)
    memory_exhausted();
  /* A valid UTF-8 text is read as UTF-8, whatever encoding it declares: it has been decoded before. */
  bool is_utf8 = xmlCheckUTF8((const xmlChar *)conversion->text) == 1;
  xmlDoc *document = xmlCtxtReadMemory(context, conversion->text, (int)conversion->length, NULL, NULL,
                                       PARSE_OPTIONS | (is_utf8 ? XML_PARSE_IGNORE_ENC : 0));
  const xmlDtd *subset = document == NULL ? NULL : xmlGetIntSubset(document);
  xmlNode *root = document == NULL ? NULL : xmlDocGetRootElement(document);
  bool is_expected = root != NULL && xml_is(root, name);
  if (document == NULL)
    report(conversion, context);
  else if (subset != NULL && subset->children != NULL)
    convert_error(conversion, 0, "defines entities or elements of its own; expected none");
  else if (!is_expected)
    convert_error(conversion, root == NULL ? 0 : xml_line(root), "expected <%s> first", name);
  xmlFreeParserCtxt(context);
  *ret_document = document;
  return is_expected && (subset == NULL || subset->children == NULL) ? root : NULL;
}

unsigned xml_line(const xmlNode *node) {
  long line = xmlGetLineNo(node);
  return line < 0 ? 0 : (unsigned)line;
}

bool xml_is(const xmlNode *node, const char *name) {
  return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

xmlNode *xml_next(xmlNode *node, const char *name) {
  while (node != NULL && !xml_is(node, name))
    node = node->next;
  return node;
}

/* Copies the text without white space around it, and frees what libxml2 allocated. */
static char *trimmed(xmlChar *owned) {
  char *text = owned == NULL ? NULL : must_copy(trim((char *)owned));
  xmlFree(owned);
  return text;
}

char *xml_attribute(xmlNode *node, const char *name) {
  return trimmed(xmlGetNoNsProp(node, (const xmlChar *)name));
}

char *xml_text(xmlNode *node) {
  char *text = trimmed(xmlNodeGetContent(node));
  return text == NULL ? must_copy("") : text;
}

void xml_name_attributes(struct conversion *conversion, xmlNode *node, const char *known, const char *whose) {
  for (xmlAttr *at = node->properties; at != NULL; at = at->next)
    if (at->ns == NULL && !is_one_of((const char *)at->name, known))
      convert_loss(conversion, xml_line(node), "%s: %s has no attribute of this name for <%s>; left out",
                   (const char *)at->name, whose, (const char *)node->name);
}

bool xml_boolean(struct conversion *conversion, xmlNode *node, const char *name, bool otherwise) {
  AUTO_TEXT value = xml_attribute(node, name);
  if (value == NULL)
    return otherwise;
  if (strcasecmp(value, "true") != 0 && strcasecmp(value, "false") != 0)
    convert_loss(conversion, xml_line(node), "%s=\"%s\": expected true or false", name, value);
  return strcasecmp(value, "true") == 0;
}

/* Not into a buffer of libxml2, which grows by only a few bytes each time it is full. */
void xml_writer_open(const struct conversion *conversion, struct xml_output *ret_output) {
  xmlOutputBuffer *output = xmlOutputBufferCreateFile(conversion->out, NULL);
  ret_output->writer = output == NULL ? NULL : xmlNewTextWriter(output);
  if (ret_output->writer == NULL)
    memory_exhausted();
  xmlTextWriterSetIndent(ret_output->writer, 1);
  xmlTextWriterSetIndentString(ret_output->writer, (const xmlChar *)"  ");
  xmlTextWriterStartDocument(ret_output->writer, NULL, "utf-8", NULL);
}

void xml_writer_close(struct xml_output *output) {
  xmlTextWriterEndDocument(output->writer);
  xmlFreeTextWriter(output->writer);
}

void xml_start(struct xml_output *output, const char *name) {
  xmlTextWriterStartElement(output->writer, (const xmlChar *)name);
}

void xml_end(struct xml_output *output) {
  xmlTextWriterEndElement(output->writer);
}

void xml_put_attribute(struct xml_output *output, const char *name, const char *value) {
  xmlTextWriterWriteAttribute(output->writer, (const xmlChar *)name, (const xmlChar *)value);
}

void xml_put_element(struct xml_output *output, const char *name, const char *text) {
  xmlTextWriterWriteElement(output->writer, (const xmlChar *)name, (const xmlChar *)text);
}
