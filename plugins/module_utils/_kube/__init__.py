# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API of one cluster, spoken through the `kubernetes` library: the only package that imports it. It imports `_domain` and nothing
else of ours.

`auth` turns options and environment into one frozen value; `kubeconfig`, `proxies` and `config` make connection settings of it;
`transport` sends one request once; `client` adds retries (`retry`, `outcome`) and the port `Cluster`; `watch` is a subscription; `answers`
translates what the server says into the domain's errors; `connect` puts them together and is what `_entry` calls.
"""
