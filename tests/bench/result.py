# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""One line of the table."""

import dataclasses


@dataclasses.dataclass
class Result:
    row: str  # the name by which the row is chosen
    measure: str
    compared: str
    value: float
    unit: str
    target: str = ""  # empty: nothing was promised, the value is only reported
    reached: bool | None = None
    details: dict = dataclasses.field(default_factory=dict)
