# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Fills the list of programs by importing all modules that add to it."""

import checks  # noqa: F401
import clients  # noqa: F401
import daemons  # noqa: F401
import gnutls_clients  # noqa: F401
import languages  # noqa: F401
import links  # noqa: F401
import replicas  # noqa: F401
import scripts  # noqa: F401
