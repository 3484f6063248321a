# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Waiting for the clock."""

import time


def next_second():
    """Waits until what is done has a later time than what was done before: times are kept in whole seconds."""
    time.sleep(1.02 - time.time() % 1)
