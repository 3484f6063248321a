/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What curl takes for --pinnedpubkey; git hands its own value over to curl. */
#ifndef PINCTL_FORMATS_CURL_H
#define PINCTL_FORMATS_CURL_H

#include "formats/conversion.h"

/* Takes the pins of a value, sha256//BASE64 joined by ";". Anything else counts as a loss. */
void curl_take_pins(struct conversion *conversion, const char *value, struct draft *draft);

#endif
