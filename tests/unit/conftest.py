# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Properties are checked on the same examples in each run, others with ROLLOUT_RANDOM=1, and without a time limit for each example.

A busy machine is no counterexample, and a new one must not fail somebody else's change. With --hypothesis-profile=few each property gets
ten examples: enough to see that an older Python runs the rules.
"""

import os

from hypothesis import settings

settings.register_profile("rules", deadline=None, derandomize="ROLLOUT_RANDOM" not in os.environ)
settings.register_profile("few", settings.get_profile("rules"), max_examples=10)
settings.load_profile("rules")
