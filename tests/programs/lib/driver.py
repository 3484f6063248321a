# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""The part that all drivers written in Python share; README.md describes the interface."""

import sys

ACCEPTED, REFUSED, ERROR, NOT_APPLICABLE = 0, 1, 2, 77


class Request:
    def __init__(self, host, port, ca, mode):
        self.host, self.port, self.ca = host, int(port), ca
        self.verification, _, self.tls = mode.partition(",tls")
        if self.verification not in ("verify", "none") or self.tls not in ("1.2", "1.3"):
            sys.exit(NOT_APPLICABLE)

    def verifies(self):
        return self.verification == "verify"

    def context(self):
        # Not at the top, because nginx's driver shares this file and must not load a TLS library.
        import ssl
        if self.verifies():
            context = ssl.create_default_context(cafile=self.ca)
        else:
            context = ssl._create_unverified_context()  # as in scripts that do not care about verification
        version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[self.tls]
        context.minimum_version = context.maximum_version = version
        return context


def request_from_command_line():
    if len(sys.argv) != 6 or sys.argv[1] != "connect":
        print(f"usage: {sys.argv[0]} connect HOST PORT CA MODE")
        sys.exit(ERROR)
    return Request(*sys.argv[2:])


def run(fetch, refusal):
    """Prints what fetch(request) returns; `refusal` is the exception that means "refused"."""
    try:
        print(fetch(request_from_command_line()))
    except refusal as error:
        print(f"{type(error).__name__}: {error}")
        sys.exit(REFUSED)
    except OSError as error:
        print(f"{type(error).__name__}: {error}")
        sys.exit(ERROR)
