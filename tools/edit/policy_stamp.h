/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Whether the files of a policy are still those of an earlier moment, without reading them. */
#ifndef PINCTL_EDIT_POLICY_STAMP_H
#define PINCTL_EDIT_POLICY_STAMP_H

/*
 * One word made of the names, sizes and times of the main file and of the drop-ins: another one after every
 * change of theirs, by whomever. For free(3).
 */
char *policy_stamp(const char *policy);

#endif
