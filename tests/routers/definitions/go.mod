// Copyright (c) 2026 the rollout.kubernetes contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

module rollout.kubernetes/tests/routers/definitions

go 1.26.0

require (
	github.com/openshift/api v0.0.0-20260501191448-a49973eaef53
	github.com/traefik/traefik/v3 v3.7.13
	istio.io/api v1.31.0-rc.0.0.20260824154656-b943409680a7
	sigs.k8s.io/gateway-api v1.6.1
)
