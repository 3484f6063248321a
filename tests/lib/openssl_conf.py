# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""The one openssl.cnf of the tests: OpenSSL's own provider, and ours beside it."""

DEFAULT = """openssl_conf = init
[init]
providers = providers
[providers]
default = default_section
{more}
[default_section]
activate = 1
"""

PINNING = """[pinning_section]
module = {module}
activate = 1
"""


def openssl_conf(module=None, policy=None):
    """The text of the file; module: our provider's, by path or name; policy: which file it reads in place of its own."""
    text = DEFAULT.format(more="pinning = pinning_section" if module else "")
    if module:
        text += PINNING.format(module=module)
    if policy:
        text += f"policy = {policy}\n"
    return text
