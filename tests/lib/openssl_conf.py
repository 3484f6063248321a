# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""The openssl.cnf that all tests share: OpenSSL's own provider, with ours beside it."""

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
    """The text of openssl.cnf. module: path or name of our provider; policy: the file that it reads instead of the default."""
    text = DEFAULT.format(more="pinning = pinning_section" if module else "")
    if module:
        text += PINNING.format(module=module)
    if policy:
        text += f"policy = {policy}\n"
    return text
