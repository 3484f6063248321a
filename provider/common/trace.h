/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 *Static trace points (sys/sdt.h). Each is one no-operation until somebody attaches. Provider name "pinning":
 *  verdict(host, port, outcome word, reason word)  every judgement
 *  refusal(report)                                 every refusal, with the text of the log
 *  policy_load(path, entries, generation)          a policy came into force
 */
#ifndef PIN_TRACE_H
#define PIN_TRACE_H

#ifdef HAVE_SYS_SDT_H
#include <sys/sdt.h>
#define TRACE_VERDICT(host, port, outcome, reason)                                                           \
  DTRACE_PROBE4(pinning, verdict, host, port, outcome, reason)
#define TRACE_REFUSAL(report) DTRACE_PROBE1(pinning, refusal, report)
#define TRACE_POLICY_LOAD(path, entries, generation)                                                         \
  DTRACE_PROBE3(pinning, policy_load, path, entries, generation)
#else
#define TRACE_VERDICT(host, port, outcome, reason) ((void)0)
#define TRACE_REFUSAL(report) ((void)0)
#define TRACE_POLICY_LOAD(path, entries, generation) ((void)0)
#endif

#endif
