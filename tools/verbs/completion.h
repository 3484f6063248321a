/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The texts of the files in completion/, as strings that CMake makes. */
#ifndef PINCTL_VERBS_COMPLETION_H
#define PINCTL_VERBS_COMPLETION_H

extern const char completion_text_bash[];
extern const char completion_text_zsh[];
extern const char completion_text_fish[];

#endif
