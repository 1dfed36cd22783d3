// Copyright (c) 2026 the rollout.kubernetes contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Package dns takes the place of lego's list of DNS providers, for some of which no proxy has the modules: it knows none.
package dns

import (
	"errors"

	"github.com/go-acme/lego/v5/challenge"
)

// NewDNSChallengeProviderByName returns an error for each name.
func NewDNSChallengeProviderByName(name string) (challenge.Provider, error) {
	return nil, errors.New("this Traefik is built without DNS providers, and so without " + name)
}
