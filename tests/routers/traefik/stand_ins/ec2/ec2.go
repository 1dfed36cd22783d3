// Copyright (c) 2026 the rollout.kubernetes contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Package ec2 stands in for the client of Amazon EC2, of which Traefik's provider for ECS lists machines. The tests have none: each
// question ends in an error.
package ec2

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

type (
	// Client asks nobody.
	Client struct{}

	// Options has none.
	Options struct{}

	// DescribeInstancesInput names machines.
	DescribeInstancesInput struct{ InstanceIds []string }

	// DescribeInstancesOutput would have them.
	DescribeInstancesOutput struct{ Reservations []types.Reservation }

	// DescribeInstancesPaginator has one page, which is an error.
	DescribeInstancesPaginator struct{ asked bool }
)

// NewFromConfig returns a client.
func NewFromConfig(aws.Config, ...func(*Options)) *Client { return new(Client) }

// NewDescribeInstancesPaginator returns the pages of an answer.
func NewDescribeInstancesPaginator(*Client, *DescribeInstancesInput) *DescribeInstancesPaginator {
	return new(DescribeInstancesPaginator)
}

// HasMorePages says whether the page was asked for.
func (p *DescribeInstancesPaginator) HasMorePages() bool { return !p.asked }

// NextPage returns the error.
func (p *DescribeInstancesPaginator) NextPage(context.Context, ...func(*Options)) (*DescribeInstancesOutput, error) {
	p.asked = true
	return nil, errors.New("this Traefik is built without Amazon EC2")
}
