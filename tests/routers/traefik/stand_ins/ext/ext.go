// Copyright (c) 2026 the rollout.kubernetes contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Package ext stands in for a module that no proxy has. Traefik embeds both types to extend its configuration; these extend it by nothing.
package ext

type (
	// HTTP is part of the HTTP configuration.
	HTTP struct{}

	// Router is part of each router.
	Router struct{}
)
