// Copyright (c) 2026 the rollout.kubernetes contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// The nested module of Traefik's repository that no module proxy has.
module github.com/traefik/traefik/dynamic/ext

go 1.26.0
