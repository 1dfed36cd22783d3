// Copyright (c) 2026 the rollout.kubernetes contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// What lies beside this file replaces what the required module has there.
module rollout.kubernetes/tests/routers/traefik/stand_ins/lego

go 1.26.0

require github.com/go-acme/lego/v5 v5.4.1
