// Copyright (c) 2026 the rollout.kubernetes contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Package types stands in for the types of Amazon EC2, with those fields alone that Traefik reads.
package types

// InstanceStateNameRunning is the state of a machine that runs.
const InstanceStateNameRunning InstanceStateName = "running"

type (
	// InstanceStateName is a state of a machine.
	InstanceStateName string

	// InstanceState holds it.
	InstanceState struct{ Name InstanceStateName }

	// InstanceNetworkInterface is one of a machine's.
	InstanceNetworkInterface struct{ PrivateIpAddress *string }

	// Instance is a machine.
	Instance struct {
		InstanceId        *string
		NetworkInterfaces []InstanceNetworkInterface
		PrivateIpAddress  *string
		PublicIpAddress   *string
		State             *InstanceState
	}

	// Reservation is some of them.
	Reservation struct{ Instances []Instance }
)
